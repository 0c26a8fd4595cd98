package scenario

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"greenroom/internal/markdown"
)

// texts goes through everything people read, with the place it belongs to. Markup says whether it may have links and
// emphasis; the rest is shown as typed.
func (s *Scenario) texts(do func(t *Text, at string, markup bool)) {
	do(&s.Title, "", false)
	do(&s.Summary, "", false)
	do(&s.Role, "", true)
	for _, m := range s.Meters {
		do(&m.Label, m.Key, false)
	}
	for _, n := range s.Personas {
		do(&n.Name, n.Key, false)
		do(&n.About, n.Key, false)
	}
	for _, p := range s.Passages {
		s.passageTexts(p, do)
	}
	for _, in := range s.Injects {
		at := ""
		if in.At != nil {
			at = in.At.Key
		}
		do(&in.Subject, at, false)
		do(&in.Text, at, true)
	}
	for _, sp := range s.Surprises {
		for i := range sp.Pick {
			feedTexts(sp.Pick[i].Feed, sp.at.name, do)
		}
	}
	if s.Panel != nil {
		do(&s.Panel.Source, "", true)
		eachText(s.Panel.Reasons, do)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Debrief.Comments)) {
		t := s.Debrief.Comments[key]
		do(&t, key, true)
		s.Debrief.Comments[key] = t
	}
	for i := range s.Debrief.Questions {
		do(&s.Debrief.Questions[i], "", true)
	}
}

func eachText(in map[string]map[string]Text, do func(t *Text, at string, markup bool)) {
	for _, d := range slices.Sorted(maps.Keys(in)) {
		for _, c := range slices.Sorted(maps.Keys(in[d])) {
			t := in[d][c]
			do(&t, d+"."+c, true)
			in[d][c] = t
		}
	}
}

func feedTexts(feed []Post, at string, do func(t *Text, at string, markup bool)) {
	for i := range feed {
		do(&feed[i].Text, at, false)
		do(&feed[i].Image.Alt, at, false)
	}
}

func (s *Scenario) passageTexts(p *Passage, do func(t *Text, at string, markup bool)) {
	do(&p.Title, p.Key, false)
	do(&p.Text, p.Key, true)
	do(&p.Image.Alt, p.Key, false)
	feedTexts(p.Feed, p.Key, do)
	do(&p.Ask, p.Key, false)
	for _, c := range p.Choices {
		at := p.Key + "." + c.ID
		do(&c.Text, at, false)
		do(&c.Feedback, at, true)
		for _, l := range c.Later {
			feedTexts(l.Feed, at, do)
		}
	}
	if p.Timer != nil {
		do(&p.Timer.Note, p.Key, true)
	}
	for i := range p.Rubric {
		do(&p.Rubric[i].Label, p.Key, false)
		for j := range p.Rubric[i].Levels {
			do(&p.Rubric[i].Levels[j], p.Key, false)
		}
	}
	for i := range p.Models {
		do(&p.Models[i].Text, p.Key, false)
		do(&p.Models[i].Why, p.Key, true)
	}
}

// images goes through every picture.
func (s *Scenario) images(do func(i *Image, at string)) {
	feed := func(f []Post, at string) {
		for i := range f {
			do(&f[i].Image, at)
		}
	}
	for _, p := range s.Passages {
		do(&p.Image, p.Key)
		feed(p.Feed, p.Key)
	}
	for _, l := range s.laters {
		feed(l.Feed, l.at.name)
	}
	for _, sp := range s.Surprises {
		for i := range sp.Pick {
			feed(sp.Pick[i].Feed, sp.at.name)
		}
	}
}

