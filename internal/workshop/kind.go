package workshop

import (
	"fmt"
	"slices"
	"strings"

	"greenroom/internal/course"
	"greenroom/internal/markdown"
	"greenroom/internal/words"
)

// The kinds of item.
const (
	CheckIn  = "checkin"  // who is here
	Slide    = "text"     // words on the stage, or a step of the module
	Poll     = "poll"     // a choice of options
	Cloud    = "cloud"    // one to three words each
	Wall     = "wall"     // open text, shown after approval
	Scale    = "scale"    // a number between two ends
	Question = "question" // one question of the module's quiz
	QandA    = "qa"       // questions from the room, with votes
	Scenario = "scenario" // the module's scenario, played by the room
	Breakout = "breakout" // a task for groups
	Timer    = "timer"    // time to do something alone
	Break    = "break"
	Exit     = "exit" // what each takes away
)

// How a room plays a scenario.
const (
	ByVote   = "vote"   // together
	ByTables = "tables" // each group by itself
)

// Kinds are all of them, in the order of the documentation.
var Kinds = []string{CheckIn, Slide, Poll, Cloud, Wall, Scale, Question, QandA, Scenario, Breakout, Timer, Break, Exit}

// RunSheet is a workshop as the course has it: items in the order in which they are run. It is read from a course's file
// and never changed.
type RunSheet struct {
	Before markdown.HTML // what the trainer prepares
	Items  []*Item
}

// Item is one part of a run sheet. Which fields are set depends on its kind.
type Item struct {
	Key     string // stable, unique in the run sheet
	Kind    string
	Title   string
	Minutes int           // planned
	Notes   markdown.HTML // for those who run it

	Text      markdown.HTML // slide, timer, break, check-in, exit
	Step      string        // slide: key of a reading that is shown instead
	Options   []string      // poll
	Anonymous bool          // poll
	Several   bool          // poll: more than one may be chosen
	Ask       string        // cloud, wall, scale
	Low, High string        // scale: what its ends mean
	Steps     int           // scale
	Quiz      string        // question: key of the quiz
	Question  string        // question: its key in the quiz
	Scenario  string        // scenario: its key
	Task      markdown.HTML // breakout
	Size      int           // breakout: people in a group
	By        string        // breakout: random, hand or self; scenario: ByVote or ByTables
}

// Minutes is how long the items take together.
func (s *RunSheet) Minutes() int {
	n := 0
	for _, i := range s.Items {
		n += i.Minutes
	}
	return n
}

// Kind reads run sheets. It is a course.Kind. A run sheet is no step: it stands beside those of its module.
type Kind struct{}

// Name is the kind's name.
func (Kind) Name() string { return "workshop" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".yaml" }

// Bounds of a run sheet.
const (
	minTotal, maxTotal = 60, 90 // minutes that fit a working day; others are warned of
	maxSlide           = 60     // words that can be read from the last row
)

type file struct {
	Title   course.Text `yaml:"title" rule:"required,max=120,line"`
	Summary course.Text `yaml:"summary" rule:"max=240"`
	Minutes int         `yaml:"minutes" rule:"required,min=15,max=240"`
	Before  course.Text `yaml:"before" rule:"required,max=4000"`
	Items   []itemFile  `yaml:"items" rule:"required,min=3,max=30"`
}

type itemFile struct {
	Line      course.Line
	Key       string        `yaml:"key" rule:"required,key"`
	Kind      string        `yaml:"kind" rule:"required,oneof=checkin|text|poll|cloud|wall|scale|question|qa|scenario|breakout|timer|break|exit"`
	Title     course.Text   `yaml:"title" rule:"required,max=120,line"`
	Minutes   int           `yaml:"minutes" rule:"required,min=1,max=90"`
	Notes     course.Text   `yaml:"notes" rule:"required,max=4000"`
	Text      course.Text   `yaml:"text" rule:"max=1200"`
	Step      string        `yaml:"step" rule:"key"`
	Options   []course.Text `yaml:"options" rule:"min=2,max=8"`
	Anonymous bool          `yaml:"anonymous"`
	Several   bool          `yaml:"several"`
	Ask       course.Text   `yaml:"ask" rule:"max=240,line"`
	Low       course.Text   `yaml:"low" rule:"max=60,line"`
	High      course.Text   `yaml:"high" rule:"max=60,line"`
	Steps     *int          `yaml:"steps" rule:"min=3,max=10"`
	Quiz      string        `yaml:"quiz" rule:"key"`
	Question  string        `yaml:"question" rule:"key"`
	Scenario  string        `yaml:"scenario" rule:"key"`
	Task      course.Text   `yaml:"task" rule:"max=2000"`
	Size      *int          `yaml:"size" rule:"min=2,max=8"`
	By        string        `yaml:"by" rule:"oneof=random|hand|self|vote|tables"`
}

// Beside says that it is no step.
func (Kind) Beside() {}

// Parse reads one file.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in file
	if !course.Decode(f, rep, &in) {
		return course.Meta{}, nil
	}
	s := &RunSheet{Before: rep.Markdown(in.Before)}
	keys := map[string]bool{}
	for i := range in.Items {
		x := &in.Items[i]
		if x.Key != "" && keys[x.Key] {
			rep.Error(int(x.Line), fmt.Sprintf("the key %q is there twice", x.Key), "give it a key of its own")
		}
		keys[x.Key] = true
		s.Items = append(s.Items, x.item(rep))
	}
	if n := s.Minutes(); in.Minutes > 0 && n != in.Minutes {
		rep.Error(1, fmt.Sprintf("the items take %d minutes, the workshop %d", n, in.Minutes), "change the minutes of the items, or those of the workshop")
	}
	if in.Minutes > 0 && (in.Minutes < minTotal || in.Minutes > maxTotal) {
		rep.Warn(1, fmt.Sprintf("the workshop takes %d minutes", in.Minutes), fmt.Sprintf("plan %d to %d", minTotal, maxTotal))
	}
	rep.After(func(rev *course.Revision) { s.check(rep, rev, in.Items) })
	return course.Meta{Title: in.Title.Value, Summary: in.Summary.Value, Minutes: in.Minutes}, s
}

