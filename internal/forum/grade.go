package forum

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/inbox"
	"greenroom/internal/record"
)

// Grade is what a facilitator thinks of somebody's part in one prompt; table forum_grade. Each mark is 0, 1 or 2.
type Grade struct {
	bun.BaseModel `bun:"table:forum_grade,alias:gr"`

	DeliveryID  string `bun:",pk"`
	ActivityKey string `bun:",pk"`
	PersonID    string `bun:",pk"`
	CourseKey   string
	Answer      int // quality of the own answer
	Replies     int // quality of the replies to others
	Moves       int // how much they move the discussion on
	Excused     bool
	Feedback    string // one sentence, for the learner
	MarkedBy    string
	MarkedAt    time.Time
	Version     int
}

// MaxMark is the highest of a mark, MaxTotal of all three, and MaxFeedback the characters of feedback.
const (
	MaxMark     = 2
	MaxTotal    = 3 * MaxMark
	MaxFeedback = 600
	MaxPhrases  = 50
)

// Total is all three marks together, 0 to 6.
func (g *Grade) Total() int { return g.Answer + g.Replies + g.Moves }

// GradeOf is the visitor's own grade in the prompt, nil while there is none.
func (s *Service) GradeOf(ctx context.Context, v *Visit) (*Grade, error) {
	return gradeOf(ctx, s.db, v.Delivery.ID, v.Activity.Key, v.Who.ID)
}

func gradeOf(ctx context.Context, tx bun.IDB, deliveryID, activityKey, personID string) (*Grade, error) {
	var all []Grade
	err := tx.NewSelect().Model(&all).Where("gr.delivery_id = ?", deliveryID).Where("gr.activity_key = ?", activityKey).Where("gr.person_id = ?", personID).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0], nil
}

// Marks are a person's grades by course and activity, of several deliveries the one that was marked last. One query.
func (s *Service) Marks(ctx context.Context, personID string) (map[[2]string]Grade, error) {
	var all []Grade
	if err := s.db.NewSelect().Model(&all).Where("gr.person_id = ?", personID).OrderExpr("gr.marked_at, gr.delivery_id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("a person's marks: %w", db.Err(err))
	}
	out := make(map[[2]string]Grade, len(all))
	for _, g := range all {
		out[[2]string{g.CourseKey, g.ActivityKey}] = g
	}
	return out, nil
}

// Sum is what somebody was given in a delivery's prompts, and what could be had in those that were marked; excused ones are
// in neither.
type Sum struct{ Marks, Of int }

// Sums are those by person. One query.
func (s *Service) Sums(ctx context.Context, deliveryID string) (map[string]Sum, error) {
	var rows []struct {
		PersonID string
		Marks, N int
	}
	err := s.db.NewSelect().Model((*Grade)(nil)).ColumnExpr("gr.person_id, sum(gr.answer + gr.replies + gr.moves) AS marks, count(*) AS n").
		Where("gr.delivery_id = ?", deliveryID).Where("NOT gr.excused").GroupExpr("gr.person_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("marks of a delivery: %w", db.Err(err))
	}
	out := make(map[string]Sum, len(rows))
	for _, r := range rows {
		out[r.PersonID] = Sum{r.Marks, r.N * MaxTotal}
	}
	return out, nil
}

func (g *Grade) check() error {
	g.Feedback = strings.TrimSpace(g.Feedback)
	var f fault.Fields
	for _, x := range []struct {
		name string
		n    int
	}{{"answer", g.Answer}, {"replies", g.Replies}, {"moves", g.Moves}} {
		if !g.Excused && (x.n < 0 || x.n > MaxMark) {
			f.Add(x.name, "forum.mark_missing."+x.name)
		}
	}
	if n := utf8.RuneCountInString(g.Feedback); n > MaxFeedback {
		f.Add("feedback", "forum.feedback_long", "Max", MaxFeedback)
	} else if n < minReason {
		f.Add("feedback", "forum.feedback_missing")
	}
	return f.Err()
}

// Mark keeps a facilitator's marks for somebody's part in a prompt, and tells them. g.Version is what the form was made
// of: when somebody marked since, it is Conflict. Who is excused has the step waived in their record, with the feedback
// as its reason; marks instead take that waiver back, for the feedback they come with. Invalid names the fields answer, replies, moves and feedback.
func (s *Service) Mark(ctx context.Context, v *Visit, personID string, g Grade) error {
	if !v.Teaches || !v.Prompt() {
		return errNotFound
	}
	if err := g.check(); err != nil {
		return err
	}
	_, e, _, err := s.seat(ctx, personID, v.Delivery.ID)
	if err != nil || e == nil {
		return orNotFound(err)
	}
	waive, back, err := s.waiver(ctx, v, personID, e.RevisionHash, g.Feedback)
	if err != nil {
		return err
	}
	if g.Excused {
		g.Answer, g.Replies, g.Moves = 0, 0, 0
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "forum-grade:"+v.Delivery.ID+v.Activity.Key+personID); err != nil {
			return err
		}
		old, err := gradeOf(ctx, tx, v.Delivery.ID, v.Activity.Key, personID)
		if err != nil {
			return err
		}
		was := 0
		if old != nil {
			was = old.Version
			if old.same(&g) {
				return nil
			}
		}
		if was != g.Version {
			return fault.New(fault.Conflict, "forum.marked_since")
		}
		g.DeliveryID, g.ActivityKey, g.PersonID, g.CourseKey = v.Delivery.ID, v.Activity.Key, personID, v.Course.Key
		g.MarkedBy, g.MarkedAt, g.Version = v.Who.ID, s.clock(), was+1
		switch {
		case g.Excused:
			_, err = s.records.DecideTx(ctx, tx, v.Who, *waive)
		case old != nil && old.Excused:
			_, err = s.records.ReverseTx(ctx, tx, v.Who, *back)
		}
		if err != nil && !fault.Is(err, fault.Conflict) { // done or decided before; nothing to take back
			return err
		}
		return s.saveGrade(ctx, tx, v, &g)
	})
}

