package scenario_test

import (
	"strings"
	"testing"

	"greenroom/internal/scenario"
)

// fault is one change to the example and what must be said about it.
type broken struct {
	code, name string
	old, new   string // the change
	line       string // text of the line that the finding must name; "" any
	says       string // in the message or the remedy
}

// Every code, by breaking the example in one place.
var faults = []broken{
	{"E01", "a target", "to: rumour\n", "to: rumor\n", "to: rumor", `"rumour"?`},
	{"E01", "the start", "start: lunch", "start: launch", "start: launch", `"lunch"?`},
	{"E01", "a persona", "{by: deano, at: \"12:36\"", "{by: dean, at: \"12:36\"", "by: dean,", `"deano"?`},
	{"E01", "a meter in effects", "effects: {trust: 8, time: -5}", "effects: {trusty: 8, time: -5}", "trusty", `"trust"?`},
	{"E01", "a flag that is set", "set: [owned_up]", "set: [owned]", "set: [owned]", "owned_up"},
	{"E01", "a flag in a condition", "when: [owned_up]", "when: [owned_upp]", "owned_upp", `"owned_up"?`},
	{"E01", "a choice in a condition", "when: [owned_up]", "when: [chose lunch.owns]", "lunch.owns", `"own"?`},
	{"E01", "a passage in a condition", "when: [owned_up]", "when: [seen luunch]", "luunch", `"lunch"?`},
	{"E01", "a clock that is not there", "when: [owned_up]", "when: [timed_out reply]", "timed_out", "no"},
	{"E01", "a post", "at: \"12:34\", reply_to: cheer", "at: \"12:34\", reply_to: chear", "chear", `"cheer"?`},
	{"E01", "a post of the future", "{id: cheer, by: permits, at: \"12:30\"", "{id: cheer, by: permits, reply_to: watched, at: \"12:30\"", "cheer,", "nobody can have seen"},
	{"E01", "a comment", "    lunch: \"The first reply", "    lunhc: \"The first reply", "lunhc", `"lunch"?`},
	{"E01", "the sender of a message", "from: office", "from: offices", "from: offices", `"office"?`},
	{"E02", "a passage nothing leads to", "  steady: {kind: ending", "  island: {kind: scene, title: \"Alone\", text: \"Nobody comes.\", to: mixed}\n  steady: {kind: ending", "island:", "nothing leads"},
	{"E03", "a reply without exit", "      - {from: 7, effects: {trust: 6}}\n    to: rumour\n", "      - {from: 7, effects: {trust: 6}}\n", "reply:", "leads nowhere"},
	{"E03", "an ending with one", "outcome: mixed, text: ", "outcome: mixed, to: lunch, text: ", "to: lunch", "leads on"},
	{"E03", "a decision without choices", "    ask: \"Which kind of engagement fits the next hour?\"\n    choices:\n", "    ask: \"Which kind?\"\n    choices: []\n    xchoices:\n", "facts:", "no choices"},
	{"E04", "a loop without end", "effects: {trust: -8, time: -15}\n        to: reply", "effects: {trust: -8, time: -15}\n        to: pit", "pit: {", "no ending"},
	{"E04", "a circle of routes", "- {when: [trust < 40], to: headline}", "- {when: [trust < 40], to: wrapup}", "wrapup:", "circle"},
	{"E05", "a choice twice", "- id: argue", "- id: check", "", "twice"},
	{"E05", "a passage twice", "  wrapup:\n", "  facts: {kind: scene, title: \"x\", text: \"y\", to: mixed}\n  wrapup:\n", "facts: {", "twice"},
	{"E05", "a meter twice", "  time: {label", "  trust: {label", "trust: {label: \"Minutes", "twice"},
	{"E06", "nothing on offer", "- id: service\n", "- id: service\n        when: [owned_up]\n", "facts:", "no choice is on offer"},
	{"E07", "the last route has a condition", "      - {to: mixed}", "      - {when: [risk > 5], to: mixed}", "to: mixed", "last route"},
	{"E07", "an earlier one has none", "{when: [trust < 40], to: headline}", "{to: headline}", "{to: headline}", "never taken"},
	{"E08", "never", "trust < 40", "trust > 120", "trust > 120", "can never hold"},
	{"E08", "always", "trust < 40", "trust <= 100", "trust <= 100", "always holds"},
	{"E08", "together", "[trust >= 62, risk <= 25]", "[trust >= 62, trust < 50]", "trust < 50", "together"},
	{"E08", "a flag and not", "[trust >= 62, risk <= 25]", "[owned_up, not owned_up]", "not owned_up", "opposite"},
	{"E08", "alternatives", "[trust >= 62, risk <= 25]", "[trust >= 62, {any: [[trust < 10], [trust < 20]]}]", "any:", "alternative"},
	{"E09", "too short", "seconds: 120", "seconds: 10", "seconds: 10", "20"},
	{"E09", "no outcome", "      on_timeout: {to: facts, effects: {trust: -8, time: -20}, note: \"Another twenty minutes go by in silence.\"}\n", "", "", "silence"},
	{"E10", "a band waits", "{from: 4, effects: {trust: 2}}", "{from: 4, by: peer, effects: {trust: 2}}", "by: peer", "marks"},
	{"E10", "a condition waits", "when: [owned_up]", "when: [trainer >= 5]", "trainer", "marks"},
	{"E10", "own marks not required", "self: required", "self: optional", "bands", "required"},
	{"E11", "one level", `levels: ["Nothing", "Vague", "A time and a place to look"]`, `levels: ["Nothing"]`, "[\"Nothing\"]", "levels"},
	{"E11", "a gap at 0", "{from: 0, effects", "{from: 1, effects", "from: 1", "gap"},
	{"E11", "out of order", "{from: 7, effects", "{from: 3, effects", "from: 3", "order"},
	{"E11", "above the maximum", "{from: 7, effects", "{from: 9, effects", "from: 9", "8"},
	{"E12", "an option missing", "      deny: [3, 3, 4, 3, 2, 3, 4]\n", "", "rumour:", "deny"},
	{"E12", "one too many", "      deny: [3", "      denied: [3, 3, 4, 3, 2, 3, 4]\n      deny: [3", "denied", "no choice"},
	{"E12", "off the scale", "deny: [3,", "deny: [8,", "deny: [8", "off the scale"},
	{"E12", "the wrong number", "deny: [3, 3,", "deny: [3,", "deny: [3,", "6 ratings"},
	{"E12", "a decision missing", "    rumour:\n      known: [7, 7, 6, 7, 7, 6, 7]\n      deny: [3, 3, 4, 3, 2, 3, 4]\n      wait: [1, 2, 1, 1, 2, 2, 1]\n      lena: [6, 6, 7, 6, 7, 6, 6]\n", "", "", "rumour"},
	{"E13", "no words for a picture", "    title: \"Write to Rosa\"\n", "    title: \"Write to Rosa\"\n    image: {src: media/x.svg, alt: \"\"}\n", "image:", "alt"},
	{"E13", "a picture in a text", "text: \"Rosa asks again what", "text: \"![](x.png) Rosa asks again what", "x.png", "image:"},
	{"E14", "HTML", "\"A good question on the wrong day.\"", "\"A <b>good</b> question.\"", "<b>", "HTML"},
	{"E14", "a script", "\"A good question on the wrong day.\"", "\"<script>alert(1)</script>\"", "<script>", "HTML"},
	{"E14", "a strange link", "\"A good question on the wrong day.\"", "\"A [good](javascript:alert) question.\"", "javascript", "link"},
	{"E20", "a hashtag", "subject: \"Is this an attack?\"", "subject: Is this #hacked", "#hacked", "#hacked"},
	{"E30", "a hashtag in braces", "text: \"Never faster at falling over.\"", "text: Never faster #fail", "", "#"},
	{"E20", "a hashtag on the next line", "    title: \"Write to Rosa\"\n", "    title: Write to\n      Rosa #permitfail\n", "title: Write to", "#permitfail"},
	{"E20", "levels", `levels: ["Nothing", "Vague", "A time and a place to look"]`, "levels: [Nothing #x, Vague\n       , Good]", "Nothing", "quotation"},
	{"E21", "a clock time", "at: \"12:36\"", "at: 12:36", "12:36", "quotation"},
	{"E30", "a handle with @", "handle: rosa_bakes", "handle: @rosa", "", "@"},
	{"E30", "a colon in a text", "text: \"Never faster at falling over.\"}", "text: \"x\"}\n    summary: Reply: we are sorry", "", "quotation marks"},
	{"E30", "an anchor", "  rosa: {name", "  rosa: &r {name", "&r", "anchor"},
	{"E30", "an alias", "handle: rosa_bakes", "handle: *r", "", "alias"},
	{"E30", "a tag", "handle: rosa_bakes", "handle: !!binary cm9zYQ==", "!!binary", "tag"},
	{"E30", "two documents", "start: lunch", "---\nstart: lunch", "", "second document"},
	{"E31", "an unknown field", "language: en", "langauge: en", "langauge", `"language"?`},
	{"E31", "a field twice", "start: lunch", "start: lunch\nstart: facts", "start: facts", "twice"},
	{"E32", "a missing field", "licence: CC-BY-4.0\n", "", "", "licence"},
	{"E32", "an empty text", "title: \"Write to Rosa\"", "title: \"\"", "title: \"\"", "empty"},
	{"E33", "another version", "schema: scenario/1", "schema: scenario/9", "scenario/9", "scenario/1"},
	{"E33", "a number in words", "version: 1", "version: one", "version: one", "number"},
	{"E33", "a word that is not known", "kind: troll", "kind: trol", "kind: trol", `"troll"?`},
	{"E33", "an identifier", "  rosa: {name", "  Rosa: {name", "Rosa: {", "identifier"},
	{"E33", "a meter out of range", "start: 50, min: 0", "start: 500, min: 0", "500", "range"},
	{"E33", "no condition at all", "when: [owned_up]", "when: [\"if trust\"]", "if trust", "no condition"},
	{"E33", "a clock time that is none", "at: \"12:36\"", "at: \"12:99\"", "12:99", "hours"},
	{"W30", "a choice never offered", "when: [colleague_posted, time >= 20]", "when: [colleague_posted, time >= 60]", "id: lena", "never on offer"},
	{"W31", "a flag never asked for", "when: [owned_up]", "when: [trust > 40]", "flags:", "never asked for"},
	{"W32", "no feedback", "        feedback: \"A good question on the wrong day.\"\n", "", "id: consult", "feedback"},
	{"W32", "no comment", "    facts: \"All four kinds", "    reply: \"All four kinds", "facts:", "comment"},
	{"W33", "the longest", "Say what is known, what is not known yet, and when you will say more.", strings.Repeat("Say what is known. ", 8), "id: known", "longest"},
	{"W34", "at the limit", "time: {label: \"Minutes you have left\", start: 60, min: 0, max: 60", "time: {label: \"Minutes you have left\", start: 30, min: 0, max: 60", "time:", "limit"},
	{"W35", "nothing to decide", "effects: {trust: 8, risk: -10, time: -10}", "effects: {trust: 8, risk: -20, time: 10}", "id: known", "nothing to decide"},
	{"W36", "a split panel", "deny: [3, 3, 4, 3, 2, 3, 4]", "deny: [1, 7, 1, 7, 1, 7, 4]", "id: deny", "split"},
	{"W38", "an address", "\"Stock phrases\"", "\"Mail rosa@bakery.com.au\"", "bakery.com", "example.org"},
	{"W38", "a phone number", "\"Stock phrases\"", "\"Ring 02 6277 7111\"", "6277", "phone"},
	{"W38", "a handle of nobody", "\"Stock phrases\"", "\"Ask @someone_else\"", "someone_else", "nobody"},
	{"W38", "a person", "\"Stock phrases\"", "\"Ask Senator Plumtree\"", "Plumtree", "real person"},
	{"W38", "a body", "\"Stock phrases\"", "\"Like the Australian Taxation Office\"", "Taxation", "real body"},
	{"W39", "long", "text: \"Rosa asks again what happens to her bakery tomorrow.\"", "text: \"" + strings.Repeat("She asks again. ", 45) + "\"", "She asks", "120"},
	{"W39", "hard", "text: \"Rosa asks again what happens to her bakery tomorrow.\"", "text: \"" + strings.Repeat("Notwithstanding considerable organisational complexities, departmental representatives systematically operationalise communication methodologies. ", 3) + "\"", "Notwithstanding", "school year"},
}

