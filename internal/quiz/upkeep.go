package quiz

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Lengths of a decision's reason, in characters.
const (
	MinReason = 10
	MaxReason = 500
)

// MayKeep says whether somebody may decide about questions and see how they do: authors, trainers of the whole site and
// administrators. A nil actor is an operator.
func MayKeep(actor *account.Person) bool {
	return actor == nil || actor.Can(account.RoleAuthor, "") || actor.Can(account.RoleTrainer, "")
}

// upkeep is a row of quiz_upkeep: how often decisions about a quiz have changed.
type upkeep struct {
	bun.BaseModel `bun:"table:quiz_upkeep,alias:qu"`

	CourseKey   string `bun:",pk"`
	ActivityKey string `bun:",pk"`
	Generation  int
	UpdatedAt   time.Time
}

// Draft is a decision to be looked at or made.
type Draft struct {
	Ref
	Question  string // key
	Version   string // "" all
	Kind      string
	Answer    string // see Ruling
	Downwards bool
	Reason    string
	Form      string // id made by the form: sent twice, it is one decision
}

// Effect is what a decision would change, or has changed.
type Effect struct {
	Attempts int      // submitted ones of the quiz
	Asked    int      // those among them that were asked the question, in a version that it is about
	Up, Down int      // attempts whose result gets better, worse
	Held     int      // attempts that would be worse by it and therefore keep their result
	Passes   []string // people who have not passed in any attempt and pass by it
	Fails    int      // people who have passed and would not have by it; their step stays complete
}

// check reads the draft against the quiz's history and makes it a ruling.
func (s *Service) check(ctx context.Context, d Draft) (*Ruling, error) {
	h, err := s.History(ctx, d.Ref)
	if err != nil {
		return nil, err
	}
	line, err := h.Question(d.Question)
	if err != nil {
		return nil, err
	}
	var f fault.Fields
	about := line.Versions
	if d.Version != "" {
		if v, there := line.Version(d.Version); there {
			about = []Version{v}
		} else {
			f.Add("version", "quiz.upkeep.error.version")
		}
	}
	r := &Ruling{
		CourseKey: d.CourseKey, ActivityKey: d.ActivityKey, QuestionKey: d.Question, Version: d.Version, Kind: d.Kind,
		Answer: strings.TrimSpace(d.Answer), Downwards: d.Downwards && (d.Kind == Key || d.Kind == LeaveOut),
	}
	switch d.Kind {
	case Accept:
		if !slices.ContainsFunc(about, func(v Version) bool { return acceptable(v.Question, r.Answer) }) {
			f.Add("answer", "quiz.upkeep.error.answer")
		}
	case Key:
		i := slices.IndexFunc(line.Versions, func(v Version) bool { return v.Revision == r.Answer })
		if i < 0 {
			f.Add("answer", "quiz.upkeep.error.key")
		} else {
			r.right = line.Versions[i].Question
		}
	case Credit, LeaveOut:
		r.Answer = ""
	default:
		f.Add("kind", "quiz.upkeep.error.kind")
	}
	return r, f.Err()
}

// acceptable says whether an answer could be given to the question at all and is not what the key has already.
func acceptable(q *Question, answer string) bool {
	switch q.Type {
	case Single, Multiple, TrueFalse:
		i := slices.Index(q.optionTexts(), answer)
		return i >= 0 && (q.Type == Multiple || !q.Options[i].Correct)
	case ShortText:
		return plain(answer, false) != "" && utf8.RuneCountInString(answer) <= MaxText &&
			!slices.ContainsFunc(q.Accept, func(a string) bool { return sameWords(a, answer) })
	case Numeric:
		n, ok := ParseNumber(answer, q.Unit)
		return ok && !near(n, q.Answer, q.Tolerance)
	}
	return false
}

