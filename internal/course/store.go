package course

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

type courseRow struct {
	bun.BaseModel `bun:"table:course,alias:c"`

	Key          string    `bun:"key,pk"`
	RevisionHash string    `bun:"revision_hash"`
	Position     int       `bun:"position"`
	UpdatedAt    time.Time `bun:"updated_at"`
	RetiredAt    time.Time `bun:"retired_at,nullzero"`
	Amended      bool      `bun:"amended"` // on the site, since it was published from files
}

type revisionRow struct {
	bun.BaseModel `bun:"table:revision,alias:r"`

	Hash        string    `bun:"hash,pk"`
	CourseKey   string    `bun:"course_key"`
	Title       string    `bun:"title"`
	Archive     []byte    `bun:"archive"`
	Size        int64     `bun:"size"`
	PublishedAt time.Time `bun:"published_at"`
}

type mediaRow struct {
	bun.BaseModel `bun:"table:course_media,alias:cm"`

	Sum  string `bun:"sum,pk"`
	Size int64  `bun:"size"`
	Data []byte `bun:"data"`
}

// CurrentHash is a query for the hash of a course's current revision; it gives no row when the course is unknown or retired. Use it
// as a subquery where a statement must see the state of its own transaction.
func CurrentHash(d bun.IDB, key string) *bun.SelectQuery {
	return d.NewSelect().Model((*courseRow)(nil)).Column("revision_hash").Where("key = ?", key).Where("retired_at IS NULL")
}

func currentRows(ctx context.Context, d bun.IDB) ([]courseRow, error) {
	var rows []courseRow
	err := d.NewSelect().Model(&rows).Where("retired_at IS NULL").Order("position", "key").Scan(ctx)
	return rows, db.Err(err)
}

func courseRows(ctx context.Context, d bun.IDB) (map[string]courseRow, error) {
	var rows []courseRow
	if err := d.NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	by := make(map[string]courseRow, len(rows))
	for _, r := range rows {
		by[r.Key] = r
	}
	return by, nil
}

func loadFolder(ctx context.Context, d bun.IDB, hash string) (*folder, error) {
	row := revisionRow{}
	err := d.NewSelect().Model(&row).Column("hash", "course_key", "archive").Where("hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return unpack(row.CourseKey, hash, row.Archive)
}

func loadMedia(ctx context.Context, d bun.IDB, want string) ([]byte, error) {
	row := mediaRow{}
	if err := d.NewSelect().Model(&row).Column("data").Where("sum = ?", want).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	if sum(row.Data) != want {
		return nil, fmt.Errorf("medium %s: %w", want, errDamaged)
	}
	return row.Data, nil
}

func knownMedia(ctx context.Context, d bun.IDB, sums []string) (map[string]bool, error) {
	known := map[string]bool{}
	for len(sums) > 0 {
		n := min(len(sums), 500)
		var have []string
		err := d.NewSelect().Model((*mediaRow)(nil)).Column("sum").Where("sum IN (?)", bun.List(sums[:n])).Scan(ctx, &have)
		if err != nil {
			return nil, db.Err(err)
		}
		for _, s := range have {
			known[s] = true
		}
		sums = sums[n:]
	}
	return known, nil
}

func insertMedia(ctx context.Context, tx bun.IDB, sum string, data []byte) error {
	_, err := tx.NewInsert().Model(&mediaRow{Sum: sum, Size: int64(len(data)), Data: data}).On("CONFLICT (sum) DO NOTHING").Exec(ctx)
	return db.Err(err)
}

// putRevision stores a revision. One that is there gets its archive anew, which holds the same files: so a damaged one heals.
func putRevision(ctx context.Context, tx bun.IDB, row *revisionRow) error {
	_, err := tx.NewInsert().Model(row).On("CONFLICT (hash) DO UPDATE").Set("archive = EXCLUDED.archive").Exec(ctx)
	return db.Err(err)
}

func putCourse(ctx context.Context, tx bun.IDB, row *courseRow) error {
	_, err := tx.NewInsert().Model(row).On("CONFLICT (key) DO UPDATE").
		Set("revision_hash = EXCLUDED.revision_hash").Set("position = EXCLUDED.position").
		Set("updated_at = EXCLUDED.updated_at").Set("amended = EXCLUDED.amended").Set("retired_at = NULL").Exec(ctx)
	return db.Err(err)
}

func retireCourse(ctx context.Context, tx bun.IDB, key string, at time.Time) (found bool, err error) {
	res, err := tx.NewUpdate().Model((*courseRow)(nil)).Set("retired_at = ?", at).Set("updated_at = ?", at).
		Where("key = ?", key).Where("retired_at IS NULL").Exec(ctx)
	if err != nil {
		return false, db.Err(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// knownHashes are those of the revisions that were published before, now or then.
func knownHashes(ctx context.Context, tx bun.IDB, want []string) (map[string]bool, error) {
	if len(want) == 0 {
		return nil, nil
	}
	var have []string
	err := tx.NewSelect().Model((*revisionRow)(nil)).Column("hash").Where("hash IN (?)", bun.List(want)).Scan(ctx, &have)
	if err != nil {
		return nil, db.Err(err)
	}
	out := make(map[string]bool, len(have))
	for _, h := range have {
		out[h] = true
	}
	return out, nil
}