func TestEveryCode(t *testing.T) {
	t.Parallel()
	src := string(example(t))
	for _, f := range faults {
		t.Run(f.code+" "+f.name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(src, f.old) == 0 {
				t.Fatalf("the example has no %q", f.old)
			}
			bad := strings.Replace(src, f.old, f.new, 1)
			switch f.name {
			case "a loop without end":
				bad = strings.Replace(bad, "  wrapup:\n", "  pit: {kind: scene, title: \"A pit\", text: \"Down.\", to: pit}\n  wrapup:\n", 1)
			case "nothing on offer":
				bad = strings.Replace(strings.Replace(bad, "- id: broadcast\n", "- id: broadcast\n        when: [owned_up]\n", 1), "- id: consult\n", "- id: consult\n        when: [owned_up]\n", 1)
			case "a post of the future":
				bad = strings.Replace(bad, "- {by: watch,", "- {id: watched, by: watch,", 1)
			}
			r := scenario.Lint([]byte(bad))
			var hit *scenario.Finding
			lines := strings.Split(bad, "\n")
			for i, x := range r.Findings {
				if x.Code == f.code && (f.line == "" || strings.Contains(lines[x.Line-1], f.line)) && strings.Contains(x.Message+"; "+x.Remedy, f.says) {
					hit = &r.Findings[i]
				}
			}
			if hit == nil {
				t.Fatalf("want %s at %q saying %q, got:\n%v", f.code, f.line, f.says, list(r.Findings))
			}
			if hit.Message == "" || strings.HasSuffix(hit.Message, ".") || hit.Error() && hit.Remedy == "" {
				t.Errorf("%s: every error has a message and a remedy", hit)
			}
			if hit.Error() != r.Findings.Broken() && hit.Error() {
				t.Error("an error that does not stop publication")
			}
		})
	}
}

