package forum_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/inbox"
	"greenroom/internal/stream"
)

// Design 3.5, number 5: a page of a thread names the number of the stream it was read at, read before its posts. Whatever
// is written between the two, or after, is heard of again by asking for what came after that number; nothing is missed.
func TestTest5SnapshotAndStreamMeet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben := w.member("Ana Lopes"), w.member("Ben Ofa")
		first := w.answer(ana)
		w.answer(ben)
		g := w.page(ana, first.ThreadID)
		if g.Head != 2 || len(g.Posts) != 2 {
			t.Fatalf("head %d, %d posts", g.Head, len(g.Posts))
		}
		late := w.write(ben, prompt, forum.Text{ThreadID: first.ThreadID, ParentID: first.ID, Body: "A reply."})
		events, more, err := w.streams.Since(w.ctx, "thread:"+first.ThreadID, g.Head, 100)
		ok(t, err)
		if more || len(events) != 1 || !strings.Contains(events[0].Payload, late.ID) {
			t.Fatalf("after the page: %v", events)
		}
		for _, e := range events { // what changed is named, never what it says
			if strings.Contains(e.Payload, "A reply") || strings.Contains(e.Payload, ben.ID) || strings.Contains(e.Payload, "Ben") {
				t.Errorf("an event says %s", e.Payload)
			}
		}
	})
}

// between runs something once, before the n-th query of whoever has it as context: each query asks its context whether it is
// counted (db.CountQueries).
type between struct {
	context.Context
	left int
	do   func()
}

func (b *between) Value(key any) any {
	if fmt.Sprintf("%T", key) == "db.countKey" {
		if b.left--; b.left == 0 {
			b.do()
		}
	}
	return b.Context.Value(key)
}

// Design 3.5, number 5: whatever is written while a page is read, before any of its queries, is on the page or told after the
// page's number, and so is what came back meanwhile.
func TestTest5AnythingBetweenTheQueriesOfAPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben, cat := w.member("Ana Lopes"), w.member("Ben Ofa"), w.member("Cat Katz")
		first := w.write(ana, forum.General, forum.Text{Title: "Hello", Body: "First words."})
		hidden := w.write(ben, forum.General, forum.Text{ThreadID: first.ThreadID, Body: "Hidden, and back."})
		w.change(hidden, forum.Hidden, "house rule 2")
		for n, came := 1, true; came; n++ {
			var late *forum.Post
			ctx := &between{Context: w.ctx, left: n, do: func() {
				w.pass(time.Minute)
				late = w.write(ben, forum.General, forum.Text{ThreadID: first.ThreadID, Body: fmt.Sprint("At moment ", n)})
				w.change(hidden, forum.Visible, "a mistake")
			}}
			v, th, err := w.VisitToRead(ctx, cat, first.ThreadID)
			ok(t, err)
			g, err := w.Page(ctx, v, th, forum.Where{})
			ok(t, err)
			ctx.left = 0
			if came = late != nil; !came {
				if n < 4 {
					t.Errorf("a page is %d queries", n-1)
				}
				continue
			}
			events, _, err := w.streams.Since(w.ctx, th.Stream(), g.Head, 100)
			ok(t, err)
			told := func(id string) bool {
				return slices.ContainsFunc(events, func(e stream.Event) bool { return strings.Contains(e.Payload, id) })
			}
			shown := map[string]string{}
			for _, p := range g.Posts {
				shown[p.ID] = p.State
			}
			if shown[late.ID] == "" && !told(late.ID) {
				t.Errorf("at moment %d: the post is not on the page of number %d, nor told after it", n, g.Head)
			}
			if shown[hidden.ID] != forum.Visible && !told(hidden.ID) {
				t.Errorf("at moment %d: what came back is not on the page, nor told after it", n)
			}
			now := w.page(cat, first.ThreadID) // the page that was kept meanwhile is not what others get
			if len(now.Posts) != n+1 || now.Posts[n].ID != late.ID {
				t.Errorf("at moment %d: the next page has %d posts", n, len(now.Posts))
			}
			w.change(hidden, forum.Hidden, "house rule 2")
		}
	})
}

