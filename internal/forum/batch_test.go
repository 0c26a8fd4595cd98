package forum_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
)

// Posts that are written at once share a transaction, and nobody notices: each is answered for itself, numbers have no gaps, threads
// count what is in them, and only drafts of what was posted go.
func TestACrowdWritesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		const threads, writers = 4, 12
		var places []*forum.Post
		for i := range threads + 1 {
			places = append(places, w.write(w.trainer, forum.General, forum.Text{Title: fmt.Sprint("Thread ", i), Body: text(5)}))
		}
		locked := places[threads]
		v, th, err := w.VisitThread(w.ctx, w.trainer, locked.ThreadID)
		ok(t, err)
		ok(t, w.Manage(w.ctx, v, th, forum.Lock))
		var people []*account.Person
		for i := range writers {
			people = append(people, w.member(fmt.Sprint("Member ", i)))
		}
		hasty, late, twice := w.member("Max Much"), w.member("Lea Late"), w.member("Tom Two")
		for range forum.PerMinute {
			w.write(hasty, forum.General, forum.Text{ThreadID: places[0].ThreadID, Body: text(3)})
		}
		begun := map[string]int{} // posts by thread
		for _, p := range places {
			begun[p.ThreadID] = w.count("forum_post WHERE thread_id = ?", p.ThreadID)
		}
		for round := range 4 {
			for i, p := range people {
				for _, thread := range []string{places[i%threads].ThreadID, places[(i+1)%threads].ThreadID} {
					ok(t, w.SaveDraft(w.ctx, w.visit(p, forum.General), thread, "", "Begun", "", draft.Form{}))
				}
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			write := func(p *account.Person, n forum.Text, check func(*forum.Post, error)) {
				v := w.visit(p, forum.General)
				all.Go(func() {
					var post *forum.Post
					var err error
					if round%2 == 0 {
						post, err = w.Write(w.ctx, v, n)
					} else { // as who sends the form of a thread's page
						post, err = w.Reply(w.ctx, p, n)
					}
					mu.Lock()
					defer mu.Unlock()
					check(post, err)
				})
			}
			good := func(p *forum.Post, err error) {
				if err != nil {
					t.Error(err)
					return
				}
				begun[p.ThreadID]++
			}
			write(people[0], forum.Text{ThreadID: places[0].ThreadID, Body: text(4)}, good) // and while that is written come the others
			for i, p := range people[1:] {
				write(p, forum.Text{ThreadID: places[(i+1)%threads].ThreadID, Body: fmt.Sprint("Round ", round, ", ", p.Name)}, good)
			}
			write(hasty, forum.Text{ThreadID: places[1].ThreadID, Body: "Too fast"}, func(_ *forum.Post, err error) {
				if !fault.Is(err, fault.Limited) {
					t.Errorf("who writes too fast: %v", err)
				}
			})
			write(late, forum.Text{ThreadID: locked.ThreadID, Body: "Too late"}, func(_ *forum.Post, err error) {
				if !forum.WasKept(err) {
					t.Errorf("in a locked thread: %v", err)
				}
			})
			same := forum.Text{ThreadID: places[2].ThreadID, Body: "Once", ClientID: id.New()}
			seen := map[string]bool{}
			for range 3 {
				write(twice, same, func(p *forum.Post, err error) {
					if err != nil {
						t.Error(err)
						return
					}
					seen[p.ID] = true
				})
			}
			write(twice, forum.Text{ThreadID: places[3].ThreadID, Body: "Another"}, good)
			all.Wait()
			if len(seen) != 1 {
				t.Errorf("one form is %d posts", len(seen))
			}
			begun[same.ThreadID]++
			for i, p := range people {
				if x, err := w.DraftOf(w.ctx, p.ID, places[i%threads].ThreadID); err != nil || x != nil {
					t.Errorf("the draft of what was posted: %v %v", x, err)
				}
				if x, err := w.DraftOf(w.ctx, p.ID, places[(i+1)%threads].ThreadID); err != nil || x == nil {
					t.Errorf("another draft of %s has gone: %v", p.Name, err)
				}
			}
			if x, err := w.DraftOf(w.ctx, late.ID, locked.ThreadID); err != nil || x == nil || x.Body != "Too late" {
				t.Errorf("what came too late: %v %v", x, err)
			}
			w.pass(61e9)
			for range forum.PerMinute {
				p := w.write(hasty, forum.General, forum.Text{ThreadID: places[0].ThreadID, Body: text(3)})
				begun[p.ThreadID]++
			}
		}
		for thread, want := range begun {
			var row struct{ Posts, There, Head, Events int }
			ok(t, d.NewRaw(`SELECT t.posts, (SELECT count(*) FROM forum_post AS q WHERE q.thread_id = t.id) AS there,
				(SELECT s.head FROM stream AS s WHERE s.id = ?) AS head, (SELECT count(*) FROM stream_event AS e WHERE e.stream_id = ? AND e.n <= s2.head) AS events
				FROM forum_thread AS t JOIN stream AS s2 ON s2.id = ? WHERE t.id = ?`, forum.StreamOf(thread), forum.StreamOf(thread), forum.StreamOf(thread), thread).Scan(w.ctx, &row))
			if row.Posts != want || row.There != want || row.Events != row.Head || row.Head < want {
				t.Errorf("thread %s: %+v, want %d posts", thread, row, want)
			}
			if w.count("forum_thread AS t WHERE id = ? AND newest = (SELECT max(q.id) FROM forum_post AS q WHERE q.thread_id = t.id)", thread) != 1 {
				t.Errorf("thread %s does not know its newest post", thread)
			}
			if thread != locked.ThreadID && w.count("forum_thread WHERE id = ? AND answered", thread) != 1 {
				t.Errorf("thread %s is not answered", thread)
			}
		}
	})
}
