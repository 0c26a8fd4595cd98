package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/scenario"
	"greenroom/internal/words"
)

// Rating is what somebody says of one decision; table panel_rating.
type Rating struct {
	bun.BaseModel `bun:"table:panel_rating,alias:pr"`

	SeatID   string `bun:",pk"`
	Decision string `bun:",pk"`
	Print    string // of what they read: see scenario.Passage.Print
	Ratings  string // JSON, number by choice
	Reasons  string // JSON, text by choice
	RatedAt  time.Time
}

// Numbers are the ratings by choice.
func (r *Rating) Numbers() map[string]int {
	out := map[string]int{}
	_ = json.Unmarshal([]byte(r.Ratings), &out) // it was made by Rate
	return out
}

// Texts are the reasons by choice.
func (r *Rating) Texts() map[string]string {
	out := map[string]string{}
	_ = json.Unmarshal([]byte(r.Reasons), &out)
	return out
}

// holds says whether the decision is still what was rated.
func (r *Rating) holds(sc *scenario.Scenario) bool {
	p := sc.Passage(r.Decision)
	return p != nil && p.Kind == scenario.Decision && p.Print(sc.ScaleOf()) == r.Print
}

func (s *Service) ratings(ctx context.Context, courseKey, activityKey string) ([]Rating, error) {
	var all []Rating
	err := s.db.NewSelect().Model(&all).Join("JOIN panel_seat AS ps ON ps.id = pr.seat_id").
		Where("ps.course_key = ?", courseKey).Where("ps.activity_key = ?", activityKey).OrderExpr("pr.decision, pr.rated_at, pr.seat_id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("ratings of a panel: %w", db.Err(err))
	}
	return all, nil
}

// Of is the panel by which a run of the scenario is looked back on: at decisions that scenario.MinRaters invited people or
// more have rated as they are in sc, what they said; at all others what the file has. One query.
func (s *Service) Of(ctx context.Context, courseKey, activityKey string, sc *scenario.Scenario) (*scenario.Panel, error) {
	all, err := s.ratings(ctx, courseKey, activityKey)
	if err != nil {
		return nil, err
	}
	said, n := map[string]scenario.Said{}, map[string]int{}
	for i := range all {
		r := &all[i]
		if !r.holds(sc) {
			continue
		}
		x, there := said[r.Decision]
		if !there {
			x = scenario.Said{Ratings: map[string][]int{}, Reasons: map[string][]string{}}
			said[r.Decision] = x
		}
		n[r.Decision]++
		for c, v := range r.Numbers() {
			x.Ratings[c] = append(x.Ratings[c], v)
		}
		for c, t := range r.Texts() {
			x.Reasons[c] = append(x.Reasons[c], t)
		}
	}
	for d := range said {
		if n[d] < scenario.MinRaters {
			delete(said, d)
		}
	}
	return sc.Panel.With(said), nil
}

// Sheet is what a rater sees: the scenario, and what they have said of each decision as it is now.
type Sheet struct {
	Place
	Seat  Seat
	Rated map[string]*Rating
}

// Next is the first decision that is not rated yet, after the one named, or nil.
func (h *Sheet) Next(after string) *scenario.Passage {
	var first *scenario.Passage
	past := after == ""
	for _, p := range h.Scenario.Decisions() {
		if h.Rated[p.Key] == nil && p.Key != after {
			if past {
				return p
			}
			if first == nil {
				first = p
			}
		}
		past = past || p.Key == after
	}
	return first
}

// Open answers for a link: NotFound when there is none, Conflict when it has ended.
func (s *Service) Open(ctx context.Context, token string) (*Sheet, error) {
	x := new(Seat)
	if err := s.db.NewSelect().Model(x).Where("ps.token_hash = ?", id.Hash(token)).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	if x.Expired(s.Now()) {
		return nil, fault.New(fault.Conflict, "panel.error.expired")
	}
	at, err := s.At(ctx, x.CourseKey, x.ActivityKey)
	if err != nil {
		return nil, err
	}
	h := &Sheet{Place: *at, Seat: *x, Rated: map[string]*Rating{}}
	var all []Rating
	if err := s.db.NewSelect().Model(&all).Where("pr.seat_id = ?", x.ID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("ratings of a seat: %w", db.Err(err))
	}
	for i := range all {
		if all[i].holds(at.Scenario) {
			h.Rated[all[i].Decision] = &all[i]
		}
	}
	return h, nil
}

