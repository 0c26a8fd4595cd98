package app_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"greenroom/internal/db"
)

// budget is how many queries a page may cost.
const budget = 3

// queries counts those of one page view.
func (c *client) queries(path string) int64 {
	c.s.t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	u, err := url.Parse(c.s.url)
	ok(c.s.t, err)
	for _, k := range c.http.Jar.Cookies(u) {
		r.AddCookie(k)
	}
	ctx, n := db.CountQueries(r.Context())
	w := httptest.NewRecorder()
	c.s.Handler.ServeHTTP(w, r.WithContext(ctx))
	if w.Code != 200 {
		c.s.t.Fatalf("%s: %d", path, w.Code)
	}
	return n.Load()
}

// A page costs three queries at most, a transcript four, however much somebody has done.
func TestQueryBudget(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		c := s.person("Bo Budget", "learner")
		r := s.course("tiny")
		c.take("tiny", r.Activity("first/read"))
		c.take("tiny", r.Activity("first/think"))
		c.get(tiny+"/first/check").submit("/start", nil).want(303)
		for _, path := range []string{
			"/", "/courses", tiny, tiny + "/first/read", tiny + "/first/check", tiny + "/first/think", tiny + "/first/sheet",
			tiny + "/first/more", "/me", "/me/courses/tiny", "/me/transcript", "/settings",
		} {
			s.clock.advance(2e9) // what is known of the session is a second old at most
			cold := c.queries(path)
			warm := c.queries(path)
			t.Logf("%-24s %d cold, %d warm", path, cold, warm)
			allowed := int64(budget)
			if path == "/me/transcript" {
				allowed++ // courses, events, scores and certificates: everything there is
			}
			if warm > allowed || cold > allowed+1 {
				t.Errorf("%s costs %d queries (%d at first), the budget is %d", path, warm, cold, allowed)
			}
		}
	})
}

// A thread costs three queries however many have written in it: what is known of the thread and the reader, their draft,
// and what holds for who writes there. What others wrote is read once for all who come while nothing happens in it.
func TestThreadBudget(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo")
		ada, bo := people[0], people[1]
		post := ada.say(d, "What do you make of it?", nil).want(303).header.Get("Location")
		thread, _, _ := strings.Cut(bo.get(post).want(302).header.Get("Location"), "#")
		bo.get(thread).want(200, "What do you make of it?")
		for range 3 {
			bo.post(thread, url.Values{"body": {"So much."}, "rules": {"1"}}).want(303)
		}
		s.clock.advance(2e9)
		cold, warm := ada.queries(thread), ada.queries(thread)
		if warm > budget || cold > budget+4 { // once: the opening, the posts, who looks after it; and the session
			t.Errorf("a thread costs %d queries, %d at first", warm, cold)
		}
	})
}

// Fifty presses of one button at the same time are one.
func TestParallelCompletions(t *testing.T) {
	each(t, setup{pool: 4}, func(t *testing.T, s *site) {
		r := s.course("tiny")
		c := s.person("Pia Parallel", "learner")
		var last string
		for a := r.First(); a != nil; a = a.Next {
			if last = stepPath("tiny", a); a.Next != nil {
				c.take("tiny", a)
			}
		}
		statuses := together(50, func(int) int { return c.post(last+"/complete", nil).status })
		if statuses[303] != 50 {
			t.Errorf("answers: %v", statuses)
		}
		for what, from := range map[string]string{
			"event of the step":        "learning_event WHERE activity_key = 'first/more'",
			"completion of the course": "learning_event WHERE kind = 'completed'",
			"certificate":              "certificate",
			"fact":                     "fact WHERE name = 'record.course_completed'",
		} {
			if n := s.count(from); n != 1 {
				t.Errorf("%d times: %s", n, what)
			}
		}
		s.healthy()
	})
}

// Of twenty who register one address at the same time one gets it, and the others are told.
func TestParallelRegistrations(t *testing.T) {
	each(t, setup{internal: true}, func(t *testing.T, s *site) {
		f := url.Values{"name": {"Tim Twenty"}, "email": {"tim@agency.example"}, "password": {password}}
		statuses := together(20, func(i int) int {
			if i%2 == 1 {
				g := url.Values{"name": f["name"], "email": {"TIM@agency.example"}, "password": f["password"]}
				return s.nobody().post("/register", g).status
			}
			return s.nobody().post("/register", f).status
		})
		// 503 is for who had to wait too long for the hashing of passwords.
		if statuses[303] != 1 || statuses[422]+statuses[503] != 19 || s.count("person") != 1 || s.count("session") != 1 {
			t.Errorf("answers %v, %d people, %d sessions", statuses, s.count("person"), s.count("session"))
		}
	})
}

// together runs fn n times at once and counts what it returned.
func together(n int, fn func(i int) int) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[int]int{}
	for i := range n {
		wg.Go(func() {
			r := fn(i)
			mu.Lock()
			defer mu.Unlock()
			out[r]++
		})
	}
	wg.Wait()
	return out
}
