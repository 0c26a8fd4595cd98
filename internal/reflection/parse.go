package reflection

import (
	"fmt"

	"greenroom/internal/course"
)

// Kind reads reflection files. It is a course.Kind.
type Kind struct{}

// Name is the kind's name.
func (Kind) Name() string { return "reflection" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".yaml" }

type file struct {
	course.Head
	Prompt   course.Text   `yaml:"prompt" rule:"required,max=4000"`
	Words    wordRange     `yaml:"words" rule:"required"`
	Starters []course.Text `yaml:"starters" rule:"max=6"`
	Model    course.Text   `yaml:"model_answer" rule:"required,max=8000"`
}

type wordRange struct {
	Line course.Line
	Min  int `yaml:"min" rule:"required,min=1,max=1000"`
	Max  int `yaml:"max" rule:"required,min=1,max=2000"`
}

// Parse reads one file.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in file
	if !course.Decode(f, rep, &in) {
		return course.Meta{}, nil
	}
	if in.Words.Min > in.Words.Max {
		rep.Error(int(in.Words.Line), fmt.Sprintf("words: min %d is above max %d", in.Words.Min, in.Words.Max),
			"turn the two numbers round")
	}
	if n := Count(in.Model.Value); in.Words.Max > 0 && n > in.Words.Max*3/2 {
		rep.Warn(in.Model.Line, fmt.Sprintf("the model answer has %d words, learners may write %d", n, in.Words.Max),
			"shorten it, so that it shows what can be said in the same space")
	}
	return in.Meta(), &Content{
		Prompt: rep.Markdown(in.Prompt), Min: in.Words.Min, Max: in.Words.Max,
		Starters: course.Strings(in.Starters), Model: rep.Markdown(in.Model),
	}
}
