package forum

import (
	"fmt"
	"strings"

	"greenroom/internal/course"
	"greenroom/internal/markdown"
	"greenroom/internal/words"
)

// Content is one prompt, as the course has it. It is read from a course's file and never changed.
type Content struct {
	Prompt    markdown.HTML
	Questions []markdown.HTML
	PostFirst bool // others' answers are shown after one's own
	MinWords  int  // of an answer that counts
	Replies   int  // to others, for the step to be done in a cohort
	Instead   string
	Marking   markdown.HTML // for facilitators only
	Days      Days
}

// InsteadKey is the key of the activity that somebody on their own may take instead, "" without one.
func (c *Content) InsteadKey(a *course.Activity) string {
	if c.Instead == "" {
		return ""
	}
	return a.Module.Key + "/" + c.Instead
}

// Kind reads prompts. It is a course.Kind.
type Kind struct{}

// Name is the kind's name.
func (Kind) Name() string { return "forum" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".yaml" }

type file struct {
	course.Head
	Prompt    course.Text   `yaml:"prompt" rule:"required,max=4000"`
	Questions []course.Text `yaml:"questions" rule:"required,min=1,max=3"`
	PostFirst *bool         `yaml:"post_first"`
	MinWords  *int          `yaml:"min_words" rule:"min=10,max=300"`
	Replies   *int          `yaml:"replies" rule:"min=0,max=5"`
	Instead   string        `yaml:"instead" rule:"key"`
	Marking   course.Text   `yaml:"marking" rule:"required,max=6000"`
	AnswerDay *int          `yaml:"answer_day" rule:"min=1,max=28"`
	ReplyDay  *int          `yaml:"reply_day" rule:"min=1,max=28"`
	Closes    *int          `yaml:"closes_after" rule:"min=0,max=90"`
	Archives  *int          `yaml:"archive_after" rule:"min=1,max=365"`
}

// Bounds of the texts, in words.
const (
	minPrompt, maxPrompt   = 40, 200
	minMarking, maxMarking = 60, 250
)

// Parse reads one file.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in file
	if !course.Decode(f, rep, &in) {
		return course.Meta{}, nil
	}
	between(rep, "prompt", in.Prompt, minPrompt, maxPrompt)
	between(rep, "marking", in.Marking, minMarking, maxMarking)
	c := &Content{Prompt: rep.Markdown(in.Prompt), PostFirst: true, MinWords: 30, Replies: 2, Instead: in.Instead, Marking: rep.Markdown(in.Marking)}
	for i, q := range in.Questions {
		if strings.Contains(q.Value, "\n") {
			rep.Error(q.Line, fmt.Sprintf("question %d has several lines", i+1), "ask one question in one sentence")
		}
		c.Questions = append(c.Questions, rep.Inline(q))
	}
	if in.PostFirst != nil {
		c.PostFirst = *in.PostFirst
	}
	if in.MinWords != nil {
		c.MinWords = *in.MinWords
	}
	if in.Replies != nil {
		c.Replies = *in.Replies
	}
	c.Days = usualDays
	for _, x := range []struct {
		from *int
		to   *int
	}{{in.AnswerDay, &c.Days.Answer}, {in.ReplyDay, &c.Days.Reply}, {in.Closes, &c.Days.Closes}, {in.Archives, &c.Days.Archives}} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	if c.Days.Reply < c.Days.Answer {
		rep.Error(0, fmt.Sprintf("reply_day: day %d comes before answer_day, day %d", c.Days.Reply, c.Days.Answer), "let people answer before they reply")
	}
	if in.Instead != "" {
		rep.After(func(rev *course.Revision) { c.check(rep, rev, f.Path) })
	}
	return in.Meta(), c
}

func between(rep *course.Reporter, name string, t course.Text, low, high int) {
	if t.Empty() {
		return
	}
	if n := words.Count(t.Value); n < low || n > high {
		rep.Warn(t.Line, fmt.Sprintf("%s has %d words", name, n), fmt.Sprintf("write %d to %d", low, high))
	}
}

// check looks that what may be taken instead is a reflection of the same module.
func (c *Content) check(rep *course.Reporter, rev *course.Revision, path string) {
	for _, m := range rev.Modules {
		for _, a := range m.Activities {
			if a.Content() != course.Content(c) {
				continue
			}
			other := rev.Activity(c.InsteadKey(a))
			if other == nil || other.Kind != "reflection" {
				rep.Error(0, fmt.Sprintf("instead: %q is no reflection of the module %q", c.Instead, m.Key), "name the key of a reflection in the same folder, or take the line out")
			}
		}
	}
}

// contentOf is the prompt of an activity, nil when it is none.
func contentOf(a *course.Activity) *Content {
	if a == nil {
		return nil
	}
	c, ok := a.Content().(*Content)
	if !ok {
		return nil
	}
	return c
}

// BoardOf is the board of a prompt: its activity's key with a dot.
func BoardOf(activityKey string) string { return strings.Replace(activityKey, "/", ".", 1) }

// activityOf is the key of the activity whose board it is, "" for other boards.
func activityOf(board string) string {
	if !strings.Contains(board, ".") || strings.HasPrefix(board, groupBoard) {
		return ""
	}
	return strings.Replace(board, ".", "/", 1)
}
