package course

import (
	"fmt"
	"strings"

	"greenroom/internal/markdown"
)

// Level is how long and how hard one step is to read, with all that people read in its file: texts, options, feedback.
type Level struct {
	File  string  `json:"file"` // from the courses folder, with slashes
	Words int     `json:"words"`
	Grade float64 `json:"grade"` // school year by Flesch and Kincaid, to a tenth; 0 where there is too little prose to tell
}

// minSentence is how many words make a text prose: labels, names and one-word answers would make a step look easier than it is.
const minSentence = 8

// hear notes a text once, though it is decoded first and rendered later.
func (r *Reporter) hear(t Text) {
	if r.in.stored || t.Empty() || r.heard[t] {
		return
	}
	if r.heard == nil {
		r.heard = map[Text]bool{}
	}
	r.heard[t] = true
	r.said = append(r.said, t)
}

// level measures what the file says.
func (r *Reporter) level() Level {
	l, prose := Level{File: r.file}, []string(nil)
	for _, t := range r.said {
		n := markdown.Read(t.Value).Words
		l.Words += n
		if n >= minSentence {
			prose = append(prose, t.Value)
		}
	}
	g := markdown.Read(strings.Join(prose, "\n\n")).Grade
	l.Grade = float64(int(max(g, 0)*10+0.5)) / 10
	return l
}

// measure keeps the level of a step. A reading's own text was judged when it was rendered.
func (p *parse) measure(rep *Reporter, ext string) {
	l := rep.level()
	p.levels = append(p.levels, l)
	if ext != ".md" && l.Grade > maxGrade {
		rep.Warn(0, fmt.Sprintf("the step as a whole reads at school year %.1f", l.Grade), "shorter sentences and plainer words; aim for year 9")
	}
}
