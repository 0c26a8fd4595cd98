package main

import (
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	const good = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
{"Action":"skip","Package":"none"}
`
	for _, c := range []struct {
		name, in string
		want     int
		said     []string
		unsaid   string
	}{
		{"good", good, 0, []string{"ok  \tp", "1 passed, 0 failed, 0 skipped in 1 packages, 0 of them failed"}, "quiet"},
		{"nothing ran", `{"Action":"skip","Package":"none"}` + "\n", 1, []string{"0 passed"}, ""},
		{"skipped", good + `{"Action":"output","Package":"q","Test":"TestS","Output":"    x_test.go:7: no PostgreSQL: gone\n"}
{"Action":"output","Package":"q","Test":"TestS","Output":"--- SKIP: TestS (0.00s)\n"}
{"Action":"skip","Package":"q","Test":"TestS"}
{"Action":"pass","Package":"q"}
`, 0, []string{"skipped 1: no PostgreSQL: gone", "1 skipped in 2 packages"}, ""},
		{"failed", good + `{"Action":"output","Package":"q","Test":"TestF","Output":"    x_test.go:7: wrong\n"}
{"Action":"fail","Package":"q","Test":"TestF"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
`, 1, []string{"wrong", "FAIL\tq", "1 failed"}, ""},
		{"panicked", good + `{"Action":"output","Package":"q","Test":"TestP","Output":"panic: boom\n"}
{"Action":"fail","Package":"q"}
`, 1, []string{"panic: boom", "1 of them failed"}, ""},
		{"does not build", good + `{"ImportPath":"q","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"Action":"fail","Package":"q","FailedBuild":"q"}
`, 1, []string{"syntax error", "1 of them failed"}, ""},
		{"no JSON", good + "go: cannot find module\n", 0, []string{"cannot find module"}, ""},
	} {
		var out strings.Builder
		if got := run(strings.NewReader(c.in), &out); got != c.want {
			t.Errorf("%s: exit status %d, want %d", c.name, got, c.want)
		}
		for _, s := range c.said {
			if !strings.Contains(out.String(), s) {
				t.Errorf("%s: it does not say %q:\n%s", c.name, s, out.String())
			}
		}
		if c.unsaid != "" && strings.Contains(out.String(), c.unsaid) {
			t.Errorf("%s: it says %q", c.name, c.unsaid)
		}
	}
}
