package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/config"
	"greenroom/internal/telemetry"
)

const deploy = "../../deploy/"

func deployed(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(deploy + name)
	ok(t, err)
	return string(raw)
}

// accepted reads settings as the server would. What they name on a disk need not be there.
func accepted(t *testing.T, where string, env map[string]string) config.Config {
	t.Helper()
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Name] = true
	}
	for name := range env {
		if strings.HasPrefix(name, "GREENROOM_") && !known[name] {
			t.Errorf("%s: %s is no setting", where, name)
		}
	}
	c, err := config.Read(func(k string) string { return env[k] })
	if err != nil {
		t.Errorf("%s: %v", where, err)
	}
	if !strings.HasPrefix(c.BaseURL, "https://") || len(c.ProxyNets) == 0 || c.DemoSite() || c.MailURL == "" {
		t.Errorf("%s: no TLS, no trusted proxy, a demo, or no mail: %+v", where, c)
	}
	return c
}

// assignments reads lines NAME=value.
func assignments(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, is := strings.Cut(strings.TrimSpace(line), "="); is && !strings.HasPrefix(name, "#") {
			out[name] = value
		}
	}
	return out
}

func TestDeployedSettings(t *testing.T) {
	t.Parallel()
	c := accepted(t, "greenroom.env", assignments(deployed(t, "greenroom.env")))
	if !config.Loopback(c.Addr) || !config.Loopback(c.MetricsAddr) {
		t.Errorf("greenroom.env lets others than the proxy in: %s, %s", c.Addr, c.MetricsAddr)
	}
}

