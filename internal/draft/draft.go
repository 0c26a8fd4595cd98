// Package draft judges writes of a text that one person may have open in several places.
//
// A page that shows such a text carries a Form: the version it was rendered with, the id of the page load, and a
// count that its script raises with each autosave. A row that keeps such a text embeds a Stamp. Judge says whether
// a write may replace what is stored:
//
//	Take   nothing else was written since the page was rendered, or what was is the page's own
//	Late   the page itself has sent something newer already: autosaves may overtake one another
//	Clash  another page wrote meanwhile: the writer has to choose, and both texts have to be kept until then
//
// It decides by what is stored, not by clocks, so it holds between devices whose clocks disagree, and a write that
// is repeated because its answer was lost is taken again without harm.
package draft

import (
	"time"
	"unicode/utf8"
)

// Stamp is what a row remembers of its last write; embed it in the row (its columns are version, page and n).
type Stamp struct {
	Version int64  // raised by each write
	Page    string // the page load that wrote last; "" when it was none
	N       int64  // its count then
}

// Form is what a page sends with a write.
type Form struct {
	Version int64  // of the text that the page was rendered with; 0 when there was none
	Page    string // id of the page load
	N       int64  // 0 when the page runs without script
}

// Verdict is what to do with a write.
type Verdict int

// The verdicts.
const (
	Take Verdict = iota
	Late
	Clash
)

// Judge says what to do with a write that brings another text than the stored one.
func (s Stamp) Judge(f Form) Verdict {
	switch {
	case f.Page != "" && f.Page == s.Page:
		if f.N != 0 && f.N < s.N {
			return Late
		}
		return Take
	case f.Version == s.Version:
		return Take
	}
	return Clash
}

// Next is the stamp after a write was taken.
func (s Stamp) Next(f Form) Stamp { return Stamp{Version: s.Version + 1, Page: f.Page, N: f.N} }

// When an older text is kept beside the newer one that replaces it.
const (
	KeepEvery = 10 * time.Minute // of writing
	KeepLost  = 80               // characters that the newer text lacks
	KeepMost  = 100              // older texts; the oldest give way
)

// Worth says whether the stored text should be kept when it is replaced: when much of it goes, or when none was
// kept for a while.
func Worth(lost int, keptAt, now time.Time) bool {
	return lost >= KeepLost || lost > 0 && now.Sub(keptAt) >= KeepEvery
}

// Lost counts the characters of older that a writer took out to get newer: what is left of it without the
// beginning and the end that both share.
func Lost(older, newer string) int {
	for older != "" && newer != "" {
		a, n := utf8.DecodeRuneInString(older)
		b, m := utf8.DecodeRuneInString(newer)
		if a != b || n != m {
			break
		}
		older, newer = older[n:], newer[m:]
	}
	for older != "" && newer != "" {
		a, n := utf8.DecodeLastRuneInString(older)
		b, m := utf8.DecodeLastRuneInString(newer)
		if a != b || n != m {
			break
		}
		older, newer = older[:len(older)-n], newer[:len(newer)-m]
	}
	return utf8.RuneCountInString(older)
}
