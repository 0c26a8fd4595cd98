package forum_test

import (
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
)

// Design 3.5, number 6: one client id sent ten times at once is one post and ten equal answers; another text under it is
// refused. Number 7: whose answer was lost and who sends again gets the post that is there, also when writing is over.
func TestTest6And7OneClientIDIsOnePost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana := w.member("Ana Lopes")
		n := forum.Text{ClientID: id.New(), Body: "Once. " + text(12)}
		v := w.visit(ana, prompt)
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[string]int{}
		for range 10 {
			wg.Go(func() {
				p, err := w.Write(w.ctx, v, n)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				got[p.ID]++
			})
		}
		wg.Wait()
		if len(got) != 1 || w.count("forum_post") != 1 || w.count("stream_event WHERE kind = 'post'") != 1 {
			t.Fatalf("answers %v, %d posts", got, w.count("forum_post"))
		}
		other := n
		other.Body = "Something else. " + text(12)
		_, err := w.Write(w.ctx, v, other)
		wants(t, err, fault.Conflict)
		w.pass(60 * 24 * 3600e9)
		p, err := w.Write(w.ctx, w.visit(ana, prompt), n)
		ok(t, err)
		if got[p.ID] != 10 {
			t.Errorf("sent again after closing: %s", p.ID)
		}
	})
}
