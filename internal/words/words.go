// Package words counts words, exactly as the counter in the browser does, and cleans what somebody typed (clean.go).
//
// A word is a run without white space that holds at least one letter or number: "don't", "well-known" and "3.5"
// are one word each, a lone dash is none. The browser's rule is the regular expression
//
//	text.match(/\S*[\p{L}\p{N}]\S*/gu)
//
// and web/src/ts has a test with the same table. Two counters that disagree would tell a learner "100 words" and
// then refuse 99.
package words

import "unicode"

// Count returns the number of words in s.
func Count(s string) int {
	n, counted := 0, false
	for _, r := range s {
		switch {
		case space(r):
			counted = false
		case !counted && (unicode.IsLetter(r) || unicode.IsNumber(r)):
			n++
			counted = true
		}
	}
	return n
}

// space is \s of ECMAScript, which knows the byte order mark but not NEXT LINE; Go sees these two the other way.
func space(r rune) bool {
	return r == '\uFEFF' || unicode.IsSpace(r) && r != '\u0085'
}
