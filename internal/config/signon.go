package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The kinds of sign-on provider.
const (
	KindOIDC   = "oidc"
	KindGoogle = "google"
	KindEntra  = "entra"
	KindGitHub = "github"
)

// Provider is one place where people may sign in instead of here.
type Provider struct {
	Name         string   // in addresses: /auth/{name}; small letters, digits and hyphens
	Kind         string   // oidc | google | entra | github
	Issuer       string   // who signs: exactly as in its tokens. For GitHub its address
	ClientID     string   // what the provider calls this site
	ClientSecret Secret   // what this site proves that with
	Label        string   // what people call it, on the buttons
	Scopes       []string // what is asked for
	Domains      []string // people with addresses of these mail domains must sign in here; small letters
	ClaimEmail   string   // the claim that holds the address
	ClaimName    string   // the claim that holds the name
	TrustEmail   bool     // addresses count as proven although the provider does not say so
}

// providerFile is GREENROOM_SIGNON_FILE.
type providerFile struct {
	Providers []struct {
		Name         string   `yaml:"name"`
		Kind         string   `yaml:"kind"`
		Issuer       string   `yaml:"issuer"`
		Tenant       string   `yaml:"tenant"`
		URL          string   `yaml:"url"`
		ClientID     string   `yaml:"client_id"`
		ClientSecret string   `yaml:"client_secret"`
		Label        string   `yaml:"label"`
		Scopes       []string `yaml:"scopes"`
		Domains      []string `yaml:"domains"`
		ClaimEmail   string   `yaml:"claim_email"`
		ClaimName    string   `yaml:"claim_name"`
		TrustEmail   bool     `yaml:"trust_email"`
	} `yaml:"providers"`
}

const oidcPrefix = "GREENROOM_OIDC_"

// providerSettings are the rows of the table for what can be there several times, or belongs to one provider.
var providerSettings = []Setting{
	{oidcPrefix + "<NAME>_ISSUER", "", "Adds a sign-on by OpenID Connect, at /auth/<name>: the provider's issuer, https://… exactly as it calls itself."},
	{oidcPrefix + "<NAME>_CLIENT_ID", "", "What the provider calls this site."},
	{oidcPrefix + "<NAME>_CLIENT_SECRET", "", "The secret that the provider gave for it."},
	{oidcPrefix + "<NAME>_LABEL", "the name", "What people call the provider, on its button."},
	{oidcPrefix + "<NAME>_SCOPES", "openid profile email", "What to ask the provider for."},
	{oidcPrefix + "<NAME>_DOMAINS", "", "People with an address of these mail domains (agency.example, …) must sign in here: passwords are refused."},
	{oidcPrefix + "<NAME>_CLAIM_EMAIL", "email", "The claim that holds the e-mail address."},
	{oidcPrefix + "<NAME>_CLAIM_NAME", "name", "The claim that holds the name."},
	{oidcPrefix + "<NAME>_TRUST_EMAIL", "false", "true takes the provider's addresses as proven although it does not send email_verified."},
	{"GREENROOM_GOOGLE_CLIENT_ID", "", "Adds sign-on with Google, at /auth/google. _LABEL, _SCOPES and _DOMAINS work as above."},
	{"GREENROOM_GOOGLE_CLIENT_SECRET", "", "Its secret."},
	{"GREENROOM_ENTRA_TENANT", "", "Adds sign-on with Microsoft Entra ID, at /auth/entra: the directory (tenant) ID. _LABEL, _SCOPES, _DOMAINS, _CLAIM_EMAIL, _CLAIM_NAME and _TRUST_EMAIL work as above."},
	{"GREENROOM_ENTRA_CLIENT_ID", "", "Its application (client) ID."},
	{"GREENROOM_ENTRA_CLIENT_SECRET", "", "Its secret."},
	{"GREENROOM_GITHUB_CLIENT_ID", "", "Adds sign-on with GitHub, at /auth/github. _LABEL and _DOMAINS work as above."},
	{"GREENROOM_GITHUB_CLIENT_SECRET", "", "Its secret."},
	{"GREENROOM_GITHUB_URL", "https://github.com", "Address of a GitHub of your own."},
}

// oidcFields are the ends of the settings of one provider. The longer of two that end alike stands first.
var oidcFields = []string{
	"_CLIENT_ID", "_CLIENT_SECRET", "_ISSUER", "_LABEL", "_SCOPES", "_DOMAINS", "_CLAIM_EMAIL", "_CLAIM_NAME", "_TRUST_EMAIL", "_TENANT", "_URL",
}

