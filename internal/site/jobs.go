package site

import (
	"context"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/mail"
)

// RetryFact begins the delivery of a fact to a reactor anew, now. NotFound when nothing of it is open.
func (s *Service) RetryFact(ctx context.Context, actor *account.Person, factID, reactor string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.events.Retry(ctx, tx, factID, reactor); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, "site.fact_retried", reactor, "")
	})
}

// ParkFact puts the delivery of a fact to a reactor aside. NotFound when nothing of it is open.
func (s *Service) ParkFact(ctx context.Context, actor *account.Person, factID, reactor string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.events.Park(ctx, tx, factID, reactor); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, "site.fact_parked", reactor, "")
	})
}

// RetryLetter sends a letter that waits for its next try now. NotFound when it does not wait.
func (s *Service) RetryLetter(ctx context.Context, actor *account.Person, letterID string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.mail.Retry(ctx, tx, letterID); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, "site.letter_retried", letterID, "")
	})
}

// TestMail sends a letter to the one who asks for it.
func (s *Service) TestMail(ctx context.Context, actor *account.Person, subject, text string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.mail.Queue(ctx, tx, mail.Message{To: actor.Email, Subject: subject, Text: text}); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, "site.mail_tested", "", "")
	})
}
