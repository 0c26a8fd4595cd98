package moderation

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Text is something beside posts that a member may report.
type Text struct {
	ID, DeliveryID string
	AuthorID       string // "" when they have gone
	Body           string // what it says now, as it was typed
	Back           string // the page on which who reports it has read it
}

// Subject is a kind of such texts. What it says is asked, and it is taken out of sight, through this.
type Subject interface {
	// Seen is a text as the person may read it; NotFound when they may not.
	Seen(ctx context.Context, who *account.Person, id string) (*Text, error)
	// Now is a text whoever asks; NotFound when it is gone. It reads with tx.
	Now(ctx context.Context, tx bun.IDB, id string) (*Text, error)
	// Hide takes it out of others' sight, for a reason that its author reads; Show brings it back. Done again, and when it is
	// gone, they do nothing.
	Hide(ctx context.Context, tx bun.IDB, id, reason string) error
	Show(ctx context.Context, tx bun.IDB, id string) error
}

// SetSubjects says what can be reported beside posts, by the words that stand in addresses and in Case.About. Call it
// before the service is used.
func (s *Service) SetSubjects(by map[string]Subject) { s.subjects = by }

// Seen is a text that the person could report. NotFound for what they may not read or wrote themselves.
func (s *Service) Seen(ctx context.Context, who *account.Person, about, id string) (*Text, error) {
	subject := s.subjects[about]
	if subject == nil {
		return nil, errNotFound
	}
	t, err := subject.Seen(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if t.AuthorID == who.ID {
		return nil, errNotFound
	}
	return t, nil
}

// ReportText is Report for what is no post.
func (s *Service) ReportText(ctx context.Context, who *account.Person, about, id string, n NewReport) error {
	t, err := s.Seen(ctx, who, about, id)
	if err != nil {
		return err
	}
	var f fault.Fields
	n.check(&f)
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		at := target{about: about, text: t, deliveryID: t.DeliveryID}
		return s.report(ctx, tx, at, &Report{ReporterID: who.ID, Place: t.Back, Kind: n.Kind, Text: n.Text})
	})
}

// target is what a report is about: a post, a text, or neither.
type target struct {
	postID, deliveryID string
	about              string
	text               *Text
}

func (t target) lock() string {
	if t.text != nil {
		return "moderation-" + t.about + ":" + t.text.ID
	}
	return "moderation-post:" + t.postID
}

// open is its case that is not decided; nil without one.
func (t target) open(ctx context.Context, tx bun.IDB) (*Case, error) {
	if t.text == nil {
		return openCase(ctx, tx, t.postID)
	}
	var all []Case
	err := tx.NewSelect().Model(&all).Where("c.about = ?", t.about).Where("c.about_id = ?", t.text.ID).Where("c.state IN (?, ?)", Open, Claimed).Limit(1).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0], nil
}

// keep adds what the text of a case says now to its evidence; nothing when it is gone.
func (s *Service) keep(ctx context.Context, tx bun.IDB, c *Case, now time.Time) error {
	subject := s.subjects[c.About]
	if subject == nil {
		return nil
	}
	t, err := subject.Now(ctx, tx, c.AboutID)
	if fault.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	c.Snapshot += textSnapshot(t, now)
	return nil
}

func textSnapshot(t *Text, at time.Time) string {
	b, _ := json.Marshal(Said{At: at.UTC().Truncate(time.Second), Text: t.Body}) // strings and numbers: cannot fail
	return string(b) + "\n"
}

// sight does to a text what was decided: out of sight, or with show back into it.
func (s *Service) sight(ctx context.Context, tx bun.IDB, c *Case, show bool) error {
	subject := s.subjects[c.About]
	switch {
	case subject == nil:
		return nil
	case show:
		return subject.Show(ctx, tx, c.AboutID)
	case hides(c.Action):
		return subject.Hide(ctx, tx, c.AboutID, c.Reason)
	}
	return nil
}
