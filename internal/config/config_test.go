package config_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greenroom/internal/config"
)

func env(kv ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return func(k string) string { return m[k] }
}

func TestDefaultsStart(t *testing.T) {
	t.Parallel()
	c, err := config.Read(env())
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.BaseURL != "http://127.0.0.1:8080" || c.DatabaseURL != "sqlite:data/greenroom.db" || c.DemoSite() {
		t.Errorf("defaults: %+v", c)
	}
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Read(env(
		"GREENROOM_ADDR", "8080", "GREENROOM_BASE_URL", "learn", "GREENROOM_DATABASE_URL", "mysql://x", "GREENROOM_DEMO", "yes",
		"GREENROOM_SECRET", "short", "GREENROOM_COURSES", "/no/such", "GREENROOM_MAIL_URL", "http://x", "GREENROOM_MAIL_FROM", "nobody",
		"GREENROOM_TRUSTED_PROXIES", "10.0.0.0/8 x", "GREENROOM_LOG", "xml", "GREENROOM_LOG_LEVEL", "loud"))
	if err == nil {
		t.Fatal("nothing was refused")
	}
	for _, name := range []string{"ADDR", "BASE_URL", "DATABASE_URL", "DEMO", "SECRET", "COURSES", "MAIL_URL", "MAIL_FROM", "TRUSTED_PROXIES", "LOG", "LOG_LEVEL"} {
		if !strings.Contains(err.Error(), "GREENROOM_"+name+":") {
			t.Errorf("GREENROOM_%s is not among the mistakes:\n%v", name, err)
		}
	}
}

func TestDemoIsForLoopbackUnlessForced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr, demo string
		ok         bool
	}{
		{"127.0.0.1:1", "true", true}, {"[::1]:1", "true", true}, {"localhost:1", "true", true},
		{"0.0.0.0:1", "true", false}, {":1", "true", false}, {"192.0.2.1:1", "true", false}, {"0.0.0.0:1", "force", true}, {"0.0.0.0:1", "false", true},
	} {
		_, err := config.Read(env("GREENROOM_ADDR", c.addr, "GREENROOM_DEMO", c.demo, "GREENROOM_BASE_URL", "http://x.example"))
		if (err == nil) != c.ok {
			t.Errorf("demo %s on %s: %v", c.demo, c.addr, err)
		}
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	t.Parallel()
	c, err := config.Read(env("GREENROOM_DATABASE_URL", "postgres://u:hunter2@h/d", "GREENROOM_MAIL_URL", "smtp://u:hunter2@h:587", "GREENROOM_SECRET", strings.Repeat("hunter2", 6)))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", c, "url", c.DatabaseURL)
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), log.String()} {
		if strings.Contains(s, "hunter2") {
			t.Errorf("a secret was printed: %s", s)
		}
	}
}

func TestSecretIsMadeOnceAndGuarded(t *testing.T) {
	t.Parallel()
	c := config.Config{Data: filepath.Join(t.TempDir(), "data")}
	one, err := c.Root()
	if err != nil || len(one) < 32 {
		t.Fatalf("%q, %v", string(one), err)
	}
	if two, err := c.Root(); err != nil || two != one {
		t.Errorf("the second start has another secret (%v)", err)
	}
	if err := os.Chmod(filepath.Join(c.Data, "secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Root(); err == nil {
		t.Error("a secret that others can read was accepted")
	}
}

func TestNodesThatStartTogetherHaveOneSecret(t *testing.T) {
	t.Parallel()
	c := config.Config{Data: filepath.Join(t.TempDir(), "data")}
	made := make(chan config.Secret, 8)
	for range cap(made) {
		go func() {
			s, err := c.Root()
			if err != nil {
				t.Error(err)
			}
			made <- s
		}()
	}
	first := <-made
	for range cap(made) - 1 {
		if s := <-made; s != first {
			t.Error("two nodes have different secrets")
		}
	}
	if left, err := os.ReadDir(c.Data); err != nil || len(left) != 1 {
		t.Errorf("%d files are left in the folder (%v)", len(left), err)
	}
}

func TestReadmeHasEverySetting(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Settings() {
		if !strings.Contains(string(raw), "`"+s.Name+"`") {
			t.Errorf("README.md does not table %s", s.Name)
		}
	}
}
