package scenario_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"greenroom/internal/scenario"
)

// hostile are files by people who mean harm, or whose editor does.
func hostile() map[string][]byte {
	many := func(s string, n int) []byte { return []byte(strings.Repeat(s, n)) }
	head := "schema: scenario/1\nid: x\n"
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'j'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	var dups, draws, whens strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&dups, "k%d: 1\n", i)
	}
	for i := range 90 {
		fmt.Fprintf(&draws, "  - {id: s%d, at: p1, pick: [{weight: 1, effects: {a: 1}}, {weight: 1, effects: {a: -1}}, {weight: 1, effects: {b: 3}}]}\n", i)
	}
	for i := range 18 {
		fmt.Fprintf(&whens, "{any: [[a > %d], [b > %d]]}, ", i+1, i+2)
	}
	return map[string][]byte{
		"nothing": {}, "a mark": []byte("\xef\xbb\xbf"), "blanks": many(" ", 1000), "zero bytes": many("\x00", 100), "no UTF-8": []byte(head + "title: \"\xff\xfe\""),
		"comments": many("# x\n", 200_000), "a long line": append([]byte("title: \""), many("x", 10<<20)...), "ten megabytes": many("a: b\n", 2<<20),
		"brackets": many("[", 500_000), "braces": many("{", 500_000), "dashes": many("- ", 500_000), "mixed": many("- [{a: ", 100_000), "indents": []byte(deep(5000)),
		"bomb": []byte(bomb), "self": []byte("a: &a [*a]\n"), "merge": []byte(head + "<<: {a: b}\n"), "questions": many("? ", 300_000), "keys": []byte(dups.String()),
		"quotes": many("\"", 300_001), "tags": []byte("!!binary x: y"), "directive": []byte("%YAML 9.9\n---\na: b"), "documents": many("---\n", 100_000),
		"tabs": many("\t", 100_000), "colons": many(":", 300_000), "colons and blanks": many(": ", 300_000), "stars": many("*a ", 100_000), "ands": many("&a ", 100_000),
		"escapes": []byte(head + `title: "\ud800\u0000\x00"`), "a scalar": []byte("scenario"), "a list": []byte("[a, b]"), "null": []byte("~"), "number key": []byte("1: 2\n[a]: b\n"),
		"pipes": many("a: |\n", 50_000), "plain lines": many("word\n", 180_000), "all draws": append(generated(12), draws.String()...),
		"conditions":          bytes.Replace(generated(40), []byte("[not g, a > 20]"), []byte("["+whens.String()+" f]"), -1),
		"a thousand passages": generated(1000), "wrong everywhere": bytes.ReplaceAll(generated(400), []byte("kind: decision"), []byte("kind: decison")),
	}
}

func deep(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i%400) + "a:\n")
	}
	return b.String()
}

// A file of any kind gets a report: it never crashes, hangs or takes the memory. The bounds are generous; what they
// catch is growth without bound.
func TestHostileFiles(t *testing.T) {
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			var a, b runtime.MemStats
			runtime.ReadMemStats(&a)
			start := time.Now()
			r := scenario.Lint(src)
			took := time.Since(start)
			runtime.ReadMemStats(&b)
			mb := (b.TotalAlloc - a.TotalAlloc) >> 20
			t.Logf("%d findings in %s with %d MB: %v", len(r.Findings), took, mb, first(r.Findings))
			if len(r.Findings) == 0 {
				t.Error("nothing was said")
			}
			if took > 20*time.Second || mb > 1500 {
				t.Errorf("it took %s and %d MB", took, mb)
			}
			for _, f := range r.Findings {
				if f.Line < 1 || f.Line > bytes.Count(src, []byte("\n"))+1 {
					t.Errorf("%s is outside the file", f)
				}
			}
		})
	}
}

func first(fs scenario.Findings) string {
	if len(fs) == 0 {
		return "-"
	}
	return fs[0].String()
}

// A scenario of 200 passages is checked whole.
func TestTwoHundredPassages(t *testing.T) {
	start := time.Now()
	r := scenario.Lint(generated(198))
	took := time.Since(start)
	t.Logf("%d states in %s: %s", r.Explored.States, took, first(r.Findings))
	if took > 5*time.Second {
		t.Errorf("checked in %s, want five seconds at most", took)
	}
	if r.Findings.Broken() || len(r.Scenario.Passages) != 201 || r.Explored.States < 10_000 {
		t.Errorf("%d passages, %d states:\n%s", len(r.Scenario.Passages), r.Explored.States, list(r.Findings))
	}
	if !r.Explored.Stopped && r.Explored.Paths == 0 {
		t.Error("no paths")
	}
}

// FuzzLint: any bytes get a report with lines inside the file, and what is sound can be played, written anew and drawn.
func FuzzLint(f *testing.F) {
	f.Add(example(f))
	f.Add([]byte(loop))
	f.Add(generated(3))
	for _, x := range faults {
		f.Add([]byte(strings.Replace(string(example(f)), x.old, x.new, 1)))
	}
	for _, src := range hostile() {
		if len(src) < 50_000 {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		r := scenario.Lint(src)
		lines := bytes.Count(src, []byte("\n")) + 1
		for _, x := range r.Findings {
			if x.Line < 1 || x.Line > lines || x.Message == "" {
				t.Fatalf("%+v in %d lines", x, lines)
			}
		}
		if r.Findings.Broken() {
			return
		}
		if out, err := scenario.Format(src); err == nil {
			if again, err := scenario.Format(out); err != nil || !bytes.Equal(again, out) {
				t.Fatalf("formatting twice: %v\n%s\n%s", err, out, again)
			}
		}
		r.Scenario.SVG()
		r.Scenario.Outline()
		st := r.Scenario.Begin(7)
		for range 50 {
			now := st.Now()
			m := scenario.Move{At: now.Passage.Key}
			switch {
			case now.Passage.Kind == scenario.Scene:
				m.Kind = scenario.Continued
			case now.Passage.Kind == scenario.Reply:
				m.Kind, m.Points = scenario.Replied, 3
			case len(now.Offered) > 0:
				m.Kind, m.Choice = scenario.Chose, now.Offered[len(now.Offered)-1].ID
			default:
				m.Kind = scenario.Silent
			}
			if err := st.Do(m); err != nil {
				break
			}
		}
	})
}
