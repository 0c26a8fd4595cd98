package situation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"greenroom/internal/locale"
	"greenroom/internal/scenario"
)

// Story is the form as a scenario/1 file. What is still empty stands in it as a word in brackets, so that every draft is a
// file that can be read. The words that nobody writes (labels of meters, rows of rubrics, the ending) are in l's language.
func Story(f Form, l *locale.Printer) []byte {
	f = f.Tidy()
	w := &writer{l: l}
	w.head(f)
	w.personas(f)
	w.passages(f)
	w.line(0, "debrief", "")
	w.line(2, "compare", "{show: after_finish, min_runs: 8}")
	w.line(2, "questions", "")
	w.item(4, w.or(f.Question))
	return w.b.Bytes()
}

// Scenario is the form as a scenario that can be shown. The error is of the program, not of the writer.
func Scenario(f Form, l *locale.Printer) (*scenario.Scenario, error) {
	s, found := scenario.Parse(Story(f, l))
	if s == nil || found.Broken() {
		return nil, fmt.Errorf("a situation makes no scenario: %v", found)
	}
	return s, nil
}

type writer struct {
	b bytes.Buffer
	l *locale.Printer
}

func (w *writer) line(indent int, key, value string) {
	w.b.WriteString(strings.Repeat(" ", indent) + key + ":")
	if value != "" {
		w.b.WriteString(" " + value)
	}
	w.b.WriteByte('\n')
}

func (w *writer) item(indent int, value string) {
	w.b.WriteString(strings.Repeat(" ", indent) + "- " + value + "\n")
}

// quoted is a text in quotation marks; JSON's are YAML's.
func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}

// or is a text, or what stands for it while it is empty or cannot be part of a file.
func (w *writer) or(s string) string {
	if faults, _ := scenario.Look(s); s == "" || len(faults) > 0 {
		s = w.l.T("situation.story.open")
	}
	return quoted(s)
}

func (w *writer) t(key string) string { return quoted(w.l.T(key)) }

// meterLines are the meters of each set; trust is in all.
var meterLines = map[string]string{
	"trust": "{label: %s, start: 50, min: 0, max: 100, better: high, show: live}",
	"risk":  "{label: %s, start: 20, min: 0, max: 100, better: low, show: live}",
	"time":  "{label: %s, start: 60, min: 0, max: 60, better: high, show: live}",
}

// setOf are the meters of a ready-made set.
func setOf(set string) []string {
	switch set {
	case "trust_risk":
		return []string{"trust", "risk"}
	case "trust_time":
		return []string{"trust", "time"}
	}
	return []string{"trust"}
}

// moves is what an answer does to the meters, by how the public takes it.
var moves = map[string]map[string]int{
	"well":  {"trust": 8, "risk": -5, "time": -15},
	"mixed": {"trust": -2, "risk": 3, "time": -10},
	"badly": {"trust": -8, "risk": 10, "time": -5},
}

func effects(set, takes string) string {
	var parts []string
	for _, m := range setOf(set) {
		parts = append(parts, m+": "+strconv.Itoa(moves[takes][m]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (w *writer) head(f Form) {
	w.line(0, "schema", scenario.Schema)
	w.line(0, "id", "own-situation")
	w.line(0, "title", w.or(f.Title))
	w.line(0, "version", "1")
	w.line(0, "language", "en")
	w.line(0, "licence", "CC-BY-4.0")
	role := w.or(f.Role)
	if f.Role != "" && f.Day != "" {
		role = w.or(f.Role + "\n\n" + f.Day)
	}
	w.line(0, "role", role)
	w.line(0, "start", "moment_1")
	w.line(0, "meters", "")
	for _, m := range setOf(f.Meters) {
		w.line(2, m, fmt.Sprintf(meterLines[m], w.t("situation.meter."+m)))
	}
}

// personas are those with a name; with none there is one without, so that the file is whole.
func (w *writer) personas(f Form) {
	w.line(0, "personas", "")
	none := true
	for i, p := range f.People {
		if !p.empty() {
			none = false
			w.line(2, "person_"+strconv.Itoa(i+1), "{name: "+w.or(p.Name)+", kind: "+p.Kind+"}")
		}
	}
	if none {
		w.line(2, "person_1", "{name: "+w.or("")+", kind: customer}")
	}
}

func (w *writer) passages(f Form) {
	w.line(0, "passages", "")
	for i, m := range f.Moments {
		key, next := "moment_"+strconv.Itoa(i+1), "reply"
		if i+1 < len(f.Moments) {
			next = "moment_" + strconv.Itoa(i+2)
		}
		title, text := f.Day, f.Event
		if i > 0 {
			title, text = w.l.T("situation.story.moment", "N", i+1), m.Text
		}
		w.line(2, key, "")
		w.line(4, "kind", "decision")
		w.line(4, "title", w.or(title))
		w.line(4, "text", w.or(text))
		if i == 0 {
			w.feed(f)
		}
		w.line(4, "ask", w.or(m.Ask))
		w.choices(f, key, m)
		for j, a := range m.Answers {
			if !a.empty() || j < MinAnswers {
				w.line(2, key+letter(j), "{kind: scene, title: "+w.t("situation.story.then")+", text: "+w.or(a.Next)+", to: "+next+"}")
			}
		}
	}
	w.reply(f)
	w.line(2, "end", "{kind: ending, outcome: mixed, title: "+w.t("situation.story.end")+", text: "+w.t("situation.story.end_text")+"}")
}

func letter(j int) string { return "_" + string(rune('a'+j)) }

func (w *writer) feed(f Form) {
	first := true
	for i, p := range f.People {
		if p.Says == "" {
			continue
		}
		if first {
			w.line(4, "feed", "")
			first = false
		}
		w.item(6, "{by: person_"+strconv.Itoa(i+1)+", text: "+w.or(p.Says)+"}")
	}
}

func (w *writer) choices(f Form, key string, m Moment) {
	w.line(4, "choices", "")
	for j, a := range m.Answers {
		if a.empty() && j >= MinAnswers {
			continue
		}
		w.item(6, "id: "+string(rune('a'+j)))
		w.line(8, "text", w.or(a.Text))
		w.line(8, "effects", effects(f.Meters, a.Takes))
		w.line(8, "to", key+letter(j))
		w.line(8, "feedback", w.or(a.Feedback))
	}
}

func (w *writer) reply(f Form) {
	w.line(2, "reply", "")
	w.line(4, "kind", "reply")
	w.line(4, "title", w.t("situation.story.reply"))
	w.line(4, "text", w.t("situation.story.reply_text"))
	w.line(4, "ask", w.or(f.Reply))
	w.line(4, "words", "{min: 10, max: 80}")
	w.line(4, "rubric", "")
	for _, r := range rubricRows[f.Rubric] {
		w.item(6, "{id: "+r+", label: "+w.t("situation.row."+r)+", levels: ["+w.t("situation.level.0")+", "+w.t("situation.level.1")+", "+w.t("situation.level.2")+"]}")
	}
	w.line(4, "models", "")
	w.item(6, "{text: "+w.or(f.Model)+", why: "+w.t("situation.story.why")+"}")
	w.line(4, "assess", "{self: required, peer: 0, trainer: optional}")
	w.line(4, "bands", "")
	for _, b := range []struct{ from, by int }{{0, -4}, {4, 2}, {7, 6}} {
		w.item(6, fmt.Sprintf("{from: %d, effects: {trust: %d}}", b.from, b.by))
	}
	w.line(4, "to", "end")
}
