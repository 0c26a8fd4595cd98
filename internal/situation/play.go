package situation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// Played is that somebody came to the end of another's situation; table situation_played.
type Played struct {
	bun.BaseModel `bun:"table:situation_played,alias:y"`

	SituationID string `bun:",pk"`
	PersonID    string `bun:",pk"`
	PlayedAt    time.Time
}

// Played notes that the person came to the end of a situation that they may read. Nothing else is kept of it: neither what
// they chose nor what they wrote. Done again it is the same; of their own nothing is noted. NotFound when they may not read it.
func (s *Service) Played(ctx context.Context, p *Place, situationID string) error {
	u, _, err := s.Open(ctx, p, situationID)
	if err != nil || u.PersonID == p.Who.ID {
		return err
	}
	_, err = s.db.NewInsert().Model(&Played{SituationID: u.ID, PersonID: p.Who.ID, PlayedAt: s.clock()}).On("CONFLICT (situation_id, person_id) DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("note that a situation was played: %w", db.Err(err))
	}
	return nil
}
