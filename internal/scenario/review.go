package scenario

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// Kinds of reviews.
const (
	ByPeer    = "peer"
	ByTrainer = "trainer"
)

// ReviewTime is how long somebody may sit on a reply before its place is free for another reviewer.
const ReviewTime = 2 * 24 * time.Hour

// MaxComment is the number of characters of a review's comment.
const MaxComment = 1_000

// Review is what somebody else thinks of a reply. The writer never learns whose a peer's review is.
type Review struct {
	bun.BaseModel `bun:"table:scenario_review,alias:v"`

	ID         string `bun:",pk"`
	ReplyID    string
	ReviewerID *string // nil when the reviewer has gone
	Kind       string
	Marks      Marks
	Total      int
	Comment    string
	AssignedAt time.Time
	DueAt      time.Time
	DoneAt     *time.Time
	HiddenAt   *time.Time // out of the writer's sight since, by a moderator
}

// Feedback is a reply with what others say of it.
type Feedback struct {
	Written
	Passage *Passage
	Peers   []Review // finished ones, oldest first
	Trainer *Review  // the marks that stand, or nil
	Waiting bool     // more may come
}

// Replies are the texts of a run with their reviews.
func (s *Service) Replies(ctx context.Context, sit *Sitting) ([]Feedback, error) {
	if len(sit.Story.Scenario.Replies()) == 0 {
		return nil, nil
	}
	texts, err := repliesOf(ctx, s.db, sit.Run.ID)
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	var ids []string
	for _, t := range texts {
		ids = append(ids, t.ID)
	}
	var all []Review
	if err := s.db.NewSelect().Model(&all).Where("reply_id IN (?)", bun.List(ids)).Where("done_at IS NOT NULL").Where("hidden_at IS NULL").Order("done_at", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reviews of a run: %w", db.Err(err))
	}
	now := s.clock()
	var out []Feedback
	for _, t := range texts {
		p := sit.Story.Scenario.Passage(t.Passage)
		if t.State != Marked || p == nil {
			continue
		}
		f := Feedback{Written: t, Passage: p}
		for i := range all {
			switch r := &all[i]; {
			case r.ReplyID != t.ID:
			case r.Kind == ByTrainer:
				f.Trainer = r // the last one stands
			default:
				f.Peers = append(f.Peers, *r)
			}
		}
		f.Waiting = t.Waiting(now) && len(f.Peers) < t.Peers
		out = append(out, f)
	}
	return out, nil
}

// Task is a reply that somebody reviews.
type Task struct {
	Review Review
	Reply  Written
	Place  *Passage
	Story  *Scenario
}

var (
	errNoReview = fault.New(fault.NotFound, "scenario.error.no_review")
	errNobody   = fault.New(fault.Conflict, "scenario.error.nobody_waits")
)

// Tasks are the reviews that a person has here, finished or not.
func (s *Service) Tasks(ctx context.Context, at record.Completion) ([]Review, error) {
	var all []Review
	err := s.db.NewSelect().Model(&all).Join("JOIN scenario_reply AS t ON t.id = v.reply_id").
		Where("v.reviewer_id = ?", at.PersonID).Where("v.kind = ?", ByPeer).
		Where("t.course_key = ?", at.Course.Key).Where("t.activity_key = ?", at.Activity.Key).
		Where("(v.done_at IS NOT NULL OR v.due_at > ?)", s.clock()).Where("t.reported_at IS NULL").OrderExpr("v.assigned_at, v.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reviews by a person: %w", db.Err(err))
	}
	return all, nil
}

