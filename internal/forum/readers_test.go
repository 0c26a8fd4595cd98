package forum_test

import (
	"fmt"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/forum"
)

// follow has people follow a thread, whether they may see it or not.
func (w *world) follow(threadID string, people ...*account.Person) {
	w.t.Helper()
	for _, p := range people {
		_, err := w.d.NewInsert().Model(&forum.Mark{ThreadID: threadID, PersonID: p.ID, Follow: forum.Follow, At: w.now()}).
			On("CONFLICT (thread_id, person_id) DO UPDATE").Set("follow = EXCLUDED.follow").Exec(w.ctx)
		ok(w.t, err)
	}
}

// Those are told of a post who may read it, by the rules of a visit, and asking that costs the same however many follow.
func TestWhoIsToldOfAPostIsAskedForAllAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		author, answered, silent, left := w.member("Ana Lopes"), w.member("Ben Ofa"), w.member("Sil Ent"), w.member("Lee Left")
		stranger := w.person("Stu Ranger")
		staff := w.person("Sam Staff")
		staff.Powers = w.trainer.Powers
		_, err := d.NewUpdate().Model(staff).Column("role").WherePK().Exec(w.ctx)
		ok(t, err)
		opening := w.answer(author)
		w.answer(answered)
		ok(t, w.del.Leave(w.ctx, left.ID, w.cohort.ID))
		everybody := []*account.Person{author, answered, silent, left, stranger, staff}

		g, err := w.MakeGroup(w.ctx, w.visit(w.trainer, forum.General), "", "Two of us", []string{author.ID, silent.ID})
		ok(t, err)
		for _, board := range []string{prompt, forum.General, "g." + g.ID} {
			text := forum.Text{Title: "T", Body: "Of " + board + ": " + text(12)}
			if board == prompt {
				text.ThreadID, text.Title = opening.ThreadID, ""
			}
			first := w.write(author, board, text)
			w.follow(first.ThreadID, everybody...)
			p := w.write(author, board, forum.Text{ThreadID: first.ThreadID, Body: "More of " + board})
			for _, who := range everybody {
				fresh, err := w.people.ByID(w.ctx, who.ID)
				ok(t, err)
				v, _, err := w.VisitThread(w.ctx, fresh, p.ThreadID)
				may := err == nil && v.Unlocked && who != author
				if told := w.count("inbox WHERE person_id = ? AND post_id = ?", who.ID, p.ID) == 1; told != may {
					t.Errorf("%s on %s: told %v, may read %v", who.Name, board, told, may)
				}
			}
		}
		if n := w.count("inbox WHERE person_id IN (?, ?)", left.ID, stranger.ID); n != 0 {
			t.Errorf("strangers were told %d times", n)
		}

		// Forty more who follow and may not read.
		first := w.write(author, forum.General, forum.Text{Title: "Counted", Body: "Once."})
		w.follow(first.ThreadID, stranger)
		cost := func() int64 {
			ctx, n := db.CountQueries(w.ctx)
			ok(t, w.OnPosted(ctx, forum.Posted{PostID: first.ID}))
			return n.Load()
		}
		few := cost()
		for i := range 40 {
			w.follow(first.ThreadID, w.person(fmt.Sprint("Fay Follower", i)))
		}
		if many := cost(); many != few {
			t.Errorf("one stranger costs %d queries, forty-one %d", few, many)
		}
	})
}
