package room

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/live"
	"greenroom/internal/stream"
)

// Topics and DeskTopics begin the names of a room's two streams. What everybody's page shows is numbered in the first; what
// only changes numbers on the console and the stage, such as each single answer and arrival, in the second. So a vote in a
// room of two thousand is told to a handful of screens.
const (
	Topics     = "room"
	DeskTopics = "room-desk"
)

// StreamOf is the name of the stream of what everybody in a room sees.
func StreamOf(roomID string) string { return Topics + ":" + roomID }

// DeskOf is the name of the stream of what only those see who run the room, and its stage.
func DeskOf(roomID string) string { return DeskTopics + ":" + roomID }

// tell numbers a change of the room, last before the commit. It says that there is one, never what.
func (s *Service) tell(ctx context.Context, tx bun.IDB, streamID, kind string) error {
	_, err := s.streams.Append(ctx, tx, streamID, kind, "{}")
	return err
}

// Source is a room's streams for pages that are open (live.Source). An event says that there is something new and over how
// many milliseconds screens spread their asking; everybody is told the same, so it is encoded once.
type Source struct{ Rooms *Service }

// spreadOf is how long the screens of a room take to ask for news, together: 2 ms for each, so that a large room does not
// ask all at once and a small one does not wait.
func spreadOf(people int) int { return 2 * people }

// Seat lets into a room's stream who is in it or runs it, and into its desk's who runs it. Guests have places too.
func (x Source) Seat(ctx context.Context, who *account.Person, topic string) (live.Seat, error) {
	kind, roomID, _ := strings.Cut(topic, ":")
	err := mayHost(ctx, x.Rooms.db, who, roomID)
	if err == nil && kind == Topics && who.CanSome(account.RoleAdmin) {
		_, err = byID(ctx, x.Rooms.db, roomID)
	}
	if !fault.Is(err, fault.NotFound) || kind == DeskTopics {
		return live.Seat{Class: kind}, err
	}
	in, err := x.Rooms.db.NewSelect().Model((*Participant)(nil)).Where("room_id = ? AND person_id = ?", roomID, who.ID).Exists(ctx)
	if err != nil {
		return live.Seat{}, db.Err(err)
	}
	if !in {
		return live.Seat{}, absent()
	}
	return live.Seat{Class: kind}, nil
}

// Tell says that there is something new.
func (x Source) Tell(ctx context.Context, topic string, _ live.Seat, _ *account.Person, events []stream.Event) ([]live.Telling, error) {
	kind, roomID, _ := strings.Cut(topic, ":")
	spread := 0
	if kind == Topics {
		n, err := x.Rooms.db.NewSelect().Model((*Participant)(nil)).Where("room_id = ?", roomID).Count(ctx)
		if err != nil {
			return nil, db.Err(err)
		}
		spread = spreadOf(int(n))
	}
	data, err := json.Marshal(map[string]int{"spread": spread})
	if err != nil {
		return nil, err
	}
	out := make([]live.Telling, len(events))
	for i, e := range events {
		out[i] = live.Telling{Kind: e.Kind, Data: data}
	}
	return out, nil
}

// SetListeners gives the service what knows whose pages are open on this node; call it before Run.
func (s *Service) SetListeners(fn func(prefix string) map[string][]string) { s.listeners = fn }

const (
	beatEvery   = 5 * time.Second
	peopleEvery = 3 // beats
)

// Run keeps the rooms until ctx ends: see Beat.
func (s *Service) Run(ctx context.Context) error {
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
		if err := s.Beat(ctx, n%peopleEvery == 0); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "room: a beat was missed", "error", err.Error())
		}
		if n%remindEvery != 0 {
			continue
		}
		if _, err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "room: old rehearsals", "error", err.Error())
		}
		if _, err := s.Remind(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "room: reminders", "error", err.Error())
		}
	}
}

// Beat notes whose pages are open on this node (of participants only with people), tells rooms whose driver went away or
// came back, lets simulated people of rehearsals do what is due, and tells rooms of the votes that were given since the last beat.
func (s *Service) Beat(ctx context.Context, people bool) error {
	if s.listeners != nil {
		if err := s.heardHosts(ctx, s.listeners(DeskTopics)); err != nil {
			return err
		}
		if people {
			if err := s.heardPeople(ctx, s.listeners(Topics)); err != nil {
				return err
			}
		}
	}
	if err := s.actExtras(ctx, people); err != nil {
		return err
	}
	if err := s.tellAway(ctx); err != nil {
		return err
	}
	return s.tellVotes(ctx)
}

// atOnce is how many rows one statement names.
const atOnce = 500

func (s *Service) heardHosts(ctx context.Context, by map[string][]string) error {
	for topic, people := range by {
		_, err := s.db.NewUpdate().Model((*Host)(nil)).Set("seen_at = ?", s.Now()).
			Where("room_id = ? AND drives", strings.TrimPrefix(topic, DeskTopics+":")).Where("person_id IN (?)", bun.List(people)).Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
	}
	return nil
}

// tellAway tells rooms whose driver has gone or is back since they were told last.
func (s *Service) tellAway(ctx context.Context) error {
	var all []Host
	since := s.Now().Add(-AwayAfter)
	err := s.db.NewSelect().Model(&all).Where("drives AND seen_at IS NOT NULL").Where("away = (seen_at >= ?)", since).
		Where("room_id IN (SELECT id FROM room WHERE state = ?)", Running).Scan(ctx)
	if err != nil {
		return db.Err(err)
	}
	for n := range all {
		h := &all[n]
		err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
			r, err := tx.NewUpdate().Model(h).Set("away = ?", !h.Away).WherePK().Where("away = ?", h.Away).Exec(ctx)
			if err != nil {
				return db.Err(err)
			}
			if n, _ := r.RowsAffected(); n == 0 { // another node was first
				return nil
			}
			return s.tell(ctx, tx, StreamOf(h.RoomID), "away")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// voted notes that a room's votes have changed. Its participants are told at the next beat, however many votes came.
func (s *Service) voted(roomID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.votes == nil {
		s.votes = map[string]bool{}
	}
	s.votes[roomID] = true
}

func (s *Service) tellVotes(ctx context.Context) error {
	s.mu.Lock()
	votes := s.votes
	s.votes = nil
	s.mu.Unlock()
	for roomID := range votes {
		err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error { return s.tell(ctx, tx, StreamOf(roomID), "votes") })
		if err != nil {
			return err
		}
	}
	return nil
}