// Preview says what a decision would change, and changes nothing. Invalid names the fields kind, version and answer.
// It judges every submitted attempt of the quiz, some 20,000 in a second.
func (s *Service) Preview(ctx context.Context, d Draft) (Effect, error) {
	r, err := s.check(ctx, d)
	if err != nil {
		return Effect{}, err
	}
	now, _, err := s.inForce(ctx, s.db, d.Ref)
	if err != nil {
		return Effect{}, err
	}
	return s.effect(ctx, d.Ref, now, r)
}

// Decide makes a decision: from its commit on it holds for every result, and Run judges again what was submitted
// before. Sent twice, it is one. Forbidden unless MayKeep; Invalid names the fields kind, version, answer and reason.
func (s *Service) Decide(ctx context.Context, actor *account.Person, d Draft) (*Ruling, error) {
	if !MayKeep(actor) {
		return nil, fault.New(fault.Forbidden, "quiz.upkeep.may_not")
	}
	r, err := s.check(ctx, d)
	if err != nil {
		return nil, err
	}
	var f fault.Fields
	if r.Reason = checkReason(&f, d.Reason); len(f) > 0 {
		return nil, f.Err()
	}
	if r.ID = d.Form; !id.Valid(r.ID) {
		r.ID = id.New()
	}
	r.DecidedAt = s.clock()
	if actor != nil {
		r.DecidedBy = actor.ID
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if r.Generation, err = s.turn(ctx, tx, d.Ref); err != nil {
			return err
		}
		fresh, err := insertRuling(ctx, tx, r)
		if err != nil || !fresh {
			return err
		}
		return s.note(ctx, tx, actor, r, "quiz.ruled", r.Reason)
	})
	if err != nil {
		return nil, err
	}
	s.Forget()
	return r, nil
}

// Reverse takes a decision back: every result becomes what it would be without it. Steps and courses that were
// completed stay so. Taken back already, nothing changes. Errors as Decide's; NotFound when there is no such decision.
func (s *Service) Reverse(ctx context.Context, actor *account.Person, q Ref, rulingID, reason string) error {
	if !MayKeep(actor) {
		return fault.New(fault.Forbidden, "quiz.upkeep.may_not")
	}
	var f fault.Fields
	if reason = checkReason(&f, reason); len(f) > 0 {
		return f.Err()
	}
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		generation, err := s.turn(ctx, tx, q)
		if err != nil {
			return err
		}
		r, err := ruling(ctx, tx, q, rulingID)
		if err != nil || !r.InForce() {
			return err
		}
		now := s.clock()
		r.ReversedAt, r.ReverseReason, r.Generation = &now, reason, generation
		if actor != nil {
			r.ReversedBy = actor.ID
		}
		if err := updateRuling(ctx, tx, r); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, r, "quiz.unruled", reason)
	})
	s.Forget()
	return err
}

// turn begins a new generation of decisions about a quiz; who decides at the same time waits.
func (s *Service) turn(ctx context.Context, tx bun.IDB, q Ref) (int, error) {
	u := &upkeep{CourseKey: q.CourseKey, ActivityKey: q.ActivityKey, Generation: 1, UpdatedAt: s.clock()}
	err := tx.NewInsert().Model(u).On("CONFLICT (course_key, activity_key) DO UPDATE").
		Set("generation = qu.generation + 1").Set("updated_at = EXCLUDED.updated_at").Returning("generation").Scan(ctx, &u.Generation)
	if err != nil {
		return 0, fmt.Errorf("begin a generation of decisions: %w", db.Err(err))
	}
	db.AfterCommit(ctx, s.ring)
	return u.Generation, nil
}

func (s *Service) note(ctx context.Context, tx bun.IDB, actor *account.Person, r *Ruling, action, reason string) error {
	raw, err := json.Marshal(map[string]any{
		"ruling": r.ID, "kind": r.Kind, "version": r.Version, "answer": r.Answer, "downwards": r.Downwards, "generation": r.Generation,
	})
	if err != nil {
		return err
	}
	e := audit.Entry{
		At: s.clock(), Action: action, Subject: r.CourseKey + "/" + r.ActivityKey + "#" + r.QuestionKey, Reason: reason, Data: string(raw),
	}
	if actor != nil {
		e.ActorID, e.ActorName = actor.ID, actor.Name
	}
	return audit.Record(ctx, tx, e)
}

