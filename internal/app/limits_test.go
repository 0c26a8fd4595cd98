package app_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Wrong passwords of one network are counted, right ones are not, and after a quarter of an hour it may go on.
func TestLimitOfSignIns(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{limits: true})
	right := url.Values{"email": {"una@agency.example"}, "password": {password}}
	_, err := s.Accounts.AddDemo(t.Context(), demoOf("Una User", "una@agency.example"))
	ok(t, err)
	for i := range 20 {
		wrong := url.Values{"email": {"nobody" + strconv.Itoa(i) + "@agency.example"}}
		s.nobody().post("/sign-in", wrong).want(422)
		if i < 3 {
			s.nobody().post("/sign-in", right).want(303)
		}
	}
	p := s.nobody().post("/sign-in", right).want(429)
	if p.header.Get("Retry-After") == "" {
		t.Error("nobody is told when to try again")
	}
	s.nobody().get("/sign-in").want(200)
	s.clock.advance(15 * time.Minute)
	s.nobody().post("/sign-in", right).want(303)
}

func TestLimitOfRegistrations(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{limits: true})
	for range 10 {
		s.nobody().post("/register", nil).want(422)
	}
	s.nobody().post("/register", nil).want(429)
	s.clock.advance(time.Hour)
	s.nobody().post("/register", nil).want(422)
}

// One person's writes are counted for that person alone; others of the same network go on.
func TestLimitOfWrites(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{limits: true})
	busy, calm := s.person("Bea Busy", "learner"), s.person("Cal Calm", "learner")
	for range 150 {
		busy.post("/theme", nil).want(400) // refused, and counted all the same
		busy.post(tiny+"/update", nil).want(303)
	}
	busy.post("/theme", nil).want(429)
	busy.post(tiny+"/update", nil).want(429)
	busy.get("/me").want(200)
	calm.post("/theme", nil).want(400)
	s.clock.advance(time.Minute)
	busy.post("/theme", nil).want(400)
}

// New guests are counted by network: somebody who makes them by script does not fill the database.
func TestLimitOfGuests(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{limits: true})
	n := 0
	for range 3000 {
		p := s.nobody().post(tiny+"/enrol", nil)
		if p.status == 429 {
			break
		}
		p.want(303)
		n++
		if n%250 == 0 {
			s.clock.advance(time.Minute) // the limit of writes is another one
		}
	}
	if n != 2958 || s.count("person") != n { // 2,500 an hour, and 41.7 in each of the eleven minutes that went by
		t.Errorf("%d guests in eleven minutes, %d in the database", n, s.count("person"))
	}
}

// Forms that are too big, have too many fields or hold what no field can hold are refused before anybody reads them.
func TestForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{})
	c := s.person("Fay Form", "learner")
	send := func(body string) *page {
		r, err := http.NewRequest(http.MethodPost, s.url+"/theme", strings.NewReader(body))
		ok(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return c.do(r)
	}
	many := func(n int) string { return "theme=dark" + strings.Repeat("&a=1", n-1) }
	for _, x := range []struct {
		what, body string
		want       int
	}{
		{"a form", "theme=dark", 303},
		{"512 KB", "theme=dark&a=" + strings.Repeat("x", 512<<10-len("theme=dark&a=")), 303},
		{"a byte more", "theme=dark&a=" + strings.Repeat("x", 512<<10-len("theme=dark&a=")+1), 413},
		{"2 MB", "a=" + strings.Repeat("x", 2<<20), 413},
		{"1,000 fields", many(1000), 303},
		{"1,001 fields", many(1001), 400},
		{"a NUL byte", "theme=dark&a=%00", 400},
		{"a NUL byte in a name", "theme=dark&a%00=1", 400},
		{"broken UTF-8", "theme=dark&a=%ff%fe", 400},
		{"a surrogate", "theme=dark&a=%ed%a0%80", 400},
		{"a broken escape", "theme=dark&a=%zz", 400},
	} {
		p := send(x.body)
		if p.status != x.want {
			t.Errorf("%s: %d, want %d", x.what, p.status, x.want)
		}
		if p.status >= 400 && (!p.isHTML() || p.header.Get("Content-Security-Policy") == "") {
			t.Errorf("%s: no page of ours", x.what)
		}
	}
	for _, query := range []string{"/courses?q=%00", "/courses?q=%ff", "/certificates?code=%00", "/sign-in?return=%00"} {
		if p := c.get(query); p.status != 400 {
			t.Errorf("%s: %d, want 400", query, p.status)
		}
	}
	for _, path := range []string{"/courses/%00", "/courses/%ff", "/certificates/%00", "/mailbox/%ff", "/me/certificates/%00", tiny + "/first/%00", "/courses/tiny/media/%00/%00"} {
		if p := c.get(path); p.status != 404 && p.status != 400 {
			t.Errorf("%s: %d, want 404", path, p.status)
		}
	}
}
