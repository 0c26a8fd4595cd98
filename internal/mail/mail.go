// Package mail sends the site's letters.
//
//	mail.go     Message, Service, the queue
//	deliver.go  what is due is sent; failures wait or are given up
//	smtp.go     one letter to the SMTP server
//	mailbox.go  the development mailbox, where letters stay while no SMTP server is set
//
// A letter is a row of the transaction that wanted it, so it exists exactly when that came true, and it leaves
// after it. Delivery is at least once; a letter that goes out twice has one Message-ID, by which mail programs
// show it once.
package mail

import (
	"context"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

// Message is a letter. To is one bare address, Subject one line. HTML may be empty: it is then made from Text.
// Unsubscribe, where there is one, is the address that stops letters of the kind when it is opened or sent a POST. Calendar, where
// there is one, is an iCalendar object with a METHOD, which mail programs put into calendars (RFC 6047).
type Message struct{ To, Subject, Text, HTML, Unsubscribe, Calendar string }

// maxCalendar is how long Message.Calendar may be, in bytes.
const maxCalendar = 16 << 10

// Options are the settings of mail.
type Options struct {
	SMTP    string        // smtp://user:password@host:587 (STARTTLS) or smtps://host:465; "": letters stay in the development mailbox
	From    string        // Greenroom <no-reply@learn.example.org>
	Timeout time.Duration // for one letter; 0 is 30 s
	Now     func() time.Time
	Log     *slog.Logger
}

// Service queues letters and sends them. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	from    *netmail.Address
	server  *server // nil: development mailbox
	timeout time.Duration
	now     func() time.Time
	log     *slog.Logger
	wake    chan struct{}
}

// New makes the service. It fails when the settings make no sense.
func New(d *bun.DB, o Options) (*Service, error) {
	s := &Service{
		db: d, timeout: o.Timeout, log: o.Log, wake: make(chan struct{}, 1),
		now: func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) },
	}
	if s.timeout == 0 {
		s.timeout = 30 * time.Second
	}
	var err error
	if s.from, err = netmail.ParseAddress(o.From); err != nil || !oneLine(o.From) {
		return nil, fmt.Errorf("sender of mails %q is not an address", o.From)
	}
	if o.SMTP != "" {
		if s.server, err = parseServer(o.SMTP); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Development says whether letters stay in the development mailbox.
func (s *Service) Development() bool { return s.server == nil }

// The states of a letter.
const (
	queued = "queued"
	sent   = "sent"
	dead   = "dead"
	kept   = "kept"
)

// letter is a row of the table mail.
type letter struct {
	bun.BaseModel `bun:"table:mail,alias:m"`

	ID        string `bun:",pk"`
	ToAddress string
	Subject   string
	BodyText  string
	BodyHTML  string `bun:"body_html"`
	State     string
	Attempts  int
	DueAt     time.Time
	CreatedAt time.Time
	DoneAt    time.Time `bun:",nullzero"`
	LastError string

	Unsubscribe string // "": nobody can choose not to get it
	Calendar    string
}

// Queue writes the letter down in the transaction; it leaves after it. It refuses what could forge a header.
func (s *Service) Queue(ctx context.Context, tx bun.IDB, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	if m.HTML == "" {
		m.HTML = simpleHTML(m.Subject, m.Text)
	}
	now := s.now()
	l := &letter{
		ID: id.New(), ToAddress: m.To, Subject: m.Subject, BodyText: m.Text, BodyHTML: m.HTML,
		State: queued, DueAt: now, CreatedAt: now, Unsubscribe: m.Unsubscribe, Calendar: m.Calendar,
	}
	if s.Development() {
		l.State, l.DoneAt = kept, now
	}
	if _, err := tx.NewInsert().Model(l).Exec(ctx); err != nil {
		return fmt.Errorf("queue a letter: %w", err)
	}
	if s.Development() {
		return prune(ctx, tx)
	}
	db.AfterCommit(ctx, s.Wake)
	return nil
}

// check refuses an address that is not exactly one and a subject of more than one line.
func (m Message) check() error {
	a, err := netmail.ParseAddress(m.To)
	if err != nil || a.Name != "" || a.Address != m.To || !oneLine(m.To) || len(m.To) > 254 {
		return fmt.Errorf("mail: the recipient is not one plain address")
	}
	if strings.TrimSpace(m.Subject) == "" || !oneLine(m.Subject) {
		return fmt.Errorf("mail: the subject is not one line")
	}
	if !oneLine(m.Unsubscribe) || strings.ContainsAny(m.Unsubscribe, " <>") {
		return fmt.Errorf("mail: the address that stops letters is none")
	}
	if len(m.Calendar) > maxCalendar || m.Calendar != "" && method(m.Calendar) == "" {
		return fmt.Errorf("mail: the calendar is too long or says not what it is for")
	}
	if m.Text == "" {
		return fmt.Errorf("mail: a letter needs text")
	}
	return nil
}

// method is what an iCalendar object is for; "" where it does not say so in a way that is used here.
func method(calendar string) string {
	for _, m := range []string{"REQUEST", "CANCEL"} {
		if strings.Contains(calendar, "\r\nMETHOD:"+m+"\r\n") {
			return m
		}
	}
	return ""
}

// From is the address that letters come from.
func (s *Service) From() netmail.Address { return *s.from }

func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// Wake looks for due letters now instead of at the next tick. Queue calls it after the commit.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
