package record

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
)

// Entry is one course in a person's transcript, with the revision they are on.
type Entry struct {
	ShelfItem
	Course *course.Revision
	View   View
}

// Transcript returns a person's courses with all that was counted, last seen first. Besides the revisions, which are
// nearly always cached, it is one query.
func (s *Service) Transcript(ctx context.Context, personID string) ([]Entry, error) {
	shelf, err := s.Shelf(ctx, personID)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(shelf))
	for i := range shelf {
		rev, err := s.courses.Revision(ctx, shelf[i].Enrolment.RevisionHash)
		if err != nil {
			return nil, err
		}
		out[i] = Entry{ShelfItem: shelf[i], Course: rev, View: Look(rev, &shelf[i].Progress)}
	}
	return out, nil
}

// Held is one completion of a course. Reopened ones no longer hold.
type Held struct {
	CourseKey    string
	Cycle        int
	RevisionHash string
	At           time.Time // since when it holds; UTC
	EnteredAt    time.Time // when it was entered, where somebody decided afterwards that it holds from another day
	Reopened     bool
}

// Completions returns all completions of a person, also those that no longer hold, oldest first.
func Completions(ctx context.Context, tx bun.IDB, personID string) ([]Held, error) {
	var events []Event
	err := tx.NewSelect().Model(&events).Where("le.person_id = ?", personID).Where("le.kind IN (?)", bun.List([]string{Completed, Reopened})).
		OrderExpr("le.at, le.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read completions: %w", err)
	}
	return completions(events), nil
}

func completions(events []Event) []Held {
	type which struct {
		key   string
		cycle int
	}
	reopened := map[which]bool{}
	for _, e := range events {
		if e.Kind == Reopened {
			reopened[which{e.CourseKey, e.Cycle}] = true
		}
	}
	var out []Held
	for _, e := range events {
		if e.Kind == Completed {
			out = append(out, Held{e.CourseKey, e.Cycle, e.RevisionHash, completedAt(e), e.At.UTC(), reopened[which{e.CourseKey, e.Cycle}]})
		}
	}
	return out
}

// Full is an Entry with all that happened in the course.
type Full struct {
	Entry
	Completions []Held
	Rulings     []Ruling // also those taken back
}

// FullTranscript is Transcript with completions and decisions; one query more.
func (s *Service) FullTranscript(ctx context.Context, personID string) ([]Full, error) {
	entries, err := s.Transcript(ctx, personID)
	if err != nil {
		return nil, err
	}
	events, err := eventsOf(ctx, s.db, personID, "")
	if err != nil {
		return nil, err
	}
	by := map[string][]Event{}
	for _, e := range events {
		by[e.CourseKey] = append(by[e.CourseKey], e)
	}
	out := make([]Full, len(entries))
	for i, e := range entries {
		out[i] = Full{e, completions(by[e.Course.Key]), rulings(by[e.Course.Key])}
	}
	return out, nil
}

// Export gives a person's record for the file of everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	entries, err := s.Transcript(ctx, personID)
	if err != nil {
		return "", nil, err
	}
	events, err := eventsOf(ctx, s.db, personID, "")
	if err != nil {
		return "", nil, err
	}
	type taken struct {
		Course      string     `json:"course"`
		Title       string     `json:"title"`
		Revision    string     `json:"revision"`
		Done        int        `json:"steps_done"`
		Total       int        `json:"steps"`
		Percent     int        `json:"percent"`
		CompletedAt *time.Time `json:"completed_at,omitempty"`
	}
	type happened struct {
		At       time.Time `json:"at"`
		Course   string    `json:"course"`
		Step     string    `json:"step,omitempty"`
		What     string    `json:"what"`
		Revision string    `json:"revision"`
		Data     string    `json:"data,omitempty"`
	}
	var out struct {
		Courses []taken    `json:"courses"`
		Events  []happened `json:"events"`
	}
	for _, e := range entries {
		out.Courses = append(out.Courses, taken{
			e.Course.Key, e.Course.Title, e.Course.Hash, e.View.Done, e.View.Total, e.View.Percent, e.View.CompletedAt,
		})
	}
	for _, e := range events {
		out.Events = append(out.Events, happened{e.At.UTC(), e.CourseKey, e.ActivityKey, e.Kind, e.RevisionHash, e.Data})
	}
	return "record", out, nil
}