func list(fs scenario.Findings) string {
	var b strings.Builder
	for _, f := range fs {
		b.WriteString("  " + f.String() + "\n")
	}
	return b.String()
}

// The codes of the design are all tried above.
func TestAllCodesAreTried(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{"W37": true} // the example itself
	for _, f := range faults {
		tried[f.code] = true
	}
	for _, want := range strings.Fields("E01 E02 E03 E04 E05 E06 E07 E08 E09 E10 E11 E12 E13 E14 E20 E21 E30 E31 E32 E33 W30 W31 W32 W33 W34 W35 W36 W37 W38 W39") {
		if !tried[want] {
			t.Errorf("%s is not tried", want)
		}
	}
}

// A warning that the author means is listed as accepted; one that is there no more is named.
func TestAccept(t *testing.T) {
	t.Parallel()
	src := string(example(t)) + "accept:\n  - {code: W37, at: lunch.delete, why: \"covering up is meant to cost\"}\n  - {code: W36, at: facts, why: \"to talk about\"}\n  - {code: W35, why: \"not there\"}\n"
	r := scenario.Lint([]byte(src))
	for _, f := range r.Findings {
		if f.Warning() || (f.Code == "W37" || f.Code == "W36") && f.Accepted == "" {
			t.Errorf("not accepted: %s", f)
		}
	}
	if !r.Findings.Has("I52") {
		t.Errorf("nothing said of the entry that accepts nothing:\n%s", list(r.Findings))
	}
	if r := scenario.Lint([]byte(string(example(t)) + "accept:\n  - {code: E06, why: \"no\"}\n")); !r.Findings.Has("E33") {
		t.Error("an error can be accepted")
	}
}

// An identifier keeps its meaning.
func TestSince(t *testing.T) {
	t.Parallel()
	src := string(example(t))
	old, _ := scenario.Parse([]byte(src))
	for change, want := range map[string]int{
		`Delete the cheerful post before more people see it, and carry on.→Delete the cheerful post before many people see it and go on.`: 0,
		`Delete the cheerful post before more people see it, and carry on.→Phone the minister.`:                                           1,
		"  reply:\n    kind: reply→  answer:\n    kind: reply":                                                                            0,
		"id: cheerful-outage→id: sad-outage":                                                                                              1,
	} {
		a, b, _ := strings.Cut(change, "→")
		now, _ := scenario.Parse([]byte(strings.Replace(src, a, b, 1)))
		if got := scenario.Since(old, now); len(got) != want {
			t.Errorf("%q: %d findings, want %d: %v", change, len(got), want, got)
		}
	}
}
