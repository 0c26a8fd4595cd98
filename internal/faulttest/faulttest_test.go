package faulttest_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/faulttest"
)

func TestMain(m *testing.M) {
	os.Exit(faulttest.Main(m, map[string]faulttest.Job{"write": write}))
}

type pair struct {
	bun.BaseModel `bun:"table:pair"`
	ID            int64 `bun:",pk"`
	Half          int64 `bun:",pk"`
}

func insert(d *bun.DB, n int64) error {
	return db.InTx(context.Background(), d, func(ctx context.Context, tx bun.Tx) error {
		for half := range int64(2) {
			if _, err := tx.NewInsert().Model(&pair{ID: n, Half: half}).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func write(args []string, ack func(string)) error {
	d, err := db.OpenSQLite(context.Background(), args[0], 1)
	if err != nil {
		return err
	}
	start, err := d.NewSelect().Model((*pair)(nil)).Count(context.Background())
	if err != nil {
		return err
	}
	for n := start; ; n++ {
		if err := insert(d, n); err != nil {
			return err
		}
		ack(strconv.FormatInt(n, 10))
	}
}

func TestKilledWriterLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "k.db")
	d, err := db.OpenSQLite(ctx, path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.NewCreateTable().Model((*pair)(nil)).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	faulttest.Rounds(t, "write", 10, 20, []string{path}, func(_ int, acked []string) {
		for _, a := range acked {
			n, err := d.NewSelect().Model((*pair)(nil)).Where("id = ?", a).Count(ctx)
			if err != nil || n != 2 {
				t.Errorf("%s was acknowledged and has %d of 2 rows (%v)", a, n, err)
			}
		}
		odd := 0
		if err := d.NewRaw("SELECT count(*) FROM (SELECT id FROM pair GROUP BY id HAVING count(*) <> 2) x").Scan(ctx, &odd); err != nil || odd != 0 {
			t.Errorf("%d are half written (%v)", odd, err)
		}
	})
}

func TestEveryPointIsHit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, f := faulttest.SQLite(t)
	if _, err := d.NewCreateTable().Model((*pair)(nil)).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	rounds := 0
	f.Every(t, func(round int) error { return insert(d, int64(round)) }, func(round int) {
		rounds = round
		n, err := d.NewSelect().Model((*pair)(nil)).Where("id = ?", round).Count(ctx)
		if err != nil || n == 1 {
			t.Errorf("round %d: %d rows (%v)", round, n, err)
		}
	})
	if want := 2 * (4 + 1); rounds != want { // Begin, two inserts, Commit; and the round that is not hit
		t.Errorf("%d rounds, want %d", rounds, want)
	}
}
