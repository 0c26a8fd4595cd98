package forum

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/inbox"
)

// happened is the payload of an event: what changed, never what it says. Who may see that is asked when it is shown,
// by who listens and as things stand then.
type happened struct {
	Kind   string `json:"kind"` // post, edit, state, thread, reset
	Thread string `json:"thread,omitempty"`
	Post   string `json:"post,omitempty"`
	Rev    int    `json:"rev,omitempty"`
	Root   string `json:"root,omitempty"`
	Client string `json:"client,omitempty"` // the author's own page knows its post by it
}

// BoardStream is the name of the stream of what begins on a board.
func BoardStream(deliveryID, board string) string { return "board:" + deliveryID + ":" + board }

// say appends to a stream, last before the commit, and rings after it.
func (s *Service) say(ctx context.Context, tx bun.IDB, name string, h happened) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if _, err := s.streams.Append(ctx, tx, name, h.Kind, string(raw)); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() { s.streams.Ring(name) })
	return nil
}

// resetFor tells a person's pages that what they may see has changed: they load again.
func (s *Service) resetFor(ctx context.Context, tx bun.IDB, personID string) error {
	return s.say(ctx, tx, inbox.StreamOf(personID), happened{Kind: "reset"})
}
