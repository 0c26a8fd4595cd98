package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/config"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/stream"
)

// The whole site over its sockets: what is told to whom, and what ends it. docs/live-protocol.md says which of the design's
// twenty tests stands where.

const askFile = `title: "The first sentence"
minutes: 25
prompt: |
  A post begins with one sentence. People decide by it whether they read on. Agencies often begin with themselves.
  Readers begin with what they need. This week turns on that tension, and on who gives way to whom when both want to be
  first in the sentence that everybody sees.
questions:
  - "What did the first sentence of your last post say?"
min_words: 10
replies: 1
post_first: true
marking: |
  A 2 quotes the sentence and says what happened. A 1 describes it. A 0 speaks about posts in general. A good thread
  brings out that the reader's need comes first and that the agency's name can wait. The usual misreading is that this is
  about style. When nobody speaks post an own sentence. When one person does all ask the others by name for one example
  of theirs.
`

// asking is the tiny course with a prompt.
func asking() fstest.MapFS {
	m := coursetest.Small()
	m["tiny/01-first/50-ask.forum.yaml"] = &fstest.MapFile{Data: []byte(askFile)}
	return m
}

// talkShow is a site with a cohort, its people, and open sockets.
type talkShow struct {
	*cluster
	at       *node
	cohortID string
	ana, lee *client
	trainer  *client
}

func eachShow(t *testing.T, fn func(t *testing.T, w *talkShow)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := newSiteOn(t, d, setup{courses: asking(), config: func(cfg *config.Config) { cfg.LivePerPerson = 100 }})
		s.keepLive()
		w := &talkShow{cluster: &cluster{site: s}, at: &node{site: s}}
		w.cohortID = s.cohort("2026-11-30", 0).ID
		w.ana, w.lee, w.trainer = w.member("Ana Author"), w.member("Lee Locked"), s.person("Tim Trainer", account.RoleTrainer)
		fn(t, w)
	})
}

func (w *talkShow) member(name string) *client {
	w.t.Helper()
	p := w.person(name, account.RoleLearner)
	_, err := w.Deliveries.EnrolIn(context.Background(), p.id, w.cohortID, delivery.SourceTrainer)
	ok(w.t, err)
	return p
}

func (w *talkShow) board(name string) string { return "/discuss/" + w.cohortID + "/" + name }

// begins posts on a board and makes what comes of it the thread that ears listen to.
func (w *talkShow) begins(who *client, board, body string) (post string) {
	w.t.Helper()
	p := who.post(w.board(board), url.Values{"title": {"A title"}, "body": {body}, "rules": {"1"}, "client": {id.New()}}).want(303)
	post = strings.TrimPrefix(p.header.Get("Location"), "/posts/")
	ok(w.t, w.DB.NewSelect().Table("forum_post").Column("thread_id").Where("id = ?", post).Scan(context.Background(), &w.thread))
	return post
}

const (
	ask  = "first.ask"
	many = " These are more than ten words, as the prompt asks of everybody who answers."
)

// Who has not answered hears numbers and nothing else, by socket and by asking, and finds nothing elsewhere; having answered,
// they get everything, once (3.5, 10).
func TestASocketKeepsTheGate(t *testing.T) {
	eachShow(t, func(t *testing.T, w *talkShow) {
		w.begins(w.ana, ask, "The quetzal is my secret, @Lee Locked."+many)
		lee, trainer := w.listen(w.lee, 0), w.listen(w.trainer, 0)
		w.says(w.ana, "And so is the axolotl.", id.New()).want(303)
		for n := range int64(2) {
			if got := lee.frame(n + 1); got != "void " {
				t.Errorf("number %d is %s", n+1, got)
			}
			if got := trainer.frame(n + 1); !strings.HasPrefix(got, "event {") {
				t.Errorf("number %d is %s for staff", n+1, got)
			}
		}
		everywhere := lee.heard() + w.lee.get("/live/events?topic=thread:"+w.thread+"&after=0&epoch=1").want(200).raw
		for _, path := range []string{"/threads/" + w.thread, w.board(ask), "/discuss/" + w.cohortID, "/discuss/" + w.cohortID + "/search?q=quetzal", "/me/notifications", "/me"} {
			everywhere += w.lee.get(path).raw
		}
		everywhere += fmt.Sprint(w.lee.export()) + w.lee.told(t, w.ana, w.trainer)
		for _, secret := range []string{"secret", "axolotl"} {
			if strings.Contains(everywhere, secret) {
				t.Errorf("%q leaked", secret)
			}
		}

		w.lee.post(w.board(ask), url.Values{"body": {"My answer." + many}, "rules": {"1"}, "client": {id.New()}}).want(303)
		if got := lee.frame(3); !strings.HasPrefix(got, "event {") {
			t.Errorf("the own answer is %s", got)
		}
		lee.isReset() // with the number that it had by then: 2 or 3
		page := w.lee.get("/threads/" + w.thread).want(200)
		if n := strings.Count(page.raw, "quetzal is my secret"); n != 1 {
			t.Errorf("the page shows it %d times", n)
		}
		if got := w.lee.told(t, w.ana, w.trainer); strings.Contains(got, "quetzal") || strings.Contains(got, "axolotl") {
			t.Errorf("what was locked was told in a letter: %s", got)
		}
		again := w.listen(w.lee, w.head())
		w.says(w.ana, "The okapi came later.", id.New()).want(303)
		if got := again.frame(4); !strings.Contains(got, "okapi") {
			t.Errorf("what comes later is %s", got)
		}
		if n := strings.Count(again.heard(), "okapi came later"); n != 1 {
			t.Errorf("it came %d times", n)
		}
	})
}

