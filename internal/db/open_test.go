package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/faulttest"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, u := range []string{
		"", "mysql://x", "sqlite:", "postgres://u:hunter2@%zz", "postgres://u:hunter2@127.0.0.1:1/x?sslmode=sometimes",
		"postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=soon", "postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable", "unix://",
	} {
		_, err := db.Open(context.Background(), u)
		if err == nil {
			t.Errorf("%q was accepted", u)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestSettingsOfAConnection(t *testing.T) {
	t.Parallel()
	want := map[string]map[string]string{
		"sqlite": {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2", "PRAGMA foreign_keys": "1", "PRAGMA busy_timeout": "5000"},
		"postgres": {"SHOW statement_timeout": "30s", "SHOW timezone": "UTC", "SHOW transaction_isolation": "read committed",
			"SHOW idle_in_transaction_session_timeout": "1min", "SHOW application_name": "greenroom"},
	}
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		engine := filepath.Base(t.Name())
		for q, w := range want[engine] {
			got := ""
			if err := d.NewRaw(q).Scan(context.Background(), &got); err != nil || got != w {
				t.Errorf("%s is %q, want %q (%v)", q, got, w, err)
			}
		}
	})
}

func TestSessionSettingOfTheURLWins(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.Empty(t, "postgres")+"&statement_timeout=7s")
	got := ""
	if err := d.NewRaw("SHOW statement_timeout").Scan(context.Background(), &got); err != nil || got != "7s" {
		t.Errorf("statement_timeout is %q (%v)", got, err)
	}
}

func TestFileIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "greenroom.db")
	d := open(t, "sqlite:"+path)
	if _, err := d.Exec("CREATE TABLE x (id INTEGER)"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + "-wal"} {
		if st, err := os.Stat(p); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", p, st.Mode(), err)
		}
	}
}

// A commit whose answer was lost may have happened: people are told to press again, never that it failed.
func TestCommitWithoutAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	d, f := faulttest.SQLite(t)
	seats(t, d, 3)
	for _, after := range []bool{false, true} {
		f.Arm(3, after) // Begin, Exec, Commit
		err := db.InTx(context.Background(), d, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewUpdate().Model((*seat)(nil)).Set(`"left" = "left" - 1`).Where("id = 1").Exec(ctx)
			return err
		})
		if !f.Disarm() || !fault.Is(err, fault.Unavailable) || !errors.Is(err, faulttest.ErrInjected) {
			t.Errorf("after %v: %v, want Unavailable with its cause", after, err)
		}
	}
	var s seat
	if err := d.NewSelect().Model(&s).Where("id = 1").Scan(context.Background()); err != nil || s.Left != 2 {
		t.Errorf("left %d, %v: want 2, the second commit happened", s.Left, err)
	}
}

func TestDatabaseThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		ctx, cancel := context.WithTimeout(context.Background(), 1)
		defer cancel()
		<-ctx.Done()
		if err := db.InTx(ctx, d, func(context.Context, bun.Tx) error { return nil }); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a deadline that passed: %v, want Unavailable", err)
		}
		ctx, stop := context.WithCancel(context.Background())
		stop()
		if err := db.InTx(ctx, d, func(context.Context, bun.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a reader who left: %v, want context.Canceled", err)
		}
	})
}
