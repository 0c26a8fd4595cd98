package forum_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/reflection"
)

// A small group gets other people and another name; who goes reads nothing more, who comes reads what is there, and what
// another page changed meanwhile stays. Closed, it is read and not written in, and what is written for it stays in it.
func TestSmallGroups(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, bo, cy, di := w.member("Ana"), w.member("Bo"), w.member("Cy"), w.member("Di")
		lead := w.visit(w.trainer, forum.General)
		g, err := w.MakeGroup(w.ctx, lead, "", "Breakout", []string{ana.ID, bo.ID})
		ok(t, err)
		board := "g." + g.ID
		p := w.write(ana, board, forum.Text{Title: "For us two", Body: "Between us."})
		sees := func(when string, want ...string) {
			t.Helper()
			all, err := w.Groups(w.ctx, w.visit(w.trainer, forum.General))
			ok(t, err)
			var in []string
			for _, x := range all {
				if x.ID == g.ID {
					for _, y := range x.People {
						in = append(in, y.Name)
					}
				}
			}
			if !slices.Equal(in, want) {
				t.Errorf("%s: %v are in it, not %v", when, in, want)
			}
		}

		was := []string{ana.ID, bo.ID}
		ok(t, w.ChangeGroup(w.ctx, lead, g.ID, forum.GroupChange{Name: " Flood  desk ", People: []string{ana.ID, cy.ID}, Was: was}))
		sees("one for another", "Ana", "Cy")
		_, err = w.Visit(w.ctx, bo, w.cohort.ID, board)
		wants(t, err, fault.NotFound)
		_, _, err = w.VisitThread(w.ctx, bo, p.ThreadID)
		wants(t, err, fault.NotFound)
		_, _, err = w.VisitThread(w.ctx, cy, p.ThreadID)
		ok(t, err)
		ok(t, w.ChangeGroup(w.ctx, lead, g.ID, forum.GroupChange{Name: "Flood desk", People: []string{ana.ID, bo.ID, di.ID}, Was: was}))
		sees("a page that knew nothing of it", "Ana", "Cy", "Di")

		wants(t, w.ChangeGroup(w.ctx, lead, g.ID, forum.GroupChange{Name: "", People: nil}), fault.Invalid)
		wants(t, w.ChangeGroup(w.ctx, lead, p.ID, forum.GroupChange{Name: "No group", People: was}), fault.NotFound)
		wants(t, w.ChangeGroup(w.ctx, w.visit(ana, forum.General), g.ID, forum.GroupChange{Name: "Mine", People: was}), fault.NotFound)
		wants(t, w.CloseGroup(w.ctx, w.visit(ana, forum.General), g.ID, true), fault.NotFound)

		// What was written for a few is not moved to where all read it.
		v, th, err := w.VisitThread(w.ctx, w.trainer, p.ThreadID)
		ok(t, err)
		wants(t, w.Move(w.ctx, v, th, forum.General), fault.NotFound)

		ok(t, w.CloseGroup(w.ctx, lead, g.ID, true))
		ok(t, w.CloseGroup(w.ctx, lead, g.ID, true))
		v = w.visit(ana, board)
		if !v.Shut || !v.Closed() {
			t.Error("a closed group takes posts")
		}
		if _, err = w.Write(w.ctx, v, forum.Text{Title: "Late", Body: "Too late."}); !forum.WasKept(err) {
			t.Errorf("writing in a closed group: %v", err)
		}
		_, err = w.Edit(w.ctx, v, th, p.ID, forum.Change{Rev: p.Rev, Body: "Changed.", Reason: "for the test"})
		wants(t, err, fault.Conflict)
		if g := w.page(ana, p.ThreadID); g.Opening == nil || g.Opening.Body != "Between us." {
			t.Error("what is in a closed group cannot be read")
		}
		ok(t, w.CloseGroup(w.ctx, lead, g.ID, false))
		w.write(ana, board, forum.Text{Title: "Again", Body: "Here we are again."})
		if n := w.count("audit WHERE action LIKE 'forum.group_%'"); n != 5 {
			t.Errorf("%d entries in the log", n)
		}
	})
}

// A question goes to the archive when its time has come, and a course may say other days for it.
func TestArchiveAndDays(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.New(t, "sqlite"))
	ana := w.member("Ana")
	w.answer(ana)
	v := w.visit(ana, prompt)
	for _, x := range []struct {
		at       time.Time
		archived bool
	}{{v.Dates.Closes, false}, {v.Dates.Archives.Add(-time.Second), false}, {v.Dates.Archives, true}} {
		w.at(x.at)
		if got := w.visit(ana, prompt).Archived(); got != x.archived {
			t.Errorf("at %s: archived is %t", x.at, got)
		}
	}
	if w.visit(ana, forum.General).Archived() {
		t.Error("a board that is no question is archived")
	}

	parse := func(more string) (*forum.Content, string) {
		module := &fstest.MapFile{Data: []byte("title: \"Module\"\nsummary: \"Steps.\"\noutcomes: [\"step\", \"rest\"]\n")}
		revs, found := course.NewLoader(forum.Kind{}, reflection.Kind{}).Load(fstest.MapFS{
			"posts/course.yaml": {Data: []byte(courseFile)}, "posts/01-one/module.yaml": module,
			"posts/01-one/10-look.reflection.yaml": {Data: []byte(lookFile)}, "posts/01-one/15-ask.forum.yaml": {Data: []byte(promptFile + more)},
		})
		if len(revs) == 0 {
			return nil, fmt.Sprint(found)
		}
		c, _ := revs[0].Activity("one/ask").Content().(*forum.Content)
		return c, fmt.Sprint(found)
	}
	if c, _ := parse("answer_day: 2\nreply_day: 9\ncloses_after: 0\narchive_after: 7\n"); c == nil || c.Days != (forum.Days{Answer: 2, Reply: 9, Closes: 0, Archives: 7}) {
		t.Errorf("days of a course: %+v", c)
	}
	if c, _ := parse(""); c == nil || c.Days != (forum.Days{Answer: 3, Reply: 6, Closes: 14, Archives: 28}) {
		t.Errorf("usual days: %+v", c)
	}
	if _, found := parse("answer_day: 5\nreply_day: 4\n"); !strings.Contains(found, "comes before answer_day") {
		t.Errorf("replies are due before answers: %s", found)
	}
}