// told is all letters of the person, those that come once a day too.
func (c *client) told(t *testing.T, others ...*client) string {
	t.Helper()
	ctx := context.Background()
	ok(t, c.s.Events.Drain(ctx))
	for hour := range 25 { // whatever hour they are due at
		if c.s.clock.advance(time.Hour); hour%5 == 0 {
			for _, who := range append(others, c) { // they stay signed in
				who.get("/me/notifications").want(200)
			}
		}
		_, err := c.s.Notify.SendDigests(ctx)
		ok(t, err)
		_, err = c.s.Notify.SendWeekly(ctx)
		ok(t, err)
	}
	p, err := c.s.Accounts.ByID(ctx, c.id)
	ok(t, err)
	all, err := c.s.Mail.Mailbox(ctx, p.Email)
	ok(t, err)
	out := ""
	for _, k := range all {
		out += k.Subject + "\n" + k.Text + "\n"
	}
	return out
}

// What happens to posts while a page is closed is told when it is back, as things are by then (3.5, 11).
func TestWhatHappenedWhileAPageWasClosed(t *testing.T) {
	eachShow(t, func(t *testing.T, w *talkShow) {
		ctx := context.Background()
		post := w.begins(w.ana, forum.General, "The first words.")
		hidden := strings.TrimPrefix(w.says(w.ana, "A wombat, soon hidden.", id.New()).header.Get("Location"), "/posts/")
		here := w.listen(w.lee, 0)
		here.until(2)
		_ = here.ws.Close()
		change := func(state string) {
			ok(t, db.InTx(ctx, w.DB, func(ctx context.Context, tx bun.Tx) error {
				_, _, err := w.Forum.ChangeState(ctx, tx, forum.StateChange{PostID: hidden, State: state, Reason: "for the test", ActorID: w.trainer.id, Name: "Tim Trainer"})
				return err
			}))
		}
		w.ana.post("/posts/"+post+"/edit", url.Values{"body": {"The second words."}, "rev": {"1"}, "reason": {"clearer"}}).want(303)
		change(forum.Hidden)
		back := w.listen(w.lee, 2)
		back.until(w.head())
		if got := back.heard(); !strings.Contains(got, "The second words") || strings.Contains(got, "The first words") || strings.Contains(got, "wombat") {
			t.Errorf("it heard %s", got)
		}
		_ = back.ws.Close()
		from := w.head()
		change(forum.Visible)
		if back = w.listen(w.lee, from); !strings.Contains(back.frame(w.head()), "wombat") {
			t.Errorf("what came back was told as %s", back.heard())
		}
		_ = back.ws.Close()

		old, from := w.thread, w.head()
		w.trainer.post("/threads/"+old+"/manage", url.Values{"what": {"move"}, "board": {forum.Help}}).want(303)
		w.listen(w.lee, from).tells(fmt.Sprint("reset ", from+1))
		w.begins(w.ana, forum.Help, "Another thread.")
		into := w.thread
		w.trainer.post("/threads/"+old+"/manage", url.Values{"what": {"merge"}, "into": {into}}).want(303)
		w.thread = old
		w.listen(w.lee, from+1).tells("reset 0")
		if to := w.lee.get("/threads/" + old).want(301).header.Get("Location"); to != "/threads/"+into {
			t.Errorf("its address leads to %s", to)
		}
		w.lee.get("/threads/"+into).want(200, "The second words.", "Another thread.")
	})
}

