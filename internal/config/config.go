// Package config reads the settings from the environment, once, and says everything that is wrong with them at once.
//
// The struct is the table: its tags hold name, default and meaning, from which `greenroom serve --help` prints and
// the README's table is checked.
package config

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is every setting. Secret texts print as [hidden].
type Config struct {
	Addr        string `env:"GREENROOM_ADDR" envDefault:"127.0.0.1:8080" help:"Address and port to listen on."`
	BaseURL     string `env:"GREENROOM_BASE_URL" help:"Address that people type, for links in mail. Default: http:// and the listening address."`
	DatabaseURL Secret `env:"GREENROOM_DATABASE_URL" envDefault:"sqlite:data/greenroom.db" help:"sqlite:<file> or postgres://<user>:<password>@<host>/<name>?sslmode=verify-full."`
	Data        string `env:"GREENROOM_DATA" envDefault:"data" help:"Folder for what is not in the database: the secret."`
	Demo        string `env:"GREENROOM_DEMO" envDefault:"false" help:"true adds the demo people and shows their sign-in on the page; refused on an address that is not loopback, unless the value is force."`
	Secret      Secret `env:"GREENROOM_SECRET" help:"At least 32 characters. Default: made on the first start and kept in the data folder. Several nodes need the same one."`
	Courses     string `env:"GREENROOM_COURSES" help:"Folder of courses to publish at start. Default: the courses that come with the program."`
	SiteName    string `env:"GREENROOM_SITE_NAME" envDefault:"Greenroom" help:"Name of the site in mail."`
	Contact     string `env:"GREENROOM_CONTACT" help:"E-mail address for help, shown on the help pages."`
	MailURL     Secret `env:"GREENROOM_MAIL_URL" help:"smtp://<user>:<password>@<host>:587 (STARTTLS) or smtps://<host>:465. Default: mail stays in the development mailbox at /mailbox (loopback only)."`
	MailFrom    string `env:"GREENROOM_MAIL_FROM" envDefault:"Greenroom <no-reply@localhost.localdomain>" help:"Sender of mail."`
	Proxies     string `env:"GREENROOM_TRUSTED_PROXIES" help:"Networks of the reverse proxies, as 10.0.0.0/8,…: only their X-Forwarded-For is believed."`
	Log         string `env:"GREENROOM_LOG" envDefault:"text" help:"text or json."`
	LogLevel    string `env:"GREENROOM_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error."`
	KeepFacts   int    `env:"GREENROOM_RETENTION_MANDATORY_DAYS" envDefault:"2557" help:"Days from the completion of mandatory training for which the bare fact is kept after its person deleted the account, without name or address. 0 keeps nothing."`
	KeepGuests  int    `env:"GREENROOM_RETENTION_GUEST_DAYS" envDefault:"90" help:"Days without a visit after which the work of people without account is removed."`
	KeepEmpty   int    `env:"GREENROOM_RETENTION_UNPROVEN_DAYS" envDefault:"7" help:"Days after which an account whose address was never proven is removed, if it holds nothing at all. 0 never removes one."`
	TimeZone    string `env:"GREENROOM_TIME_ZONE" envDefault:"Australia/Sydney" help:"IANA name of the zone for people who chose none."`

	LiveSockets   int `env:"GREENROOM_LIVE_SOCKETS" envDefault:"20000" help:"Live pages that may hold a socket on this node; others look for news every 15 seconds. -1 has all of them do so."`
	LivePerPerson int `env:"GREENROOM_LIVE_PER_PERSON" envDefault:"10" help:"Sockets that one person may hold on a node."`
	LiveAccept    int `env:"GREENROOM_LIVE_ACCEPT" envDefault:"200" help:"New sockets that a node takes in a second."`

	NATSURL     Secret `env:"GREENROOM_NATS_URL" help:"A NATS of your own over which nodes hear of each other's news, as nats://user:password@host:4222 or tls://…. Default: one inside this program."`
	NATSCluster string `env:"GREENROOM_NATS_CLUSTER" help:"Address and port at which this node's own NATS takes routes from the other nodes, such as 10.0.0.1:6222; never one that visitors reach. Default: none, right for a single node."`
	NATSRoutes  string `env:"GREENROOM_NATS_ROUTES" help:"With GREENROOM_NATS_CLUSTER: those addresses of the other nodes, as host:port,…; one that names the rest is enough."`
	NATSCert    string `env:"GREENROOM_NATS_CERT" help:"PEM file: certificate of this node for routes, and for a NATS of your own that asks for one."`
	NATSKey     string `env:"GREENROOM_NATS_KEY" help:"PEM file: its key."`
	NATSCA      string `env:"GREENROOM_NATS_CA" help:"PEM file: who signs the certificates of the other side. With it routes are encrypted, and both sides show a certificate."`

	MetricsAddr string `env:"GREENROOM_METRICS_ADDR" help:"Address and port at which Prometheus may read numbers, at /metrics; never one that visitors reach. Default: none."`

	ProxyNets  []netip.Prefix `env:"-"`
	Version    string         `env:"-"` // of the program
	SignOnFile string         `env:"GREENROOM_SIGNON_FILE" help:"YAML file with sign-on providers, beside those of the settings below; see docs/sign-on.md."`
	Providers  []Provider     `env:"-"` // sign-on: see signon.go
}

