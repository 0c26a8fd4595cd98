package room

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// How a participant's page gives signs of life.
const (
	BySocket = "socket" // its socket stands
	ByPoll   = "poll"   // it says so every 25 seconds
	ByPage   = "page"   // it has no scripts: what its reader sends, Refresh too, is all that is heard
)

// How long two signs of life may be apart for the time between them to count.
const (
	lapse     = 60 * time.Second
	pageLapse = 30 * time.Minute // between two of a page without scripts
)

// Span is a time in which somebody was in the room: from one sign of life to the last that followed closely.
type Span struct {
	bun.BaseModel `bun:"table:room_span,alias:room_span"`

	ID            string `bun:",pk"`
	ParticipantID string
	How           string
	CameAt        time.Time
	LeftAt        time.Time
}

// goesOn says whether a sign of life now belongs to the participant's last span.
func (p *Participant) goesOn(how string, now time.Time) bool {
	most := lapse
	if how == ByPage && p.How == ByPage {
		most = pageLapse
	}
	return p.SpanID != "" && now.Sub(p.SeenAt) <= most
}

// heard notes a sign of life of participants, all by the same way: their spans go on, or new ones begin.
func (s *Service) heard(ctx context.Context, tx bun.IDB, people []Participant, how string) error {
	now := s.Now()
	var ids, on []string
	var fresh []Span
	for n := range people {
		p := &people[n]
		ids = append(ids, p.ID)
		if p.goesOn(how, now) {
			on = append(on, p.SpanID)
			continue
		}
		fresh = append(fresh, Span{ID: newID(), ParticipantID: p.ID, How: how, CameAt: now, LeftAt: now})
	}
	if len(on) > 0 {
		_, err := tx.NewUpdate().Model((*Span)(nil)).Set("left_at = ?", now).Set("how = ?", how).Where("id IN (?)", bun.List(on)).Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
	}
	if len(fresh) > 0 {
		if _, err := tx.NewInsert().Model(&fresh).Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	q := tx.NewUpdate().Model((*Participant)(nil)).Set("seen_at = ?", now).Set("how = ?", how).Where("id IN (?)", bun.List(ids))
	if len(fresh) > 0 {
		q = q.Set("span_id = COALESCE((SELECT x.id FROM room_span AS x WHERE x.participant_id = room_participant.id AND x.id IN (?)), span_id)", bun.List(idsOf(fresh)))
	}
	_, err := q.Exec(ctx)
	return db.Err(err)
}

func idsOf(spans []Span) []string {
	out := make([]string, len(spans))
	for n := range spans {
		out[n] = spans[n].ID
	}
	return out
}

// Seen notes that a participant's page is there, and how it said so.
func (s *Service) Seen(ctx context.Context, personID, code, how string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, p, err := inRoom(ctx, tx, personID, code)
		if err != nil {
			return err
		}
		return s.heard(ctx, tx, []Participant{*p}, how)
	})
}

// heardPeople notes whose sockets stand on this node.
func (s *Service) heardPeople(ctx context.Context, by map[string][]string) error {
	for topic, people := range by {
		roomID := strings.TrimPrefix(topic, Topics+":")
		for part := range slices.Chunk(people, atOnce) {
			err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
				var in []Participant
				err := tx.NewSelect().Model(&in).Where("room_id = ?", roomID).Where("person_id IN (?)", bun.List(part)).Scan(ctx)
				if err != nil {
					return db.Err(err)
				}
				return s.heard(ctx, tx, in, BySocket)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// within is how long spans last together between two instants; what overlaps counts once.
func within(spans []Span, from, to time.Time) time.Duration {
	all := slices.Clone(spans)
	slices.SortFunc(all, func(a, b Span) int { return a.CameAt.Compare(b.CameAt) })
	var sum time.Duration
	for _, x := range all {
		came, left := x.CameAt, x.LeftAt
		if came.Before(from) {
			came = from
		}
		if left.After(to) {
			left = to
		}
		if left.After(came) {
			sum += left.Sub(came)
			from = left
		}
	}
	return sum
}
