package scenario

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed bodies.txt
var bodiesFile string

// bodies are names of real public bodies and companies that learners and authors write about, one a line.
var bodies = sync.OnceValue(func() *regexp.Regexp {
	var names []string
	for l := range strings.Lines(bodiesFile) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			names = append(names, regexp.QuoteMeta(l))
		}
	}
	return regexp.MustCompile(`\b(?:` + strings.Join(names, "|") + `)\b`)
})

var (
	emailIn  = regexp.MustCompile(`\b[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,20})\b`)
	phoneIn  = regexp.MustCompile(`(?:\+|\b)[0-9](?:[ ()-]{0,2}[0-9]){7,13}\b`)
	handleIn = regexp.MustCompile(`(?:^|[\s(])@([A-Za-z0-9_.]{2,40})`)
	personIn = regexp.MustCompile(`\b(?:Mr|Mrs|Ms|Dr|Prof|Professor|Senator|Minister|Premier|President|Councillor|Mayor|Sir|Dame)\.? [A-Z][a-z]{2,}(?: [A-Z][a-z]+)?`)
	// Numbers set aside for fiction: Australia, North America, the United Kingdom.
	fiction = regexp.MustCompile(`^(?:(?:61|0)?[23478]?(?:5550|7010)[0-9]{4}|(?:61|0)491570[0-9]{3}|1800975[0-9]{3}|1300975[0-9]{3}|1?[0-9]{3}55501[0-9]{2}|(?:44|0)7700900[0-9]{3}|(?:44|0)2079460[0-9]{3}|(?:44|0)1632960[0-9]{3})$`)
	example = regexp.MustCompile(`(?i)(?:^|\.)(?:example|test|invalid|localhost)$|(?:^|\.)example\.(?:com|net|org|edu|gov|gov\.au|org\.au|com\.au)$`)
)

// real reports what looks like real people and bodies (W38): a scenario is about nobody.
func (s *Scenario) real(rep *report) {
	handles, names := map[string]bool{}, map[string]bool{}
	for _, n := range s.Personas {
		handles[strings.ToLower(n.Handle)] = true
		names[n.Name.Value] = true
	}
	const remedy = "make it up, or accept this with a reason"
	s.texts(func(t *Text, at string, _ bool) {
		v := t.Value
		if m := emailIn.FindStringSubmatch(v); m != nil && !example.MatchString(m[1]) {
			rep.addf("W38", t.Line, at, addressRemedy, "%q looks like a real e-mail address", m[0])
		}
		if m := phoneIn.FindString(v); m != "" && !fiction.MatchString(digits(m)) && !isYears(m) {
			rep.addf("W38", t.Line, at, numberRemedy, "%q looks like a real phone number", m)
		}
		for _, m := range handleIn.FindAllStringSubmatch(v, -1) {
			if !handles[strings.ToLower(strings.TrimRight(m[1], "."))] {
				rep.addf("W38", t.Line, at, "use the handle of one of the personas", "%q is the handle of nobody in this scenario", "@"+m[1])
				break
			}
		}
		if m := personIn.FindString(v); m != "" && !names[m] {
			rep.addf("W38", t.Line, at, remedy, "%q looks like a real person", m)
		}
		if m := bodies().FindString(v); m != "" {
			rep.addf("W38", t.Line, at, remedy, "%q is a real body", m)
		}
	})
}

func digits(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var yearsForm = regexp.MustCompile(`^(?:19|20)[0-9]{2}[ -]{1,2}(?:19|20)[0-9]{2}$`)

// isYears is "2019-2024", which is no phone number.
func isYears(s string) bool { return yearsForm.MatchString(s) }

// Look reads one text on its own, before it is part of a scenario: faults are what the format refuses in a text (E13,
// E14), likenesses are what looks like somebody or something real (W38).
func Look(text string) (faults, likenesses Findings) {
	s := &Scenario{Role: Text{Value: text, Line: 1}}
	rep := &report{lines: 1 + strings.Count(text, "\n")}
	s.markup(rep)
	n := len(rep.all)
	s.real(rep)
	return rep.all[:n:n], rep.all[n:]
}

// Contact says of a W38 whether somebody could be reached by it: an address or a number. Nobody can invent those safely.
func (f Finding) Contact() bool {
	return f.Code == "W38" && (f.Remedy == addressRemedy || f.Remedy == numberRemedy)
}

const (
	addressRemedy = "use an address at example.org"
	numberRemedy  = "use a number set aside for fiction, like 0491 570 156"
)