// BackupNote is the file in the data folder that says when the last backup was taken.
const BackupNote = "last-backup.json"

// Secret is text that never prints.
type Secret string

// String hides the text from logs and error messages.
func (Secret) String() string { return "[hidden]" }

// GoString hides the text from %#v.
func (Secret) GoString() string { return "[hidden]" }

// LogValue hides the text from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// MarshalText hides the text from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("[hidden]"), nil }

// Read reads the settings through getenv and checks them. Names are those that are set, for settings that can be there
// several times (see Names). The error lists every mistake, one a line.
func Read(getenv func(string) string, names ...string) (Config, error) {
	var c Config
	vars := map[string]string{}
	for _, s := range Settings() {
		if v := getenv(s.Name); v != "" {
			vars[s.Name] = v
		}
	}
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		return c, err
	}
	if c.BaseURL == "" {
		c.BaseURL = "http://" + c.Addr
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	var wrong []error
	bad := func(name, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	c.check(bad)
	c.readProviders(getenv, names, bad)
	return c, errors.Join(wrong...)
}

func (c *Config) check(bad wrongs) {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad("GREENROOM_ADDR", "want host:port, such as 127.0.0.1:8080")
	}
	if c.MetricsAddr != "" {
		if _, _, err := net.SplitHostPort(c.MetricsAddr); err != nil || c.MetricsAddr == c.Addr {
			bad("GREENROOM_METRICS_ADDR", "want a host:port of its own, such as 127.0.0.1:9090")
		}
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		bad("GREENROOM_BASE_URL", "want http(s)://host, such as https://learn.example.org")
	}
	if d := string(c.DatabaseURL); !strings.HasPrefix(d, "sqlite:") && !strings.HasPrefix(d, "postgres://") && !strings.HasPrefix(d, "postgresql://") {
		bad("GREENROOM_DATABASE_URL", "want sqlite:<file> or postgres://…")
	}
	switch c.Demo {
	case "true":
		if !Loopback(c.Addr) {
			bad("GREENROOM_DEMO", "demo people have a published password, so this needs a loopback address; set it to 'force' if you really want it on %s", c.Addr)
		}
	case "false", "force":
	default:
		bad("GREENROOM_DEMO", "want true, false or force")
	}
	if s := string(c.Secret); s != "" && len(s) < 32 {
		bad("GREENROOM_SECRET", "want at least 32 characters; leave it unset to have one made")
	}
	if c.Courses != "" {
		if st, err := os.Stat(c.Courses); err != nil || !st.IsDir() {
			bad("GREENROOM_COURSES", "%q is not a folder", c.Courses)
		}
	}
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		bad("GREENROOM_MAIL_FROM", "want an address, such as Greenroom <no-reply@example.org>")
	}
	if m := string(c.MailURL); m != "" {
		if u, err := url.Parse(m); err != nil || u.Host == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
			bad("GREENROOM_MAIL_URL", "want smtp://user:password@host:587 or smtps://host:465")
		}
	}
	for _, p := range strings.FieldsFunc(c.Proxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := netip.ParsePrefix(p)
		if err != nil {
			bad("GREENROOM_TRUSTED_PROXIES", "%q is not a network such as 10.0.0.0/8", p)
			continue
		}
		c.ProxyNets = append(c.ProxyNets, n)
	}
	if c.Log != "text" && c.Log != "json" {
		bad("GREENROOM_LOG", "want text or json")
	}
	for _, r := range []struct {
		name   string
		n, min int
	}{
		{"GREENROOM_RETENTION_MANDATORY_DAYS", c.KeepFacts, 0}, {"GREENROOM_RETENTION_GUEST_DAYS", c.KeepGuests, 1}, {"GREENROOM_RETENTION_UNPROVEN_DAYS", c.KeepEmpty, 0},
	} {
		if r.n < r.min || r.n > 36525 {
			bad(r.name, "want a number of days from %d to 36525", r.min)
		}
	}
	if c.LiveSockets == 0 || c.LiveSockets < -1 || c.LiveSockets > 1_000_000 {
		bad("GREENROOM_LIVE_SOCKETS", "want a number from 1 to 1000000, or -1 for none")
	}
	if c.LivePerPerson < 1 || c.LivePerPerson > 1000 {
		bad("GREENROOM_LIVE_PER_PERSON", "want a number from 1 to 1000")
	}
	c.checkNATS(bad)
	if c.LiveAccept < 1 || c.LiveAccept > 100_000 {
		bad("GREENROOM_LIVE_ACCEPT", "want a number from 1 to 100000")
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		bad("GREENROOM_LOG_LEVEL", "want debug, info, warn or error")
	}
}

