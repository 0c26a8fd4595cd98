package author

import (
	"maps"

	"greenroom/internal/scenario"
)

// Kind says how a field is typed in.
type Kind string

// The kinds of fields. Their names are those of the templates that show them.
const (
	Line    Kind = "line"    // a text of one line
	Block   Kind = "block"   // a text
	Word    Kind = "word"    // an identifier or the like, written as it is
	Clock   Kind = "clock"   // a time of day, in quotation marks
	Number  Kind = "number"  // digits
	Yes     Kind = "yes"     // true or not there
	No      Kind = "no"      // false or not there: a box that is ticked where nothing is said
	Select  Kind = "select"  // one of some words
	Passage Kind = "passage" // the key of a passage
	Persona Kind = "persona" // the key of a persona
	Effects Kind = "effects" // a number for each meter
	Set     Kind = "set"     // flags
	When    Kind = "when"    // conditions, one a line
	Words   Kind = "words"   // a list of words, one a line
	Lines   Kind = "lines"   // a list of texts, one a line
	Ratings Kind = "ratings" // numbers in a row
	Object  Kind = "object"  // fields of its own; may be absent
	List    Kind = "list"    // things in an order
	Table   Kind = "table"   // things by key
)

// Spec is one field of the format.
type Spec struct {
	Name    string
	Kind    Kind
	Options []string // of Select; the first stands when nothing is said, unless Needed
	Needed  bool
	Of      []Spec // of Object, List and Table; a list without is one of texts
	Fixed   bool   // an object that is always there
}

var (
	image = Spec{Name: "image", Kind: Object, Of: []Spec{{Name: "src", Kind: Word, Needed: true}, {Name: "alt", Kind: Line, Needed: true}}}
	feed  = Spec{Name: "feed", Kind: List, Of: []Spec{
		{Name: "by", Kind: Persona, Needed: true}, {Name: "at", Kind: Clock}, {Name: "text", Kind: Block, Needed: true},
		{Name: "id", Kind: Word}, {Name: "reply_to", Kind: Word}, image,
	}}
	effects = Spec{Name: "effects", Kind: Effects}
	set     = Spec{Name: "set", Kind: Set}
	when    = Spec{Name: "when", Kind: When}
	to      = Spec{Name: "to", Kind: Passage, Needed: true}
	title   = Spec{Name: "title", Kind: Line, Needed: true}
	text    = Spec{Name: "text", Kind: Block, Needed: true}
	ask     = Spec{Name: "ask", Kind: Line, Needed: true}
	timer   = Spec{Name: "timer", Kind: Object, Of: []Spec{
		{Name: "seconds", Kind: Number, Needed: true},
		{Name: "on_timeout", Kind: Object, Fixed: true, Of: []Spec{to, effects, {Name: "note", Kind: Block}}},
	}}
	later   = Spec{Name: "later", Kind: List, Of: []Spec{{Name: "at", Kind: Passage, Needed: true}, effects, feed}}
	choices = Spec{Name: "choices", Kind: List, Of: []Spec{
		{Name: "id", Kind: Word, Needed: true}, {Name: "text", Kind: Line, Needed: true}, to, {Name: "feedback", Kind: Block}, effects, set, when, later,
	}}
	degrees = scenario.Degrees()
)

// passageSpecs are the fields of each kind of passage, in the order in which the form shows them.
var passageSpecs = map[string][]Spec{
	scenario.Scene:    {title, text, to, image, feed, effects},
	scenario.Decision: {title, text, ask, choices, timer, image, feed, effects},
	scenario.Reply: {
		title, text, ask, {Name: "words", Kind: Object, Fixed: true, Of: []Spec{{Name: "min", Kind: Number, Needed: true}, {Name: "max", Kind: Number, Needed: true}}},
		{Name: "rubric", Kind: List, Of: []Spec{{Name: "id", Kind: Word, Needed: true}, {Name: "label", Kind: Line, Needed: true}, {Name: "levels", Kind: Lines, Needed: true}}},
		{Name: "models", Kind: List, Of: []Spec{{Name: "text", Kind: Block, Needed: true}, {Name: "why", Kind: Block, Needed: true}}},
		{Name: "assess", Kind: Object, Fixed: true, Of: []Spec{
			{Name: "self", Kind: Select, Options: degrees, Needed: true}, {Name: "peer", Kind: Number, Needed: true}, {Name: "trainer", Kind: Select, Options: degrees, Needed: true},
		}},
		{Name: "bands", Kind: List, Of: []Spec{{Name: "from", Kind: Number, Needed: true}, effects}},
		to, image, feed, effects,
	},
	scenario.Route:  {{Name: "routes", Kind: List, Of: []Spec{when, to}}, effects},
	scenario.Ending: {title, {Name: "outcome", Kind: Select, Options: []string{scenario.Good, scenario.Mixed, scenario.Poor}, Needed: true}, text, image, feed, effects},
}

