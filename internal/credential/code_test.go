package credential

import (
	"strings"
	"testing"
)

func TestCodesHaveEnoughOfEveryCharacter(t *testing.T) {
	t.Parallel()
	seen, by := map[string]bool{}, map[rune]int{}
	const n = 4000
	for range n {
		c := newCode()
		if stored, ok := normalise(c); !ok || stored != c || len(c) != 26 || seen[c] {
			t.Fatalf("code %q", c)
		}
		seen[c] = true
		for _, r := range c {
			by[r]++
		}
	}
	want := n * codeLength / len(alphabet)
	if len(by) != 31 {
		t.Fatalf("%d characters are used", len(by))
	}
	for r, got := range by { // with a modulo instead of rejection the first ones would come 12 % more often
		if got < want*92/100 || got > want*108/100 {
			t.Errorf("%c: %d times, want about %d", r, got, want)
		}
	}
}

func TestCodesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	const c = "ABCDEFGHJKMNPQRSTUVWXYZ234"
	for _, s := range []string{c, Group(c), strings.ToLower(c), " " + strings.ReplaceAll(Group(c), "-", " – ") + "\n", strings.ReplaceAll(Group(c), "-", "\u00a0")} {
		if got, ok := normalise(s); !ok || got != c {
			t.Errorf("%q is read as %q, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "-", c[1:], c + "A", strings.Replace(c, "A", "O", 1), strings.Replace(c, "A", "1", 1), strings.Replace(c, "A", "Ä", 1), strings.Replace(c, "A", "%", 1), strings.Repeat(" ", 300) + c} {
		if got, ok := normalise(s); ok {
			t.Errorf("%q passes as %q", s, got)
		}
	}
	if Group(c) != "ABCDE-FGHJK-MNPQR-STUVW-XYZ234" || Group("x") != "x" {
		t.Errorf("grouped: %s", Group(c))
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add("ABCDE-FGHJK-MNPQR-STUVW-XYZ234")
	f.Add("İıſK")
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := normalise(s)
		if !ok {
			return
		}
		if again, ok := normalise(Group(c)); !ok || again != c || strings.Trim(c, alphabet) != "" {
			t.Errorf("%q became %q, then %q", s, c, again)
		}
	})
}