// Assign gives a person a reply by somebody else to review: of the same delivery, the one that has waited with the
// fewest reviews. An unfinished one is given again. Conflict when nobody waits.
func (s *Service) Assign(ctx context.Context, at record.Completion) (*Review, error) {
	var out *Review
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "scenario-review:"+at.Course.Key+":"+at.Activity.Key+":"+at.DeliveryID); err != nil {
			return err
		}
		now := s.clock()
		mine := new(Review)
		err := tx.NewSelect().Model(mine).Join("JOIN scenario_reply AS t ON t.id = v.reply_id").
			Where("v.reviewer_id = ?", at.PersonID).Where("v.kind = ?", ByPeer).Where("v.done_at IS NULL").Where("v.due_at > ?", now).
			Where("t.course_key = ?", at.Course.Key).Where("t.activity_key = ?", at.Activity.Key).Where("t.reported_at IS NULL").Limit(1).Scan(ctx)
		if err == nil {
			out = mine
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("open review: %w", db.Err(err))
		}
		reply, err := s.waiting(ctx, tx, at, now)
		if err != nil {
			return err
		}
		by := at.PersonID
		out = &Review{ID: id.New(), ReplyID: reply, ReviewerID: &by, Kind: ByPeer, Marks: Marks{}, AssignedAt: now, DueAt: now.Add(ReviewTime)}
		if _, err := tx.NewInsert().Model(out).On("CONFLICT (reply_id, reviewer_id, kind) DO UPDATE").Set("assigned_at = EXCLUDED.assigned_at").
			Set("due_at = EXCLUDED.due_at").Exec(ctx); err != nil {
			return fmt.Errorf("assign review: %w", db.Err(err))
		}
		return tx.NewSelect().Model(out).Where("reply_id = ?", reply).Where("reviewer_id = ?", by).Where("kind = ?", ByPeer).Scan(ctx)
	})
	return out, err
}

// waiting finds the reply that needs a reviewer most.
func (s *Service) waiting(ctx context.Context, tx bun.IDB, at record.Completion, now time.Time) (string, error) {
	live := tx.NewSelect().TableExpr("scenario_review AS v").ColumnExpr("COUNT(*)").Where("v.reply_id = t.id").Where("v.kind = ?", ByPeer).
		Where("(v.done_at IS NOT NULL OR v.due_at > ?)", now)
	mine := tx.NewSelect().TableExpr("scenario_review AS m").ColumnExpr("1").Where("m.reply_id = t.id").Where("m.reviewer_id = ?", at.PersonID).
		Where("m.kind = ?", ByPeer).Where("m.done_at IS NOT NULL")
	var reply string
	err := tx.NewSelect().TableExpr("scenario_reply AS t").ColumnExpr("t.id").
		Where("t.course_key = ?", at.Course.Key).Where("t.activity_key = ?", at.Activity.Key).Where("t.delivery_id = ?", at.DeliveryID).
		Where("t.state = ?", Marked).Where("t.person_id <> ?", at.PersonID).Where("t.peers > 0").Where("t.due_at > ?", now).
		Where("t.closed_at IS NULL").Where("t.reported_at IS NULL").Where("(?) < t.peers", live).Where("NOT EXISTS (?)", mine).
		OrderExpr("(?), t.marked_at, t.id", live).Limit(1).Scan(ctx, &reply)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errNobody
	}
	if err != nil {
		return "", fmt.Errorf("replies that wait: %w", db.Err(err))
	}
	return reply, nil
}

// Task opens a review that was assigned to the person.
func (s *Service) Task(ctx context.Context, at record.Completion, reviewID string) (*Task, error) {
	if !id.Valid(reviewID) {
		return nil, errNoReview
	}
	r := new(Review)
	if err := s.db.NewSelect().Model(r).Where("id = ?", reviewID).Where("reviewer_id = ?", at.PersonID).Where("kind = ?", ByPeer).Scan(ctx); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, errNoReview
		}
		return nil, fmt.Errorf("review: %w", db.Err(err))
	}
	t, err := s.task(ctx, *r)
	if err == nil && (t.Reply.CourseKey != at.Course.Key || t.Reply.ActivityKey != at.Activity.Key || t.Reply.ReportedAt != nil) {
		return nil, errNoReview
	}
	return t, err
}

