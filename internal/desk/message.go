package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/mail"
)

// Lengths of a letter, in characters, and how many people one goes to.
const (
	MaxSubject = 120
	MaxBody    = 5000
	MaxTo      = 100
)

// Message is a letter that somebody who leads a cohort wrote to some of its people; table desk_message.
type Message struct {
	bun.BaseModel `bun:"table:desk_message,alias:dm"`

	ID         string `bun:",pk"`
	DeliveryID string
	AuthorID   string `bun:",nullzero"`
	Subject    string
	Body       string
	SentAt     time.Time
}

// to is that somebody got a letter; table desk_message_to.
type to struct {
	bun.BaseModel `bun:"table:desk_message_to,alias:dt"`

	MessageID string `bun:",pk"`
	PersonID  string `bun:",pk"`
}

// Addressee is somebody to write to.
type Addressee struct{ ID, Name, Email string }

// Draft is a letter that is not sent yet.
type Draft struct {
	FormID  string // made by the form: sent again, nobody gets it twice
	People  []string
	Subject string
	Body    string
}

// Addressees are those of the people chosen who can be written to, by name. NotFound unless actor leads the cohort.
func (s *Service) Addressees(ctx context.Context, actor *account.Person, deliveryID string, people []string) ([]Addressee, error) {
	if err := leads(actor, deliveryID); err != nil {
		return nil, err
	}
	if len(people) > MaxTo {
		people = people[:MaxTo]
	}
	return addressees(ctx, s.db, deliveryID, people)
}

// Reaches says whether anybody of the people chosen can be written to: Invalid on person when nobody can.
func (s *Service) Reaches(ctx context.Context, actor *account.Person, deliveryID string, people []string) error {
	to, err := s.Addressees(ctx, actor, deliveryID, people)
	if err == nil && len(to) == 0 {
		err = nobody()
	}
	return err
}

func nobody() error {
	var f fault.Fields
	f.Add("person", "desk.nobody")
	return f.Err()
}

// Check says what is wrong with a draft: Invalid names person, subject and body.
func (d *Draft) Check() error {
	d.Subject = strings.Join(strings.Fields(d.Subject), " ")
	d.Body = strings.TrimSpace(strings.ReplaceAll(d.Body, "\r\n", "\n"))
	var f fault.Fields
	if len(d.People) == 0 || len(d.People) > MaxTo {
		f.Add("person", "desk.choose", "Max", MaxTo)
	}
	switch n := utf8.RuneCountInString(d.Subject); {
	case n == 0:
		f.Add("subject", "desk.subject_missing")
	case n > MaxSubject || strings.ContainsFunc(d.Subject, unicode.IsControl):
		f.Add("subject", "desk.subject_wrong", "Max", MaxSubject)
	}
	switch n := utf8.RuneCountInString(d.Body); {
	case n == 0:
		f.Add("body", "desk.body_missing")
	case n > MaxBody:
		f.Add("body", "desk.body_long", "Max", MaxBody)
	}
	return f.Err()
}

// Letter is what an addressee gets, in their words around the draft.
func (s *Service) Letter(actor *account.Person, c *delivery.Delivery, d Draft, a Addressee) mail.Message {
	l := s.opts.Words.Printer("")
	return mail.Message{To: a.Email, Subject: d.Subject, Text: l.T("desk.mail.text",
		"Body", d.Body, "From", actor.Name, "Title", c.Title, "Link", s.opts.BaseURL+"/courses/"+c.CourseKey+"/cohorts/"+c.ID)}
}

// Send sends a letter to people of a cohort and returns how many get it. Letters, list and an entry in the audit log of
// whom it went to are one transaction; the same form again sends nothing. Errors as Check; NotFound unless actor leads
// the cohort.
func (s *Service) Send(ctx context.Context, actor *account.Person, deliveryID string, d Draft) (int, error) {
	if err := leads(actor, deliveryID); err != nil {
		return 0, err
	}
	if err := d.Check(); err != nil {
		return 0, err
	}
	c, err := s.deliveries.ByID(ctx, deliveryID)
	if err != nil {
		return 0, err
	}
	if !id.Valid(d.FormID) {
		d.FormID = id.New()
	}
	n := 0
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		people, err := addressees(ctx, tx, deliveryID, d.People)
		if err != nil {
			return err
		}
		if n = len(people); n == 0 {
			return nobody()
		}
		m := &Message{ID: d.FormID, DeliveryID: deliveryID, AuthorID: actor.ID, Subject: d.Subject, Body: d.Body, SentAt: s.Now()}
		res, err := tx.NewInsert().Model(m).On("CONFLICT (id) DO NOTHING").Exec(ctx)
		if err != nil {
			return fmt.Errorf("keep a letter: %w", db.Err(err))
		}
		if fresh, err := res.RowsAffected(); err != nil || fresh == 0 {
			return err
		}
		return s.dispatch(ctx, tx, actor, c, d, m, people)
	})
	return n, err
}

func (s *Service) dispatch(ctx context.Context, tx bun.IDB, actor *account.Person, c *delivery.Delivery, d Draft, m *Message, people []Addressee) error {
	got := make([]to, len(people))
	letters := make([]mail.Message, len(people))
	ids := make([]string, len(people))
	for i, p := range people {
		got[i] = to{MessageID: m.ID, PersonID: p.ID}
		letters[i] = s.Letter(actor, c, d, p)
		ids[i] = p.ID
	}
	if _, err := tx.NewInsert().Model(&got).Exec(ctx); err != nil {
		return fmt.Errorf("keep who got a letter: %w", db.Err(err))
	}
	if err := s.mail.QueueAll(ctx, tx, letters); err != nil {
		return err
	}
	data, err := json.Marshal(map[string]any{"message": m.ID, "to": ids})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: m.SentAt, ActorID: actor.ID, ActorName: actor.Name, Action: "desk.wrote", DeliveryID: c.ID, Subject: m.Subject, Data: string(data),
	})
}

// Written are the letters that somebody got from those who lead a cohort, newest first, at most 20. deliveryID "" is all.
func (s *Service) Written(ctx context.Context, personID, deliveryID string) ([]Message, error) {
	var all []Message
	q := s.db.NewSelect().Model(&all).Join("JOIN desk_message_to AS dt ON dt.message_id = dm.id").Where("dt.person_id = ?", personID)
	if deliveryID != "" {
		q = q.Where("dm.delivery_id = ?", deliveryID)
	}
	if err := q.OrderExpr("dm.sent_at DESC, dm.id").Limit(20).Scan(ctx); err != nil {
		return nil, fmt.Errorf("letters to a person: %w", err)
	}
	return all, nil
}

// Export gives the letters that a person got for the file of everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	type row struct {
		At      time.Time `json:"at"`
		Cohort  string    `json:"cohort"`
		Subject string    `json:"subject"`
		Body    string    `json:"text"`
	}
	var all []Message
	err := s.db.NewSelect().Model(&all).Join("JOIN desk_message_to AS dt ON dt.message_id = dm.id").Where("dt.person_id = ?", personID).
		OrderExpr("dm.sent_at, dm.id").Scan(ctx)
	out := make([]row, len(all))
	for i, m := range all {
		out[i] = row{m.SentAt.UTC(), m.DeliveryID, m.Subject, m.Body}
	}
	return "letters_from_trainers", out, err
}