func checkReason(f *fault.Fields, reason string) string {
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n < MinReason:
		f.Add("reason", "quiz.upkeep.error.reason", "N", MinReason)
	case n > MaxReason:
		f.Add("reason", "quiz.upkeep.error.reason_long", "N", MaxReason)
	}
	return reason
}

// Rulings returns every decision about a quiz, the newest first, those taken back too.
func (s *Service) Rulings(ctx context.Context, q Ref) ([]Ruling, error) {
	var all []Ruling
	err := s.db.NewSelect().Model(&all).Where("qr.course_key = ?", q.CourseKey).Where("qr.activity_key = ?", q.ActivityKey).
		OrderExpr("qr.decided_at DESC, qr.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("decisions about a quiz: %w", err)
	}
	return all, nil
}

// snapshot is what a node knows of the decisions in force at the whole site. There are few.
type snapshot struct {
	at time.Time // monotonic
	by map[Ref][]Ruling
}

// freshFor is how long a node trusts what it knows of decisions made on other nodes. Only what is shown rests on it;
// what is stored is judged by what the transaction reads.
const freshFor = time.Second

// Forget makes the next look ask the database.
func (s *Service) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// known are the decisions in force for a quiz, nearly always without a query.
func (s *Service) known(ctx context.Context, q Ref) ([]Ruling, error) {
	s.mu.Lock()
	k := s.rules
	s.mu.Unlock()
	if k == nil || time.Since(k.at) > freshFor {
		k = &snapshot{at: time.Now(), by: map[Ref][]Ruling{}}
		all, err := rulings(ctx, s.db, nil)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			at := Ref{r.CourseKey, r.ActivityKey}
			k.by[at] = append(k.by[at], r)
		}
		s.mu.Lock()
		s.rules = k
		s.mu.Unlock()
	}
	return s.loadKeys(ctx, s.courses.Revision, slices.Clone(k.by[q]))
}

// inForce reads the decisions in force for a quiz and their generation; it joins the transaction.
func (s *Service) inForce(ctx context.Context, tx bun.IDB, q Ref) ([]Ruling, int, error) {
	var generation int
	err := tx.NewSelect().Model((*upkeep)(nil)).ColumnExpr("COALESCE(MAX(generation), 0)").
		Where("course_key = ?", q.CourseKey).Where("activity_key = ?", q.ActivityKey).Scan(ctx, &generation)
	if err != nil {
		return nil, 0, fmt.Errorf("generation of decisions: %w", err)
	}
	if generation == 0 {
		return nil, 0, nil
	}
	all, err := rulings(ctx, tx, &q)
	if err != nil {
		return nil, 0, err
	}
	all, err = s.loadKeys(ctx, func(ctx context.Context, hash string) (*course.Revision, error) {
		return s.courses.RevisionTx(ctx, tx, hash)
	}, all)
	return all, generation, err
}

// loadKeys finds the right key of each decision of the kind Key.
func (s *Service) loadKeys(ctx context.Context, load func(context.Context, string) (*course.Revision, error), all []Ruling) ([]Ruling, error) {
	for i := range all {
		r := &all[i]
		if r.Kind != Key {
			continue
		}
		rev, err := load(ctx, r.Answer)
		if err != nil {
			return nil, fmt.Errorf("revision of the decision %s: %w", r.ID, err)
		}
		c, err := contentOf(rev.Activity(r.ActivityKey))
		if err != nil {
			return nil, fmt.Errorf("decision %s: %w", r.ID, err)
		}
		for _, q := range c.Questions {
			if q.Key == r.QuestionKey {
				r.right = q
			}
		}
	}
	return all, nil
}
