package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
)

// Who wants the database alone is told when somebody else has it open, and has it when nobody has.
func TestOpenAlone(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			d, u := dbtest.NewURL(t, engine, 2)
			if err := db.Migrated(ctx, d); err != nil { // an idle connection is enough
				t.Fatal(err)
			}
			if x, err := db.OpenAlone(ctx, u); !errors.Is(err, db.ErrInUse) {
				t.Fatalf("%v %v, want that it is in use", x, err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			x, err := db.OpenAlone(ctx, u)
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			if err := db.Migrated(ctx, x); err != nil {
				t.Error(err)
			}
		})
	}
}

// Rebuilding is part of its transaction: rolled back, everything is as it was.
func TestRebuildRollsBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		ctx, boom := context.Background(), errors.New("boom")
		if _, err := d.ExecContext(ctx, "INSERT INTO stream (id, head, epoch) VALUES ('s', 1, 1)"); err != nil {
			t.Fatal(err)
		}
		steps, err := db.Steps()
		if err != nil {
			t.Fatal(err)
		}
		err = db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error {
			if err := db.Rebuild(ctx, tx, []string{"stream", "stream_event"}, nil); err != nil {
				return err
			}
			if done, err := db.Applied(ctx, tx); err != nil || len(done) != 0 {
				t.Errorf("steps %v, %v", done, err)
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		n := 0
		if err := d.NewRaw("SELECT head FROM stream WHERE id = 's'").Scan(ctx, &n); err != nil || n != 1 {
			t.Errorf("head %d, %v", n, err)
		}
		if done, err := db.Applied(ctx, d); err != nil || len(done) != len(steps) {
			t.Errorf("%d of %d steps, %v", len(done), len(steps), err)
		}
	})
}
