package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Lengths of sessions.
const (
	sessionLife = 7 * 24 * time.Hour // from sign-in, whatever happens
	sessionIdle = 24 * time.Hour     // without a request
	touchEvery  = time.Hour          // how often a session's last request is written down
	touchDevice = 24 * time.Hour     // and a device's
	perPerson   = 10                 // sessions; the oldest end
)

// Sessions knows for each request who is looking: it keeps the signed-in browsers and the guests' devices.
//
// A session is a random token in a cookie and a row under the token's hash. It exists only while somebody is
// signed in; every sign-in and every new password gives it a new token.
type Sessions struct {
	svc    *Service
	scs    *scs.SessionManager
	secure bool
	device string // the device cookie's name
}

// NewSessions makes the sessions of the service's site. Cookies are Secure, with the __Host- prefix, when its
// address is https.
func NewSessions(s *Service) *Sessions {
	x := &Sessions{svc: s, scs: scs.New(), secure: strings.HasPrefix(s.opts.BaseURL, "https://")}
	prefix := ""
	if x.secure {
		prefix = "__Host-"
	}
	x.device = prefix + "greenroom_device"
	x.scs.Store = &store{svc: s}
	x.scs.Codec = codec{}
	x.scs.HashTokenInStore = true
	x.scs.Lifetime = sessionLife // IdleTimeout stays unset: it would write a row at each request; the store does it
	x.scs.Cookie = scs.SessionCookie{
		Name: prefix + "greenroom_session", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: x.secure, Persist: true,
	}
	x.scs.ErrorFunc = x.fail
	return x
}

// fail answers when the database did not say who is looking: to go on as nobody would make a guest of a learner.
func (s *Sessions) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.svc.log.ErrorContext(r.Context(), "account: session", "error", err.Error())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Retry-After", "5")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(s.svc.opts.Words.Printer("").T("error.busy") + "\n"))
}

// holder is who is looking, for the length of one request. The middleware makes it, the store and SignIn fill it.
type holder struct {
	person  *Person
	signed  bool
	hash    string    // of the session's row; "" without one
	device  string    // hash of the guest's device; "" for others
	since   time.Time // when the session began
	agent   string
	pending string // who is being signed in: the row is written when the answer begins
}

type holderKey struct{}

func holderOf(ctx context.Context) *holder {
	if h, ok := ctx.Value(holderKey{}).(*holder); ok {
		return h
	}
	return &holder{}
}

// currentSession is the hash of the request's session when it is the person's, else "".
func currentSession(ctx context.Context, personID string) string {
	if h := holderOf(ctx); h.signed && h.person.ID == personID {
		return h.hash
	}
	return ""
}

// ViewerFrom returns who is looking: a signed-in person (true), a guest of the device (false), or nil. The person
// is the request's own copy, without the password's hash.
func ViewerFrom(ctx context.Context) (p *Person, signedIn bool) {
	h := holderOf(ctx)
	return h.person, h.signed
}

// SessionFrom names the request's session, for looking at it again later: see Living. A guest's is that of their device;
// "" is nobody's.
func SessionFrom(ctx context.Context) string {
	h := holderOf(ctx)
	if !h.signed && h.device != "" {
		return ofDevice + h.device
	}
	return h.hash
}

// ofDevice begins the names of guests' sessions.
const ofDevice = "device "

// Living says which of the sessions have not ended, whoever ended them on whichever node.
func (s *Sessions) Living(ctx context.Context, sessions []string) (map[string]bool, error) {
	now := s.svc.now()
	var hashes []string
	err := s.svc.db.NewSelect().Model((*session)(nil)).Column("s.token_hash").Join("JOIN person AS p ON p.id = s.person_id").
		Where("s.token_hash IN (?)", bun.List(sessions)).Where("s.expires_at > ?", now).Where("s.seen_at > ?", now.Add(-sessionIdle)).
		Where("p.disabled_at IS NULL").Scan(ctx, &hashes)
	if err != nil {
		return nil, fmt.Errorf("look at sessions: %w", db.Err(err))
	}
	out := make(map[string]bool, len(hashes))
	for _, h := range hashes {
		out[h] = true
	}
	return out, s.livingDevices(ctx, sessions, out)
}

// livingDevices adds those of guests: a device that was claimed, or whose guest has gone, has ended.
func (s *Sessions) livingDevices(ctx context.Context, sessions []string, out map[string]bool) error {
	var asked, hashes []string
	for _, name := range sessions {
		if h, is := strings.CutPrefix(name, ofDevice); is {
			asked = append(asked, h)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	err := s.svc.db.NewSelect().Model((*device)(nil)).Column("d.token_hash").Where("d.token_hash IN (?)", bun.List(asked)).
		Where("d.claimed_at IS NULL").Where("d.seen_at > ?", s.svc.now().Add(-s.svc.guestLife())).Scan(ctx, &hashes)
	if err != nil {
		return fmt.Errorf("look at devices: %w", db.Err(err))
	}
	for _, h := range hashes {
		out[ofDevice+h] = true
	}
	return nil
}

// Holder is the person of a session as they are now. NotFound when it has ended.
func (s *Sessions) Holder(ctx context.Context, name string) (*Person, error) {
	if h, is := strings.CutPrefix(name, ofDevice); is {
		d, err := s.svc.findDevice(ctx, h)
		if err != nil {
			return nil, err
		}
		return d.Person, nil
	}
	e, err := (&store{svc: s.svc}).read(ctx, name)
	if err != nil {
		return nil, err
	}
	now := s.svc.now()
	if e.person.ID == "" || !now.Before(e.expires) || now.Sub(e.seen) >= sessionIdle {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	p := e.person
	p.Powers = p.Powers.At(now)
	return &p, nil
}

// OnChange has fn called whenever sessions may have ended on this node. It must not wait.
func (s *Sessions) OnChange(fn func()) { s.svc.cache.onForget(fn) }

// Middleware finds out who is looking, in one query or from a cache that is at most a second old, and keeps it
// in the request's context: see ViewerFrom.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	inner := s.scs.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := holderOf(r.Context()); h.person == nil {
			if err := s.loadGuest(w, r, h); err != nil {
				s.fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &holder{agent: shortAgent(r.UserAgent())}
		inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), holderKey{}, h)))
	})
}

