package forum

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

type aliasRow struct {
	bun.BaseModel `bun:"table:forum_alias,alias:fa"`

	DeliveryID string `bun:",pk"`
	Board      string `bun:",pk"`
	PersonID   string `bun:",pk"`
	Name       string
}

// Two words that say nothing about who it is.
var (
	aliasFirst  = [...]string{"Quiet", "Early", "Silver", "Amber", "Northern", "Coastal", "Gentle", "Copper", "Distant", "Morning", "Winter", "River", "Granite", "Olive", "Clear", "Second"}
	aliasSecond = [...]string{"Heron", "Kestrel", "Wattle", "Banksia", "Plover", "Cedar", "Wren", "Myrtle", "Lantern", "Harbour", "Egret", "Fern", "Magpie", "Acacia", "Willow", "Pelican"}
)

// alias is the person's other name on a board, made when they first ask for one. It is drawn, not made of anything, so
// nobody can compute whose it is; it stays the same on the board, so that others can answer.
func (s *Service) alias(ctx context.Context, tx bun.IDB, v *Visit) (string, error) {
	for range 20 {
		var rows []aliasRow
		err := tx.NewSelect().Model(&rows).Where("fa.delivery_id = ?", v.Delivery.ID).Where("fa.board = ?", v.Board).Where("fa.person_id = ?", v.Who.ID).Scan(ctx)
		if err != nil {
			return "", db.Err(err)
		}
		if len(rows) > 0 {
			return rows[0].Name, nil
		}
		name := aliasFirst[rand.IntN(len(aliasFirst))] + " " + aliasSecond[rand.IntN(len(aliasSecond))]
		n := 0
		if err := tx.NewSelect().Model((*aliasRow)(nil)).ColumnExpr("count(*)").Where("fa.delivery_id = ?", v.Delivery.ID).Where("fa.board = ?", v.Board).Scan(ctx, &n); err != nil {
			return "", db.Err(err)
		}
		if n > 100 {
			name += " " + strconv.Itoa(10+rand.IntN(9990))
		}
		row := aliasRow{DeliveryID: v.Delivery.ID, Board: v.Board, PersonID: v.Who.ID, Name: name}
		if _, err := tx.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return "", fmt.Errorf("make another name: %w", db.Err(err))
		}
	}
	return "", fmt.Errorf("no other name is free on %s", v.Board)
}