// What somebody may read ends with their role, their group and their session, at once (3.5, 12); other origins never begin.
func TestWhatEndsASocket(t *testing.T) {
	eachShow(t, func(t *testing.T, w *talkShow) {
		ctx := context.Background()
		w.begins(w.ana, ask, "Mine."+many)
		w.lee.post(w.board(ask), url.Values{"body": {"And mine." + many}, "rules": {"1"}, "client": {id.New()}}).want(303)

		staff := w.listen(w.trainer, 0)
		staff.until(2)
		ok(t, w.Access.Revoke(ctx, nil, w.trainer.id, account.RoleTrainer, "", "for the test"))
		staff.tells("gone 0")

		lee := w.listen(w.lee, 0)
		lee.until(2)
		var group, other forum.Group
		ok(t, w.DB.NewSelect().Model(&group).Where("g.delivery_id = ?", w.cohortID).Limit(1).Scan(ctx))
		other = group
		other.ID, other.Number = id.New(), group.Number+1
		_, err := w.DB.NewInsert().Model(&other).Exec(ctx)
		ok(t, err)
		boss, err := w.Accounts.ByID(ctx, w.person("Bo Boss", account.RoleAdmin).id)
		ok(t, err)
		v, err := w.Forum.Visit(ctx, boss, w.cohortID, forum.General)
		ok(t, err)
		ok(t, w.Forum.MoveMember(ctx, v, w.lee.id, other.ID))
		lee.tells("gone 0")

		ana := w.listen(w.ana, 0)
		ana.until(2)
		w.says(w.ana, "Only for those who are still here.", id.New()).want(303)
		ana.until(3)
		for name, e := range map[string]*ear{"staff": staff, "lee": lee} {
			if strings.Contains(e.heard(), "Only for those") {
				t.Errorf("%s heard what came later", name)
			}
		}
		w.ana.post("/sign-out", nil).want(303)
		if code := ana.ends(); code != 4401 {
			t.Errorf("signed out: %d", code)
		}

		for _, origin := range []string{"", "null", "https://evil.example", w.url + ".evil.example"} {
			_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.url, "http")+"/live", http.Header{"Origin": {origin}, "Cookie": cookies(w.lee)})
			if err == nil || res.StatusCode != 403 {
				t.Errorf("origin %q: %v", origin, res)
			}
		}
		if _, status, err := w.dial(w.nobody(), 0); err == nil || status != 303 && status != 401 {
			t.Errorf("nobody: %d %v", status, err)
		}
	})
}

// How many have a thread open stands on its page from three on, and never in a private group.
func TestHowManyReadAThread(t *testing.T) {
	eachShow(t, func(t *testing.T, w *talkShow) {
		ctx := context.Background()
		w.begins(w.ana, forum.General, "Who is here?")
		path := "/threads/" + w.thread
		w.trainer.get(path).want(200).lacks("reading now")
		w.listen(w.ana, 0).until(1)
		w.trainer.get(path).want(200).lacks("reading now") // two of them: a name
		w.listen(w.lee, 0).until(1)
		w.trainer.get(path).want(200, "3 reading now")
		w.ana.get(path).want(200).lacks("reading now")

		who, err := w.Accounts.ByID(ctx, w.trainer.id)
		ok(t, err)
		v, err := w.Forum.Visit(ctx, who, w.cohortID, forum.General)
		ok(t, err)
		g, err := w.Forum.MakeGroup(ctx, v, id.New(), "A quiet corner", []string{w.ana.id, w.lee.id})
		ok(t, err)
		w.begins(w.ana, "g."+g.ID, "Only the two of us.")
		w.listen(w.ana, 0).until(1)
		w.listen(w.lee, 0).until(1)
		w.trainer.get("/threads/"+w.thread).want(200, "Only the two of us.").lacks("reading now")
	})
}