func (g *Grade) same(o *Grade) bool {
	return g.Answer == o.Answer && g.Replies == o.Replies && g.Moves == o.Moves && g.Excused == o.Excused && g.Feedback == o.Feedback
}

func (s *Service) saveGrade(ctx context.Context, tx bun.Tx, v *Visit, g *Grade) error {
	q := tx.NewInsert().Model(g).On("CONFLICT (delivery_id, activity_key, person_id) DO UPDATE")
	for _, c := range []string{"answer", "replies", "moves", "excused", "feedback", "marked_by", "marked_at", "version"} {
		q = q.Set(c + " = EXCLUDED." + c)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("keep marks: %w", db.Err(err))
	}
	if err := s.note(ctx, tx, v, "forum.marked", g.PersonID, g.ActivityKey, ""); err != nil {
		return err
	}
	_, err := s.inbox.Tell(ctx, tx, []inbox.Item{{
		PersonID: g.PersonID, Name: fmt.Sprintf("marked:%s:%s:%d", g.DeliveryID, g.ActivityKey, g.Version), Kind: Marked,
		Subject: v.Activity.Title, Href: "/discuss/" + g.DeliveryID + "/" + v.Board,
	}})
	return err
}

// excusedAt is the evidence of a waiver by an excuse, by which it is known from others: where it was said.
func excusedAt(v *Visit) string { return "/discuss/" + v.Delivery.ID + "/" + v.Board }

// waiver is the decision by which somebody does not have to do the step, and what takes it back; a waiver that was decided
// elsewhere stays. What they have done already stays.
func (s *Service) waiver(ctx context.Context, v *Visit, personID, revision, reason string) (*record.Decision, *record.Reversal, error) {
	rev, err := s.courses.Revision(ctx, revision)
	if err != nil {
		return nil, nil, err
	}
	who, err := s.accounts.ByID(ctx, personID)
	if err != nil {
		return nil, nil, err
	}
	if rev.Activity(v.Activity.Key) == nil {
		return nil, nil, errNotFound
	}
	steps, why := []string{v.Activity.Key}, clip(reason, record.MaxReason)
	return &record.Decision{
			PersonID: personID, PersonName: who.Name, Course: rev, DeliveryID: v.Delivery.ID, Kind: record.Waived, Steps: steps, Reason: why, Evidence: excusedAt(v),
		}, &record.Reversal{
			PersonID: personID, PersonName: who.Name, Course: rev, DeliveryID: v.Delivery.ID, Steps: steps, Reason: why, Evidence: excusedAt(v),
		}, nil
}

// Phrase is a sentence of feedback that a facilitator uses again; table forum_phrase.
type Phrase struct {
	bun.BaseModel `bun:"table:forum_phrase,alias:ph"`

	ID       string `bun:",pk"`
	PersonID string
	Text     string
	At       time.Time
}

// Phrases are a facilitator's own, the newest first.
func (s *Service) Phrases(ctx context.Context, personID string) ([]Phrase, error) {
	var all []Phrase
	err := s.db.NewSelect().Model(&all).Where("ph.person_id = ?", personID).OrderExpr("ph.at DESC, ph.id").Limit(MaxPhrases).Scan(ctx)
	return all, db.Err(err)
}

// SavePhrase keeps a sentence for using it again; one that is there is not kept twice.
func (s *Service) SavePhrase(ctx context.Context, personID, text string) error {
	text = strings.TrimSpace(text)
	if text == "" || utf8.RuneCountInString(text) > MaxFeedback {
		return nil
	}
	all, err := s.Phrases(ctx, personID)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Text == text {
			return nil
		}
	}
	if len(all) >= MaxPhrases {
		var f fault.Fields
		f.Add("feedback", "forum.phrases_full", "Max", MaxPhrases)
		return f.Err()
	}
	p := &Phrase{ID: id.New(), PersonID: personID, Text: text, At: s.clock()}
	if _, err := s.db.NewInsert().Model(p).Exec(ctx); err != nil {
		return fmt.Errorf("keep a sentence: %w", db.Err(err))
	}
	return nil
}

// DropPhrase forgets one.
func (s *Service) DropPhrase(ctx context.Context, personID, phraseID string) error {
	if _, err := s.db.NewDelete().Model((*Phrase)(nil)).Where("id = ?", phraseID).Where("person_id = ?", personID).Exec(ctx); err != nil {
		return fmt.Errorf("forget a sentence: %w", db.Err(err))
	}
	return nil
}