// Rate keeps what a rater says of one decision: a number for every choice, and a reason for one of them at least. Print is
// what the page showed; Conflict when the decision has changed since. Invalid names rating.<choice>, reason.<choice> and
// reasons. Said again, the newer replaces the older.
func (s *Service) Rate(ctx context.Context, token, decision, print string, numbers map[string]int, reasons map[string]string) (*Sheet, error) {
	h, err := s.Open(ctx, token)
	if err != nil {
		return nil, err
	}
	p := h.Scenario.Passage(decision)
	if p == nil || p.Kind != scenario.Decision {
		return nil, errNotFound
	}
	scale := h.Scenario.ScaleOf()
	if print != p.Print(scale) {
		return nil, fault.New(fault.Conflict, "panel.error.changed")
	}
	var bad fault.Fields
	kept, texts := map[string]int{}, map[string]string{}
	for _, c := range p.Choices {
		n, there := numbers[c.ID]
		if !there || n < 1 || n > scale {
			bad.Add("rating."+c.ID, "panel.error.rating", "Scale", scale)
		}
		kept[c.ID] = n
		t := words.Clean(reasons[c.ID], true)
		if over := utf8.RuneCountInString(t) - MaxReason; over > 0 {
			bad.Add("reason."+c.ID, "panel.error.long", "Max", MaxReason, "Over", over)
		}
		if t != "" {
			texts[c.ID] = t
		}
	}
	if len(texts) == 0 && len(p.Choices) > 0 {
		bad.Add("reason."+p.Choices[0].ID, "panel.error.reason")
	}
	if err := bad.Err(); err != nil {
		return h, err
	}
	rawNumbers, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	rawTexts, err := json.Marshal(texts)
	if err != nil {
		return nil, err
	}
	r := &Rating{SeatID: h.Seat.ID, Decision: decision, Print: print, Ratings: string(rawNumbers), Reasons: string(rawTexts), RatedAt: s.Now()}
	_, err = s.db.NewInsert().Model(r).On("CONFLICT (seat_id, decision) DO UPDATE").Set("print = EXCLUDED.print").Set("ratings = EXCLUDED.ratings").
		Set("reasons = EXCLUDED.reasons").Set("rated_at = EXCLUDED.rated_at").Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("keep a rating: %w", db.Err(err))
	}
	h.Rated[decision] = r
	return h, nil
}

// Export gives somebody with an account what they rated, and where they were invited.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	type row struct {
		Scenario string            `json:"scenario"`
		Decision string            `json:"decision,omitempty"`
		Ratings  map[string]int    `json:"ratings,omitempty"`
		Reasons  map[string]string `json:"reasons,omitempty"`
		Invited  string            `json:"invited_at"`
	}
	var seats []Seat
	mine := s.db.NewSelect().Model((*account.Person)(nil)).Column("email_folded").Where("id = ?", personID).Where("email_folded <> ''")
	if err := s.db.NewSelect().Model(&seats).Where("ps.email_folded IN (?)", mine).OrderExpr("ps.invited_at, ps.id").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export seats in panels: %w", db.Err(err))
	}
	var all []Rating
	theirs := s.db.NewSelect().Model((*Seat)(nil)).Column("id").Where("ps.email_folded IN (?)", mine)
	if err := s.db.NewSelect().Model(&all).Where("pr.seat_id IN (?)", theirs).OrderExpr("pr.decision").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export ratings: %w", db.Err(err))
	}
	by := map[string][]*Rating{}
	for i := range all {
		by[all[i].SeatID] = append(by[all[i].SeatID], &all[i])
	}
	out := []row{}
	for _, x := range seats {
		at := row{Scenario: x.CourseKey + "/" + x.ActivityKey, Invited: x.InvitedAt.UTC().Format(time.RFC3339)}
		if len(by[x.ID]) == 0 {
			out = append(out, at)
		}
		for _, y := range by[x.ID] {
			r := at
			r.Decision, r.Ratings, r.Reasons = y.Decision, y.Numbers(), y.Texts()
			out = append(out, r)
		}
	}
	return "panels", out, nil
}
