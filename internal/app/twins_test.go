package app_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/id"
)

func (s *site) ident(name string) bun.Ident { return bun.Ident(name) }

// What belongs to somebody else looks exactly like what does not exist: status, headers and every byte of the page.
func TestTwins(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		w := newCast(t, s)
		owner := w.by["learner"]
		owner.write("tiny", "first/think", "text", "a second text that is long enough to count")
		owner.write("tiny", "first/think", "text", "and a third one that is nothing like the second")
		owner.fill("tiny", "first/sheet", "a.why", "Because of this")
		owner.fill("tiny", "first/sheet", "a.why", "Something else altogether")
		before := s.digest()

		one := func(query string) string {
			t.Helper()
			all := s.rows(query, owner.id)
			if len(all) == 0 {
				t.Fatalf("the owner has nothing: %s", query)
			}
			return all[0]
		}
		attempt := one("SELECT id FROM quiz_attempt WHERE person_id = ?")
		text := one("SELECT k.id FROM reflection_kept k JOIN reflection r ON r.id = k.reflection_id WHERE r.person_id = ?")
		sheet := one("SELECT k.id FROM worksheet_kept k JOIN worksheet w ON w.id = k.worksheet_id WHERE w.person_id = ?")
		code := w.names["{code}"]
		absent := id.New()

		owner.get(tiny + "/first/check?attempt=" + attempt).want(200)
		for _, role := range []string{"nobody", "guest", "other", "trainer", "moderator", "author", "admin"} {
			c := w.by[role]
			c.open("/me") // takes the notices of what went before
			twin := func(what, theirs, none string, ask func(id string) *page) {
				t.Helper()
				a, b := ask(theirs), ask(none)
				if a.status < 300 || a.status != b.status {
					t.Errorf("%s as %s: %d for another's, %d for none", what, role, a.status, b.status)
				}
				if a.faceless(theirs) != b.faceless(none) {
					t.Errorf("%s as %s can be told from one that does not exist:\n%s\n%s", what, role, clip(a.faceless(theirs)), clip(b.faceless(none)))
				}
			}
			twin("a quiz attempt", attempt, absent, func(id string) *page { return c.get(tiny + "/first/check?attempt=" + id) })
			twin("a certificate", code, flip(code), func(id string) *page { return c.get("/me/certificates/" + id) })
			if role == "nobody" {
				continue // a form would make them a guest
			}
			for _, verb := range []string{"save", "submit"} {
				twin("answers to an attempt", attempt, absent, func(id string) *page {
					return c.post(tiny+"/first/check/"+verb, url.Values{"attempt": {id}, "page": {"p"}, "q1": {"a"}})
				})
			}
			twin("an earlier text", text, absent, func(id string) *page {
				return c.post(tiny+"/first/think/restore", url.Values{"text": {id}})
			})
			twin("an earlier worksheet", sheet, absent, func(id string) *page {
				return c.post(tiny+"/first/sheet/restore", url.Values{"kept": {id}})
			})
		}
		s.same(before, "what was refused")
	})
}

// faceless is an answer without what differs between any two: its id, its request and its time.
func (p *page) faceless(id string) string {
	var b strings.Builder
	for _, name := range []string{"Content-Type", "Location", "Set-Cookie", "Cache-Control", "Content-Security-Policy"} {
		b.WriteString(name + ": " + strings.Join(p.header.Values(name), " ") + "\n")
	}
	return strings.NewReplacer(id, "ID", url.QueryEscape(id), "ID", p.header.Get("X-Request-Id"), "REQUEST").Replace(b.String() + p.raw)
}

// flip changes the last sign of a code.
func flip(code string) string {
	last := byte('2')
	if code[len(code)-1] == last {
		last = '3'
	}
	return code[:len(code)-1] + string(last)
}

// write changes one field of a form and presses the button that hands in.
func (c *client) write(course, key, field, text string) {
	c.s.t.Helper()
	c.get("/courses/"+course+"/"+key).want(200).submit("/submit", url.Values{field: {text}}).want(303)
}

func (c *client) fill(course, key, field, text string) {
	c.s.t.Helper()
	c.get("/courses/"+course+"/"+key).want(200).submit("/finish", url.Values{field: {text}}).want(303)
}