// tool runs a program on a file where there is such a program; it says whether there was.
func tool(t *testing.T, name string, args ...string) bool {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Logf("no %s here: only the text is looked at", name)
		return false
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil || bytes.Contains(out, []byte("Unknown")) {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return true
}

func TestUnits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable() // verify looks whether the program is there
	ok(t, err)
	for _, name := range []string{"greenroom.service", "greenroom-backup.service", "greenroom-backup.timer"} {
		text := deployed(t, name)
		text = strings.Replace(text, "ExecStart=/usr/local/bin/greenroom", "ExecStart="+self, 1)
		text = regexp.MustCompile(`(?m)^EnvironmentFile=.*\n`).ReplaceAllString(text, "")
		ok(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		if strings.HasSuffix(name, ".service") {
			holds(t, text, "User=greenroom", "NoNewPrivileges=true", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "PrivateTmp=true", "UMask=0077")
		}
	}
	holds(t, deployed(t, "greenroom.service"), "RestartPreventExitStatus=2", "TimeoutStopSec=40", "EnvironmentFile=/etc/greenroom/greenroom.env")
	if !tool(t, "systemd-analyze", "verify", filepath.Join(dir, "greenroom.service"), filepath.Join(dir, "greenroom-backup.service"), filepath.Join(dir, "greenroom-backup.timer")) {
		return
	}
	tool(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", filepath.Join(dir, "greenroom.service")) // 2.0 of 10
	tool(t, "systemd-analyze", "security", "--offline=true", "--threshold=45", filepath.Join(dir, "greenroom-backup.service"))
}

func TestProxies(t *testing.T) {
	t.Parallel()
	nginx, caddy := deployed(t, "nginx.conf"), deployed(t, "Caddyfile")
	holds(t, nginx, "proxy_set_header Host $host;", "proxy_set_header X-Forwarded-For $remote_addr;", "proxy_set_header Upgrade $http_upgrade;",
		"proxy_set_header Connection $greenroom_connection;", "proxy_http_version 1.1;", "server 127.0.0.1:8080;")
	holds(t, caddy, "reverse_proxy 127.0.0.1:8080", "health_uri /readyz")
	for name, text := range map[string]string{"nginx.conf": nginx, "Caddyfile": caddy} {
		if strings.Count(text, "{") != strings.Count(text, "}") {
			t.Errorf("%s: braces do not match", name)
		}
		if strings.Contains(text, "add_header") || strings.Contains(text, "Content-Security-Policy") {
			t.Errorf("%s adds headers, which are Greenroom's own", name)
		}
	}
	dir := t.TempDir()
	if _, err := exec.LookPath("openssl"); err == nil {
		site := strings.ReplaceAll(strings.ReplaceAll(nginx, "/etc/ssl/greenroom", dir), "/var/log/nginx", dir)
		if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", dir+"/privkey.pem", "-out", dir+"/fullchain.pem", "-days", "1", "-subj", "/CN=learn.agency.example").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		ok(t, os.WriteFile(filepath.Join(dir, "site.conf"), []byte(site), 0o600))
		whole := fmt.Sprintf("pid %[1]s/pid; error_log %[1]s/err; events {} http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; "+
			"fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s; include %[1]s/site.conf; }", dir)
		ok(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(whole), 0o600))
		tool(t, "nginx", "-t", "-q", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	}
	tool(t, "caddy", "adapt", "--adapter", "caddyfile", "--config", deploy+"Caddyfile")
}

func TestContainerfile(t *testing.T) {
	t.Parallel()
	text := deployed(t, "Containerfile")
	stages := map[string]bool{}
	last := ""
	for line := range strings.Lines(text) {
		word := strings.Fields(line)
		if len(word) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		switch word[0] {
		case "FROM":
			last = line
			if image := word[1]; image != "scratch" && (!strings.Contains(image, ":") || strings.HasSuffix(image, ":latest")) {
				t.Errorf("%s has no version", image)
			}
			if len(word) == 4 {
				stages[word[3]] = true
			}
		case "COPY":
			from := ""
			for _, w := range word[1 : len(word)-1] {
				switch {
				case strings.HasPrefix(w, "--from="):
					if from = w[7:]; !stages[from] {
						t.Errorf("no stage %q: %s", from, line)
					}
				case strings.HasPrefix(w, "--"):
				case from == "":
					if _, err := os.Stat("../../" + w); err != nil {
						t.Errorf("%s: %v", strings.TrimSpace(line), err)
					}
				}
			}
		}
	}
	if !strings.HasPrefix(last, "FROM scratch") {
		t.Errorf("the image is made from %q", last)
	}
	end := text[strings.LastIndex(text, "FROM "):]
	holds(t, end, "USER 65532:65532", `HEALTHCHECK`, `["/greenroom", "ready", "--alive"]`, `ENTRYPOINT ["/greenroom"]`, `CMD ["serve"]`, "ca-certificates.crt")
	mod, err := os.ReadFile("../../go.mod")
	ok(t, err)
	version := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindSubmatch(mod)
	holds(t, text, "FROM golang:"+string(version[1])+"-")
}

func TestCompose(t *testing.T) {
	t.Parallel()
	var c struct {
		Services map[string]struct {
			Image, Restart string
			ReadOnly       bool     `yaml:"read_only"`
			CapDrop        []string `yaml:"cap_drop"`
			Tmpfs          []string
			Volumes, Ports []string
			Environment    map[string]string
			EnvFile        []string `yaml:"env_file"`
			Healthcheck    struct{ Test []string }
			DependsOn      map[string]struct{ Condition string } `yaml:"depends_on"`
			Networks       []string
			Build          struct{ Context, Dockerfile string }
		}
		Volumes  map[string]any
		Networks map[string]any
	}
	ok(t, yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &c))
	g, d := c.Services["greenroom"], c.Services["database"]
	env := g.Environment
	env["GREENROOM_DATABASE_URL"] = "postgres://greenroom:x@database/greenroom?sslmode=disable" // as in env_file
	env["GREENROOM_ADDR"] = "0.0.0.0:8080"                                                      // as in the image
	accepted(t, "compose.yaml", env)
	if !g.ReadOnly || !slices.Contains(g.CapDrop, "ALL") || !slices.Contains(g.Tmpfs, "/tmp") || len(g.EnvFile) != 1 {
		t.Errorf("greenroom: %+v", g)
	}
	for _, p := range g.Ports {
		if !strings.HasPrefix(p, "127.0.0.1:") || strings.Contains(p, "9090") {
			t.Errorf("the port %s is open to others than the proxy", p)
		}
	}
	if g.DependsOn["database"].Condition != "service_healthy" || len(d.Healthcheck.Test) == 0 || len(d.Ports) > 0 {
		t.Errorf("database: %+v", d)
	}
	if _, err := os.Stat(filepath.Join(deploy, g.Build.Context, g.Build.Dockerfile)); err != nil {
		t.Error(err)
	}
	for _, s := range []string{"data", "database"} {
		if _, there := c.Volumes[s]; !there {
			t.Errorf("no volume %s", s)
		}
	}
}

// The rules for Prometheus ask for numbers that there are.
func TestAlerts(t *testing.T) {
	t.Parallel()
	var r struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	ok(t, yaml.Unmarshal([]byte(deployed(t, "alerts.yaml")), &r))
	s := newShell(t)
	s.env["GREENROOM_METRICS_ADDR"] = "127.0.0.1:1" // not listened to here
	w := httptest.NewRecorder()
	a, err := (&world{t.Context(), func(k string) string { return s.env[k] }, os.Stdout, os.Stderr}).open()
	ok(t, err)
	defer a.Close()
	m := telemetry.NewMetrics("test")
	a.Numbers(m)
	m.Request()("GET", "/", 200)
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	n := 0
	for _, x := range r.Groups[0].Rules {
		for _, name := range regexp.MustCompile(`(greenroom|go_sql)_[a-z_]+`).FindAllString(x.Expr, -1) {
			n++
			if !strings.Contains(w.Body.String(), "\n"+name) {
				t.Errorf("%s asks for %s, which is no number of ours", x.Alert, name)
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d numbers are asked for", n)
	}
}

// The question of a container's health check, without a shell.
func TestReady(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	srv, ready := s.serve()
	if !ready {
		srv.stop(0)
		t.Fatal(srv.log.String())
	}
	s.run(0, "ready")
	s.run(0, "ready", "--alive")
	srv.stop(0)
	_, said := s.run(1, "ready")
	holds(t, said, "does not answer")
}
