package web

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"greenroom/internal/account"
	"greenroom/internal/fault"
)

// Access says who may reach a route. What a person may do with an object is the services' question.
type Access string

// The accesses. Dev routes are registered on development and demo sites only.
const (
	Public   Access = "public"    // anybody, signed in or not
	SignedIn Access = "signed-in" // people with an account
	Dev      Access = "dev"       // anybody, where the site is a development or demo site

	// People who have the role anywhere, be it in one delivery; administrators have every role. Which objects are
	// theirs is the handler's question: Person.Can.
	Trainer   Access = account.RoleTrainer
	Moderator Access = account.RoleModerator
	Author    Access = account.RoleAuthor
	Admin     Access = account.RoleAdmin
	Teaching  Access = account.RoleTrainer + "|" + account.RoleAuthor // either

	Facilitating Access = account.RoleTrainer + "|" + account.RoleModerator // either
)

// Route is one line of a route table.
type Route struct {
	Method, Path string
	Handler      echo.HandlerFunc
	Access       Access
	Limit        string // a name of the limits table; "" is "write" for POST and none for GET
	Body         int64  // bytes that the route takes, for uploads; 0 is what forms may have
	Fields       bool   // a form whose files are too large comes with its other fields all the same: ask Oversized
}

// Register puts route tables on the group that Mount returned.
func (s *Shell) Register(g *echo.Group, routes ...Route) {
	for _, r := range routes {
		if r.Access == Dev && !s.opts.Demo && !s.opts.DevMail {
			continue
		}
		if r.Body > 0 {
			s.bodies[r.Method+" "+r.Path] = r.Body
		}
		if r.Fields {
			s.fields[r.Method+" "+r.Path] = true
		}
		h := r.Handler
		switch r.Access {
		case SignedIn:
			h = RequireSignIn(h)
		case Trainer, Moderator, Author, Admin, Teaching, Facilitating:
			h = RequireRole(string(r.Access), h)
		}
		limit := r.Limit
		if limit == "" && r.Method == http.MethodPost {
			limit = "write"
		}
		if limit != "" {
			h = s.limited(limit, h)
		}
		g.Add(r.Method, r.Path, h)
	}
}

// RequireSignIn lets only people with an account through; others are asked to sign in and come back.
func RequireSignIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !ViewerOf(c).SignedIn() {
			return fault.New(fault.Unauthenticated, "error.unauthenticated")
		}
		return next(c)
	}
}

// RequireRole lets only people through who have the role somewhere; of "a|b" one of the two.
func RequireRole(role string, next echo.HandlerFunc) echo.HandlerFunc {
	return RequireSignIn(func(c echo.Context) error {
		first, second, _ := strings.Cut(role, "|")
		if p := ViewerOf(c).Person; !p.CanSome(first) && (second == "" || !p.CanSome(second)) {
			return fault.New(fault.Forbidden, "access.role_needed", "Role", L(c).T("access.role."+first))
		}
		return next(c)
	})
}

// allowance is one row of the limits table: so many in a time, counted per person or per network.
type allowance struct {
	n        int
	per      time.Duration
	network  bool // per /24 or /56, for what people without account do; else per person where there is one
	failures bool // only answers of 400 and above count, so that an agency behind one address is not shut out
}

// Limits are stated in docs/operating.md; a test compares.
var allowances = map[string]allowance{
	"sign-in":  {n: 20, per: 15 * time.Minute, network: true, failures: true},
	"sign-on":  {n: 200, per: 15 * time.Minute, network: true, failures: true}, // refused answers of providers; also when one is down
	"register": {n: 10, per: time.Hour, network: true},
	"mail":     {n: 30, per: time.Hour, network: true},
	"guest":    {n: 2500, per: time.Hour, network: true}, // a full workshop may sit behind one address
	"verify":   {n: 60, per: time.Minute, network: true},
	"export":   {n: 20, per: time.Hour},
	"join":     {n: 200, per: 15 * time.Minute, network: true, failures: true}, // wrong codes of rooms
	"room":     {n: 120, per: time.Minute},
	"write":    {n: 300, per: time.Minute},
}

type limits struct {
	now func() time.Time
	off bool
	mu  sync.Mutex
	by  map[string]*bucket
	due time.Time // when idle buckets are next thrown away
}

type bucket struct {
	*rate.Limiter
	seen time.Time
}

func newLimits(now func() time.Time, off bool) *limits {
	return &limits{now: now, off: off, by: map[string]*bucket{}}
}

func (l *limits) bucket(name, who string) *rate.Limiter {
	a := allowances[name]
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.After(l.due) {
		for k, b := range l.by {
			if now.Sub(b.seen) > 2*time.Hour {
				delete(l.by, k)
			}
		}
		l.due = now.Add(10 * time.Minute)
	}
	key := name + " " + who
	b := l.by[key]
	if b == nil {
		b = &bucket{Limiter: rate.NewLimiter(rate.Limit(float64(a.n)/a.per.Seconds()), a.n)}
		l.by[key] = b
	}
	b.seen = now
	return b.Limiter
}

func (l *limits) who(c echo.Context, a allowance) string {
	if v := ViewerOf(c); !a.network && v.Person != nil {
		return v.ID()
	}
	return Network(c.RealIP())
}

// take uses one of the allowance or answers the fault Limited.
func (l *limits) take(c echo.Context, name string) error {
	if l.off {
		return nil
	}
	b := l.bucket(name, l.who(c, allowances[name]))
	if !b.AllowN(l.now(), 1) {
		return fault.New(fault.Limited, "error.limited")
	}
	return nil
}

func (s *Shell) limited(name string, next echo.HandlerFunc) echo.HandlerFunc {
	a, ok := allowances[name]
	if !ok {
		panic("web: no limit is named " + name)
	}
	return func(c echo.Context) error {
		if s.limits.off {
			return next(c)
		}
		if !a.failures {
			if err := s.limits.take(c, name); err != nil {
				return err
			}
			return next(c)
		}
		b := s.limits.bucket(name, s.limits.who(c, a))
		if math.Floor(b.TokensAt(s.limits.now())) < 1 {
			return fault.New(fault.Limited, "error.limited")
		}
		err := next(c)
		status := c.Response().Status
		if err != nil {
			status = explain(err).status
		}
		if status >= 400 {
			b.AllowN(s.limits.now(), 1)
		}
		return err
	}
}

// Network shortens an address to what one household or office has: /24 of IPv4, /56 of IPv6.
func Network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	bits := 24
	if a.Is6() {
		bits = 56
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

func parseCIDR(p netip.Prefix) (net.IP, *net.IPNet, error) { return net.ParseCIDR(p.String()) }
