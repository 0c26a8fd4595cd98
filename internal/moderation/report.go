package moderation

import (
	"context"
	"fmt"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
)

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// NewReport is what somebody reports.
type NewReport struct {
	Kind, Text  string
	Name, Email string // of somebody without an account
	Place       string // the address of what it is about
}

func (n *NewReport) check(f *fault.Fields) {
	n.Text = forum.Tidy(n.Text)
	if !slices.Contains(kinds, n.Kind) {
		f.Add("kind", "moderation.choose")
	}
	if utf8.RuneCountInString(n.Text) > MaxText {
		f.Add("text", "moderation.text_long", "Max", MaxText)
	}
}

// Report notes that a member reports a post that they can see. Reporting it again changes nothing. NotFound when they cannot see
// it or wrote it; Invalid names kind and text.
func (s *Service) Report(ctx context.Context, who *account.Person, postID string, n NewReport) error {
	v, _, p, err := s.forum.VisitPost(ctx, who, postID)
	if err != nil {
		return err
	}
	if p.Own(who.ID) || p.State != forum.Visible && !v.Staff {
		return errNotFound
	}
	var f fault.Fields
	n.check(&f)
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return s.report(ctx, tx, target{postID: postID, deliveryID: v.Delivery.ID}, &Report{ReporterID: who.ID, Place: forum.PostPath(postID), Kind: n.Kind, Text: n.Text})
	})
}

var postPath = regexp.MustCompile(`(?:/posts/|[?&]at=|#p-)([0-9a-f-]{36})`)

// ReportOutside notes what anybody reports, with an account or without: the address names a post where it can be found,
// else a moderator looks. Invalid names kind, text, place, name and email.
func (s *Service) ReportOutside(ctx context.Context, n NewReport) error {
	var f fault.Fields
	n.check(&f)
	n.Name, n.Email, n.Place = strings.Join(strings.Fields(n.Name), " "), strings.TrimSpace(n.Email), strings.TrimSpace(n.Place)
	if n.Text == "" {
		f.Add("text", "moderation.text_missing")
	}
	if n.Place == "" || utf8.RuneCountInString(n.Place) > 500 {
		f.Add("place", "moderation.place_missing")
	}
	if utf8.RuneCountInString(n.Name) > 100 {
		f.Add("name", "moderation.text_long", "Max", 100)
	}
	if a, err := netmail.ParseAddress(n.Email); err != nil || a.Address != n.Email || len(n.Email) > 254 {
		f.Add("email", "moderation.email_wrong")
	}
	if err := f.Err(); err != nil {
		return err
	}
	postID, deliveryID := "", ""
	if m := postPath.FindStringSubmatch(n.Place); m != nil {
		p, t, err := s.forum.Find(ctx, s.db, m[1])
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil {
			postID, deliveryID = p.ID, t.DeliveryID
		}
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return s.report(ctx, tx, target{postID: postID, deliveryID: deliveryID}, &Report{Name: n.Name, Email: n.Email, Place: n.Place, Kind: n.Kind, Text: n.Text})
	})
}

// report adds a report to the open case of a post or text, or opens one. What it says now is kept. It appends to streams: call
// it last.
func (s *Service) report(ctx context.Context, tx bun.IDB, at target, r *Report) error {
	postID, deliveryID := at.postID, at.deliveryID
	if err := db.Lock(ctx, tx, at.lock()); err != nil {
		return err
	}
	now := s.clock()
	r.ID, r.At = id.New(), now
	c, err := at.open(ctx, tx)
	if err != nil {
		return err
	}
	fresh := c == nil || graver(r.Kind, c.Kind) // nobody was told of it, or of nothing as grave
	if c == nil {
		c = &Case{
			ID: id.New(), Origin: Reported, PostID: postID, DeliveryID: deliveryID, Kind: r.Kind, State: Open, OpenedAt: now, DueAt: now.Add(dueAfter(r.Kind)), Version: 1,
		}
		if postID != "" {
			p, t, err := s.forum.Find(ctx, tx, postID)
			if err != nil {
				return err
			}
			c.ThreadID, c.AuthorID, c.Snapshot = p.ThreadID, p.AuthorID, snapshot(p, titled(p, t), now)
		}
		if t := at.text; t != nil {
			c.About, c.AboutID, c.AuthorID, c.Snapshot = at.about, t.ID, t.AuthorID, textSnapshot(t, now)
		}
		if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
			return fmt.Errorf("open a case: %w", db.Err(err))
		}
	}
	r.CaseID = c.ID
	res, err := tx.NewInsert().Model(r).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("add a report: %w", db.Err(err))
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err // reported by them already
	}
	if by := now.Add(dueAfter(r.Kind)); by.Before(c.DueAt) || graver(r.Kind, c.Kind) {
		c.DueAt = minTime(c.DueAt, by)
		if graver(r.Kind, c.Kind) {
			c.Kind = r.Kind
		}
		if _, err := tx.NewUpdate().Model(c).Column("kind", "due_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("raise a case: %w", db.Err(err))
		}
	}
	if postID != "" {
		n, err := tx.NewSelect().Model((*Report)(nil)).Where("r.case_id = ?", c.ID).Count(ctx)
		if err != nil {
			return db.Err(err)
		}
		if err := s.forum.Flag(ctx, tx, postID, int(n)); err != nil {
			return err
		}
	}
	if err := s.log(ctx, tx, Line{Action: "reported", CaseID: c.ID, PostID: postID, DeliveryID: deliveryID}, map[string]any{"kind": r.Kind, "member": r.ReporterID != ""}); err != nil || !fresh {
		return err
	}
	return s.alert(ctx, tx, c, r.Kind)
}
