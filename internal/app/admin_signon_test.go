package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"greenroom/internal/config"
)

// Administrators see the providers without their secrets, and ask whether they answer.
func TestSignOnProviders(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	var idp *httptest.Server
	idp = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%[1]q,"authorization_endpoint":"%[1]s/a","token_endpoint":"%[1]s/t","jwks_uri":"%[1]s/k","id_token_signing_alg_values_supported":["RS256"]}`, idp.URL)
	}))
	defer idp.Close()
	s := newSite(t, "sqlite", setup{config: func(c *config.Config) {
		c.Providers = []config.Provider{{
			Name: "agency", Kind: config.KindOIDC, Issuer: idp.URL, ClientID: "greenroom-at-agency", ClientSecret: "canary", Label: "Agency account",
			Scopes: []string{"openid", "email"}, Domains: []string{"other.example"}, ClaimEmail: "email", ClaimName: "name",
		}}
	}})
	admin := s.person("Ada Admin", "admin")
	p := admin.get("/admin/sign-on").want(200, "Agency account", "greenroom-at-agency", "/auth/agency/callback", "OpenID Connect", "other.example")
	if strings.Contains(p.raw, "canary") {
		t.Error("the secret is shown")
	}
	p.submit("/test", nil).follow().want(200, "Agency account answers")
	down.Store(true)
	p.submit("/test", nil).follow().want(200, "does not answer as it should", "502")
	down.Store(false)
	p.submit("/test", nil).follow().want(200, "Agency account answers")
}