// Parts are the forms of a draft beside those of its passages, in their order.
var Parts = []string{"about", "meters", "personas", "injects", "surprises", "panel", "debrief", "accept"}

var partSpecs = map[string][]Spec{
	"about": {
		title, {Name: "summary", Kind: Line}, {Name: "role", Kind: Block, Needed: true}, {Name: "start", Kind: Passage, Needed: true},
		{Name: "minutes", Kind: Number}, {Name: "back", Kind: No}, {Name: "language", Kind: Word, Needed: true}, {Name: "licence", Kind: Word, Needed: true},
		{Name: "version", Kind: Number, Needed: true}, {Name: "id", Kind: Word, Needed: true}, {Name: "courses", Kind: Words}, {Name: "skills", Kind: Words},
	},
	"meters": {
		{Name: "meters", Kind: Table, Of: []Spec{
			{Name: "label", Kind: Line, Needed: true}, {Name: "start", Kind: Number, Needed: true}, {Name: "min", Kind: Number, Needed: true}, {Name: "max", Kind: Number, Needed: true},
			{Name: "better", Kind: Select, Options: []string{"high", "low"}, Needed: true}, {Name: "show", Kind: Select, Options: []string{"debrief", "live"}},
		}},
		{Name: "flags", Kind: Words},
	},
	"personas": {{Name: "personas", Kind: Table, Of: []Spec{
		{Name: "name", Kind: Line, Needed: true}, {Name: "handle", Kind: Word}, {Name: "kind", Kind: Select, Options: scenario.PersonaKinds(), Needed: true}, {Name: "about", Kind: Line},
	}}},
	"injects": {{Name: "injects", Kind: List, Of: []Spec{
		{Name: "id", Kind: Word, Needed: true}, {Name: "channel", Kind: Select, Options: scenario.Channels(), Needed: true}, {Name: "from", Kind: Persona, Needed: true},
		{Name: "subject", Kind: Line}, text,
		{Name: "trigger", Kind: Object, Fixed: true, Of: []Spec{{Name: "passage", Kind: Passage, Needed: true}, {Name: "after_seconds", Kind: Number}}},
		{Name: "facilitator", Kind: Yes}, effects,
	}}},
	"surprises": {{Name: "surprises", Kind: List, Of: []Spec{
		{Name: "id", Kind: Word, Needed: true}, {Name: "at", Kind: Passage, Needed: true},
		{Name: "pick", Kind: List, Of: []Spec{{Name: "weight", Kind: Number, Needed: true}, feed, effects, set}},
	}}},
	"panel": {{Name: "panel", Kind: Object, Of: []Spec{
		{Name: "by", Kind: Select, Options: []string{"authors", "practitioners"}}, {Name: "raters", Kind: Number, Needed: true}, {Name: "scale", Kind: Number, Needed: true},
		{Name: "source", Kind: Block},
	}}},
	"debrief": {{Name: "debrief", Kind: Object, Fixed: true, Of: []Spec{
		{Name: "compare", Kind: Object, Of: []Spec{{Name: "show", Kind: Select, Options: []string{"after_finish", "never"}}, {Name: "min_runs", Kind: Number}}},
		{Name: "questions", Kind: List}, {Name: "read", Kind: Words},
	}}},
	"accept": {{Name: "accept", Kind: List, Of: []Spec{
		{Name: "code", Kind: Word, Needed: true}, {Name: "at", Kind: Word}, {Name: "why", Kind: Line, Needed: true},
	}}},
}

// Specs are the fields of every part and of every kind of passage.
func Specs() map[string][]Spec {
	out := map[string][]Spec{"comment": {{Name: "comment"}, {Name: "ratings"}, {Name: "reason"}}}
	maps.Copy(out, partSpecs)
	maps.Copy(out, passageSpecs)
	return out
}
