package account

import (
	_ "embed"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"greenroom/internal/fault"
)

// Lengths, in characters except where they say bytes.
const (
	maxName     = 100
	maxEmail    = 254 // bytes: RFC 5321 leaves room for no more
	maxLocal    = 64  // bytes before the @
	minPassword = 15
	maxPassword = 256
)

//go:embed common.txt
var commonText string

// common holds passwords that guessers try first, folded by squeeze.
var common = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			m[squeeze(line)] = true
		}
	}
	return m
})

// fold makes the form in which an address is unique: lower case, NFC.
func fold(email string) string { return norm.NFC.String(strings.ToLower(norm.NFC.String(email))) }

// cleanName trims a name and makes runs of spaces one.
func cleanName(s string) string { return norm.NFC.String(strings.Join(strings.Fields(s), " ")) }

// hidden says whether a character could make text look like other text: controls, direction marks, line and
// paragraph separators. Joiners stay, because Persian and Indian names and emoji need them.
func hidden(r rune) bool {
	switch {
	case r == '\u200c' || r == '\u200d':
		return false
	case r == '\u2028' || r == '\u2029' || r == utf8.RuneError:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

func checkName(f *fault.Fields, name string) {
	switch n := utf8.RuneCountInString(name); {
	case n == 0 || !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }):
		f.Add("name", "account.name_missing")
	case n > maxName:
		f.Add("name", "account.name_long", "Max", maxName)
	case strings.ContainsFunc(name, hidden):
		f.Add("name", "account.name_hidden")
	}
}

// checkEmail takes one bare address. What it lets through has no white space, control or quoting character, so
// it can stand in a header, a log of the mail server and a page.
func checkEmail(f *fault.Fields, field, email string) {
	switch {
	case email == "":
		f.Add(field, "account.email_missing")
	case len(email) > maxEmail:
		f.Add(field, "account.email_long", "Max", maxEmail)
	case !validEmail(email):
		f.Add(field, "account.email_wrong")
	}
}

func validEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > maxLocal || len(s) > maxEmail || !utf8.ValidString(s) {
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || hidden(r) || r == '\u200c' || r == '\u200d' || strings.ContainsRune(`"(),:;<>[\]`, r)
	}) {
		return false
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, func(r rune) bool {
			return r != '-' && !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
		}) {
			return false
		}
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s
}

// checkPassword asks for length and that it is not among the first guesses: known ones, patterns, and words
// that anybody can read on the page or in the address. No kind of character is demanded or forbidden.
func checkPassword(f *fault.Fields, field, password string, about ...string) {
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		f.Add(field, "account.password_missing")
	case n < minPassword:
		f.Add(field, "account.password_short", "Min", minPassword, "Count", n)
	case n > maxPassword:
		f.Add(field, "account.password_long", "Max", maxPassword)
	case obvious(password, about):
		f.Add(field, "account.password_obvious")
	}
}

// squeeze leaves the letters and digits of a text, in lower case.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// minRest is how much of a password must be left when the words about its holder and the site are taken out.
const minRest = 8

func obvious(password string, about []string) bool {
	s := squeeze(password)
	if common()[s] || repeats([]rune(password)) || runs([]rune(s)) {
		return true
	}
	var words []string
	for _, a := range about {
		for _, w := range strings.FieldsFunc(strings.ToLower(a), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
			if w = squeeze(w); utf8.RuneCountInString(w) >= 3 {
				words = append(words, w)
			}
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // the longest first
	rest, taken := s, false
	for _, w := range append(words, "password", "passwort", "greenroom", "learning", "welcome", "letmein", "qwerty", "12345678", "123456", "1234") {
		if strings.Contains(rest, w) {
			rest, taken = strings.ReplaceAll(rest, w, ""), true
		}
	}
	return taken && utf8.RuneCountInString(rest) < minRest
}

// repeats says whether the text is a piece of at most six characters over and over.
func repeats(r []rune) bool {
	for p := 1; p <= 6; p++ {
		i := p
		for i < len(r) && r[i] == r[i-p] {
			i++
		}
		if i == len(r) {
			return true
		}
	}
	return false
}

// runs says whether nearly all of the text counts up or down: 123456…, abcdef….
func runs(r []rune) bool {
	if len(r) == 0 {
		return false // only signs: it was long enough
	}
	steps := 0
	for i := 1; i < len(r); i++ {
		if d := r[i] - r[i-1]; d == 1 || d == -1 || d == 0 {
			steps++
		}
	}
	return steps >= len(r)-3
}

var zones sync.Map // name → *time.Location; LoadLocation reads a file each time

func location(name string) (*time.Location, bool) {
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location), true
	}
	if name == "" || name == "Local" {
		return nil, false
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	zones.Store(name, l)
	return l, true
}

// Location is the zone in which the person's times are shown; the site's when they chose none. P may be nil.
func (s *Service) Location(p *Person) *time.Location {
	if p != nil {
		if l, ok := location(p.TimeZone); ok {
			return l
		}
	}
	return s.zone
}
