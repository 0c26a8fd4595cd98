package signonweb_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"greenroom/internal/config"
)

// authenticator makes one passkey and answers with it, as a device would.
type authenticator struct {
	t      *testing.T
	origin string
	rpID   string
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
	count  uint32
	flags  byte // user present, user verified
}

func newAuthenticator(t *testing.T, origin string) *authenticator {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	a := &authenticator{t: t, origin: origin, rpID: "localhost", key: k, id: make([]byte, 32), flags: 0x05}
	_, _ = rand.Read(a.id)
	return a
}

var b64 = base64.RawURLEncoding

func (a *authenticator) client(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	ok(a.t, err)
	return raw
}

func (a *authenticator) data(attested []byte) []byte {
	sum := sha256.Sum256([]byte(a.rpID))
	flags := a.flags
	if attested != nil {
		flags |= 0x40
	}
	out := append(sum[:], flags)
	out = binary.BigEndian.AppendUint32(out, a.count)
	return append(out, attested...)
}

// ceremony is what the site asks.
type ceremony struct {
	Session string
	Options struct {
		Challenge string
		User      struct{ ID string }
	}
}

func asked(t *testing.T, p page) ceremony {
	t.Helper()
	var c ceremony
	if p.status != http.StatusOK {
		t.Fatalf("the options answer %d\n%s", p.status, p.body)
	}
	ok(t, json.Unmarshal([]byte(p.body), &c))
	return c
}

// make answers to create(), by hand in CBOR.
func (a *authenticator) make(c ceremony) string {
	a.t.Helper()
	handle, err := b64.DecodeString(c.Options.User.ID)
	ok(a.t, err)
	a.handle = handle
	public, err := a.key.PublicKey.Bytes() // 4, x, y
	ok(a.t, err)
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, public[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), public[33:]...)
	attested := append(make([]byte, 16), 0, byte(len(a.id)))
	attested = append(append(attested, a.id...), cose...)
	data := a.data(attested)
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xa0, 0x68), "authData"...)
	object = append(append(object, 0x58, byte(len(data))), data...)
	return a.answer(map[string]any{
		"clientDataJSON": b64.EncodeToString(a.client("webauthn.create", c.Options.Challenge)), "attestationObject": b64.EncodeToString(object),
	})
}

// use answers to get().
func (a *authenticator) use(c ceremony) string {
	a.t.Helper()
	a.count++
	client, data := a.client("webauthn.get", c.Options.Challenge), a.data(nil)
	sum := sha256.Sum256(client)
	hash := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, hash[:])
	ok(a.t, err)
	return a.answer(map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(a.handle),
	})
}

func (a *authenticator) answer(response map[string]any) string {
	raw, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	})
	ok(a.t, err)
	return string(raw)
}

// withPasskey is somebody with a passkey, in a browser where they have just signed in.
func (s *site) withPasskey(email string) (*browser, *authenticator) {
	s.t.Helper()
	s.member("Ada Okafor", email)
	b := s.browser()
	b.post("/sign-in", "email", email, "password", good).goes("/me")
	a := newAuthenticator(s.t, s.url)
	c := asked(s.t, b.post("/settings/passkeys/options"))
	b.post("/settings/passkeys", "session", c.Session, "response", a.make(c), "name", "  My  key ").goes("/settings/sign-in")
	return b, a
}

func (b *browser) passkey(a *authenticator) page {
	b.s.t.Helper()
	c := asked(b.s.t, b.post("/sign-in/passkey/options"))
	return b.post("/sign-in/passkey", "session", c.Session, "response", a.use(c), "return", "/x")
}

func TestPasskey(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		own, a := s.withPasskey("ada@home.example")
		own.get("/settings/sign-in").is(200, "The passkey is added", "My key", "not used yet")
		b := s.browser()
		b.get("/sign-in?return=/x").is(200, `<pass-key hidden data-do="get" data-options="/sign-in/passkey/options"`, "Sign in with a passkey")
		b.passkey(a).goes("/x")
		if b.who() != "Ada Okafor" || s.noted("passkey.added", "") != 1 || s.letters() != 1 {
			t.Errorf("signed in is %q, %d letters", b.who(), s.letters())
		}
		b.get("/settings/sign-in").is(200, "last used on")
		b.passkey(a).goes("/x") // again, with a higher counter
		// Options as passkeys want them: a key that can be found without a name, and a proof of who holds it.
		p := own.post("/settings/passkeys/options").is(200, `"residentKey":"required"`, `"userVerification":"required"`, `"attestation":"none"`, b64.EncodeToString(a.id))
		if strings.Contains(p.body, `"id":"ada@`) {
			t.Error("the handle tells the address")
		}
		id := between(own.get("/settings/sign-in").body, `action="/settings/passkeys/remove"><input type="hidden" name="id" value="`, `"`)
		s.member("Ben Li", "ben@home.example")
		other := s.browser()
		other.post("/sign-in", "email", "ben@home.example", "password", good).goes("/me")
		other.post("/settings/passkeys/remove", "id", id).goes("/settings/sign-in")
		if s.count("passkey") != 1 {
			t.Fatal("somebody else removed it")
		}
		own.post("/settings/passkeys/remove", "id", id).goes("/settings/sign-in")
		own.get("/settings/sign-in").is(200, "The passkey is removed here").hasNot("My key")
		s.browser().passkey(a).is(403, "not known here")
	})
}

