package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a text that somebody typed one that can be shown among those of others: line ends of one kind, no white space
// at its ends, without control characters and signs that hide text or turn it round. With line it becomes one line, with
// single spaces.
func Clean(text string, line bool) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsSpace(r) && r != '\u2028' && r != '\u2029':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff, r == 0x2028, r == 0x2029, r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
	if line {
		return strings.Join(strings.Fields(text), " ")
	}
	return strings.TrimSpace(text)
}