// That somebody writes is told to the others as a number, but not in a prompt, which is marked, nor where posts wait for a moderator.
func TestHowManyWriteInAThread(t *testing.T) {
	eachShow(t, func(t *testing.T, w *talkShow) {
		everybody := func() (all []*ear) {
			for _, who := range []*client{w.ana, w.lee, w.trainer} {
				e := w.listen(who, 0)
				e.until(1)
				all = append(all, e)
			}
			return all
		}
		types := func(e *ear) {
			ok(t, e.ws.WriteJSON(map[string]string{"t": "typing", "topic": "thread:" + w.thread}))
			ok(t, e.ws.WriteJSON(map[string]string{"t": "ping"}))
			until(t, "that was heard", func() bool { return strings.Contains(e.heard(), `"t":"beat"`) })
		}
		w.begins(w.ana, forum.General, "Who writes here?")
		w.lee.get("/threads/"+w.thread).want(200, "data-typing")
		open := everybody()
		types(open[1])
		for _, e := range []*ear{open[0], open[2]} {
			until(t, "it is told", func() bool { return strings.Contains(e.heard(), `"count":3,"writing":1`) })
		}
		if got := open[1].heard(); strings.Contains(got, "writing") {
			t.Errorf("who writes was told %s", got)
		}

		w.begins(w.ana, ask, "My own answer to it."+many)
		w.lee.post(w.board(ask), url.Values{"body": {"And mine." + many}, "rules": {"1"}, "client": {id.New()}}).want(303)
		w.lee.get("/threads/" + w.thread).want(200).lacks("data-typing")
		marked := everybody()
		types(marked[1])

		w.begins(w.ana, forum.Help, "Who waits here?")
		w.trainer.post(w.board(forum.Help)+"/moderation", url.Values{"hold": {"1"}, "staffed": {"weekdays from nine to five"}}).want(303)
		w.lee.get("/threads/" + w.thread).want(200).lacks("data-typing")
		held := everybody()
		types(held[1])
		types(held[2])
		for _, e := range append(marked, held...) {
			if got := e.heard(); strings.Contains(got, "writing") {
				t.Errorf("it was told: %s", got)
			}
		}
	})
}

func cookies(c *client) (out []string) {
	u, err := url.Parse(c.s.url)
	ok(c.s.t, err)
	for _, k := range c.http.Jar.Cookies(u) {
		out = append(out, k.String())
	}
	return out
}

// lossy loses answers to posts on their way, as a proxy with a 502 does.
type lossy struct{ lose int }

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || r.Method != http.MethodPost || l.lose == 0 {
		return res, err
	}
	l.lose--
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return nil, errors.New("502")
}

// An answer that is lost after the commit: the client sends the form again and there is one post (3.5, 7).
func TestAnAnswerThatIsLostIsAskedForAgain(t *testing.T) {
	eachShow(t, func(t *testing.T, w *talkShow) {
		w.begins(w.ana, forum.General, "The first words.")
		e := w.listen(w.ana, 1)
		w.lee.post("/threads/"+w.thread, url.Values{"body": {"Hello, I am Lee."}, "rules": {"1"}, "client": {id.New()}}).want(303)
		form := url.Values{"body": {"Said, and not answered."}, "rules": {"1"}, "client": {id.New()}}
		w.lee.http.Transport = &lossy{lose: 2}
		for range 2 {
			if res, err := w.lee.http.Do(w.lee.request(http.MethodPost, "/threads/"+w.thread, form)); err == nil {
				_ = res.Body.Close()
				t.Error("the answer was not lost")
			}
		}
		where := w.lee.post("/threads/"+w.thread, form).want(303).header.Get("Location")
		e.until(3)
		if n := w.count("forum_post WHERE body LIKE 'Said, and not%'"); n != 1 || w.head() != 3 || where == "" {
			t.Errorf("%d posts, head %d, at %q", n, w.head(), where)
		}
	})
}

// A database that was put back to what it was has another epoch, each time, and so has one whose standby took over without its
// last events; open pages load again (3.5, 4).
func TestARestoredDatabaseHasAnotherEpoch(t *testing.T) {
	eachShow(t, func(t *testing.T, w *talkShow) {
		ctx := context.Background()
		w.begins(w.ana, forum.General, "The first words.")
		e := w.listen(w.lee, 0)
		e.until(1)
		topic := "thread:" + w.thread
		last := int64(1)
		for range 2 {
			ok(t, db.InTx(ctx, w.DB, func(ctx context.Context, tx bun.Tx) error { return stream.Restored(ctx, tx) }))
			_, epoch, err := w.Streams.Head(ctx, topic)
			ok(t, err)
			if epoch <= last || epoch < time.Now().Add(-time.Hour).Unix() {
				t.Errorf("the epoch is %d after %d", epoch, last)
			}
			last = epoch
		}
		e.tells("reset 1") // found by looking at heads
		w.lee.get("/threads/"+w.thread).want(200, fmt.Sprintf(`data-epoch="%d"`, last))
		w.lee.get("/live/events?topic="+topic+"&after=1&epoch=1").want(200, `"t":"reset"`)

		w.says(w.ana, "The second words.", id.New()).want(303)
		e.until(2)
		for n, want := range []bool{false, true, false} { // no timeline was noted; another one; the same
			if another, err := w.Streams.OnTimeline(ctx, int64(100+min(n, 1))); err != nil || another != want {
				t.Errorf("look %d: %v %v", n, another, err)
			}
		}
		e.tells("reset 2")
		if _, epoch, err := w.Streams.Head(ctx, topic); err != nil || epoch <= last {
			t.Errorf("the epoch is %d after %d, %v", epoch, last, err)
		}
	})
}
