package forum

import (
	"context"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
)

// Attempt is a post that somebody wants to write.
type Attempt struct {
	Visit *Visit
	Text  Text
	Edit  *Post // the post that is changed, nil for a new one
}

// Admitted is the answer to an Attempt.
type Admitted struct {
	Held    string // for what reason the post is held for a moderator; "" lets it in
	Refused error  // a fault: why it is not written
}

// Gate is asked before posts are let in. internal/moderation is one.
type Gate interface {
	// Admit answers attempts on one delivery by different people, in their order. It joins the transaction, and writes nothing for
	// one that it refuses.
	Admit(ctx context.Context, tx bun.Tx, all []Attempt) ([]Admitted, error)
	// Held is told of a post that was held, in the same transaction.
	Held(ctx context.Context, tx bun.IDB, v *Visit, p *Post, why string) error
}

// SetGate says who is asked before posts are let in. Without it everything is.
func (s *Service) SetGate(g Gate) { s.gate = g }

// admit asks the gate.
func (s *Service) admit(ctx context.Context, tx bun.Tx, all []Attempt) ([]Admitted, error) {
	if s.gate == nil || len(all) == 0 {
		return make([]Admitted, len(all)), nil
	}
	return s.gate.Admit(ctx, tx, all)
}

// admitEdit asks the gate about another text of a post. Who looks after the delivery writes freely.
func (s *Service) admitEdit(ctx context.Context, tx bun.Tx, a Attempt) (held string, err error) {
	if a.Visit.Staff {
		return "", nil
	}
	said, err := s.admit(ctx, tx, []Attempt{a})
	if err != nil {
		return "", err
	}
	return said[0].Held, said[0].Refused
}

// AuthorVisit is what the author of a post may do where it stands; nil when they have gone or left the delivery. Read it
// before the transaction that calls Release.
func (s *Service) AuthorVisit(ctx context.Context, postID string) (*Visit, error) {
	p, err := postByID(ctx, s.db, postID)
	if err != nil || p.AuthorID == "" {
		return nil, err
	}
	t, err := threadByID(ctx, s.db, p.ThreadID)
	if err != nil {
		return nil, err
	}
	who, err := s.accounts.ByID(ctx, p.AuthorID)
	if err == nil {
		var v *Visit
		if v, err = s.Visit(ctx, who, t.DeliveryID, t.Board); err == nil {
			return v, nil
		}
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return nil, err
}

// Release lets a held post in, in the transaction: it is told of and counts as if it were written now, but keeps its time.
// author is AuthorVisit's.
func (s *Service) Release(ctx context.Context, tx bun.IDB, author *Visit, c StateChange) (*Post, *Thread, error) {
	c.State = Visible
	p, t, err := s.ChangeState(ctx, tx, c)
	if err != nil {
		return nil, nil, err
	}
	if author != nil {
		if err := s.complete(ctx, tx, author); err != nil {
			return nil, nil, err
		}
	}
	return p, t, event.Record(ctx, tx, s.clock(), Posted{PostID: p.ID, ThreadID: t.ID, DeliveryID: t.DeliveryID, At: p.CreatedAt})
}

// Find returns a post and its thread whoever asks: for moderation, which asks Moderates itself.
func (s *Service) Find(ctx context.Context, tx bun.IDB, postID string) (*Post, *Thread, error) {
	p, err := postByID(ctx, tx, postID)
	if err != nil {
		return nil, nil, err
	}
	t, err := threadByID(ctx, tx, p.ThreadID)
	return p, t, err
}

// Flag says how many open reports a post has.
func (s *Service) Flag(ctx context.Context, tx bun.IDB, postID string, n int) error {
	_, err := tx.NewUpdate().Model((*Post)(nil)).Set("flags = ?", n).Where("id = ?", postID).Exec(ctx)
	return db.Err(err)
}
