package room

import (
	"context"

	"greenroom/internal/account"
	"greenroom/internal/scenario"
)

// Pack is what a trainer prints and holds when everything fails: the run sheet with notes, and what cards and handouts are
// made from.
type Pack struct {
	*Original
	Stories map[string]*scenario.Scenario // by item, of those that are played
}

// Pack reads it, for who runs the room.
func (s *Service) Pack(ctx context.Context, actor *account.Person, roomID string) (*Pack, error) {
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return nil, err
	}
	o, err := s.Original(ctx, actor, roomID)
	if err != nil {
		return nil, err
	}
	p := &Pack{Original: o, Stories: map[string]*scenario.Scenario{}}
	for n := range o.Items {
		if i := &o.Items[n]; i.Played() {
			if p.Stories[i.ID], err = s.scenario(ctx, s.db, i); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}
