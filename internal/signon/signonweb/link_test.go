package signonweb_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"greenroom/internal/account"
)

func TestMailedLink(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@home.example")
		b := s.browser()
		b.get("/sign-in").is(200, `href="/sign-in/link"`)
		b.get("/sign-in/link?return=/x").is(200, `value="/x"`)
		b.post("/sign-in/link", "email", "ada@").is(422, `value="ada@"`)
		known := b.post("/sign-in/link", "email", "Ada@Home.example", "return", "/x").is(200, "Look into your mailbox")
		unknown := b.post("/sign-in/link", "email", "bob@home.example", "return", "/x").is(200)
		if known.body != unknown.body || s.letters() != 1 {
			t.Errorf("the answer says whether the address is known (%d letters)", s.letters())
		}
		link := s.link("enter")
		path, _, _ := strings.Cut(link, "?")
		// A program that looks at links uses none up, and another device may open it.
		other := s.browser()
		for range 3 {
			p := other.get(link).is(200, "Sign in on this device with the account of ada@home.example", `value="/x"`)
			if p.header.Get("Referrer-Policy") != "strict-origin" {
				t.Error("the page tells where it is")
			}
		}
		other.post(path, "return", "/x").goes("/x")
		if other.who() != "Ada Okafor" {
			t.Errorf("signed in is %q", other.who())
		}
		b.post(path).is(404, "does not work any more", `href="/sign-in/link"`)
		b.get(path).is(404)
		if b.who() != "" {
			t.Error("the link works twice")
		}
	})
}

func TestMailedLinkGrowsOld(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@home.example")
		b := s.browser()
		b.post("/sign-in/link", "email", "ada@home.example")
		first := s.link("enter")
		s.clock.pass(time.Second)
		b.post("/sign-in/link", "email", "ada@home.example")
		b.get(first).is(404) // the newest is the one that works
		second := s.link("enter")
		b.get(second).is(200)
		s.clock.pass(15*time.Minute + time.Second)
		b.get(second).is(404)
		b.post(second).is(404)
		// Three letters in a quarter of an hour, and the answer stays the same.
		n := s.letters()
		for range 5 {
			b.post("/sign-in/link", "email", "ada@home.example").is(200, "Look into your mailbox")
		}
		if s.letters() != n+3 {
			t.Errorf("%d letters more", s.letters()-n)
		}
	})
}

// Of many that press at once one gets in.
func TestMailedLinkOnce(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@home.example")
		s.browser().post("/sign-in/link", "email", "ada@home.example")
		link := s.link("enter")
		var in atomic.Int64
		var wg sync.WaitGroup
		for range 6 {
			b := s.browser()
			wg.Go(func() {
				if b.post(link).status == 303 {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 {
			t.Errorf("%d got in", in.Load())
		}
	})
}

// The page says when somebody else is signed in here.
func TestMailedLinkOfAnother(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@home.example")
		s.member("Ben Li", "ben@home.example")
		b := s.browser()
		b.post("/sign-in", "email", "ben@home.example", "password", good).goes("/me")
		s.browser().post("/sign-in/link", "email", "ada@home.example")
		b.get(s.link("enter")).is(200, "Ben Li is signed in here")
		b.post(s.link("enter")).goes("/me")
		if b.who() != "Ada Okafor" {
			t.Errorf("signed in is %q", b.who())
		}
	})
}

// Who registered here and takes the link here keeps the password; an account that somebody else began does not.
func TestMailedLinkProvesTheAddress(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		own := s.browser()
		own.post("/register", "name", "Ada", "email", "ada@home.example", "password", good).goes("/me")
		own.post("/sign-in/link", "email", "ada@home.example").is(200)
		own.post(s.link("enter")).goes("/me")
		own.get("/settings").is(200, "confirmed").hasNot("no password")

		mallory, victim := s.browser(), s.browser()
		mallory.post("/register", "name", "Mallory", "email", "victim@home.example", "password", good).goes("/me")
		s.clock.pass(time.Second)
		victim.post("/sign-in/link", "email", "victim@home.example").is(200)
		victim.post(s.link("enter")).goes("/me")
		victim.get("/settings").is(200, "confirmed", "no password")
		if mallory.who() != "" {
			t.Error("still signed in")
		}
		mallory.post("/sign-in", "email", "victim@home.example", "password", good).is(422)
	})
}

func TestDevices(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@home.example")
		s.member("Ben Li", "ben@home.example")
		enter := func(email string) *browser {
			b := s.browser()
			b.post("/sign-in", "email", email, "password", good).goes("/me")
			return b
		}
		here, there, ben := enter("ada@home.example"), enter("ada@home.example"), enter("ben@home.example")
		p := here.get("/settings/sign-in").is(200, "this device", "Last seen", "Sign out here")
		if n := strings.Count(p.body, `name="device"`); n != 2 {
			t.Fatalf("%d devices", n)
		}
		_, rest, _ := strings.Cut(p.body, `name="device" value="`) // the first is this one
		this, _, _ := strings.Cut(rest, `"`)
		that := between(rest, `name="device" value="`, `"`)
		ben.post("/settings/devices/sign-out", "device", that).goes("/settings/sign-in")
		if there.who() == "" {
			t.Fatal("somebody else signed the device out")
		}
		here.post("/settings/devices/sign-out", "device", that).goes("/settings/sign-in")
		if there.who() != "" || here.who() == "" || ben.who() == "" {
			t.Error("the wrong device is signed out")
		}
		here.get("/settings/sign-in").is(200, "The device is signed out")
		here.post("/settings/devices/sign-out", "device", this).goes("/")
		if here.who() != "" {
			t.Error("this device is still signed in")
		}
	})
}

// What was seen a day ago is no device any more.
func TestOldDevices(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		p := s.member("Ada Okafor", "ada@home.example")
		s.browser().post("/sign-in", "email", p.Email, "password", good).goes("/me")
		s.clock.pass(25 * time.Hour)
		s.browser().post("/sign-in", "email", p.Email, "password", good).goes("/me")
		all, err := s.accounts.Devices(context.Background(), p.ID)
		ok(t, err)
		if len(all) != 1 || all[0].This {
			t.Errorf("%+v", all)
		}
		_, err = s.accounts.SignOutDevice(context.Background(), p.ID, "nothing")
		if err == nil {
			t.Error("a device that is none was signed out")
		}
		if _, err := s.accounts.Look(context.Background(), "x", account.LinkEnter); err == nil {
			t.Error("a link that is none")
		}
	})
}