// task adds to a review the reply and the scenario that its writer played.
func (s *Service) task(ctx context.Context, r Review) (*Task, error) {
	t := &Task{Review: r}
	if err := s.db.NewSelect().Model(&t.Reply).Where("id = ?", r.ReplyID).Scan(ctx); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, errNoReview
		}
		return nil, fmt.Errorf("reviewed reply: %w", db.Err(err))
	}
	run := new(Run)
	if err := s.db.NewSelect().Model(run).Where("id = ?", t.Reply.RunID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("run of a reviewed reply: %w", db.Err(err))
	}
	var err error
	if t.Story, err = s.scenario(ctx, record.Completion{}, run); err != nil {
		return nil, err
	}
	if t.Place = t.Story.Passage(t.Reply.Passage); t.Place == nil {
		return nil, errNoReview
	}
	return t, nil
}

// Submit keeps a peer's review. Missing marks are Invalid. Done again it replaces the first one while others may still
// review.
func (s *Service) Submit(ctx context.Context, at record.Completion, reviewID string, marks Marks, comment string) error {
	t, err := s.Task(ctx, at, reviewID)
	if err != nil {
		return err
	}
	return s.judge(ctx, t, marks, comment)
}

func (s *Service) judge(ctx context.Context, t *Task, marks Marks, comment string) error {
	comment = Tidy(comment)
	err := t.Place.complete(marks)
	if n := utf8.RuneCountInString(comment); n > MaxComment {
		var bad fault.Fields
		if f := fault.From(err); f != nil {
			for _, x := range f.Fields {
				bad.Add(x.Name, x.Key, x.Args...)
			}
		}
		bad.Add("comment", "scenario.error.comment_long", "Max", MaxComment, "Over", n-MaxComment)
		err = bad.Err()
	}
	if err != nil {
		return err
	}
	now := s.clock()
	t.Review.Marks, t.Review.Total, t.Review.Comment, t.Review.DoneAt = marks, marks.total(), comment, &now
	if _, err := s.db.NewInsert().Model(&t.Review).On("CONFLICT (reply_id, reviewer_id, kind) DO UPDATE").Set("marks = EXCLUDED.marks").
		Set("total = EXCLUDED.total").Set("comment = EXCLUDED.comment").Set("done_at = EXCLUDED.done_at").Exec(ctx); err != nil {
		return fmt.Errorf("store review: %w", db.Err(err))
	}
	return nil
}

// Report takes a reply out of other learners' sight until a trainer has looked; its writer loses nothing else.
func (s *Service) Report(ctx context.Context, at record.Completion, reviewID string) error {
	t, err := s.Task(ctx, at, reviewID)
	if err != nil {
		return err
	}
	now := s.clock()
	t.Reply.ReportedAt = &now
	return putReply(ctx, s.db, &t.Reply, false)
}

// Trainer is who marks replies: of the deliveries in which they have the role, or of all.
type Trainer struct {
	*account.Person
}

func (t Trainer) sees(delivery string) bool { return t.Can(account.RoleTrainer, delivery) }

// Submission is a reply on a trainer's list.
type Submission struct {
	Written   `bun:",extend"`
	Name      string // of its writer
	PeersDone int
	Mine      bool // a trainer has marked it
}

// ByTask are the lists of a trainer.
const (
	ListOpen     = "open"     // not marked by a trainer yet
	ListReported = "reported" // reported by a peer
	ListDone     = "done"
)

// PerPage is how many submissions a page of the list has.
const PerPage = 25

