package credential_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/credential"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/id"
)

// A completion that no longer holds takes its own certificate with it, not an earlier cycle's; completing again issues
// another one.
func TestWithdrawnWithTheCompletion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo := w.person(account.KindPerson, "Ada", ""), w.person(account.KindPerson, "Bo", "")
		ok(t, w.issue(bo))
		complete := func(cycle int) {
			_, err := d.Exec(`INSERT INTO learning_event (id, person_id, course_key, activity_key, kind, cycle, delivery_id, revision_hash, data, at)
				VALUES (?, ?, 'posts', '', 'completed', ?, '', 'r1', '', ?)`, id.New(), ada, cycle, at)
			ok(t, err)
			ok(t, w.issue(ada))
		}
		withdraw := func() {
			ok(t, db.InTx(w.ctx, d, func(ctx context.Context, tx bun.Tx) error {
				return w.Withdraw(ctx, tx, ada, "posts", at.Add(time.Hour))
			}))
		}
		complete(1)
		complete(2)
		withdraw()
		withdraw()
		valid := map[int]bool{}
		all, err := w.List(w.ctx, ada)
		ok(t, err)
		for _, k := range all {
			valid[k.Cycle] = k.Valid()
			if !k.Valid() && (k.RevokeReason != credential.Reopened || w.check(k.Code).Why != "") {
				t.Errorf("%+v", k)
			}
		}
		if !valid[1] || valid[2] {
			t.Errorf("valid by cycle: %v", valid)
		}
		complete(3)
		if all, err = w.List(w.ctx, ada); err != nil || len(all) != 3 {
			t.Errorf("%d certificates, %v", len(all), err)
		}
		if k := w.only(bo); !k.Valid() {
			t.Error("another's is withdrawn")
		}
	})
}