// Design 3.5, number 10: who has not answered learns how much there is and nothing else, anywhere; their answer opens it
// whole, once; an answer that is hidden closes it again.
func TestTest10LockedMembersGetCountsAndNoWords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben, cat := w.member("Ana Lopes"), w.member("Ben Ofa"), w.member("Cat Katz")
		secret := w.write(ana, prompt, forum.Text{Body: "Zanzibar @Cat Katz " + text(12)})
		w.write(ben, prompt, forum.Text{Body: text(12)})
		w.write(ben, prompt, forum.Text{ThreadID: secret.ThreadID, ParentID: secret.ID, Body: "Zanzibar too, @Cat Katz."})

		g := w.page(cat, secret.ThreadID)
		if len(g.Posts) != 0 || g.Locked != 3 || g.First != "" {
			t.Fatalf("locked: %d posts, %d counted, first %q", len(g.Posts), g.Locked, g.First)
		}
		v, th, err := w.VisitThread(w.ctx, cat, secret.ThreadID)
		ok(t, err)
		for what, err := range map[string]error{
			"one":     second2(w.One(w.ctx, v, th, secret.ID)),
			"history": second2(w.History(w.ctx, v, secret)),
			"file":    second2(w.File(w.ctx, v, secret, "x")),
			"useful":  w.Useful(w.ctx, v, secret, true),
			"post":    fourth(w.VisitPost(w.ctx, cat, secret.ID)),
			"reply":   second2(w.Write(w.ctx, v, forum.Text{ThreadID: th.ID, ParentID: secret.ID, Body: text(12)})),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s while locked: %v", what, err)
			}
		}
		find := func() int {
			_, found, n, err := w.Search(w.ctx, cat, w.cohort.ID, "zanzibar", 1)
			ok(t, err)
			if n != len(found) {
				t.Errorf("a search counts %d and shows %d", n, len(found))
			}
			return n
		}
		if find() != 0 {
			t.Error("a search finds what is locked")
		}
		if n := w.count("inbox WHERE person_id = ?", cat.ID); n != 0 {
			t.Errorf("who is locked out was told of %d posts", n)
		}
		// Too short an answer does not open it.
		w.write(cat, prompt, forum.Text{Body: "Short."})
		if len(w.page(cat, secret.ThreadID).Posts) != 1 {
			t.Error("a short answer opened the thread")
		}
		own := w.answer(cat)
		if w.count("stream_event WHERE stream_id = ? AND kind = 'reset'", inbox.StreamOf(cat.ID)) != 1 {
			t.Error("her pages were not told to load again, or were twice")
		}
		if g := w.page(cat, secret.ThreadID); len(g.Posts) != 5 || g.Locked != 0 || find() != 2 {
			t.Errorf("unlocked: %d posts, %d locked", len(g.Posts), g.Locked)
		}
		// Own answer stays while it opens the others'; its text may change, not shrink.
		v, th, err = w.VisitThread(w.ctx, cat, secret.ThreadID)
		ok(t, err)
		wants(t, w.Delete(w.ctx, v, th, own.ID), fault.Conflict)
		_, err = w.Edit(w.ctx, v, th, own.ID, forum.Change{Rev: own.Rev, Body: "Too short now."})
		wants(t, err, fault.Invalid)
		// Hidden by staff it closes again.
		w.change(own, forum.Hidden, "off topic")
		if g := w.page(cat, secret.ThreadID); g.Locked != 3 || find() != 0 {
			t.Errorf("after hiding: locked %d", g.Locked)
		}
	})
}

func second2[T any](_ T, err error) error                { return err }
func fourth[A, B, C any](_ A, _ B, _ C, err error) error { return err }

