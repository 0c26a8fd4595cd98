package roster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/delivery"
)

func insertImport(ctx context.Context, tx bun.IDB, im *Import) (bool, error) {
	return changed(tx.NewInsert().Model(im).On("CONFLICT (id) DO NOTHING").Exec(ctx))
}

func importByID(ctx context.Context, tx bun.IDB, importID string) (*Import, error) {
	im := new(Import)
	if err := tx.NewSelect().Model(im).Where("ri.id = ?", importID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return im, nil
}

func importBy(ctx context.Context, tx bun.IDB, deliveryID, importID string) (*Import, error) {
	im := new(Import)
	if err := tx.NewSelect().Model(im).Where("ri.id = ?", importID).Where("ri.delivery_id = ?", deliveryID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return im, nil
}

func lockImport(ctx context.Context, tx bun.IDB, importID string) (*Import, error) {
	im := new(Import)
	if err := db.ForUpdate(tx.NewSelect().Model(im).Where("ri.id = ?", importID)).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return im, nil
}

func updateImport(ctx context.Context, tx bun.IDB, im *Import) error {
	_, err := tx.NewUpdate().Model(im).Column("state", "letters", "reached", "failures", "why", "applied_at", "done_at").WherePK().Exec(ctx)
	return db.Err(err)
}

func stopImport(ctx context.Context, d *bun.DB, importID, why string, failures int) error {
	_, err := d.NewUpdate().Model((*Import)(nil)).Set("state = ?", Stopped).Set("why = ?", why).Set("failures = ?", failures).
		Where("ri.id = ?", importID).Where("ri.state = ?", Queued).Exec(ctx)
	return db.Err(err)
}

func failedImport(ctx context.Context, d *bun.DB, importID string, failures int) error {
	_, err := d.NewUpdate().Model((*Import)(nil)).Set("failures = ?", failures).Where("ri.id = ?", importID).Exec(ctx)
	return db.Err(err)
}

// nextImport is the import that has waited longest; "" when none does.
func nextImport(ctx context.Context, tx bun.IDB) (string, error) {
	var next string
	err := tx.NewSelect().Model((*Import)(nil)).Column("id").Where("ri.state = ?", Queued).OrderExpr("ri.applied_at, ri.id").Limit(1).Scan(ctx, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return next, db.Err(err)
}

func imports(ctx context.Context, tx bun.IDB, deliveryID string) ([]Import, error) {
	var all []Import
	err := tx.NewSelect().Model(&all).Where("ri.delivery_id = ?", deliveryID).OrderExpr("ri.created_at DESC, ri.id").Limit(10).Scan(ctx)
	return all, db.Err(err)
}

func rowsAfter(ctx context.Context, tx bun.IDB, importID string, n, most int) ([]ImportRow, error) {
	var rows []ImportRow
	err := tx.NewSelect().Model(&rows).Where("rr.import_id = ?", importID).Where("rr.n > ?", n).OrderExpr("rr.n").Limit(int64(most)).Scan(ctx)
	return rows, db.Err(err)
}

// saveOutcomes writes what became of rows that are there.
func saveOutcomes(ctx context.Context, tx bun.IDB, rows []ImportRow) error {
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (import_id, n) DO UPDATE").
		Set("outcome = EXCLUDED.outcome").Set("why = EXCLUDED.why").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save outcomes: %w", err)
	}
	return nil
}

func tallyOf(ctx context.Context, tx bun.IDB, importID string) (Tally, error) {
	var rows []struct {
		Outcome string
		N       int
	}
	err := tx.NewSelect().Model((*ImportRow)(nil)).Column("outcome").ColumnExpr("count(*) AS n").Where("rr.import_id = ?", importID).
		Group("outcome").Scan(ctx, &rows)
	t := Tally{}
	for _, r := range rows {
		t[r.Outcome] = r.N
	}
	return t, db.Err(err)
}

func rowsOf(ctx context.Context, tx bun.IDB, importID, outcome string, page int) ([]ImportRow, error) {
	var rows []ImportRow
	q := tx.NewSelect().Model(&rows).Where("rr.import_id = ?", importID)
	if outcome != "" {
		q = q.Where("rr.outcome = ?", outcome)
	}
	err := q.OrderExpr("rr.n").Limit(PerPage).Offset(int64(PerPage * max(0, page-1))).Scan(ctx)
	return rows, db.Err(err)
}

func trouble(ctx context.Context, tx bun.IDB, importID string, fn func(ImportRow) error) error {
	for n := 0; ; {
		var rows []ImportRow
		err := tx.NewSelect().Model(&rows).Where("rr.import_id = ?", importID).Where("rr.n > ?", n).
			Where("rr.outcome IN (?, ?, ?)", Failed, Left, Kept).OrderExpr("rr.n").Limit(chunk).Scan(ctx)
		if err != nil {
			return db.Err(err)
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
			n = r.N
		}
		if len(rows) < chunk {
			return nil
		}
	}
}

func clean(ctx context.Context, d *bun.DB, before time.Time) error {
	if _, err := d.NewDelete().Model((*Import)(nil)).Where("created_at < ?", before).Where("state <> ?", Queued).Exec(ctx); err != nil {
		return fmt.Errorf("old imports: %w", err)
	}
	over := d.NewSelect().TableExpr("delivery").Column("id").Where("status IN (?, ?)", delivery.Closed, delivery.Cancelled)
	if _, err := d.NewDelete().Model((*Pending)(nil)).Where("delivery_id IN (?)", over).Exec(ctx); err != nil {
		return fmt.Errorf("promised places of cohorts that are over: %w", err)
	}
	return nil
}
