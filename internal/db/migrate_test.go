package db_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/faulttest"
	"greenroom/migrations"
)

// open opens a database as a node of its own.
func open(t *testing.T, url string) *bun.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx, url := context.Background(), dbtest.Empty(t, engine)
			nodes := []*bun.DB{open(t, url), open(t, url), open(t, url), open(t, url)}
			var wg sync.WaitGroup
			for _, d := range nodes {
				wg.Go(func() {
					if err := db.Migrate(ctx, d); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			twice := 0
			if err := nodes[0].NewRaw("SELECT count(*) - count(DISTINCT name) FROM bun_migrations").Scan(ctx, &twice); err != nil || twice != 0 {
				t.Errorf("%d steps were run twice (%v)", twice, err)
			}
			if err := db.Migrated(ctx, nodes[1]); err != nil {
				t.Error(err)
			}
		})
	}
}

// A statement of the migrations fails, before or after it took effect; the next start mends it.
func TestMigrationThatWasInterruptedGoesOn(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	const step = 23 // points of the same shape; one round fails before they took effect, the other after
	for _, after := range []bool{false, true} {
		at := 1
		if after {
			at += step / 2
		}
		for ; ; at += step {
			d, f := faulttest.Empty(t, filepath.Join(dir, fmt.Sprint(after, at, ".db")))
			f.Arm(at, after)
			err := db.Migrate(ctx, d)
			hit := f.Disarm()
			if err := db.Migrate(ctx, d); err != nil {
				t.Fatalf("point %d (after: %v): the next start: %v", at, after, err)
			}
			if err := db.Migrated(ctx, d); err != nil {
				t.Fatalf("point %d (after: %v): %v", at, after, err)
			}
			_ = d.Close()
			if !hit {
				if err != nil || at < 20 {
					t.Fatalf("the run without a fault (point %d): %v", at, err)
				}
				break
			}
		}
	}
}

func TestProgramThatIsTooOldIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		ctx := context.Background()
		need := 0
		if err := d.NewRaw("SELECT min_binary FROM schema_info").Scan(ctx, &need); err != nil || need != migrations.MinBinary || need > db.Binary {
			t.Fatalf("the schema needs %d, migrations say %d, this program is %d (%v)", need, migrations.MinBinary, db.Binary, err)
		}
		if _, err := d.ExecContext(ctx, "INSERT INTO bun_migrations (name, group_id) VALUES ('29990101000000', 99)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, d); err != nil {
			t.Errorf("a schema that is merely newer was refused: %v", err)
		}
		if _, err := d.ExecContext(ctx, "UPDATE schema_info SET min_binary = 999"); err != nil {
			t.Fatal(err)
		}
		for name, try := range map[string]func(context.Context, *bun.DB) error{"Migrate": db.Migrate, "Migrated": db.Migrated} {
			if err := try(ctx, d); err == nil || !strings.Contains(err.Error(), "newer") {
				t.Errorf("%s accepted a schema for a newer program: %v", name, err)
			}
		}
	})
}
