package situation

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"greenroom/internal/fault"
	"greenroom/internal/scenario"
	"greenroom/internal/words"
)

// Bounds of the form. Lengths are in characters.
const (
	MaxLine    = 160
	MaxText    = 1_000
	MinPeople  = 2
	MaxPeople  = 4
	MinAnswers = 3
	MaxAnswers = 4
	MaxMoments = 3
)

// Kinds of people who react.
var Kinds = []string{"customer", "critic", "watchdog", "troll", "colleague", "press"}

// Takes is how the public takes an answer.
var Takes = []string{"well", "mixed", "badly"}

// Meters are the ready-made sets.
var Meters = []string{"trust", "trust_risk", "trust_time"}

// Rubrics are the ready-made lists by which a reply is marked, each with its rows.
var Rubrics = []string{"answer", "correct", "calm"}

var rubricRows = map[string][]string{
	"answer":  {"answers", "owns", "human", "next"},
	"correct": {"fact", "source", "kind", "short"},
	"calm":    {"heard", "line", "feed", "next"},
}

// Form is the answers to the eight questions.
type Form struct {
	Title    string   `json:"title"`
	Role     string   `json:"role"` // 1: who the player is
	Day      string   `json:"day"`  //    and what day it is
	Event    string   `json:"event"`
	People   []Person `json:"people"`
	Moments  []Moment `json:"moments"` // 4 and 5, once or more
	Meters   string   `json:"meters"`
	Reply    string   `json:"reply"` // 7: what to write
	Rubric   string   `json:"rubric"`
	Model    string   `json:"model"`
	Question string   `json:"question"`
	Invented bool     `json:"invented"` // the writer says that whatever looks real is made up
}

// Person is somebody who reacts.
type Person struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Says string `json:"says"`
}

// Moment is a question with its answers. Text says what has happened since the one before; the first has none.
type Moment struct {
	Text    string   `json:"text,omitempty"`
	Ask     string   `json:"ask"`
	Answers []Answer `json:"answers"`
}

// Answer is one thing to do.
type Answer struct {
	Text     string `json:"text"`
	Next     string `json:"next"`
	Feedback string `json:"feedback"`
	Takes    string `json:"takes"`
}

func (p Person) empty() bool { return p.Name == "" && p.Says == "" }
func (a Answer) empty() bool { return a.Text == "" && a.Next == "" && a.Feedback == "" }

// Tidy gives the form the shape that pages show: all places for people and answers, one moment at least, words of the
// lists only, texts without signs that nobody sees.
func (f Form) Tidy() Form {
	f.People, f.Moments = slices.Clone(f.People), slices.Clone(f.Moments)
	for len(f.People) < MaxPeople {
		f.People = append(f.People, Person{})
	}
	if len(f.Moments) == 0 {
		f.Moments = []Moment{{}}
	}
	f.People, f.Moments = f.People[:MaxPeople], f.Moments[:min(len(f.Moments), MaxMoments)]
	for i := range f.People {
		f.People[i].Kind = oneOf(Kinds, f.People[i].Kind)
	}
	for i := range f.Moments {
		m := &f.Moments[i]
		m.Answers = slices.Clone(m.Answers)
		for len(m.Answers) < MaxAnswers {
			m.Answers = append(m.Answers, Answer{})
		}
		m.Answers = m.Answers[:MaxAnswers]
		for j := range m.Answers {
			m.Answers[j].Takes = oneOf(Takes, m.Answers[j].Takes)
		}
	}
	f.Moments[0].Text = ""
	f.Meters, f.Rubric = oneOf(Meters, f.Meters), oneOf(Rubrics, f.Rubric)
	f.each(func(_ string, text *string, _ int, line bool) { *text = words.Clean(*text, line) })
	return f
}

func oneOf(list []string, word string) string {
	if slices.Contains(list, word) {
		return word
	}
	return list[0]
}

