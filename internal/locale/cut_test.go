package locale

import (
	"fmt"
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// What is cut up says what go-i18n says: every message, with every plural form, and with values left out.
func TestCutMessagesSayTheSame(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	p := b.Printer(Default)
	slow := &Printer{lang: p.lang, fixed: p.fixed, loc: p.loc}
	names := map[string]bool{"Count": true}
	for _, c := range p.cut {
		for _, form := range c {
			for _, x := range form {
				names[x.name] = true
			}
		}
	}
	quick := 0
	for key, c := range p.cut {
		for _, n := range []int{-1, 0, 1, 2, 11, 21, 1000} {
			var all []any
			for name := range names {
				if name == "Count" {
					all = append(all, name, n)
				} else {
					all = append(all, name, fmt.Sprintf("<%s & %d>", name, n))
				}
			}
			if got, want := p.T(key, all...), slow.T(key, all...); got != want {
				t.Errorf("%s, %d: %q, by go-i18n %q", key, n, got, want)
			}
			if _, ok := c.say(all); ok {
				quick++
			}
		}
		for _, args := range [][]any{nil, {"Count"}, {"Count", "1"}, {"Count", int64(2)}, {"Count", 1.5}, {7, 8}, {"Count", 3, "Count", 1}} {
			if got, want := p.T(key, args...), slow.T(key, args...); got != want {
				t.Errorf("%s, %v: %q, by go-i18n %q", key, args, got, want)
			}
		}
	}
	if quick < len(p.cut) {
		t.Errorf("%d of %d messages were put together from their pieces", quick, len(p.cut))
	}
}

func TestWhatIsNotPlainIsLeftToTemplates(t *testing.T) {
	for text, want := range map[string]bool{
		"{{.Count}} of {{.Total}}": true, "{{ .Count }}": false, "{{if .Count}}some{{end}}": false, "a } brace {": true,
	} {
		if _, ok := cutUp(&i18n.Message{Other: text}); ok != want {
			t.Errorf("%q: cut up %v", text, ok)
		}
	}
}

func BenchmarkT(b *testing.B) {
	all, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	p := all.Printer(Default)
	slow := &Printer{lang: p.lang, fixed: p.fixed, loc: p.loc}
	for name, p := range map[string]*Printer{"cut": p, "template": slow} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.T("player.min", "Count", 5)
			}
		})
	}
}
