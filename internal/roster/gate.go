package roster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Bypass lets one person into one delivery without what its course requires; table prerequisite_bypass.
type Bypass struct {
	bun.BaseModel `bun:"table:prerequisite_bypass,alias:pb"`

	ID         string `bun:",pk"`
	PersonID   string
	DeliveryID string
	GrantedBy  string
	Reason     string
	GrantedAt  time.Time
	RevokedAt  *time.Time // nil while it holds
}

// Gate is delivery's gate: a course with prerequisites keeps out who has not completed them, unless they have a bypass
// or are in another delivery of the course already (who began before there were prerequisites goes on).
func (s *Service) Gate(ctx context.Context, tx bun.IDB, d *delivery.Delivery, revisionHash string, people []string) (map[string]error, error) {
	rev, err := s.courses.RevisionTx(ctx, tx, revisionHash)
	if err != nil || len(rev.Requires) == 0 {
		return nil, err
	}
	completed, err := completions(ctx, tx, people, rev.Requires)
	if err != nil {
		return nil, err
	}
	free, err := exempt(ctx, tx, d, people)
	if err != nil {
		return nil, err
	}
	out := map[string]error{}
	for _, p := range people {
		var missing []string
		for _, k := range rev.Requires {
			if !completed[p][k] {
				missing = append(missing, k)
			}
		}
		if len(missing) > 0 && !free[p] {
			titles, err := titlesOf(ctx, tx, missing)
			if err != nil {
				return nil, err
			}
			out[p] = fault.New(fault.Forbidden, "roster.requires", "Missing", quoted(titles), "Count", len(titles))
		}
	}
	return out, nil
}

// Barrier is what keeps a person out of a cohort now: a fault, or nil.
func (s *Service) Barrier(ctx context.Context, d *delivery.Delivery, personID string) (*fault.Error, error) {
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if err != nil {
		return nil, err
	}
	out, err := s.Gate(ctx, s.db, d, rev.Hash, []string{personID})
	if err != nil {
		return nil, err
	}
	return fault.From(out[personID]), nil
}

func quoted(titles []string) string {
	q := make([]string, len(titles))
	for i, t := range titles {
		q[i] = "“" + t + "”"
	}
	return list(q)
}

// Requirement is one course that comes before another, as somebody who looks at that one sees it.
type Requirement struct {
	Key, Title string
	Done       bool
	Offered    bool // it can be taken now
}

// Requirements are the courses that come before a course, and which of them a person (id "" for nobody) has completed.
func (s *Service) Requirements(ctx context.Context, personID string, rev *course.Revision) ([]Requirement, error) {
	if len(rev.Requires) == 0 {
		return nil, nil
	}
	done := map[string]map[string]bool{}
	var err error
	if personID != "" {
		if done, err = completions(ctx, s.db, []string{personID}, rev.Requires); err != nil {
			return nil, err
		}
	}
	titles, err := titlesOf(ctx, s.db, rev.Requires)
	if err != nil {
		return nil, err
	}
	out := make([]Requirement, len(rev.Requires))
	for i, k := range rev.Requires {
		out[i] = Requirement{Key: k, Title: titles[i], Done: done[personID][k]}
		_, err := s.courses.Current(ctx, k)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		out[i].Offered = err == nil
	}
	return out, nil
}

// titlesOf are the titles of courses as last published, in the order of the keys.
func titlesOf(ctx context.Context, tx bun.IDB, keys []string) ([]string, error) {
	var rows []struct{ Key, Title string }
	err := tx.NewSelect().TableExpr("course AS c").ColumnExpr("c.key, r.title").Join("JOIN revision AS r ON r.hash = c.revision_hash").
		Where("c.key IN (?)", bun.List(keys)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("titles of courses: %w", err)
	}
	out := slices.Clone(keys) // one that was never published on this site keeps its key
	for _, r := range rows {
		if i := slices.Index(keys, r.Key); i >= 0 {
			out[i] = r.Title
		}
	}
	return out, nil
}

// LetIn lets one person into a delivery without what its course requires, and brings them in where a place is promised
// to them. A second time changes nothing. NotFound unless actor leads the delivery; Invalid names reason.
func (s *Service) LetIn(ctx context.Context, actor *account.Person, deliveryID string, who *account.Person, reason string) error {
	if err := leads(actor, deliveryID); err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	var f fault.Fields
	checkReason(&f, reason)
	if err := f.Err(); err != nil {
		return err
	}
	if who.Guest() || who.Disabled() {
		return fault.New(fault.Conflict, "roster.account_closed")
	}
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		b := &Bypass{ID: id.New(), PersonID: who.ID, DeliveryID: deliveryID, GrantedBy: idOf(actor), Reason: reason, GrantedAt: s.now()}
		fresh, err := insertBypass(ctx, tx, b)
		if err != nil || !fresh {
			return err
		}
		return s.note(ctx, tx, actor, "prerequisite.bypassed", deliveryID, who, "", reason, nil)
	})
	if err != nil {
		return err
	}
	return s.redeem(ctx, who.ID)
}

// KeepOut takes a bypass back. Who came in by it stays in: it is about coming in. Conflict when there is none.
func (s *Service) KeepOut(ctx context.Context, actor *account.Person, deliveryID string, who *account.Person, reason string) error {
	if err := leads(actor, deliveryID); err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	var f fault.Fields
	checkReason(&f, reason)
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		found, err := revokeBypass(ctx, tx, who.ID, deliveryID, s.now())
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.Conflict, "roster.no_bypass")
		}
		return s.note(ctx, tx, actor, "prerequisite.required", deliveryID, who, "", reason, nil)
	})
}

// BypassOf is the bypass of a person for a delivery that holds; nil when there is none.
func (s *Service) BypassOf(ctx context.Context, personID, deliveryID string) (*Bypass, error) {
	return bypassOf(ctx, s.db, personID, deliveryID)
}
