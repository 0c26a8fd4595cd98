package words

import "testing"

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, text, line string }{
		{"", "", ""},
		{" \t one\r\ntwo\rthree \n", "one\ntwo\nthree", "one two three"},
		{"a\u202eb\u2066c\ufeffd\x00e\u2028f\xff", "abcdef", "abcdef"},
		{"two  spaces, a\u00a0hard one", "two  spaces, a hard one", "two spaces, a hard one"},
		{"👩\u200d🌾 नि\u200dष", "👩\u200d🌾 नि\u200dष", "👩\u200d🌾 नि\u200dष"}, // what joins signs is part of them
	} {
		if got := Clean(c.in, false); got != c.text {
			t.Errorf("%q: %q, want %q", c.in, got, c.text)
		}
		if got := Clean(c.in, true); got != c.line {
			t.Errorf("%q as a line: %q, want %q", c.in, got, c.line)
		}
	}
}