// presets are the providers whose settings have a prefix of their own, with the fields that they know.
var presets = []struct {
	kind, prefix string
	fields       []string
}{
	{KindGoogle, "GREENROOM_GOOGLE", []string{"_CLIENT_ID", "_CLIENT_SECRET", "_LABEL", "_SCOPES", "_DOMAINS"}},
	{KindEntra, "GREENROOM_ENTRA", []string{"_TENANT", "_CLIENT_ID", "_CLIENT_SECRET", "_LABEL", "_SCOPES", "_DOMAINS", "_CLAIM_EMAIL", "_CLAIM_NAME", "_TRUST_EMAIL"}},
	{KindGitHub, "GREENROOM_GITHUB", []string{"_URL", "_CLIENT_ID", "_CLIENT_SECRET", "_LABEL", "_DOMAINS"}},
}

// Names returns the names of an environment in the form of os.Environ.
func Names(environ []string) []string {
	var out []string
	for _, kv := range environ {
		if name, _, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, "GREENROOM_") {
			out = append(out, name)
		}
	}
	return out
}

// wrongs gathers what is wrong with the settings.
type wrongs func(name, format string, args ...any)

// readProviders gathers the providers from the environment and the file. Names are those of the environment.
func (c *Config) readProviders(getenv func(string) string, names []string, bad wrongs) {
	byName := map[string]map[string]string{}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		rest, ok := strings.CutPrefix(n, oidcPrefix)
		if !ok || getenv(n) == "" {
			continue
		}
		i := slices.IndexFunc(oidcFields, func(f string) bool { return strings.HasSuffix(rest, f) && len(rest) > len(f) })
		if i < 0 || oidcFields[i] == "_TENANT" || oidcFields[i] == "_URL" {
			bad(n, "is no setting; those of a provider are _ISSUER, _CLIENT_ID, _CLIENT_SECRET, _LABEL, _SCOPES, _DOMAINS, _CLAIM_EMAIL, _CLAIM_NAME and _TRUST_EMAIL")
			continue
		}
		name := strings.TrimSuffix(rest, oidcFields[i])
		if byName[name] == nil {
			byName[name] = map[string]string{}
		}
		byName[name][oidcFields[i]] = getenv(n)
	}
	for _, p := range presets {
		v := map[string]string{}
		for _, f := range p.fields {
			if x := getenv(p.prefix + f); x != "" {
				v[f] = x
			}
		}
		if len(v) > 0 {
			c.addProvider(newProvider(p.kind, p.kind, v, p.prefix, bad), p.prefix, v["_TENANT"], bad)
		}
	}
	keys := make([]string, 0, len(byName))
	for n := range byName {
		keys = append(keys, n)
	}
	slices.Sort(keys)
	for _, n := range keys {
		name := strings.ToLower(strings.ReplaceAll(n, "_", "-"))
		c.addProvider(newProvider(name, KindOIDC, byName[n], oidcPrefix+n, bad), oidcPrefix+n, "", bad)
	}
	if c.SignOnFile != "" {
		c.readProviderFile(bad)
	}
	c.checkDomains(bad)
}

func newProvider(name, kind string, v map[string]string, prefix string, bad wrongs) Provider {
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	}
	trust := false
	switch v["_TRUST_EMAIL"] {
	case "true":
		trust = true
	case "", "false":
	default:
		bad(prefix+"_TRUST_EMAIL", "want true or false")
	}
	issuer := v["_ISSUER"]
	if kind == KindGitHub {
		issuer = v["_URL"]
	}
	return Provider{
		Name: name, Kind: kind, Issuer: issuer, ClientID: v["_CLIENT_ID"], ClientSecret: Secret(v["_CLIENT_SECRET"]),
		Label: v["_LABEL"], Scopes: words(v["_SCOPES"]), Domains: words(v["_DOMAINS"]),
		ClaimEmail: v["_CLAIM_EMAIL"], ClaimName: v["_CLAIM_NAME"], TrustEmail: trust,
	}
}