func TestWrongPasskeys(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		own, a := s.withPasskey("ada@home.example")
		try := func(what string, change func(a *authenticator), answer func(c ceremony) (session, response string)) {
			t.Helper()
			k := *a
			if change != nil {
				change(&k)
			}
			b := s.browser()
			c := asked(t, b.post("/sign-in/passkey/options"))
			session, response := c.Session, ""
			if answer != nil {
				session, response = answer(c)
			} else {
				response = k.use(c)
			}
			if p := b.post("/sign-in/passkey", "session", session, "response", response); p.status != 403 || b.who() != "" {
				t.Errorf("%s: %d, signed in %q", what, p.status, b.who())
			}
		}
		other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		ok(t, err)
		try("another key", func(a *authenticator) { a.key = other }, nil)
		try("another site", func(a *authenticator) { a.origin = "https://evil.example" }, nil)
		try("another name", func(a *authenticator) { a.rpID = "evil.example" }, nil)
		try("nobody there", func(a *authenticator) { a.flags = 0 }, nil)
		try("not verified", func(a *authenticator) { a.flags = 1 }, nil)
		try("another person", func(a *authenticator) { a.handle = []byte("01939393-0000-7000-8000-000000000000") }, nil)
		try("no person", func(a *authenticator) { a.handle = nil }, nil)
		try("nonsense", nil, func(c ceremony) (string, string) { return c.Session, "{}" })
		try("no session", nil, func(c ceremony) (string, string) { return "", a.use(c) })
		try("session for adding", nil, func(ceremony) (string, string) {
			c := asked(t, own.post("/settings/passkeys/options"))
			return c.Session, a.use(c)
		})
		try("challenge of another", nil, func(c ceremony) (string, string) {
			return c.Session, a.use(asked(t, own.post("/sign-in/passkey/options")))
		})
		// Used twice, and too late.
		b := s.browser()
		c := asked(t, b.post("/sign-in/passkey/options"))
		answer := a.use(c)
		b.post("/sign-in/passkey", "session", c.Session, "response", answer).goes("/me")
		s.browser().post("/sign-in/passkey", "session", c.Session, "response", answer).is(403)
		c = asked(t, b.post("/sign-in/passkey/options"))
		answer = a.use(c)
		s.clock.pass(5*time.Minute + time.Second)
		s.browser().post("/sign-in/passkey", "session", c.Session, "response", answer).is(403)
		// Adding: one's own question only, once, freshly signed in.
		k := newAuthenticator(t, s.url)
		c = asked(t, own.post("/settings/passkeys/options"))
		s.browser().post("/settings/passkeys", "session", c.Session, "response", k.make(c)).is(401)
		s.member("Ben Li", "ben@home.example")
		ben := s.browser()
		ben.post("/sign-in", "email", "ben@home.example", "password", good).goes("/me")
		ben.post("/settings/passkeys", "session", c.Session, "response", k.make(c)).is(403, "The passkey did not work")
		own.post("/settings/passkeys", "session", c.Session, "response", k.make(c)).goes("/settings/sign-in")
		own.post("/settings/passkeys", "session", c.Session, "response", k.make(c)).is(403)
		s.clock.pass(6 * time.Minute)
		own.post("/settings/passkeys/options").is(403)
		own.get("/settings/sign-in").is(200, "show once more that it is you").hasNot("Add a passkey")
		own.post("/settings/passkeys", "session", c.Session, "response", k.make(c)).goes("/sign-in?again=1&return=%2Fsettings%2Fsign-in")
		if s.count("passkey") != 2 {
			t.Errorf("%d passkeys", s.count("passkey"))
		}
	})
}

// A counter that goes back means that the key exists twice: both are refused, and the holder is told.
func TestClonedPasskey(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		own, a := s.withPasskey("ada@home.example")
		clone := *a
		s.browser().passkey(a).goes("/x")
		s.browser().passkey(a).goes("/x")
		before := s.letters()
		s.browser().passkey(&clone).is(403, "seems to exist twice")
		s.browser().passkey(a).is(403, "not known here")
		if s.letters() != before+1 || s.noted("passkey.cloned", "") != 1 {
			t.Errorf("%d letters more, %d lines", s.letters()-before, s.noted("passkey.cloned", ""))
		}
		own.get("/settings/sign-in").is(200, "refused: it seems to exist twice")
	})
}

// Those that live in several devices count nothing, and are no clones.
func TestSyncedPasskey(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		_, a := s.withPasskey("ada@home.example")
		for range 2 {
			b := s.browser()
			c := asked(t, b.post("/sign-in/passkey/options"))
			a.count = ^uint32(0) // use makes it 0
			b.post("/sign-in/passkey", "session", c.Session, "response", a.use(c)).goes("/me")
		}
	})
}

// Passkeys let in neither whose account is closed nor who must sign in elsewhere.
func TestPasskeyOfWhoMayNot(t *testing.T) {
	each(t, setup{change: func(p *config.Provider) { p.Domains = []string{"agency.example"} }}, func(t *testing.T, s *site) {
		_, a := s.withPasskey("ada@home.example")
		ctx := context.Background()
		p, err := s.accounts.ByEmail(ctx, "ada@home.example")
		ok(t, err)
		ok(t, s.accounts.Disable(ctx, p.ID, true))
		s.browser().passkey(a).is(403, "has been closed")
		ok(t, s.accounts.Disable(ctx, p.ID, false))
		s.browser().passkey(a).goes("/x")
		_, err = s.db.NewRaw("UPDATE person SET email = 'ada@agency.example', email_folded = 'ada@agency.example' WHERE id = ?", p.ID).Exec(ctx)
		ok(t, err)
		s.browser().passkey(a).is(403, "sign in with Agency account")
	})
}
