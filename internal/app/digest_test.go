package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/delivery"
)

// What somebody was told of goes out by mail as they chose: at once, once a day, or not at all; each thing once, whoever
// sends and however often; no letter says what was written; one click stops them.
func TestLettersAboutDiscussions(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		c := s.cohort("2026-11-23", 0)
		now, daily, off, writer := s.person("Nora Now", "learner"), s.person("Dara Daily", "learner"), s.person("Olaf Off", "learner"), s.person("Will Writer", "learner")
		for _, x := range []*client{now, daily, off, writer} {
			_, err := s.Deliveries.EnrolIn(t.Context(), x.id, c.ID, delivery.SourceTrainer)
			ok(t, err)
		}
		ok(t, s.Events.Drain(t.Context()))
		choose := func(x *client, what string) {
			x.post("/settings/mail", url.Values{"weekly": {"on"}, "announcements": {"now"}, "discussion": {what}}).want(303)
		}
		choose(now, "now")
		choose(off, "off")
		now.post("/settings/mail", url.Values{"weekly": {"on"}, "announcements": {"now"}, "discussion": {"hourly"}}).want(422)
		before := map[*client]int{now: len(now.letters()), daily: len(daily.letters()), off: len(off.letters())}
		writer.post("/discuss/"+c.ID+"/general", url.Values{"title": {"Zebras"}, "body": {"Hello @Nora Now, @Dara Daily and @Olaf Off: a secret word."}, "rules": {"1"}}).want(303)
		for range 2 {
			ok(t, s.Events.Drain(t.Context()))
		}
		morning := time.Date(2026, 12, 20, 21, 30, 0, 0, time.UTC) // 8:30 on a Monday in Sydney
		s.clock.advance(morning.Sub(s.clock.Now()) % (24 * time.Hour))
		if s.clock.Now().Hour() != 21 {
			t.Fatalf("the clock says %s", s.clock.Now())
		}
		for range 3 {
			_, err := s.Notify.SendDigests(t.Context())
			ok(t, err)
		}
		for x, want := range map[*client]int{now: 1, daily: 1, off: 0} {
			all := x.letters()
			if got := len(all) - before[x]; got != want {
				t.Errorf("%s got %d letters, want %d: %q", x.id, got, want, all)
			}
			if n := s.count("inbox WHERE person_id = ? AND kind = 'mention'", x.id); n != 1 {
				t.Errorf("%d items", n)
			}
		}
		text := daily.letter("Zebras")
		if !strings.Contains(text, "Will Writer mentioned you in “Zebras”") || strings.Contains(text, "secret") {
			t.Errorf("the letter says %s", text)
		}
		stop := text[strings.Index(text, "/mail/stop/"):]
		stop = strings.Fields(stop)[0]
		s.nobody().get(stop).want(200)
		s.nobody().post(stop, nil).want(200)
		daily.get("/settings/mail").want(200)
		if n := s.count("notify_choice WHERE person_id = ? AND discussion = 'off'", daily.id); n != 1 {
			t.Error("one click has not stopped them")
		}
		now.get("/me/notifications").want(200, "Will Writer mentioned you")
		now.get("/me").want(200, "Notifications (1 new)")
		now.get("/me/notifications").submit("/read", nil).want(303)
		if p := now.get("/me").want(200); strings.Contains(p.raw, "1 new)") {
			t.Error("what was read is still new")
		}
	})
}
