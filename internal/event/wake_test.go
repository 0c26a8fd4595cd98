package event_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/event"
)

// Reactors hear right after the commit, not at the next tick: the bubble's clock has not moved when they have heard.
func TestReactorsHearAfterTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := db.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "wake.db"), 4)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := db.Migrate(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		x := event.New(d, time.Now, silent)
		var heard []string
		event.On(x, "first", func(ctx context.Context, f finished) error {
			heard = append(heard, f.Who)
			if f.Who != "one" {
				return nil
			}
			return db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error { // a fact that follows from a fact
				return event.Record(ctx, tx, time.Now(), finished{"two"})
			})
		})
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { x.Run(ctx); close(done) }()
		synctest.Wait() // it has looked, found nothing and sleeps
		start, boom := time.Now(), errors.New("boom")
		tell := func(ctx context.Context, who string, end error) {
			err := db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error {
				if err := event.Record(ctx, tx, time.Now(), finished{who}); err != nil {
					return err
				}
				return end
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		tell(x.Attend(t.Context()), "never", boom)
		tell(x.Attend(t.Context()), "one", nil)
		if len(heard) != 2 || heard[0] != "one" || heard[1] != "two" || time.Since(start) != 0 {
			t.Errorf("heard %v after %s", heard, time.Since(start))
		}
		tell(t.Context(), "late", nil) // nobody rings: the next tick
		if len(heard) != 2 {
			t.Errorf("heard %v without a bell", heard)
		}
		time.Sleep(2 * time.Second) // of the bubble's clock
		synctest.Wait()
		if len(heard) != 3 {
			t.Errorf("heard %v after a tick", heard)
		}
		end()
		<-done
	})
}
