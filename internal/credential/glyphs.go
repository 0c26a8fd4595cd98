package credential

import (
	"strings"
	"sync"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// plain are the scripts that the file can set: their letters stand one after the other. Arabic, Hebrew, the scripts of
// India and the like need shaping or another direction, which the library does not do; a wrong name would be worse
// than none.
var plain = []*unicode.RangeTable{
	unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Common, unicode.Inherited,
}

// marksPerLetter is how many loose accents a letter may bear; more would run into the line above.
const marksPerLetter = 2

var fonts = sync.OnceValue(func() []*sfnt.Font {
	var out []*sfnt.Font
	for _, raw := range [][]byte{dejavusans.TTF, dejavusansbold.TTF} {
		f, err := sfnt.Parse(raw)
		if err != nil {
			return nil // then nothing can be shown, and the file says so
		}
		out = append(out, f)
	}
	return out
})

// Showable says whether the file's fonts can show a text as it is meant.
func Showable(s string) bool {
	all := fonts()
	if len(all) == 0 {
		return false
	}
	var buf sfnt.Buffer
	marks := 0
	for _, r := range composed(s) {
		if unicode.Is(unicode.M, r) {
			if marks++; marks > marksPerLetter {
				return false
			}
		} else {
			marks = 0
		}
		// The library writes two bytes a character.
		if r > 0xffff || !unicode.In(r, plain...) || unicode.Is(unicode.C, r) {
			return false
		}
		for _, f := range all {
			if i, err := f.GlyphIndex(&buf, r); err != nil || i == 0 {
				return false
			}
		}
	}
	return true
}

// composed is the text with its accents as part of the letters where there are such letters, on one line.
func composed(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}
