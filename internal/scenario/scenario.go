// Package scenario is the kind of activity in which a learner rehearses a public situation: a branching story with a
// simulated public, meters, one written reply, and a debrief.
//
// The engine, which knows no database:
//
//	scenario.go   what a scenario is once it has been read
//	finding.go    findings: what a checker has to say, with code, line, passage and remedy
//	read.go       bytes become a tree of YAML nodes, safely
//	field.go      strict reading of single fields; place.go says where a finding belongs
//	parse*.go     the tree becomes a Scenario
//	when.go       conditions
//	position.go   the rules of play: entering, moving, what is on offer
//	story.go      a run: moves from a seed become scenes; replaying is the only way to know where a run is
//	check*.go     every rule a file must keep (E) and should keep (W)
//	explore.go    exhaustive play: states, paths, shares of endings
//	panel.go      agreement with a panel of practitioners
//	format.go     the file written anew in one shape
//	map.go        layers and lines of the map
//	kind.go       course.Kind: scenarios as steps of courses
//
// A scenario is data: nothing in it runs. So every way through it can be played before anybody sees it.
package scenario

import "greenroom/internal/markdown"

// Schema is the name and number of the format.
const Schema = "scenario/1"

// Text is something people read. HTML is there once Render was called, and only for texts that may have markup.
type Text struct {
	Value string // trimmed
	Line  int    // in the file, from 1; 0 when absent
	HTML  markdown.HTML
}

// String is the text as written.
func (t Text) String() string { return t.Value }

// Empty says whether there is nothing to read.
func (t Text) Empty() bool { return t.Value == "" }

// Scenario is one version of one scenario. It is shared by all who play it: nobody changes it after Parse and Render.
type Scenario struct {
	ID        string
	Title     Text
	Summary   Text // optional, one sentence for lists
	Version   int
	Language  string
	Minutes   int // 0 when the file does not say
	Licence   string
	Courses   []string // places in courses: "course/module" or "course/module/step"
	Skills    []string
	Role      Text
	Back      bool // a learner may take the last move back
	Meters    []*Meter
	Flags     []string
	Personas  []*Persona
	Passages  []*Passage
	Start     *Passage
	Injects   []*Inject
	Surprises []*Surprise
	Panel     *Panel // nil: there is none
	Debrief   Debrief
	Accept    []Accept

	lines    map[string]int // of top-level fields
	laters   []*Later       // of all choices, in file order; a run's pending effects are bits over it
	facts    []fact         // what conditions ask of the past; a run's memory is bits over it
	passage  map[string]*Passage
	persona  map[string]*Persona
	meter    map[string]int
	flag     map[string]int
	injectAt map[*Passage][]*Inject
	drawnAt  map[*Passage][]*Surprise
	dueAt    map[*Passage][]*Later
	source   []byte
}

// Passage finds a passage by its key, or returns nil.
func (s *Scenario) Passage(key string) *Passage { return s.passage[key] }

// Persona finds a persona by its key, or returns nil.
func (s *Scenario) Persona(key string) *Persona { return s.persona[key] }

// MeterIndex finds a meter's place in Meters and in every list of meter values, or returns -1.
func (s *Scenario) MeterIndex(key string) int {
	if i, ok := s.meter[key]; ok {
		return i
	}
	return -1
}

// Decisions are the passages that ask for a choice, in file order.
func (s *Scenario) Decisions() []*Passage { return s.kind(Decision) }

// Replies are the passages that ask for a text, in file order.
func (s *Scenario) Replies() []*Passage { return s.kind(Reply) }

// Endings are the passages that end the story, in file order.
func (s *Scenario) Endings() []*Passage { return s.kind(Ending) }

func (s *Scenario) kind(k string) []*Passage {
	var out []*Passage
	for _, p := range s.Passages {
		if p.Kind == k {
			out = append(out, p)
		}
	}
	return out
}

// Meter is a number that the story changes and always keeps between Min and Max.
type Meter struct {
	Key             string
	Label           Text
	Start, Min, Max int
	HighIsGood      bool
	Live            bool // shown during play, not only in the debrief
	Line            int
	index           int
}

// Persona is somebody who posts or writes.
type Persona struct {
	Key    string
	Name   Text
	Handle string // without @
	Kind   string // official, customer, critic, watchdog, troll, colleague, internal, press
	About  Text
	Line   int
}

// Kinds of personas.
var personaKinds = []string{"official", "customer", "critic", "watchdog", "troll", "colleague", "internal", "press"}

// Kinds of passages.
const (
	Scene    = "scene"
	Decision = "decision"
	Reply    = "reply"
	Route    = "route"
	Ending   = "ending"
)

var passageKinds = []string{Scene, Decision, Reply, Route, Ending}

// Outcomes of endings.
const (
	Good  = "good"
	Mixed = "mixed"
	Poor  = "poor"
)