// wants are the fields that a kind of item must have, and may have besides those that all have.
var wants = map[string]struct{ must, may string }{
	CheckIn: {"text", ""}, Slide: {"", "text step"}, Poll: {"options", "anonymous several text"}, Cloud: {"ask", "text"}, Wall: {"ask", "text"},
	Scale: {"ask low high", "steps"}, Question: {"quiz question", ""}, QandA: {"", "text"}, Scenario: {"scenario", "by"},
	Breakout: {"task", "size by"}, Timer: {"text", ""}, Break: {"", "text"}, Exit: {"text", ""},
}

// waysOf are what by may say.
var waysOf = map[string][]string{Breakout: {"random", "hand", "self"}, Scenario: {ByVote, ByTables}}

func (x *itemFile) item(rep *course.Reporter) *Item {
	line := int(x.Line)
	given := map[string]bool{
		"text": !x.Text.Empty(), "step": x.Step != "", "options": len(x.Options) > 0, "anonymous": x.Anonymous, "several": x.Several, "ask": !x.Ask.Empty(),
		"low": !x.Low.Empty(), "high": !x.High.Empty(), "steps": x.Steps != nil, "quiz": x.Quiz != "", "question": x.Question != "",
		"scenario": x.Scenario != "", "task": !x.Task.Empty(), "size": x.Size != nil, "by": x.By != "",
	}
	if w, known := wants[x.Kind]; known {
		must, may := strings.Fields(w.must), strings.Fields(w.may)
		for _, name := range must {
			if !given[name] {
				rep.Error(line, fmt.Sprintf("an item of the kind %s needs %q", x.Kind, name), "add it")
			}
		}
		for name, is := range given {
			if is && !slices.Contains(must, name) && !slices.Contains(may, name) {
				rep.Error(line, fmt.Sprintf("an item of the kind %s has no %q", x.Kind, name), "take it out, or change the kind")
			}
		}
		if x.Kind == Slide && given["text"] == given["step"] {
			rep.Error(line, "a text item shows either a text or a step", "give it one of text and step")
		}
	}
	if n := words.Count(x.Text.Value); n > maxSlide {
		rep.Warn(line, fmt.Sprintf("the text on the stage has %d words", n), fmt.Sprintf("write %d at most: the last row has to read it", maxSlide))
	}
	i := &Item{
		Key: x.Key, Kind: x.Kind, Title: x.Title.Value, Minutes: x.Minutes, Notes: rep.Markdown(x.Notes), Text: rep.Markdown(x.Text), Step: x.Step,
		Options: course.Strings(x.Options), Anonymous: x.Anonymous, Several: x.Several, Ask: x.Ask.Value, Low: x.Low.Value, High: x.High.Value,
		Quiz: x.Quiz, Question: x.Question, Scenario: x.Scenario, Task: rep.Markdown(x.Task), By: x.By,
	}
	if by := waysOf[x.Kind]; x.By != "" && len(by) > 0 && !slices.Contains(by, x.By) {
		rep.Error(line, fmt.Sprintf("an item of the kind %s is not done by %q", x.Kind, x.By), "write one of "+strings.Join(by, ", "))
	}
	if x.Kind == Scenario && i.By == "" {
		i.By = ByVote
	}
	if x.Kind == Scale {
		i.Steps = or(x.Steps, 5)
	}
	if x.Kind == Breakout {
		i.Size = or(x.Size, 4)
		if i.By == "" {
			i.By = "random"
		}
	}
	return i
}

func or(n *int, other int) int {
	if n == nil {
		return other
	}
	return *n
}

// asker is a quiz's content: it knows its questions.
type asker interface{ HasQuestion(key string) bool }

// check looks that what items show from their module is there.
func (s *RunSheet) check(rep *course.Reporter, rev *course.Revision, in []itemFile) {
	var m *course.Module
	for _, x := range rev.Modules {
		for _, a := range x.Asides {
			if a.Content() == course.Content(s) {
				m = x
			}
		}
	}
	if m == nil {
		return
	}
	for i, item := range s.Items {
		line := int(in[i].Line)
		for _, ref := range []struct{ key, kind string }{{item.Step, "reading"}, {item.Quiz, "quiz"}, {item.Scenario, "scenario"}} {
			if ref.key == "" {
				continue
			}
			a := rev.Activity(m.Key + "/" + ref.key)
			if a == nil || a.Kind != ref.kind {
				rep.Error(line, fmt.Sprintf("the module %q has no %s %q", m.Key, ref.kind, ref.key), "name the key of one in the same folder")
				continue
			}
			if q, ok := a.Content().(asker); ok && ref.kind == "quiz" && !q.HasQuestion(item.Question) {
				rep.Error(line, fmt.Sprintf("the quiz %q has no question %q", ref.key, item.Question), "name the key of a question of its pool")
			}
		}
	}
}

// Of is the run sheet of an aside, nil when it is none.
func Of(a *course.Activity) *RunSheet {
	if a == nil {
		return nil
	}
	s, ok := a.Content().(*RunSheet)
	if !ok {
		return nil
	}
	return s
}