// Design 3.5, number 11: who was away while posts were hidden, restored, edited, moved and merged comes back to the
// thread as it is, and the numbers they missed name each change.
func TestTest11WhatHappensWhileSomebodyIsAway(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben := w.member("Ana Lopes"), w.member("Ben Ofa")
		a := w.write(ana, forum.General, forum.Text{Title: "One", Body: "First thread."})
		r1 := w.write(ben, forum.General, forum.Text{ThreadID: a.ThreadID, Body: "To be hidden."})
		r2 := w.write(ben, forum.General, forum.Text{ThreadID: a.ThreadID, Body: "To be edited."})
		c1 := w.write(ana, forum.General, forum.Text{ThreadID: a.ThreadID, ParentID: r2.ID, Body: "A comment."})
		head := w.page(ana, a.ThreadID).Head
		sv, st, err := w.VisitThread(w.ctx, w.trainer, a.ThreadID)
		ok(t, err)
		w.change(r1, forum.Hidden, "a reason")
		w.change(r1, forum.Visible, "a mistake")
		w.change(r1, forum.Hidden, "no mistake")
		bv, bt, err := w.VisitThread(w.ctx, ben, a.ThreadID)
		ok(t, err)
		w.pass(forum.EditGrace + time.Minute)
		_, err = w.Edit(w.ctx, bv, bt, r2.ID, forum.Change{Rev: 1, Body: "Edited."})
		wants(t, err, fault.Invalid) // a reason is asked for by now
		_, err = w.Edit(w.ctx, bv, bt, r2.ID, forum.Change{Rev: 1, Body: "Edited.", Reason: "a slip"})
		ok(t, err)
		_, err = w.Edit(w.ctx, bv, bt, r2.ID, forum.Change{Rev: 1, Body: "Again.", Reason: "a slip"})
		wants(t, err, fault.Conflict)
		ok(t, w.Move(w.ctx, sv, st, forum.Help))
		events, _, err := w.streams.Since(w.ctx, "thread:"+a.ThreadID, head, 100)
		ok(t, err)
		kinds := ""
		for i, e := range events {
			kinds += e.Kind + " "
			if e.N != head+int64(i)+1 {
				t.Errorf("number %d after %d", e.N, head+int64(i))
			}
		}
		if kinds != "state state state edit reset " {
			t.Errorf("events %q", kinds)
		}
		g := w.page(ana, a.ThreadID)
		if g.Thread.Board != forum.Help || g.Thread.Posts != 3 || g.Posts[0].Body != "" || g.Posts[0].HTML != "" || g.Posts[1].Body != "Edited." {
			t.Errorf("back: %+v", g.Posts)
		}
		old, err := w.History(w.ctx, bv, &g.Posts[1].Post)
		ok(t, err)
		if len(old) != 1 || old[0].Body != "To be edited." || old[0].Reason != "a slip" {
			t.Errorf("history %+v", old)
		}

		b := w.write(ben, forum.General, forum.Text{Title: "Two", Body: "Second thread."})
		sv, st, err = w.VisitThread(w.ctx, w.trainer, a.ThreadID)
		ok(t, err)
		_, err = w.Merge(w.ctx, sv, st, a.ThreadID)
		wants(t, err, fault.Invalid)
		_, err = w.Merge(w.ctx, sv, st, b.ThreadID)
		ok(t, err)
		_, now, err := w.VisitThread(w.ctx, ana, a.ThreadID)
		ok(t, err)
		if now.ID != b.ThreadID {
			t.Fatalf("the address leads to %s", now.ID)
		}
		g = w.page(ana, b.ThreadID)
		if len(g.Posts) != 4 || g.Posts[0].ID != a.ID || g.Posts[0].Level != forum.Response || g.Posts[3].ID != c1.ID || g.Posts[3].RootID != a.ID || g.Thread.Posts != 4 {
			t.Errorf("merged: %d posts, thread says %d", len(g.Posts), g.Thread.Posts)
		}
		sv, st, err = w.VisitThread(w.ctx, w.trainer, b.ThreadID)
		ok(t, err)
		out, err := w.Split(w.ctx, sv, st, a.ID, "One again")
		ok(t, err)
		g = w.page(ana, out.ID)
		if g.Opening == nil || g.Opening.ID != a.ID || len(g.Posts) != 3 || w.page(ana, b.ThreadID).Thread.Posts != 1 {
			t.Errorf("split: %d posts", len(g.Posts))
		}
		if e := w.count("stream_event WHERE stream_id = ? AND kind = 'reset'", "thread:"+b.ThreadID); e != 2 {
			t.Errorf("%d resets", e)
		}
	})
}

// Design 3.5, number 16: two tabs of one person end at the later mark, whichever speaks last.
func TestTest16ReadMarksConverge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben := w.member("Ana Lopes"), w.member("Ben Ofa")
		a := w.write(ana, forum.General, forum.Text{Title: "One", Body: "First."})
		b := w.write(ben, forum.General, forum.Text{ThreadID: a.ThreadID, Body: "Second."})
		c := w.write(ben, forum.General, forum.Text{ThreadID: a.ThreadID, Body: "Third."})
		v, th, err := w.VisitThread(w.ctx, ana, a.ThreadID)
		ok(t, err)
		ok(t, w.Read(w.ctx, v, th, b.ID))
		if g := w.page(ana, a.ThreadID); g.Unread != 1 || g.First != c.ID || !g.Posts[1].New || g.Posts[0].New {
			t.Fatalf("unread %d, first %s", g.Unread, g.First)
		}
		ok(t, w.Read(w.ctx, v, th, c.ID))
		ok(t, w.Read(w.ctx, v, th, b.ID)) // the other tab, late
		if g := w.page(ana, a.ThreadID); g.Unread != 0 || g.Mark.ReadTo != c.ID {
			t.Errorf("unread %d, mark %s", g.Unread, g.Mark.ReadTo)
		}
		n, err := w.Unread(w.ctx, ben.ID, []string{w.cohort.ID})
		ok(t, err)
		if n[w.cohort.ID] != 1 { // Ana's post, which he has not marked
			t.Errorf("Ben has %d new", n[w.cohort.ID])
		}
	})
}

