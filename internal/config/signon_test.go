package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"greenroom/internal/config"
)

// names are those of the pairs that env takes.
func names(kv ...string) []string {
	var out []string
	for i := 0; i < len(kv); i += 2 {
		out = append(out, kv[i])
	}
	return out
}

const tenant = "01234567-89AB-cdef-0123-456789abcdef"

func TestProvidersFromTheEnvironment(t *testing.T) {
	t.Parallel()
	kv := []string{
		"GREENROOM_OIDC_MY_AGENCY_ISSUER", "https://login.agency.example/", "GREENROOM_OIDC_MY_AGENCY_CLIENT_ID", "g", "GREENROOM_OIDC_MY_AGENCY_CLIENT_SECRET", "hunter2",
		"GREENROOM_OIDC_MY_AGENCY_LABEL", "My agency", "GREENROOM_OIDC_MY_AGENCY_SCOPES", "profile email", "GREENROOM_OIDC_MY_AGENCY_DOMAINS", "@Agency.example, sub.agency.example",
		"GREENROOM_OIDC_MY_AGENCY_CLAIM_EMAIL", "upn", "GREENROOM_OIDC_MY_AGENCY_CLAIM_NAME", "display", "GREENROOM_OIDC_MY_AGENCY_TRUST_EMAIL", "true",
		"GREENROOM_OIDC_LOCAL_ISSUER", "http://127.0.0.1:9/oidc", "GREENROOM_OIDC_LOCAL_CLIENT_ID", "g", "GREENROOM_OIDC_LOCAL_CLIENT_SECRET", "s",
		"GREENROOM_GOOGLE_CLIENT_ID", "g", "GREENROOM_GOOGLE_CLIENT_SECRET", "s",
		"GREENROOM_ENTRA_TENANT", tenant, "GREENROOM_ENTRA_CLIENT_ID", "g", "GREENROOM_ENTRA_CLIENT_SECRET", "s", "GREENROOM_ENTRA_LABEL", "Work",
		"GREENROOM_GITHUB_CLIENT_ID", "g", "GREENROOM_GITHUB_CLIENT_SECRET", "s",
	}
	c, err := config.Read(env(kv...), names(kv...)...)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]config.Provider{}
	for _, p := range c.Providers {
		by[p.Name] = p
	}
	p := by["my-agency"]
	if p.Issuer != "https://login.agency.example/" || p.Label != "My agency" || p.ClaimEmail != "upn" || p.ClaimName != "display" || !p.TrustEmail ||
		!slices.Equal(p.Scopes, []string{"openid", "profile", "email"}) || !slices.Equal(p.Domains, []string{"agency.example", "sub.agency.example"}) {
		t.Errorf("%+v", p)
	}
	if p = by["local"]; p.Label != "local" || p.ClaimEmail != "email" || p.TrustEmail || len(p.Scopes) != 3 {
		t.Errorf("%+v", p)
	}
	if len(by) != 5 || by["google"].Issuer != "https://accounts.google.com" || by["google"].Label != "Google" || by["github"].Issuer != "https://github.com" ||
		by["entra"].Issuer != "https://login.microsoftonline.com/"+strings.ToLower(tenant)+"/v2.0" || by["entra"].Label != "Work" {
		t.Errorf("%+v", by)
	}
	if s := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(s, "hunter2") {
		t.Error("a secret was printed")
	}
}

// All mistakes are told at once, each with the setting's name.
func TestWrongProviders(t *testing.T) {
	t.Parallel()
	kv := []string{
		"GREENROOM_OIDC_A_ISSUR", "x", "GREENROOM_OIDC_B_ISSUER", "http://login.agency.example", "GREENROOM_OIDC_B_TRUST_EMAIL", "yes", "GREENROOM_OIDC_B_DOMAINS", "agency",
		"GREENROOM_OIDC_CONNECT_ISSUER", "https://x.example", "GREENROOM_OIDC_9_ISSUER", "https://x.example?q", "GREENROOM_OIDC_C_LABEL", "C",
		"GREENROOM_OIDC_GOOGLE_ISSUER", "https://x.example", "GREENROOM_GOOGLE_CLIENT_ID", "x", "GREENROOM_ENTRA_TENANT", "common", "GREENROOM_GITHUB_URL", "ftp://x",
		"GREENROOM_OIDC_D_ISSUER", "https://d.example", "GREENROOM_OIDC_D_DOMAINS", "one.example", "GREENROOM_OIDC_E_ISSUER", "https://e.example", "GREENROOM_OIDC_E_DOMAINS", "one.example",
		"GREENROOM_SIGNON_FILE", filepath.Join(t.TempDir(), "none.yaml"), "GREENROOM_OIDC__ISSUER", "https://x.example", "GREENROOM_LOG", "loud",
	}
	_, err := config.Read(env(kv...), names(kv...)...)
	if err == nil {
		t.Fatal("nothing was refused")
	}
	for _, want := range []string{
		"GREENROOM_OIDC_A_ISSUR: is no setting", "GREENROOM_OIDC_B_ISSUER: want https", "GREENROOM_OIDC_B_TRUST_EMAIL: want true", "GREENROOM_OIDC_B_DOMAINS: \"agency\"",
		"GREENROOM_OIDC_B_CLIENT_ID: is missing", "GREENROOM_OIDC_B_CLIENT_SECRET: is missing", "GREENROOM_OIDC_CONNECT: \"connect\" cannot be a name",
		"GREENROOM_OIDC_9: \"9\" cannot be a name", "GREENROOM_OIDC_9_ISSUER: want https", "GREENROOM_OIDC_C_ISSUER: is missing", "two providers named google",
		"GREENROOM_GOOGLE_CLIENT_SECRET: is missing", "GREENROOM_ENTRA_TENANT: want the directory", "GREENROOM_GITHUB_URL: want https",
		"people of one.example", "GREENROOM_SIGNON_FILE: ", "GREENROOM_OIDC__ISSUER: is no setting", "GREENROOM_LOG: want text",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s\n%v", want, err)
		}
	}
}

// The file of docs/sign-on.md is one.
func TestProviderFileAsDocumented(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/sign-on.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(string(raw))
	if example == nil {
		t.Fatal("docs/sign-on.md shows no file")
	}
	file := filepath.Join(t.TempDir(), "sign-on.yaml")
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (config.Config, error) { return config.Read(env("GREENROOM_SIGNON_FILE", file)) }
	write(example[1], 0o640)
	c, err := read()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Providers {
		got = append(got, p.Name+" "+p.Kind)
	}
	if want := []string{"agency oidc", "entra entra", "google google", "github github"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	write(example[1], 0o644)
	if _, err := read(); err == nil || !strings.Contains(err.Error(), "chmod 640") {
		t.Errorf("open to everybody: %v", err)
	}
	for text, want := range map[string]string{
		"providers:\n  - naem: x\n":                 "naem",
		"providers: nonsense\n":                     "GREENROOM_SIGNON_FILE",
		"providers:\n  - name: x\n    kind: saml\n": "kind \"saml\" is unknown",
		"providers:\n  - name: x\n":                 "provider 1_ISSUER: is missing",
	} {
		write(text, 0o600)
		if _, err := read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	write("", 0o600)
	if c, err := read(); err != nil || len(c.Providers) != 0 {
		t.Errorf("an empty file: %v", err)
	}
}
