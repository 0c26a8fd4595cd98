package delivery

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Whom an announcement is for.
const (
	ToAll        = "all"
	ToUnfinished = "unfinished" // people who have not completed the course
)

// Announcement is a message of who leads a cohort to its people.
type Announcement struct {
	bun.BaseModel `bun:"table:announcement,alias:a"`

	ID         string `bun:",pk"`
	DeliveryID string
	AuthorID   string `bun:",nullzero"` // "" once the author is erased
	Audience   string // ToAll or ToUnfinished
	Title      string
	Body       string // Markdown
	CreatedAt  time.Time
	AuthorName string `bun:",scanonly"` // "" once the author is erased
}

// For says whether the announcement is for somebody who has completed the course, or has not.
func (a *Announcement) For(completed bool) bool { return a.Audience == ToAll || !completed }

// Announced is the fact that an announcement was made.
type Announced struct {
	AnnouncementID, DeliveryID, CourseKey, Audience string
	At                                              time.Time
}

// FactName names the fact.
func (Announced) FactName() string { return "delivery.announced" }

// Limits of an announcement, in characters.
const (
	MaxAnnouncementTitle = 120
	MaxAnnouncement      = 10_000
)

// Announce tells the people of a cohort something. formID is made by the form, so that sending it twice tells it once.
// Invalid names the fields title, body and audience; NotFound unless actor leads the cohort.
func (s *Service) Announce(ctx context.Context, actor *account.Person, formID, deliveryID, audience, title, body string) (*Announcement, error) {
	a := &Announcement{
		ID: formID, DeliveryID: deliveryID, Audience: audience, Title: strings.TrimSpace(title), Body: strings.TrimSpace(body), CreatedAt: s.clock(),
	}
	if !id.Valid(formID) {
		a.ID = id.New()
	}
	if actor != nil {
		a.AuthorID, a.AuthorName = actor.ID, actor.Name
	}
	var f fault.Fields
	lengthOf(&f, "title", a.Title, MaxAnnouncementTitle)
	lengthOf(&f, "body", a.Body, MaxAnnouncement)
	if audience != ToAll && audience != ToUnfinished {
		f.Add("audience", "delivery.choose")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	_, err := s.edit(ctx, actor, deliveryID, func(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error {
		res, err := tx.NewInsert().Model(a).On("CONFLICT (id) DO NOTHING").Exec(ctx)
		if err != nil {
			return fmt.Errorf("insert announcement: %w", db.Err(err))
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return event.Record(ctx, tx, now, Announced{AnnouncementID: a.ID, DeliveryID: d.ID, CourseKey: d.CourseKey, Audience: a.Audience, At: now})
	})
	return a, err
}

func lengthOf(f *fault.Fields, name, text string, most int) {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		f.Add(name, "delivery.text_missing")
	case n > most:
		f.Add(name, "delivery.text_long", "N", most)
	}
}

// maxAnnouncements is how many announcements pages show.
const maxAnnouncements = 20

// Announcements lists what was announced in cohorts, the newest first; at most 20.
func (s *Service) Announcements(ctx context.Context, deliveryIDs ...string) ([]Announcement, error) {
	if len(deliveryIDs) == 0 {
		return nil, nil
	}
	var all []Announcement
	err := s.db.NewSelect().Model(&all).ColumnExpr("a.*").ColumnExpr("COALESCE(p.name, '') AS author_name").
		Join("LEFT JOIN person AS p ON p.id = a.author_id").
		Where("a.delivery_id IN (?)", bun.List(deliveryIDs)).OrderExpr("a.created_at DESC, a.id DESC").Limit(maxAnnouncements).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read announcements: %w", err)
	}
	return all, nil
}

// Announcement returns one; NotFound when there is none.
func (s *Service) Announcement(ctx context.Context, announcementID string) (*Announcement, error) {
	a := new(Announcement)
	err := s.db.NewSelect().Model(a).ColumnExpr("a.*").ColumnExpr("COALESCE(p.name, '') AS author_name").
		Join("LEFT JOIN person AS p ON p.id = a.author_id").Where("a.id = ?", announcementID).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return a, nil
}