// shortAgent keeps enough of a browser's name to tell one's devices apart.
func shortAgent(s string) string {
	s = strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160])
	}
	return s
}

// loadGuest looks for the guest of the device's cookie.
func (s *Sessions) loadGuest(w http.ResponseWriter, r *http.Request, h *holder) error {
	token := s.DeviceToken(r)
	if token == "" {
		return nil
	}
	hash := id.Hash(token)
	e, gen, ok := s.svc.cache.get("device " + hash)
	if !ok {
		d, err := s.svc.findDevice(r.Context(), hash)
		switch {
		case err == nil:
			e = entry{person: *d.Person, seen: d.SeenAt}
		case !fault.Is(err, fault.NotFound):
			return err
		}
		s.svc.cache.put("device "+hash, gen, e)
	}
	if e.person.ID == "" {
		return nil
	}
	if now := s.svc.now(); now.Sub(e.seen) >= touchDevice {
		_, err := s.svc.db.NewUpdate().Model((*device)(nil)).Set("seen_at = ?", now).
			Where("token_hash = ?", hash).Where("claimed_at IS NULL").Exec(r.Context())
		if err != nil {
			return err
		}
		s.svc.cache.forget()
		s.setDevice(w, token)
	}
	p := e.person
	h.person, h.device = &p, hash
	return nil
}

// DeviceToken is the secret of the request's device, or "".
func (s *Sessions) DeviceToken(r *http.Request) string {
	c, err := r.Cookie(s.device)
	if err != nil || len(c.Value) != 26 {
		return ""
	}
	return c.Value
}

func (s *Sessions) setDevice(w http.ResponseWriter, token string) {
	c := &http.Cookie{
		Name: s.device, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure,
		MaxAge: int(s.svc.guestLife().Seconds()),
	}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// ForgetDevice takes the device's cookie away. What was done stays with its guest until it is too old.
func (s *Sessions) ForgetDevice(w http.ResponseWriter) { s.setDevice(w, "") }

// SignIn makes the browser of the request the person's, under a new token. The rest of the request sees them.
// The row is written when the answer begins; if that fails, the answer is 503.
func (s *Sessions) SignIn(ctx context.Context, personID string) error {
	p, err := s.svc.ByID(ctx, personID)
	if err != nil {
		return err
	}
	if p.Guest() || p.Disabled() {
		return fault.New(fault.Forbidden, "account.disabled")
	}
	if err := s.scs.Clear(ctx); err != nil {
		return err
	}
	if err := s.scs.RenewToken(ctx); err != nil {
		return err
	}
	p.PasswordHash, p.NoPassword = "", p.PasswordHash == ""
	h := holderOf(ctx)
	h.person, h.signed, h.hash, h.since, h.pending = p, true, "", s.svc.now(), p.ID
	return nil
}

// Renew gives the session of the signed-in person a new token, as after a new password.
func (s *Sessions) Renew(ctx context.Context) error {
	p, signed := ViewerFrom(ctx)
	if !signed {
		return errors.New("account: nobody is signed in")
	}
	return s.SignIn(ctx, p.ID)
}

// SignOut ends the browser's session.
func (s *Sessions) SignOut(ctx context.Context) error {
	if err := s.scs.Destroy(ctx); err != nil {
		return err
	}
	h := holderOf(ctx)
	h.person, h.signed, h.hash, h.pending = nil, false, "", ""
	return nil
}

// StartGuest makes a guest for this device and sets its cookie. The rest of the request sees them. Where there
// is somebody already it returns them.
func (s *Sessions) StartGuest(w http.ResponseWriter, r *http.Request) (*Person, error) {
	h := holderOf(r.Context())
	if h.person != nil {
		return h.person, nil
	}
	p, token, err := s.svc.NewGuest(r.Context())
	if err != nil {
		return nil, err
	}
	s.setDevice(w, token)
	h.person = p
	return p, nil
}

var _ scs.CtxStore = (*store)(nil)

// session is a row of the table.
type session struct {
	bun.BaseModel `bun:"table:session,alias:s"`

	TokenHash string `bun:",pk"`
	Data      []byte
	PersonID  string
	UserAgent string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time

	Person *Person `bun:"rel:belongs-to,join:person_id=id"`
}
