package delivery

import (
	"context"

	"github.com/uptrace/bun"
)

// Gate says of people who are about to come into a delivery for the first time whom it keeps out, and why: a fault for
// each of them. It reads in the transaction that enrols. Who is in a delivery of the course already is not kept out.
type Gate func(ctx context.Context, tx bun.IDB, d *Delivery, revisionHash string, people []string) (map[string]error, error)

// SetGate names the gate. Without one everybody may come in. Moving from one delivery to another passes no gate.
func (s *Service) SetGate(g Gate) { s.gate = g }

// pass asks the gate for one person.
func (s *Service) pass(ctx context.Context, tx bun.IDB, d *Delivery, revisionHash, personID string) error {
	if s.gate == nil {
		return nil
	}
	out, err := s.gate(ctx, tx, d, revisionHash, []string{personID})
	if err != nil {
		return err
	}
	return out[personID]
}
