package app_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greenroom/internal/delivery"
	"greenroom/internal/notify"
)

// cohort makes an open cohort of the tiny course that begins on a Monday at 9:00 in Sydney, a week for each module.
func (s *site) cohort(starts string, seats int) *delivery.Delivery {
	s.t.Helper()
	ctx := context.Background()
	d, err := s.Deliveries.Create(ctx, nil, "", "tiny", delivery.Terms{
		Title: "The autumn cohort", StartsOn: delivery.Date(starts), Zone: "Australia/Sydney", ReleaseAt: "09:00",
		LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen, Capacity: seats,
	})
	ok(s.t, err)
	d, err = s.Deliveries.Open(ctx, nil, d.ID)
	ok(s.t, err)
	return d
}

// letters are the subjects of what a person was sent, oldest first.
func (c *client) letters() []string {
	c.s.t.Helper()
	p, err := c.s.Accounts.ByID(context.Background(), c.id)
	ok(c.s.t, err)
	all, err := c.s.Mail.Mailbox(context.Background(), p.Email)
	ok(c.s.t, err)
	var out []string
	for _, k := range slices.Backward(all) {
		out = append(out, k.Subject)
	}
	return out
}

func (c *client) letter(subject string) string {
	c.s.t.Helper()
	p, err := c.s.Accounts.ByID(context.Background(), c.id)
	ok(c.s.t, err)
	all, err := c.s.Mail.Mailbox(context.Background(), p.Email)
	ok(c.s.t, err)
	for _, k := range all {
		if strings.Contains(k.Subject, subject) {
			return k.Text
		}
	}
	c.s.t.Fatalf("no letter %q", subject)
	return ""
}

func (c *client) join(d *delivery.Delivery) {
	c.s.t.Helper()
	_, err := c.s.Deliveries.EnrolIn(context.Background(), c.id, d.ID, delivery.SourceSelf)
	ok(c.s.t, err)
	ok(c.s.t, c.s.Events.Drain(context.Background()))
}

func (c *client) zone(name string) {
	c.s.t.Helper()
	c.post("/settings/profile", url.Values{"name": {"Person " + name}, "time_zone": {name}}).want(303)
}

func (s *site) at(when string) {
	s.t.Helper()
	at, err := time.Parse(time.RFC3339, when)
	ok(s.t, err)
	s.clock.mu.Lock()
	s.clock.at = at
	s.clock.mu.Unlock()
}

func (s *site) weekly() int {
	s.t.Helper()
	n, err := s.Notify.SendWeekly(context.Background())
	ok(s.t, err)
	return n
}

// The weekly letter leaves when the week has begun and it is day where the reader is, once, however many nodes look.
func TestWeeklyLettersInTheReadersZone(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		sydney, perth, london, off := s.person("Syd", "learner"), s.person("Per", "learner"), s.person("Lon", "learner"), s.person("Off", "learner")
		sydney.zone("Australia/Sydney")
		perth.zone("Australia/Perth")
		london.zone("Europe/London")
		off.zone("Australia/Sydney")
		d := s.cohort("2027-03-29", 0) // Monday of the week before Sydney's clocks go back on 4 April
		for _, c := range []*client{sydney, perth, london, off} {
			c.join(d)
		}
		off.post("/settings/mail", url.Values{"weekly": {"off"}, "announcements": {"now"}}).want(303)
		for _, look := range []struct {
			at   string
			want int
		}{
			{"2027-03-28T21:59:00Z", 0}, // 8:59 in Sydney: nothing is open
			{"2027-03-28T22:00:30Z", 1}, // 9:00 in Sydney, 6:00 in Perth, 23:00 in London
			{"2027-03-28T23:59:00Z", 0},
			{"2027-03-29T00:00:30Z", 1}, // 8:00 in Perth
			{"2027-03-29T06:59:00Z", 0}, // 7:59 in London, whose clocks went forward the day before
			{"2027-03-29T07:00:30Z", 1},
			{"2027-03-29T09:00:00Z", 0},
			// The second week: 9:00 in Sydney is an hour later now.
			{"2027-04-04T22:30:00Z", 0},
			{"2027-04-04T23:00:30Z", 1},
		} {
			s.at(look.at)
			var wg sync.WaitGroup
			var mu sync.Mutex
			n := 0
			for range 3 {
				wg.Go(func() { more := s.weekly(); mu.Lock(); n += more; mu.Unlock() })
			}
			wg.Wait()
			if n != look.want {
				t.Errorf("at %s: %d letters, want %d", look.at, n, look.want)
			}
		}
		if got := fmt.Sprint(sydney.letters()); got != "[You have a seat in The autumn cohort Week 1: The first part Week 2: A later part]" {
			t.Errorf("to Sydney: %s", got)
		}
		text := perth.letter("Week 1")
		for _, want := range []string{"Module 1: The first part (24 minutes)", "Sun 4 Apr 2027, 21:59 AWST (Sun 4 Apr 2027, 23:59 AEST for the cohort)", "/courses/tiny/learn", "/mail/stop/"} {
			if !strings.Contains(text, want) {
				t.Errorf("the letter to Perth lacks %q:\n%s", want, text)
			}
		}
		if text := sydney.letter("Week 2"); !strings.Contains(text, "5 steps from earlier weeks") || strings.Contains(text, "for the cohort)") {
			t.Errorf("the second letter:\n%s", text)
		}
		if l := off.letters(); len(l) != 1 {
			t.Errorf("to who wants none: %v", l)
		}
	})
}

