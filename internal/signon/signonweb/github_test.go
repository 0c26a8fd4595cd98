package signonweb_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/uptrace/bun"
	"golang.org/x/oauth2"

	"greenroom/internal/config"
	"greenroom/internal/db/dbtest"
)

// hub stands in for GitHub: it takes a code back only with the verifier of the challenge that it was sent.
type hub struct {
	mu        sync.Mutex
	challenge string
	user      map[string]any
	emails    []map[string]any
	no        bool // it takes no code
	srv       *httptest.Server
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/login/oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.challenge = r.URL.Query().Get("code_challenge")
		h.mu.Unlock()
		http.Redirect(w, r, r.URL.Query().Get("redirect_uri")+"?code=c&state="+r.URL.Query().Get("state"), http.StatusFound)
	})
	mux.HandleFunc("/login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.no || r.PostFormValue("code") != "c" || h.challenge == "" || oauth2.S256ChallengeFromVerifier(r.PostFormValue("code_verifier")) != h.challenge {
			answer(w, map[string]string{"error": "bad_verification_code"}) // with 200, as GitHub does
			return
		}
		answer(w, map[string]string{"access_token": "t", "token_type": "bearer"})
	})
	mux.HandleFunc("/api/v3/user", func(w http.ResponseWriter, _ *http.Request) { answer(w, h.user) })
	mux.HandleFunc("/api/v3/user/emails", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer(w, h.emails)
	})
	h.srv = httptest.NewServer(mux)
	t.Cleanup(h.srv.Close)
	return h
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		h := newHub(t)
		s := newSite(t, d, setup{more: []config.Provider{{
			Name: "github", Kind: config.KindGitHub, Issuer: h.srv.URL, ClientID: "id", ClientSecret: "secret", Label: "GitHub", Scopes: []string{"read:user", "user:email"},
		}}})
		enter := func(b *browser) page {
			t.Helper()
			p := b.get("/auth/github")
			return b.get(b.get(p.to).to)
		}
		s.member("Victim", "victim@home.example")
		// The address of a public profile is anybody's, and a proven one that is not the primary says too little.
		h.user = map[string]any{"id": 7, "login": "gil", "email": "victim@home.example"}
		h.emails = []map[string]any{{"email": "victim@home.example", "primary": true, "verified": false}, {"email": "old@home.example", "verified": true}}
		b := s.browser()
		enter(b).goes("/auth/finish")
		b.get("/auth/finish").is(200, `value="gil"`).hasNot("victim@", "old@")
		// The primary address, proven.
		h.emails = []map[string]any{{"email": "gil@home.example", "primary": true, "verified": true}}
		b = s.browser()
		enter(b).goes("/me")
		b.get("/settings").is(200, "Your address is gil@home.example", "confirmed")
		if b.who() != "gil" {
			t.Errorf("signed in is %q", b.who())
		}
		h.no = true
		c := s.browser()
		enter(c).is(403, "GitHub did not confirm the sign-in")
		h.srv.Close()
		h.no = false
		p := c.get("/auth/github") // GitHub's address is known: only the way back needs it
		state := mustURL(t, p.to).Query().Get("state")
		c.get("/auth/github/callback?code=c&state="+state).is(503, "GitHub does not answer")
	})
}
