package words_test

import (
	"strings"
	"testing"

	"greenroom/internal/words"
)

// The same table is what the counter in the browser has to satisfy.
func TestCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 0},
		{"   \n\t ", 0},
		{"one", 1},
		{"  one  two\nthree\tfour ", 4},
		{"don't well-known 3.5 10,000 and/or", 5},
		{"before — after", 2},
		{"- a\n- b", 2},
		{"… !!! --- *", 0},
		{"Māori naïve façade Straße", 4},
		{"non\u00A0breaking\u2003space\uFEFFmark", 4},
		{"one\u0085word", 1},
		{"Привет мир", 2},
		{"① ½ x²", 3},
		{"👍 thanks 👍", 1},
		{"(quoted) \"words,\" here.", 3},
		{strings.Repeat("word ", 250), 250},
	} {
		if got := words.Count(c.text); got != c.want {
			t.Errorf("Count(%.40q) = %d, want %d", c.text, got, c.want)
		}
	}
}
