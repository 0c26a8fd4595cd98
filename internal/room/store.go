package room

import (
	"context"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
)

func byID(ctx context.Context, tx bun.IDB, roomID string) (*Room, error) {
	r := new(Room)
	return r, db.Err(tx.NewSelect().Model(r).Where("id = ?", roomID).Scan(ctx))
}

func byCode(ctx context.Context, tx bun.IDB, code string) (*Room, error) {
	r := new(Room)
	return r, db.Err(tx.NewSelect().Model(r).Where("code = ? AND purpose <> ?", code, Template).Scan(ctx))
}

// inRoom is the room and who somebody is there. NotFound for who has not come in.
func inRoom(ctx context.Context, tx bun.IDB, personID, code string) (*Room, *Participant, error) {
	r, err := byCode(ctx, tx, code)
	if err != nil {
		return nil, nil, err
	}
	p := new(Participant)
	err = tx.NewSelect().Model(p).Where("room_id = ? AND person_id = ?", r.ID, personID).Scan(ctx)
	return r, p, db.Err(err)
}

func itemOf(ctx context.Context, tx bun.IDB, roomID, itemID string) (*Item, error) {
	i := new(Item)
	return i, db.Err(tx.NewSelect().Model(i).Where("id = ? AND room_id = ?", itemID, roomID).Scan(ctx))
}

func saveRoom(ctx context.Context, tx bun.IDB, r *Room) error {
	_, err := tx.NewUpdate().Model(r).Column("state", "item_id", "ends_at", "began_at", "ended_at").WherePK().Exec(ctx)
	return db.Err(err)
}

func setPhase(ctx context.Context, tx bun.IDB, i *Item, phase string) error {
	i.Phase = phase
	_, err := tx.NewUpdate().Model(i).Column("phase").WherePK().Exec(ctx)
	return db.Err(err)
}

// driver is who drives the room, with their name, or nil.
func driver(ctx context.Context, tx bun.IDB, roomID string) (*Host, error) {
	all, err := hosts(ctx, tx, roomID)
	for n := range all {
		if all[n].Drives {
			return &all[n], err
		}
	}
	return nil, err
}

func hosts(ctx context.Context, tx bun.IDB, roomID string) ([]Host, error) {
	var all []Host
	err := tx.NewSelect().Model(&all).ColumnExpr("room_host.*").ColumnExpr("p.name").
		Join("JOIN person AS p ON p.id = room_host.person_id").Where("room_id = ?", roomID).OrderExpr("p.name, p.id").Scan(ctx)
	return all, db.Err(err)
}

// give makes somebody the one who drives.
func give(ctx context.Context, tx bun.IDB, roomID, personID string) error {
	if _, err := tx.NewUpdate().Model((*Host)(nil)).Set("drives = ?, seen_at = NULL, away = ?", false, false).Where("room_id = ?", roomID).Exec(ctx); err != nil {
		return db.Err(err)
	}
	_, err := tx.NewInsert().Model(&Host{RoomID: roomID, PersonID: personID, Drives: true}).
		On("CONFLICT (room_id, person_id) DO UPDATE").Set("drives = EXCLUDED.drives").Exec(ctx)
	return db.Err(err)
}

// arrived notes a form and says whether it had come before.
func arrived(ctx context.Context, tx bun.IDB, participantID, clientID string) (bool, error) {
	r, err := tx.NewInsert().Model(&sent{ParticipantID: participantID, ClientID: clientID}).On("CONFLICT (participant_id, client_id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, db.Err(err)
	}
	n, err := r.RowsAffected()
	return n == 0, err
}

// List are the rooms that somebody runs, the newest day first.
func (s *Service) List(ctx context.Context, actor *account.Person) ([]Room, error) {
	var all []Room
	err := s.db.NewSelect().Model(&all).Where("purpose <> ?", Template).Where("id IN (SELECT room_id FROM room_host WHERE person_id = ?)", actor.ID).
		OrderExpr("day DESC, clock DESC, id DESC").Limit(200).Scan(ctx)
	return all, db.Err(err)
}

// ByCode is the room with a join code. NotFound when there is none.
func (s *Service) ByCode(ctx context.Context, code string) (*Room, error) {
	if code = Code(code); code == "" {
		return nil, absent()
	}
	r, err := byCode(ctx, s.db, code)
	if err != nil {
		return nil, err
	}
	return r, nil
}
