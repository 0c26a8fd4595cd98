package app_test

import (
	"testing"

	shipped "greenroom/courses"
	"greenroom/internal/account"
	"greenroom/internal/app"
)

func demoOf(name, email string) account.DemoPerson {
	return account.DemoPerson{Name: name, Email: email, Password: password, Role: "learner"}
}

// Each person that the sign-in page of a demo site offers can sign in, and asking twice adds nobody.
func TestDemoPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{courses: shipped.Files})
	ok(t, s.Demo(t.Context()))
	people, events := s.count("person"), s.count("learning_event")
	ok(t, s.Demo(t.Context()))
	if s.count("person") != people || s.count("learning_event") != events || people < 5 || events == 0 {
		t.Fatalf("%d people and %d events, at first %d and %d", s.count("person"), s.count("learning_event"), people, events)
	}
	for _, who := range []string{"learner", "trainer", "moderator", "author", "admin"} {
		c := s.nobody()
		f := map[string][]string{"email": {who + "@demo.example"}, "password": {app.DemoPassword}}
		c.get("/sign-in").want(200, who+"@demo.example")
		c.post("/sign-in", f).want(303)
		c.get("/settings").want(200)
	}
	s.healthy()
}
