package web

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// The tables of limits in docs/operating.md say what the code does.
func TestLimitsAsDocumented(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	stated := map[string]string{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) == 6 && strings.HasPrefix(cells[1], " `") {
			stated[strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[2]) + ", " + strings.TrimSpace(cells[3])
		}
	}
	for name, a := range allowances {
		who := "person"
		if a.network {
			who = "network"
		}
		if a.failures {
			who += ", only failed ones"
		}
		if want := fmt.Sprintf("%d in %s, %s", a.n, span(a.per), who); stated[name] != want {
			t.Errorf("docs/operating.md says of %q: %q, the code: %q", name, stated[name], want)
		}
		delete(stated, name)
	}
	for name := range stated {
		t.Errorf("docs/operating.md has a limit %q that is none", name)
	}
	for _, want := range []string{
		fmt.Sprintf("| bytes of a form | %d KiB | 413 |", bodyLimit>>10),
		fmt.Sprintf("| fields of a form | %d,%03d | 400 |", fieldsLimit/1000, fieldsLimit%1000),
		fmt.Sprintf("| requests in work on a node | %d | waits for %s, then 503 |", inWork, span(waitAtMost)),
		fmt.Sprintf("| a page's work with the database | %s | 503 |", span(pageDeadline)),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("docs/operating.md lacks %q", want)
		}
	}
}

func span(d time.Duration) string {
	n, unit := int(d/time.Second), "second"
	switch {
	case d >= time.Hour:
		n, unit = int(d/time.Hour), "hour"
	case d >= time.Minute:
		n, unit = int(d/time.Minute), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "::ffff:203.0.113.77": "203.0.113.0/24", "2001:db8:1:2ff::1": "2001:db8:1:200::/56",
		"fe80::1%eth0": "fe80::/56", "": "unknown", "nonsense": "unknown",
	} {
		if got := Network(in); got != want {
			t.Errorf("Network(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestOwnPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/": "/", "/me?x=1#y": "/me?x=1#y", "": "-", "me": "-", "//evil.example": "-", `/\evil.example`: "-", "https://evil.example": "-",
		"/a\r\nSet-Cookie: x": "-", "/\tx": "-", "javascript:alert(1)": "-",
	} {
		if got := OwnPath(in, "-"); got != want {
			t.Errorf("OwnPath(%q) is %q, want %q", in, got, want)
		}
	}
}
