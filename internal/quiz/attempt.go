package quiz

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/id"
)

// The states of an attempt.
const (
	Open      = "open"      // being answered; one at most for a person and a quiz
	Submitted = "submitted" // graded: nothing in it changes any more
	Aside     = "aside"     // was open on a guest's device when its owner already had one open: kept, never graded
)

// Attempt is one go at a quiz. Rows are kept as long as their person; only open ones change.
type Attempt struct {
	bun.BaseModel `bun:"table:quiz_attempt,alias:qa"`

	ID           string `bun:",pk"`
	PersonID     string
	CourseKey    string
	ActivityKey  string // "module/activity"
	RevisionHash string // what it was started on, and stays on
	ActivityHash string
	Client       string // the form that started it: sent twice, it is one attempt
	State        string
	Seed         int64
	Sheet        Sheet `bun:"answers,type:text"`
	Saves        int   // how often answers were stored
	StartedAt    time.Time
	SavedAt      *time.Time
	SubmittedAt  *time.Time
	Score        int // right answers; 0 until submitted
	Total        int // questions asked
	Passed       bool

	MinutesLimit int        // time limit of the file when it was started; 0 is none
	DueAt        *time.Time // when the time is up, with what the person is allowed; nil without limit
	EndedBy      string     // ByTime when the clock submitted it
	Rulings      int        // the generation of decisions it was last judged under: see Ruling
	FirstScore   *int       // the result before any decision changed it; nil while none has
	FirstTotal   *int
	FirstPassed  *bool
}

// ByTime is what EndedBy says when the clock submitted an attempt.
const ByTime = "time"

// Grace is how long after its end an attempt with a time limit still takes answers: for slow lines.
const Grace = 30 * time.Second

// Over says whether the attempt is open and its time, grace included, is up.
func (a *Attempt) Over(now time.Time) bool {
	return a.State == Open && a.DueAt != nil && !now.Before(a.DueAt.Add(Grace))
}

// first is the result before any decision.
func (a *Attempt) first() (score, total int, passed bool) {
	if a.FirstScore == nil || a.FirstTotal == nil || a.FirstPassed == nil {
		return a.Score, a.Total, a.Passed
	}
	return *a.FirstScore, *a.FirstTotal, *a.FirstPassed
}

// keepFirst notes the result before any decision, once.
func (a *Attempt) keepFirst(score, total int, passed bool) {
	if a.FirstScore == nil {
		a.FirstScore, a.FirstTotal, a.FirstPassed = &score, &total, &passed
	}
}

// better says whether a's result is above b's, by the share of right answers: totals may differ between revisions.
func (a *Attempt) better(b *Attempt) bool {
	if a.Passed != b.Passed {
		return a.Passed
	}
	return a.Score*b.Total > b.Score*a.Total
}

// Best returns the best submitted attempt, the newest of equals, or nil. All has the newest first.
func Best(all []Attempt) *Attempt {
	var best *Attempt
	for i := range all {
		if a := &all[i]; a.State == Submitted && (best == nil || a.better(best)) {
			best = a
		}
	}
	return best
}

// Sheet is what was answered so far, and by which page. It is kept as JSON that SQL does not look into.
type Sheet struct {
	Answers map[string]Entry `json:"answers,omitempty"` // by question key
	Pages   map[string]int64 `json:"pages,omitempty"`   // by page load: the number of its last form
	Late    Answers          `json:"late,omitempty"`    // what came after the time was up: kept, not counted
}

// keepLate notes touched answers that came too late and differ from what counts. It says whether there were any.
func (s *Sheet) keepLate(sent map[string]Sent) bool {
	changed := false
	for key, in := range sent {
		if !in.Touched || in.TooLong || equal(s.Answers[key].Answer, in.Answer) || equal(s.Late[key], in.Answer) {
			continue
		}
		if s.Late == nil {
			s.Late = Answers{}
		}
		s.Late[key], changed = in.Answer, true
	}
	return changed
}

// Entry is one answer with the page load that sent it.
type Entry struct {
	Answer
	Page string `json:"page,omitempty"`
}

// pagesKept bounds Sheet.Pages. Only the newest loads can still have forms on the way.
const pagesKept = 20

// Plain returns the answers alone.
func (s Sheet) Plain() Answers {
	out := Answers{}
	for k, e := range s.Answers {
		out[k] = e.Answer
	}
	return out
}

// merge takes a form's answers into the sheet; it is false when nothing changed. An older form of the same page
// load changes nothing. A question where the form still has what its page was rendered with changes nothing either,
// unless that page load itself answered it before: so a page left open on another device does not undo what was
// answered since.
func (s *Sheet) merge(f Form, sent map[string]Sent) bool {
	page := f.Page
	if !id.Valid(page) {
		page = ""
	}
	if n := min(f.N, math.MaxInt32); page != "" && n > 0 {
		if n <= s.Pages[page] {
			return false
		}
		s.turn(page, n)
	}
	changed := false
	for key, in := range sent {
		if in.TooLong {
			continue
		}
		had, there := s.Answers[key]
		if !in.Touched && (page == "" || had.Page != page) {
			continue
		}
		if there && equal(had.Answer, in.Answer) && had.Page == page {
			continue
		}
		if s.Answers == nil {
			s.Answers = map[string]Entry{}
		}
		s.Answers[key] = Entry{Answer: in.Answer, Page: page}
		changed = true
	}
	return changed
}

func (s *Sheet) turn(page string, n int64) {
	if s.Pages == nil {
		s.Pages = map[string]int64{}
	}
	s.Pages[page] = n
	for len(s.Pages) > pagesKept {
		oldest := page
		for p := range s.Pages {
			if p < oldest { // ids sort by time
				oldest = p
			}
		}
		delete(s.Pages, oldest)
	}
}

func equal(a, b Answer) bool {
	return a.Text == b.Text && slices.Equal(a.Chosen, b.Chosen) && slices.Equal(a.Matches, b.Matches) && slices.Equal(a.Order, b.Order)
}

// Value writes the sheet as JSON text.
func (s Sheet) Value() (driver.Value, error) {
	raw, err := json.Marshal(s)
	return string(raw), err
}

// Scan reads it back.
func (s *Sheet) Scan(src any) error {
	*s = Sheet{}
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.NewDecoder(strings.NewReader(v)).Decode(s)
	case []byte:
		return json.Unmarshal(v, s)
	}
	return fmt.Errorf("answers of a quiz attempt: unexpected %T", src)
}
