package app_test

import (
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"greenroom/internal/db/dbtest"
	"greenroom/internal/id"
	"greenroom/internal/room"
)

// voters are people in a room who answer as their pages do: the same form, under the same client id, until it has arrived.
type voters struct {
	*hall
	all   []*client
	forms []url.Values
	acked []bool // whose answer was acknowledged
}

// poll opens an item for all, each with an answer of their own to send.
func (v *voters) poll(n int) {
	v.t.Helper()
	v.reach(n, "open")
	v.forms, v.acked = nil, make([]bool, len(v.all))
	for i := range v.all {
		v.forms = append(v.forms, url.Values{"item": {v.items[n].ID}, "client": {id.New()}, "choice": {strconv.Itoa(i % 3 % 2)}})
	}
}

// send sends somebody's answer and says whether it was acknowledged: what ends without an answer is not.
func (v *voters) send(i int) bool {
	res, err := v.all[i].http.PostForm(v.url+"/room/"+v.code+"/answer", v.forms[i])
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	v.acked[i] = v.acked[i] || res.StatusCode == http.StatusSeeOther
	return v.acked[i]
}

// sendUntil lets everybody answer at once, and calls fn when so many were acknowledged, while the others are on their way.
func (v *voters) sendUntil(acked int, fn func()) {
	var going sync.WaitGroup
	came := make(chan bool, len(v.all))
	for i := range v.all {
		going.Go(func() { came <- v.send(i) })
	}
	for n := 0; n < acked; {
		if <-came {
			n++
		}
	}
	fn()
	going.Wait()
}

func (v *voters) acknowledged() (n int) {
	for _, in := range v.acked {
		if in {
			n++
		}
	}
	return n
}

// The server is killed during a poll, and started again. The room is where it was; what was acknowledged is counted, and what
// was not is sent again by the pages, and all of it once; the trainer's page goes on from the tag that it had.
func TestARoomOutlivesItsServer(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			d, u := dbtest.NewURL(t, engine, 1)
			s := newSiteOn(t, d, setup{})
			s.clock.at = time.Now().UTC()
			c := &cluster{site: s, dbURL: u, courses: t.TempDir()}
			ok(t, os.CopyFS(c.courses, small()))
			at := freePort(t)
			n := c.startAt(at, alone)
			v := &voters{hall: newHall(t, n.site, n.person("Tess Trainer", "trainer"))}
			for range 24 {
				v.all = append(v.all, v.hall.in(""))
			}
			for _, item := range []int{1, 2} { // an anonymous poll, and a question of the quiz
				v.poll(item)
				v.do(url.Values{"do": {"timer"}, "minutes": {"5"}}).want(303)
				before := v.view()
				v.sendUntil(9, n.kill)
				if got := v.view(); got.Item.Answers < v.acknowledged() {
					t.Fatalf("item %d: %d answers, and %d were acknowledged", item, got.Item.Answers, v.acknowledged())
				}
				n = c.startAt(at, alone)
				v.resumed(item, before)
			}
			s.healthy()
		})
	}
}

// resumed looks at the room after a new start, lets all send what they are not sure of, and a few send again what has
// arrived.
func (v *voters) resumed(item int, before *room.View) {
	t := v.t
	t.Helper()
	now := v.view()
	if now.Item == nil || now.Item.ID != before.Item.ID || now.Item.Phase != room.Open || !now.EndsAt.Equal(before.EndsAt) || !now.Drives || len(now.People) != len(v.all) {
		t.Fatalf("the room was at %+v and is at %+v", before, now)
	}
	desk := "/teach/rooms/" + v.id + "/news?tag="
	page := v.host.get(desk+before.Tag).want(200, strconv.Itoa(now.Item.Answers)+" people answered")
	v.host.get(desk + valueOf(page.raw, "data-tag")).want(204)
	ear := v.listen(v.host, room.DeskOf(v.id))
	ear.next("sub")
	for i := range v.all {
		if (!v.acked[i] || i%4 == 0) && !v.send(i) {
			t.Errorf("the answer of %d is not taken after the start", i)
		}
	}
	if now.Item.Answers < len(v.all) {
		ear.next("answer")
	}
	v.do(url.Values{"do": {"reveal"}, "item": {v.items[item].ID}}).want(303)
	want := make([]int, 2)
	for _, f := range v.forms {
		k, err := strconv.Atoi(f.Get("choice"))
		ok(t, err)
		want[k]++
	}
	if got := v.view(); got.Item.Answers != len(v.all) || got.Counts[0] != want[0] || got.Counts[1] != want[1] {
		t.Errorf("item %d: %d answers, %v, want %d, %v", item, got.Item.Answers, got.Counts, len(v.all), want)
	}
	v.page(v.all[0], "Results: 24 people answered")
	if !strings.Contains(v.page(v.all[1]).raw, "data-left") {
		t.Error("the timer is gone")
	}
}
