// Package web is the shell of every page: who is looking, in which language, what the answer looks like when
// something went wrong, and what stands between the network and a handler.
//
//	shell.go    the Shell and its middleware, in the order a request meets them
//	viewer.go   who is looking
//	page.go     rendering, redirects, notices after a redirect
//	fail.go     one function turns an error into an answer
//	routes.go   route tables, access and rate limits
//	headers.go  security headers
//
// Handlers live in the …web packages; they parse, make one call, render or redirect, and return errors.
package web

import (
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/locale"
)

// Options are what the shell needs to know about the site.
type Options struct {
	BaseURL  string // https://learn.example.org, without a slash at the end
	SiteName string
	Contact  string // e-mail address shown on help pages
	Demo     bool   // show the demo note and people
	DevMail  bool   // the development mailbox is open
	Proxies  []netip.Prefix
	NoLimits bool // benchmarks only: no rate limits
	Now      func() time.Time
	Log      *slog.Logger

	// Look is how the site looks now, from memory: its name, and the address of the style sheet with its own colours;
	// both "" where it has none of its own. nil: it never has.
	Look func() (name, style string)
}

// Shell holds what every page shares.
type Shell struct {
	opts     Options
	bundle   *locale.Bundle
	accounts *account.Service
	sessions *account.Sessions
	limits   *limits
	secure   bool
	busy     chan struct{}    // requests in work
	bodies   map[string]int64 // bytes that a route takes, where it is not bodyLimit
	fields   map[string]bool  // routes that want the fields of forms whose files are too large
}

// New makes the shell. It fails when the base URL is not one.
func New(o Options, b *locale.Bundle, a *account.Service, s *account.Sessions) (*Shell, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, err
	}
	return &Shell{
		opts: o, bundle: b, accounts: a, sessions: s,
		limits: newLimits(o.Now, o.NoLimits),
		secure: u.Scheme == "https",
		busy:   make(chan struct{}, inWork),
		bodies: map[string]int64{}, fields: map[string]bool{},
	}, nil
}

const shellKey = "greenroom.shell"

func shellOf(c echo.Context) *Shell {
	s, ok := c.Get(shellKey).(*Shell)
	if !ok {
		panic("web: a handler ran outside the shell")
	}
	return s
}