// A site that was away writes when it is back, and not about weeks long gone.
func TestLateWeeklyLetters(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		ada := s.person("Ada", "learner")
		ada.join(s.cohort("2027-03-29", 0))
		s.at("2027-04-02T03:00:00Z") // four days late
		if n := s.weekly(); n != 0 {
			t.Errorf("%d letters about a week that is nearly over", n)
		}
		s.at("2027-04-07T03:00:00Z") // two days into the second week
		if n := s.weekly(); n != 1 {
			t.Errorf("%d letters after the second week began", n)
		}
	})
}

// One click stops a kind of letter without signing in; looking at the link does not; a forged one is not known.
func TestOneClickStops(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		ada := s.person("Ada", "learner")
		link := s.Notify.StopLink(ada.id, notify.Weekly)
		path := strings.TrimPrefix(link, s.url)
		s.nobody().get(path).want(200)
		if c, err := s.Notify.Choice(t.Context(), ada.id); err != nil || c.Weekly != notify.On {
			t.Fatalf("after looking: %+v, %v", c, err)
		}
		for range 2 {
			p := s.nobody().post(path, url.Values{"List-Unsubscribe": {"One-Click"}}).want(200)
			if !strings.Contains(p.words(), "no more weekly letters") {
				t.Errorf("the answer: %s", p.words())
			}
		}
		c, err := s.Notify.Choice(t.Context(), ada.id)
		if err != nil || c.Weekly != notify.Off || c.Announcements != notify.Now {
			t.Errorf("after the click: %+v, %v", c, err)
		}
		s.nobody().post(strings.Replace(path, ".weekly.", ".announcements.", 1), nil).want(404)
		s.nobody().post(path[:len(path)-1]+"A", nil)
		if path[len(path)-1] != 'A' {
			s.nobody().get(path[:len(path)-1] + "A").want(404)
		}
		ada.post("/settings/mail", url.Values{"weekly": {"off"}, "announcements": {"weekly"}}).want(422)
		ada.post("/settings/mail", url.Values{"weekly": {"maybe"}}).want(422)
	})
}

// What happens to a place is told once, whatever people chose, also when a reactor hears of it twice.
func TestLettersAboutAPlace(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		ctx := t.Context()
		ada, bob, cid := s.person("Ada", "learner"), s.person("Bob", "learner"), s.person("Cid", "learner")
		d := s.cohort("2027-03-29", 1)
		ada.join(d)
		bob.join(d)
		cid.join(d)
		bob.post("/settings/mail", url.Values{"weekly": {"off"}, "announcements": {"off"}}).want(303)
		ok(t, s.Deliveries.Leave(ctx, ada.id, d.ID))
		ok(t, s.Events.Drain(ctx))
		ok(t, s.Notify.OnPromoted(ctx, delivery.Promoted{PersonID: "nobody", DeliveryID: d.ID}))
		_, err := s.Deliveries.Cancel(ctx, nil, d.ID, "The trainer is ill.")
		ok(t, err)
		ok(t, s.Events.Drain(ctx))
		for range 2 {
			ok(t, s.Notify.OnCancelled(ctx, delivery.CancelledFact{DeliveryID: d.ID, Reason: "The trainer is ill."}))
		}
		for name, want := range map[string][]string{
			"Ada": {"You have a seat in"},
			"Bob": {"You are on the waiting list of", "A seat in The autumn cohort is yours", "was called off"},
			"Cid": {"You are on the waiting list of", "was called off"},
		} {
			c := map[string]*client{"Ada": ada, "Bob": bob, "Cid": cid}[name]
			got := c.letters()
			for i, w := range want {
				if i >= len(got) || !strings.Contains(got[i], w) || len(got) != len(want) {
					t.Fatalf("%s got %v, want %v", name, got, want)
				}
			}
		}
		if text := cid.letter("called off"); !strings.Contains(text, "The trainer is ill.") {
			t.Errorf("no reason: %s", text)
		}
	})
}

// An announcement comes at once, in the weekly letter or not at all, as each has chosen, and once.
func TestAnnouncementsAsChosen(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		ctx := t.Context()
		at, weekly, off, waits := s.person("Now", "learner"), s.person("Week", "learner"), s.person("Off", "learner"), s.person("Wait", "learner")
		d := s.cohort("2027-03-29", 3)
		for _, c := range []*client{at, weekly, off, waits} {
			c.join(d)
		}
		weekly.post("/settings/mail", url.Values{"weekly": {"on"}, "announcements": {"weekly"}}).want(303)
		off.post("/settings/mail", url.Values{"weekly": {"on"}, "announcements": {"off"}}).want(303)
		s.at("2027-03-27T00:00:00Z")
		a, err := s.Deliveries.Announce(ctx, nil, "", d.ID, delivery.ToAll, "Bring a laptop", "And *yourself*.")
		ok(t, err)
		ok(t, s.Events.Drain(ctx))
		ok(t, s.Notify.OnAnnounced(ctx, delivery.Announced{AnnouncementID: a.ID, DeliveryID: d.ID}))
		if n := len(at.letters()); n != 2 || !strings.Contains(at.letter("Bring a laptop"), "And *yourself*.") {
			t.Errorf("at once: %v", at.letters())
		}
		for _, c := range []*client{weekly, off, waits} {
			if n := len(c.letters()); n != 1 {
				t.Errorf("before the week: %v", c.letters())
			}
		}
		for _, day := range []string{"2027-03-29T03:00:00Z", "2027-04-05T03:00:00Z"} {
			s.at(day)
			s.weekly()
		}
		if text := weekly.letter("Week 1"); !strings.Contains(text, "Bring a laptop") {
			t.Errorf("not in the weekly letter:\n%s", text)
		}
		if text := weekly.letter("Week 2") + off.letter("Week 1"); strings.Contains(text, "Bring a laptop") {
			t.Errorf("twice, or to who wants none:\n%s", text)
		}
	})
}