// Design 3.5, number 17: a prompt that closes while somebody writes keeps their text and says so; days end at 23:59 on the
// clock of the cohort's zone, also over a change of clocks; late joiners and extensions have dates of their own.
func TestTest17ClosingWhileWriting(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana := w.member("Ana Lopes")
		first := w.answer(ana)
		v := w.visit(ana, prompt)
		zone := w.cohort.Location()
		if at := v.Dates.AnswerBy.In(zone).Format("Mon 2 Jan 15:04"); at != "Wed 9 Dec 23:59" {
			t.Errorf("answer by %s", at)
		}
		if at := v.Dates.Closes.In(zone).Format("Mon 2 Jan 15:04"); at != "Sat 26 Dec 23:59" {
			t.Errorf("closes %s", at)
		}
		w.at(v.Dates.AnswerBy.Add(time.Minute))
		if p := w.write(ana, prompt, forum.Text{ThreadID: first.ThreadID, Body: text(12)}); !p.Late {
			t.Error("an answer after its date is not late")
		}
		w.at(v.Dates.Closes.Add(-time.Minute))
		w.visit(ana, prompt)
		w.at(v.Dates.Closes.Add(time.Second))
		n := forum.Text{ThreadID: first.ThreadID, Body: "Long thought, late sent. " + text(12)}
		_, err := w.Write(w.ctx, w.visit(ana, prompt), n)
		wants(t, err, fault.Conflict)
		if !forum.WasKept(err) || fault.From(err).Key != "forum.kept_closed" {
			t.Errorf("refused with %v", err)
		}
		kept, err := w.DraftOf(w.ctx, ana.ID, first.ThreadID)
		ok(t, err)
		if kept == nil || kept.Body != n.Body {
			t.Errorf("kept %+v", kept)
		}
		if w.count("forum_post") != 2 {
			t.Error("posted after closing")
		}
	})
}

// The dates of prompts over changes of clocks, for late joiners and extensions. Sydney goes back on 4 April 2027 and
// forward on 3 October 2027; Lord Howe moves by half an hour.
func TestTest17DatesOfPeople(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.New(t, "sqlite"))
	rev, err := w.courses.Current(w.ctx, "posts")
	ok(t, err)
	at := func(s string) time.Time { x, err := time.Parse(time.RFC3339, s); ok(t, err); return x }
	for _, c := range []struct {
		name, zone, starts    string
		joined                string
		more                  int
		answer, reply, closes string
	}{
		{"clocks go back on the Sunday of the week after", "Australia/Sydney", "2027-03-29", "", 0, "2027-03-31T12:59:00Z", "2027-04-03T12:59:00Z", "2027-04-17T13:59:00Z"},
		{"clocks go forward in between", "Australia/Sydney", "2027-09-27", "", 0, "2027-09-29T13:59:00Z", "2027-10-02T13:59:00Z", "2027-10-16T12:59:00Z"},
		{"half an hour", "Australia/Lord_Howe", "2027-09-27", "", 0, "2027-09-29T13:29:00Z", "2027-10-02T13:29:00Z", "2027-10-16T12:59:00Z"},
		{"joined on Friday: own days begin then", "Australia/Sydney", "2027-02-01", "2027-02-05T01:00:00Z", 0, "2027-02-07T12:59:00Z", "2027-02-10T12:59:00Z", "2027-02-24T12:59:00Z"},
		{"three days more, closing moves along", "Australia/Sydney", "2027-02-01", "2027-01-20T01:00:00Z", 3, "2027-02-06T12:59:00Z", "2027-02-09T12:59:00Z", "2027-02-23T12:59:00Z"},
	} {
		dl := w.begin(func(t *delivery.Terms) { t.StartsOn, t.Zone = delivery.Date(c.starts), c.zone })
		var e *delivery.Enrolment
		if c.joined != "" {
			j := at(c.joined)
			e = &delivery.Enrolment{CreatedAt: j, JoinedAt: &j, ExtendedDays: c.more}
		}
		got := forum.DatesOf(dl, rev, rev.Activity("one/ask"), e)
		for what, pair := range map[string][2]time.Time{"answer by": {got.AnswerBy, at(c.answer)}, "reply by": {got.ReplyBy, at(c.reply)}, "closes": {got.Closes, at(c.closes)}} {
			if !pair[0].Equal(pair[1]) {
				t.Errorf("%s: %s %s, want %s", c.name, what, pair[0].UTC().Format(time.RFC3339), pair[1].Format(time.RFC3339))
			}
		}
	}
	self, err := w.del.SelfPaced(w.ctx, "posts")
	ok(t, err)
	if forum.DatesOf(self, rev, rev.Activity("one/ask"), nil).Dated() {
		t.Error("who learns alone has dates")
	}
}
