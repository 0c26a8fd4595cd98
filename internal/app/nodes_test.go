package app_test

import (
	"net/url"
	"testing"
	"time"

	"greenroom/internal/db/dbtest"
)

// Two nodes on one PostgreSQL are one site: who signs in, learns and signs out at one has done so at the other.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, "postgres")
	one, two := newSiteOn(t, d, setup{}), newSiteOn(t, d, setup{})
	r := one.course("tiny")
	c := one.person("Tao Twonodes", "learner")
	there := &client{s: two, http: c.http, role: c.role, id: c.id} // cookies do not tell ports apart
	there.get("/settings").want(200, "Tao Twonodes")
	for a := r.First(); a != nil; a = a.Next {
		c.take("tiny", a)
		c, there = there, c // each step at the other node
	}
	code := c.certificate("tiny")
	c.get("/me/certificates/"+code).want(200, r.Title)
	there.get("/me/certificates/"+code).want(200, r.Title)
	there.post("/sign-out", nil).want(303)
	one.clock.advance(2 * time.Second) // a node may believe for a second what it has read
	two.clock.advance(2 * time.Second)
	c.get("/settings").want(303)

	// A new person of one node can sign in at the other at once.
	register(one.nobody(), "Nell Newhere", "nell@agency.example", nil).want(303)
	two.nobody().post("/sign-in", url.Values{"email": {"nell@agency.example"}, "password": {password}}).want(303)

	// Both answer one press each of the same button: one event, one certificate.
	p, q := one.person("Pat Pressed", "learner"), two.nobody()
	q.http = p.http
	for a := r.First(); a.Next != nil; a = a.Next {
		p.take("tiny", a)
	}
	statuses := together(20, func(i int) int {
		if i%2 == 0 {
			return p.post(tiny+"/first/more/complete", nil).status
		}
		return q.post(tiny+"/first/more/complete", nil).status
	})
	if statuses[303] != 20 {
		t.Errorf("answers: %v", statuses)
	}
	if n := one.count("certificate WHERE person_id = ?", p.id); n != 1 {
		t.Errorf("%d certificates", n)
	}
	one.healthy()
}