// DemoSite says whether the demo people are wanted.
func (c Config) DemoSite() bool { return c.Demo == "true" || c.Demo == "force" }

// Level is the least severe level that is logged.
func (c Config) Level() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel))
	return l
}

// Loopback says whether addr (host:port) is reachable from this machine only.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Root returns the secret: the setting, else the one in the data folder, which is made on the first start.
// A file that others can read is refused.
func (c Config) Root() (Secret, error) {
	if c.Secret != "" {
		return c.Secret, nil
	}
	path := filepath.Join(c.Data, "secret")
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return makeSecret(path)
	case err != nil:
		return "", err
	case st.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("%s can be read by others: run chmod 600 %s", path, path)
	}
	return readSecret(path)
}

func readSecret(path string) (Secret, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if s := strings.TrimSpace(string(raw)); len(s) >= 32 {
		return Secret(s), nil
	}
	return "", fmt.Errorf("%s holds no secret: remove it to have one made", path)
}

// makeSecret writes a new secret under another name first and links it to its own, so that of several nodes that
// start together one wins and none reads half a file. The losers take the winner's.
func makeSecret(path string) (Secret, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)                                    // never fails: crypto/rand
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // 0600
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(raw) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return readSecret(path)
}

// Setting is one row of the table of settings.
type Setting struct{ Name, Default, Help string }

// Settings is the table, in the order of the struct.
func Settings() []Setting {
	var out []Setting
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("env"); name != "-" {
			out = append(out, Setting{Name: name, Default: f.Tag.Get("envDefault"), Help: f.Tag.Get("help")})
		}
	}
	return append(out, providerSettings...)
}