// Passage is one moment of the story. Which fields are set depends on Kind.
type Passage struct {
	Key     string
	Kind    string
	Title   Text // not of a route
	Text    Text // not of a route
	Image   Image
	Feed    []Post
	Effects []Effect
	Line    int

	Ask     Text // decision, reply
	Choices []*Choice
	Timer   *Timer // nil: no clock

	Words   WordRange // reply
	Rubric  []Criterion
	Models  []Model
	Assess  Assess
	Bands   []Band
	To      *Passage // scene, reply
	Routes  []RouteTo
	Outcome string // ending

	index int
	to    ref
}

// Choice finds a choice by its id, or returns nil.
func (p *Passage) Choice(id string) *Choice {
	for _, c := range p.Choices {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// MaxPoints is the total of the best levels of the rubric.
func (p *Passage) MaxPoints() int {
	n := 0
	for _, c := range p.Rubric {
		n += max(len(c.Levels)-1, 0)
	}
	return n
}

// Image is a picture with its text alternative; Src is a path from the file.
type Image struct {
	Src  string
	Alt  Text
	HTML markdown.HTML // the img element, once rendered
	Line int
}

// Post is a message of the simulated public.
type Post struct {
	ID      string
	By      *Persona
	At      string // HH:MM, or ""
	ReplyTo string // the id of another post, or ""
	Text    Text
	Image   Image
	Line    int

	by ref
}

// Effect changes one meter.
type Effect struct {
	Meter int // place in Scenario.Meters
	By    int
}

// Choice is one answer to a decision.
type Choice struct {
	ID       string
	Text     Text
	When     When
	Effects  []Effect
	Set      []int // places in Scenario.Flags
	To       *Passage
	Feedback Text
	Later    []*Later
	Line     int

	index int
	to    ref
}

// Later is what a choice does when another passage is entered, once.
type Later struct {
	At      *Passage
	Effects []Effect
	Feed    []Post
	Line    int
	From    *Choice

	index int
	at    ref
}

// Timer is a decision's clock: after so many seconds silence is the answer.
type Timer struct {
	Seconds int
	To      *Passage
	Effects []Effect
	Note    Text
	Line    int

	to ref
}

// WordRange is how long a reply may be.
type WordRange struct{ Min, Max int }

// Criterion is one row of a rubric; the number of a level is its points.
type Criterion struct {
	ID     string
	Label  Text
	Levels []Text
	Line   int
}

// Model is an answer worth reading.
type Model struct {
	Text, Why Text
}

// Assess says who marks a reply.
type Assess struct {
	Self    string // required, optional, none
	Peer    int
	Trainer string // required, optional, none
}

// Band is what the learner's own total does to the meters: the last band whose From is not above it.
type Band struct {
	From    int
	Effects []Effect
	Line    int
}

// RouteTo is one way on from a route: the first whose condition holds.
type RouteTo struct {
	When When
	To   *Passage
	Line int

	to ref
}

// Inject is a message that arrives while the learner is at a passage.
type Inject struct {
	ID          string
	Channel     string // inbox, feed, news, phone
	From        *Persona
	Subject     Text
	Text        Text
	At          *Passage
	After       int  // seconds; 0 on entering
	Facilitator bool // in a workshop the trainer sends it
	Effects     []Effect
	Line        int

	from, at ref
}

var channels = []string{"inbox", "feed", "news", "phone"}

// Surprise is a draw on entering a passage.
type Surprise struct {
	ID   string
	At   *Passage
	Pick []Pick
	Line int

	at ref
}

// Pick is one side of a draw.
type Pick struct {
	Weight  int
	Feed    []Post
	Effects []Effect
	Set     []int
	Line    int
}

// Panel is how practitioners rated the choices.
type Panel struct {
	ByAuthors bool // the ratings are the authors' own, until practitioners have rated
	Raters    int
	Scale     int                         // ratings run from 1 to Scale
	Source    Text                        // who they are, or that the ratings are the authors' own
	Ratings   map[string]map[string][]int // decision, choice, one number a rater
	Reasons   map[string]map[string]Text  // decision, choice: why they said so; optional
	Line      int
	Invited   map[string]Said // decisions that invited practitioners have rated; see With
	lines     map[string]int  // "decision" and "decision.choice"
}

// Debrief is what follows the story.
type Debrief struct {
	Compare   Compare
	Comments  map[string]Text // by decision or reply
	Questions []Text
	Read      []string // places in courses
	Line      int
	lines     map[string]int
}

// Compare says when learners see what others chose.
type Compare struct {
	Show    string // after_finish or never
	MinRuns int    // 8 at least
}

// Accept is a warning that the author has seen and means.
type Accept struct {
	Code string
	At   string // passage, "passage.choice", meter, flag … as the finding says; "" for the whole file
	Why  Text
	Line int
}

// Bounds of a file. They are far above what a good scenario needs, and keep play bounded.
const (
	MaxBytes     = 1 << 20
	maxPassages  = 500
	maxChoices   = 12
	maxMeters    = 12
	maxFlags     = 64
	maxPersonas  = 100
	maxLaters    = 256
	maxFacts     = 256
	maxPosts     = 100 // of one feed
	maxList      = 100 // any other list
	maxMeterSize = 100_000
	maxTextSize  = 8_000
	maxLineSize  = 400 // titles, labels, choices
)
