package record

import (
	"context"
	"time"

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
