package quiz

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// sameWords says whether two typed answers are the same when case, punctuation and doubled spaces do not count.
// A mark between two words counts as a space or as nothing, whichever fits: "e-mail" is "email", "holding-statement"
// is "holding statement".
func sameWords(a, b string) bool {
	return plain(a, false) == plain(b, false) || plain(a, true) == plain(b, true)
}

// plain strips a typed answer to letters and numbers with single spaces.
func plain(s string, markIsSpace bool) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKC.String(s)) {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			b.WriteRune(r)
		case unicode.IsSpace(r), markIsSpace:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

var (
	numberForm = regexp.MustCompile(`^[-+]?(\d{1,3}([, ]\d{3})+|\d+)?(\.\d+)?$`)
	percents   = []string{"%", "per cent", "percent"}
)

// ParseNumber reads a number as people type it: "74", "74%", "74 per cent", "1,200", "1 200", "$1,200", "−3.5". The
// unit may follow it. It is false for anything else.
func ParseNumber(typed, unit string) (float64, bool) {
	s := strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(typed)), " "))
	s = strings.ReplaceAll(s, "−", "-")
	s = strings.TrimSuffix(s, ".")
	s = withoutUnit(s, strings.ToLower(strings.Join(strings.Fields(unit), " ")))
	sign := ""
	if rest, minus := strings.CutPrefix(s, "-"); minus {
		sign, s = "-", rest
	}
	s = strings.TrimSpace(strings.TrimPrefix(s, "$"))
	if s == "" || len(s) > MaxNumber || (sign != "" && strings.ContainsAny(s[:1], "+-")) || !numberForm.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseFloat(sign+strings.NewReplacer(",", "", " ", "").Replace(s), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return 0, false
	}
	return n, true
}

// withoutUnit takes the unit from the end of a number. A per cent sign may stand where the unit is per cent or where
// there is none; a plural may lack its s and the other way round.
func withoutUnit(s, unit string) string {
	units := []string{unit, unit + "s", strings.TrimSuffix(unit, "s")}
	if unit == "" {
		units = nil
	}
	if unit == "" || unit == percents[0] || unit == percents[1] || unit == percents[2] {
		units = append(units, percents...)
	}
	for _, u := range units {
		if rest, found := strings.CutSuffix(s, u); found && u != "" {
			return strings.TrimSpace(rest)
		}
	}
	return s
}

// near says whether a number is within the tolerance of the answer. The margin covers how decimals are kept: 0.3 is
// 0.1 + 0.2.
func near(n, answer, tolerance float64) bool {
	return math.Abs(n-answer) <= tolerance+1e-9*math.Max(1, math.Abs(answer))
}