// readProviderFile adds the providers of the file, which holds secrets and so must not be open to everybody.
func (c *Config) readProviderFile(bad wrongs) {
	const name = "GREENROOM_SIGNON_FILE"
	st, err := os.Stat(c.SignOnFile)
	if err != nil {
		bad(name, "%q cannot be read", c.SignOnFile)
		return
	}
	if st.Mode().Perm()&0o007 != 0 {
		bad(name, "%s can be read by everybody: run chmod 640 %s", c.SignOnFile, c.SignOnFile)
		return
	}
	raw, err := os.ReadFile(c.SignOnFile)
	if err != nil {
		bad(name, "%q cannot be read", c.SignOnFile)
		return
	}
	var f providerFile
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		bad(name, "%s: %s", c.SignOnFile, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	for i, x := range f.Providers {
		p := Provider{
			Name: x.Name, Kind: x.Kind, Issuer: x.Issuer, ClientID: x.ClientID, ClientSecret: Secret(x.ClientSecret), Label: x.Label,
			Scopes: x.Scopes, Domains: x.Domains, ClaimEmail: x.ClaimEmail, ClaimName: x.ClaimName, TrustEmail: x.TrustEmail,
		}
		if p.Kind == "" {
			p.Kind = KindOIDC
		}
		if p.Kind == KindGitHub {
			p.Issuer = x.URL
		}
		if p.Name == "" && p.Kind != KindOIDC {
			p.Name = p.Kind
		}
		c.addProvider(p, fmt.Sprintf("%s: provider %d", name, i+1), x.Tenant, bad)
	}
}

var (
	providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	tenantID     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	mailDomain   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
)

// taken are words of addresses that no provider may have for a name.
var taken = []string{"connect", "finish", "callback"}

// addProvider fills in what a kind has of its own, checks, and keeps the provider.
func (c *Config) addProvider(p Provider, where, tenant string, bad wrongs) {
	label := map[string]string{KindGoogle: "Google", KindGitHub: "GitHub", KindEntra: "Microsoft", KindOIDC: p.Name}
	if _, known := label[p.Kind]; !known {
		bad(where, "kind %q is unknown; there are oidc, google, entra and github", p.Kind)
		return
	}
	switch p.Kind {
	case KindGoogle:
		p.Issuer = "https://accounts.google.com"
	case KindEntra:
		if !tenantID.MatchString(tenant) {
			bad(where+"_TENANT", "want the directory (tenant) ID, such as 00000000-0000-0000-0000-000000000000; 'common' and domain names do not say who vouches")
		}
		p.Issuer = "https://login.microsoftonline.com/" + strings.ToLower(tenant) + "/v2.0"
	case KindGitHub:
		if p.Issuer == "" {
			p.Issuer = "https://github.com"
		}
		p.Issuer = strings.TrimRight(p.Issuer, "/")
		p.Scopes = []string{"read:user", "user:email"}
	}
	if p.Label == "" {
		p.Label = label[p.Kind]
	}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"openid", "profile", "email"}
	}
	if p.Kind != KindGitHub && !slices.Contains(p.Scopes, "openid") {
		p.Scopes = append([]string{"openid"}, p.Scopes...)
	}
	if p.ClaimEmail == "" {
		p.ClaimEmail = "email"
	}
	if p.ClaimName == "" {
		p.ClaimName = "name"
	}
	for i, d := range p.Domains {
		p.Domains[i] = strings.ToLower(strings.TrimPrefix(d, "@"))
	}
	c.checkProvider(p, where, bad)
	c.Providers = append(c.Providers, p)
}

func (c *Config) checkProvider(p Provider, where string, bad wrongs) {
	if !providerName.MatchString(p.Name) || slices.Contains(taken, p.Name) {
		bad(where, "%q cannot be a name: want small letters, digits and hyphens, and none of %s", p.Name, strings.Join(taken, ", "))
	}
	if slices.ContainsFunc(c.Providers, func(x Provider) bool { return x.Name == p.Name }) {
		bad(where, "there are two providers named %s", p.Name)
	}
	issuer := where + "_ISSUER"
	if p.Kind == KindGitHub {
		issuer = where + "_URL"
	}
	if p.Issuer == "" {
		bad(issuer, "is missing")
	} else if !safeURL(p.Issuer) {
		bad(issuer, "want https://host, without query; http:// only on this machine")
	}
	if p.ClientID == "" {
		bad(where+"_CLIENT_ID", "is missing")
	}
	if p.ClientSecret == "" {
		bad(where+"_CLIENT_SECRET", "is missing")
	}
	for _, d := range p.Domains {
		if !mailDomain.MatchString(d) {
			bad(where+"_DOMAINS", "%q is not a mail domain such as agency.example", d)
		}
	}
}

// checkDomains refuses a domain whose people would have to sign in at two places.
func (c *Config) checkDomains(bad wrongs) {
	at := map[string]string{}
	for _, p := range c.Providers {
		for _, d := range p.Domains {
			if other, there := at[d]; there && other != p.Name {
				bad("sign-on", "people of %s cannot have to sign in with both %s and %s", d, other, p.Name)
			}
			at[d] = p.Name
		}
	}
}

// safeURL says whether an address is one to send secrets to.
func safeURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && local
}