// each goes through all texts in the order of the page: the name of the field, the text, its greatest length, and whether
// it is one line. The form must be tidy.
func (f *Form) each(do func(name string, text *string, most int, line bool)) {
	do("title", &f.Title, MaxLine, true)
	do("role", &f.Role, MaxText, false)
	do("day", &f.Day, MaxLine, true)
	do("event", &f.Event, MaxText, false)
	for i := range f.People {
		at := "p." + strconv.Itoa(i) + "."
		do(at+"name", &f.People[i].Name, 60, true)
		do(at+"says", &f.People[i].Says, MaxText, false)
	}
	for i := range f.Moments {
		m, at := &f.Moments[i], "m."+strconv.Itoa(i)+"."
		if i > 0 {
			do(at+"text", &m.Text, MaxText, false)
		}
		do(at+"ask", &m.Ask, MaxLine, true)
		for j := range m.Answers {
			a, at := &m.Answers[j], at+"a."+strconv.Itoa(j)+"."
			do(at+"text", &a.Text, MaxLine, true)
			do(at+"next", &a.Next, MaxText, false)
			do(at+"feedback", &a.Feedback, MaxText, false)
		}
	}
	do("reply", &f.Reply, MaxLine, true)
	do("model", &f.Model, MaxText, false)
	do("question", &f.Question, MaxLine, true)
}

// TooLong is Invalid with a message for each text that is too long to be kept.
func (f Form) TooLong() error {
	var bad fault.Fields
	f.each(func(name string, text *string, most int, _ bool) {
		if n := utf8.RuneCountInString(*text); n > most {
			bad.Add(name, "situation.error.long", "Max", most, "Over", n-most)
		}
	})
	return bad.Err()
}

// Likeness is a text that looks as if it were about somebody or something real.
type Likeness struct {
	Field   string // its name in the form
	Message string // plain English, with the words that look real
	Remedy  string
	Contact bool // an address or a number: it cannot be called invented
}

// Likenesses are all of a form.
func (f Form) Likenesses() []Likeness {
	var out []Likeness
	f.each(func(name string, text *string, _ int, _ bool) {
		_, found := scenario.Look(*text)
		for _, x := range found {
			out = append(out, Likeness{Field: name, Message: x.Message, Remedy: x.Remedy, Contact: x.Contact()})
		}
	})
	return out
}

// Missing is Invalid with a message for each thing that is still to do before the situation can be shared: what is empty,
// what the format refuses, and what looks real and is not said to be invented.
func (f Form) Missing() error {
	f = f.Tidy()
	var bad fault.Fields
	need := func(name, text string) {
		if text == "" {
			bad.Add(name, "situation.error.empty")
		}
	}
	need("title", f.Title)
	need("role", f.Role)
	need("day", f.Day)
	need("event", f.Event)
	people := 0
	for i, p := range f.People {
		if !p.empty() || i < MinPeople {
			need("p."+strconv.Itoa(i)+".name", p.Name)
			need("p."+strconv.Itoa(i)+".says", p.Says)
		}
		if !p.empty() {
			people++
		}
	}
	for i, m := range f.Moments {
		at := "m." + strconv.Itoa(i) + "."
		if i > 0 {
			need(at+"text", m.Text)
		}
		need(at+"ask", m.Ask)
		for j, a := range m.Answers {
			at := at + "a." + strconv.Itoa(j) + "."
			if !a.empty() || j < MinAnswers {
				need(at+"text", a.Text)
				need(at+"next", a.Next)
				need(at+"feedback", a.Feedback)
			}
		}
	}
	need("reply", f.Reply)
	need("model", f.Model)
	need("question", f.Question)
	real := false
	f.each(func(name string, text *string, most int, _ bool) {
		if n := utf8.RuneCountInString(*text); n > most {
			bad.Add(name, "situation.error.long", "Max", most, "Over", n-most)
		}
		faults, likenesses := scenario.Look(*text)
		for _, x := range faults {
			bad.Add(name, "situation.error.markup", "What", x.Message, "Remedy", x.Remedy)
			break
		}
		for _, x := range likenesses {
			switch {
			case x.Contact():
				bad.Add(name, "situation.error.contact", "What", x.Message, "Remedy", x.Remedy)
			case !f.Invented:
				real = true
				bad.Add(name, "situation.error.real", "What", x.Message)
			}
		}
	})
	if real {
		bad.Add("invented", "situation.error.invented")
	}
	return bad.Err()
}

// Different are the texts of f that are not as they are in other, by the name of the field, in the order of the page.
func (f Form) Different(other Form) []Named {
	f, other = f.Tidy(), other.Tidy()
	theirs := map[string]string{}
	other.each(func(name string, text *string, _ int, _ bool) { theirs[name] = *text })
	var out []Named
	f.each(func(name string, text *string, _ int, _ bool) {
		if *text != "" && *text != theirs[name] {
			out = append(out, Named{name, *text})
		}
	})
	return out
}

// Named is a text of the form with the name of its field.
type Named struct{ Field, Text string }