// Submissions are the replies that a trainer may mark, the oldest first.
func (s *Service) Submissions(ctx context.Context, who Trainer, list string, page int) ([]Submission, int, error) {
	all := []Submission{}
	done := s.db.NewSelect().TableExpr("scenario_review AS v").ColumnExpr("1").Where("v.reply_id = t.id").Where("v.kind = ?", ByTrainer)
	peers := s.db.NewSelect().TableExpr("scenario_review AS v").ColumnExpr("COUNT(*)").Where("v.reply_id = t.id").Where("v.kind = ?", ByPeer).Where("v.done_at IS NOT NULL")
	q := s.db.NewSelect().TableExpr("scenario_reply AS t").ColumnExpr("t.*").ColumnExpr("p.name AS name").ColumnExpr("(?) AS peers_done", peers).
		Join("JOIN person AS p ON p.id = t.person_id").Join("JOIN scenario_run AS r ON r.id = t.run_id").
		Where("t.state = ?", Marked).Where("p.kind = ?", account.KindPerson).Where("r.replay_of = ''")
	if !who.sees("") {
		own := who.Deliveries(account.RoleTrainer)
		if len(own) == 0 {
			return all, 0, nil
		}
		q = q.Where("t.delivery_id IN (?)", bun.List(own))
	}
	switch list {
	case ListReported:
		q = q.Where("t.reported_at IS NOT NULL")
	case ListDone:
		q = q.Where("EXISTS (?)", done)
	default:
		q = q.Where("NOT EXISTS (?)", done)
	}
	n, err := q.OrderExpr("t.marked_at, t.id").Limit(PerPage).Offset(int64(max(page, 1)-1)*PerPage).ScanAndCount(ctx, &all)
	if err != nil {
		return nil, 0, fmt.Errorf("replies for a trainer: %w", db.Err(err))
	}
	return all, int(n), nil
}

// Marking opens a reply for a trainer, with the marks that a trainer gave before. NotFound when it is not theirs to see.
func (s *Service) Marking(ctx context.Context, who Trainer, replyID string) (*Task, []Review, error) {
	if !id.Valid(replyID) {
		return nil, nil, errNoReview
	}
	now := s.clock()
	by := who.ID
	t, err := s.task(ctx, Review{ID: id.New(), ReplyID: replyID, ReviewerID: &by, Kind: ByTrainer, Marks: Marks{}, AssignedAt: now, DueAt: now})
	if err != nil {
		return nil, nil, err
	}
	if t.Reply.State != Marked || !who.sees(t.Reply.DeliveryID) {
		return nil, nil, errNoReview
	}
	var all []Review
	if err := s.db.NewSelect().Model(&all).Where("reply_id = ?", replyID).Where("done_at IS NOT NULL").Order("done_at", "id").Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("reviews of a reply: %w", db.Err(err))
	}
	for _, r := range all {
		if r.Kind == ByTrainer {
			t.Review.Marks, t.Review.Comment = r.Marks, r.Comment
		}
	}
	return t, all, nil
}

// Mark keeps a trainer's marks. They stand.
func (s *Service) Mark(ctx context.Context, who Trainer, replyID string, marks Marks, comment string) error {
	t, _, err := s.Marking(ctx, who, replyID)
	if err != nil {
		return err
	}
	return s.judge(ctx, t, marks, comment)
}

// Close ends the waiting for peers, or gives a reported reply back to them.
func (s *Service) Close(ctx context.Context, who Trainer, replyID string, giveBack bool) error {
	t, _, err := s.Marking(ctx, who, replyID)
	if err != nil {
		return err
	}
	now := s.clock()
	if giveBack {
		t.Reply.ReportedAt = nil
	} else {
		t.Reply.ClosedAt = &now
	}
	return putReply(ctx, s.db, &t.Reply, false)
}

// Waits says whether peers may still review a reply.
func (s *Service) Waits(w *Written) bool { return w.Waiting(s.clock()) }

// NameOf is a writer's name, for a trainer.
func (s *Service) NameOf(ctx context.Context, personID string) (string, error) {
	var name string
	if err := s.db.NewSelect().TableExpr("person AS p").ColumnExpr("p.name").Where("p.id = ?", personID).Scan(ctx, &name); err != nil {
		return "", fmt.Errorf("name of a writer: %w", db.Err(err))
	}
	return name, nil
}
