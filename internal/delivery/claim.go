package delivery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
)

// Claim gives the enrolments of a guest to a person. Where both are in the same delivery, the person's own stays,
// on its revision; it becomes active when the guest's was, and takes the later of the two last positions.
// A second call finds nothing to move.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	if from == to {
		return nil
	}
	theirs, err := list(ctx, tx, from)
	if err != nil {
		return err
	}
	now := s.clock()
	for i := range theirs {
		g := &theirs[i]
		own, err := lockEnrolment(ctx, tx, to, g.DeliveryID)
		if err != nil {
			return err
		}
		if own == nil {
			g.PersonID, g.UpdatedAt = to, now
			if err := update(ctx, tx, g, "person_id", "updated_at"); err != nil {
				return err
			}
			continue
		}
		if g.Status == Active {
			own.Status = Active
		}
		if g.LastActivity != "" && g.LastSeenAt.After(own.LastSeenAt) {
			own.LastActivity, own.LastSeenAt = g.LastActivity, g.LastSeenAt
		}
		own.UpdatedAt = now
		if err := update(ctx, tx, own, "status", "last_activity", "last_seen_at", "updated_at"); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model(g).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("drop the guest's second enrolment: %w", err)
		}
	}
	return nil
}

// Erase lets a person out of every cohort before their account goes, so that their seats go to those who wait.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	all, err := mine(ctx, tx, p.ID, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("e.status <> ?", Withdrawn) })
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b Mine) int { return strings.Compare(a.Delivery.ID, b.Delivery.ID) }) // one order of locks
	for i := range all {
		d, err := lockCohort(ctx, tx, all[i].Delivery.ID)
		if err != nil {
			return err
		}
		if err := s.leave(ctx, tx, d, p.ID, ""); err != nil {
			return err
		}
	}
	return nil
}

// Export gives a person's enrolments, with the cohorts they were in, and what they announced, for the file of
// everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := list(ctx, s.db, personID)
	if err != nil {
		return "", nil, err
	}
	cohorts, err := mine(ctx, s.db, personID, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
	if err != nil {
		return "", nil, err
	}
	title := map[string]string{}
	for _, m := range cohorts {
		title[m.Enrolment.ID] = m.Delivery.Title
	}
	var told []Announcement
	err = s.db.NewSelect().Model(&told).Where("a.author_id = ?", personID).OrderExpr("a.created_at").Scan(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("read a person's announcements: %w", err)
	}
	type row struct {
		Course   string `json:"course"`
		Cohort   string `json:"cohort,omitempty"`
		Revision string `json:"revision"`
		Status   string `json:"status"`
		Source   string `json:"came_by"`
		Shift    int    `json:"weeks_later,omitempty"`
		Extended int    `json:"days_more,omitempty"`
		Pauses   Pauses `json:"pauses,omitempty"`
		LastStep string `json:"last_step,omitempty"`
		LastSeen string `json:"last_seen"`
		Enrolled string `json:"enrolled_at"`
	}
	type said struct {
		At    string `json:"at"`
		Title string `json:"title"`
		Text  string `json:"text"`
	}
	out := struct {
		Enrolments    []row  `json:"enrolments"`
		Announcements []said `json:"announcements,omitempty"`
	}{Enrolments: make([]row, len(all))}
	for i, e := range all {
		out.Enrolments[i] = row{
			e.CourseKey, title[e.ID], e.RevisionHash, e.Status, e.Source, e.ShiftWeeks, e.ExtendedDays, e.Pauses, e.LastActivity,
			e.LastSeenAt.UTC().Format(time.RFC3339), e.CreatedAt.UTC().Format(time.RFC3339),
		}
	}
	for _, a := range told {
		out.Announcements = append(out.Announcements, said{a.CreatedAt.UTC().Format(time.RFC3339), a.Title, a.Body})
	}
	return "enrolments", out, nil
}