var (
	rawHTML   = regexp.MustCompile(`<(?:[A-Za-z/!?])`)
	autolink  = regexp.MustCompile(`<(?:https?://|mailto:)[^\s<>]*>`)
	heading   = regexp.MustCompile(`(?m)^ {0,3}#{1,6}\s`)
	linkDest  = regexp.MustCompile(`\]\(\s*<?([^)\s>]*)`)
	pictureIn = regexp.MustCompile(`!\[[^\]]*\]\(`)
	schemeOf  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`)
)

// markup looks for what does not belong into a text: E13 and E14.
func (s *Scenario) markup(rep *report) {
	s.texts(func(t *Text, at string, markup bool) {
		if t.Empty() {
			return
		}
		line := func(i int) int { return t.Line + strings.Count(t.Value[:i], "\n") }
		if m := rawHTML.FindStringIndex(autolink.ReplaceAllStringFunc(t.Value, func(a string) string { return strings.Repeat(" ", len(a)) })); m != nil {
			rep.addf("E14", line(m[0]), at, "take the < out; use *emphasis* and [links](https://…)", "HTML in a text: %q", clip(t.Value[m[0]:], 30))
		}
		if m := pictureIn.FindStringIndex(t.Value); m != nil {
			rep.add("E13", line(m[0]), at, "a picture inside a text", "use image: with src and alt")
		}
		if !markup {
			return
		}
		if m := heading.FindStringIndex(t.Value); m != nil {
			rep.add("E14", line(m[0]), at, "a heading inside a text", "take the # away; the title is the heading")
		}
		for _, m := range linkDest.FindAllStringSubmatchIndex(t.Value, -1) {
			dest := t.Value[m[2]:m[3]]
			scheme := strings.ToLower(schemeOf.FindString(dest))
			if scheme != "" && scheme != "http:" && scheme != "https:" && scheme != "mailto:" || strings.HasPrefix(dest, "//") {
				rep.addf("E14", line(m[0]), at, "link to http, https, mailto or a place in the course", "a link to %q", clip(dest, 40))
			}
		}
	})
}

// Renderer makes markup of texts. A course's reporter is one in kind.go; Plain is one for files on their own.
type Renderer interface {
	Markup(t Text) markdown.HTML
	Image(i Image) markdown.HTML
}

// Render fills in the HTML of every text that may have markup.
func (s *Scenario) Render(r Renderer) {
	s.texts(func(t *Text, _ string, markup bool) {
		if markup && !t.Empty() {
			t.HTML = r.Markup(*t)
		}
	})
	s.images(func(i *Image, _ string) {
		if i.Src != "" {
			i.HTML = r.Image(*i)
		}
	})
}

// Plain renders without a course around: links to places in the course lead nowhere, pictures are not shown.
type Plain struct{}

// Markup renders one text.
func (Plain) Markup(t Text) markdown.HTML {
	h, _ := markdown.Course(t.Value, markdown.Options{})
	return h
}

// Image shows nothing.
func (Plain) Image(Image) markdown.HTML { return "" }

// words counts the words of all texts at a passage that a learner reads there.
func (p *Passage) words() int {
	n := 0
	add := func(t Text) { n += len(strings.Fields(t.Value)) }
	add(p.Title)
	add(p.Text)
	add(p.Ask)
	for i := range p.Feed {
		add(p.Feed[i].Text)
	}
	for _, c := range p.Choices {
		add(c.Text)
	}
	for _, c := range p.Rubric {
		add(c.Label)
		for _, l := range c.Levels {
			add(l)
		}
	}
	return n
}

// minutesAt is what a passage takes: 200 words read or 40 written a minute, 20 seconds for a choice.
func (s *Scenario) minutesAt(p *Passage) float64 {
	m := float64(p.words()) / 200
	for _, in := range s.injectAt[p] {
		m += float64(len(strings.Fields(in.Text.Value))) / 200
	}
	switch p.Kind {
	case Decision:
		longest := 0
		for _, c := range p.Choices {
			longest = max(longest, len(strings.Fields(c.Feedback.Value)))
		}
		m += 1.0/3 + float64(longest)/200
	case Reply:
		for _, x := range p.Models {
			m += float64(len(strings.Fields(x.Text.Value))+len(strings.Fields(x.Why.Value))) / 200
		}
		m += float64(p.Words.Min+p.Words.Max) / 2 / 40
	}
	return m
}
