package check

import (
	"fmt"
	"strings"

	"greenroom/internal/course"
	"greenroom/internal/markdown"
)

// The shape of a check: eight skills that the course teaches and two that it does not, told in two forms of one
// situation each, with four answers. Trainers compare what was taught with what was not.
const (
	Taught   = 8
	Untaught = 2

	answers   = 4
	maxStem   = 60 // words
	maxOption = 20 // words
	minKeep   = 3  // taught skills whose best answer is to leave up, to answer plainly or to do nothing
)

// Content is the check of one course. It is read from a course's file and never changed.
type Content struct {
	Families []*Family
}

// Family is one skill with its two sibling situations: the same principle and the same temptation, in other places.
type Family struct {
	Key    string // stable, unique in the check
	Skill  string // as trainers read it
	Taught bool
	Why    markdown.HTML // the principle, told when both forms are done
	A, B   *Situation
}

// In gives the sibling of a form.
func (f *Family) In(form string) *Situation {
	if form == FormB {
		return f.B
	}
	return f.A
}

// Situation is what a learner reads, and the answers to choose from.
type Situation struct {
	Text    markdown.HTML
	Options []Option
}

// Option is one answer. Scores are 0, 0.5 or 1, as the authors rate it; one option has 1.
type Option struct {
	Text  string
	Score float64
}

// Best is the index of the option with the whole score.
func (s *Situation) Best() int {
	for i, o := range s.Options {
		if o.Score == 1 {
			return i
		}
	}
	return 0
}

// Kind reads checks. It is a course.Kind. A check is no step: it stands beside those of the first module and is offered
// before the first and after the last.
type Kind struct{}

// Name is the kind's name.
func (Kind) Name() string { return "check" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".yaml" }

type file struct {
	Title    course.Text  `yaml:"title" rule:"required,max=120,line"`
	Summary  course.Text  `yaml:"summary" rule:"max=240"`
	Minutes  int          `yaml:"minutes" rule:"required,min=5,max=30"`
	Families []familyFile `yaml:"families" rule:"required,max=10"`
}

type familyFile struct {
	Line   course.Line
	Key    string        `yaml:"key" rule:"required,key"`
	Skill  course.Text   `yaml:"skill" rule:"required,max=120,line"`
	Taught bool          `yaml:"taught"`
	Keep   bool          `yaml:"keep"`
	Why    course.Text   `yaml:"why" rule:"required,max=1200"`
	A      situationFile `yaml:"a" rule:"required"`
	B      situationFile `yaml:"b" rule:"required"`
}

type situationFile struct {
	Line    course.Line
	Text    course.Text  `yaml:"text" rule:"required,max=600"`
	Options []optionFile `yaml:"options" rule:"required,min=4,max=4"`
}

type optionFile struct {
	Line  course.Line
	Text  course.Text `yaml:"text" rule:"required,max=240,line"`
	Score *float64    `yaml:"score" rule:"required"`
}

// Beside says that it is no step.
func (Kind) Beside() {}

// Parse reads one file.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in file
	if !course.Decode(f, rep, &in) {
		return course.Meta{}, nil
	}
	c, keys, keep := &Content{}, map[string]bool{}, 0
	for i := range in.Families {
		x := &in.Families[i]
		if keys[x.Key] {
			rep.Error(int(x.Line), fmt.Sprintf("the key %q is there twice", x.Key), "give it a key of its own")
		}
		keys[x.Key] = true
		if x.Taught && x.Keep {
			keep++
		}
		c.Families = append(c.Families, &Family{
			Key: x.Key, Skill: x.Skill.Value, Taught: x.Taught, Why: rep.Markdown(x.Why), A: x.A.read(rep), B: x.B.read(rep),
		})
	}
	if t := c.count(true); t != Taught || c.count(false) != Untaught {
		rep.Error(1, fmt.Sprintf("the check has %d skills that are taught and %d that are not", t, c.count(false)),
			fmt.Sprintf("write %d that the course teaches and %d that it does not", Taught, Untaught))
	}
	if keep < minKeep {
		rep.Error(1, fmt.Sprintf("in %d taught skills the best answer is to keep what is there", keep),
			fmt.Sprintf("write at least %d with keep: true, so that who hides everything scores badly", minKeep))
	}
	rep.After(func(rev *course.Revision) { alone(rev, rep) })
	return course.Meta{Title: in.Title.Value, Summary: in.Summary.Value, Minutes: in.Minutes}, c
}

func (c *Content) count(taught bool) int {
	n := 0
	for _, f := range c.Families {
		if f.Taught == taught {
			n++
		}
	}
	return n
}

func (x *situationFile) read(rep *course.Reporter) *Situation {
	s := &Situation{Text: rep.Markdown(x.Text)}
	if n := len(strings.Fields(x.Text.Value)); n > maxStem {
		rep.Error(x.Text.Line, fmt.Sprintf("the situation has %d words", n), fmt.Sprintf("tell it in %d", maxStem))
	}
	best, seen := 0, map[string]bool{}
	for i := range x.Options {
		o := &x.Options[i]
		if o.Score == nil || *o.Score != 0 && *o.Score != 0.5 && *o.Score != 1 {
			rep.Error(int(o.Line), "the score is not 0, 0.5 or 1", "write 1 for the best answer, 0.5 for one that can be defended, 0 for the others")
			continue
		}
		if *o.Score == 1 {
			best++
		}
		if n := len(strings.Fields(o.Text.Value)); n > maxOption {
			rep.Error(o.Text.Line, fmt.Sprintf("the answer has %d words", n), fmt.Sprintf("say it in %d", maxOption))
		}
		if k := strings.ToLower(strings.TrimSpace(o.Text.Value)); seen[k] {
			rep.Error(o.Text.Line, "the answer is there twice", "write another")
		} else {
			seen[k] = true
		}
		s.Options = append(s.Options, Option{Text: o.Text.Value, Score: *o.Score})
	}
	if best != 1 && len(s.Options) == answers {
		rep.Error(int(x.Line), fmt.Sprintf("%d answers have the score 1", best), "give it to exactly one")
	}
	return s
}

// alone reports a second check of a course, and one that does not stand in its first module.
func alone(rev *course.Revision, rep *course.Reporter) {
	n := 0
	for i, m := range rev.Modules {
		for _, a := range m.Asides {
			if a.Kind != "check" {
				continue
			}
			if n++; n > 1 {
				rep.Error(0, "the course has more than one check", "keep one")
			}
			if i > 0 {
				rep.Error(0, "the check stands in module "+m.Key, "move it to the first module: it is offered before the first step and after the last")
			}
		}
	}
}

// Of gives the check of a course and where it stands; nil when the course has none.
func Of(rev *course.Revision) (*Content, *course.Activity) {
	if len(rev.Modules) == 0 {
		return nil, nil
	}
	for _, a := range rev.Modules[0].Asides {
		if c, ok := a.Content().(*Content); ok {
			return c, a
		}
	}
	return nil, nil
}
