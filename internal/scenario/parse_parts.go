package scenario

import (
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"
)

func (p *parser) image(f *object) Image {
	n := f.vals["image"]
	if n == nil {
		return Image{}
	}
	o, ok := p.object(n, f.at, "the picture of "+f.what, "src alt")
	if !ok {
		return Image{}
	}
	i := Image{Src: o.word("src", true), Line: n.Line}
	if a := o.vals["alt"]; a == nil || a.Kind == yaml.ScalarNode && a.Value == "" {
		p.rep.addf("E13", n.Line, f.at, "add alt: with what the picture shows", "the picture of %s has no words for those who cannot see it", f.what)
		return i
	}
	i.Alt = o.text("alt", lineText, true)
	return i
}

var clockForm = regexp.MustCompile(`^(?:[01][0-9]|2[0-3]):[0-5][0-9]$`)

func (p *parser) feed(f *object) []Post {
	var out []Post
	for i, n := range f.list("feed", 0, maxPosts) {
		o, ok := p.object(n, f.at, fmt.Sprintf("post %d of %s", i+1, f.what), "id by at reply_to text image")
		if !ok {
			continue
		}
		x := Post{by: o.ref("by", true), Line: n.Line, Image: p.image(o)}
		if o.has("id") {
			if x.ID = o.id("id"); x.ID != "" {
				if first, twice := p.posts[x.ID]; twice {
					p.rep.addf("E05", o.lineOf("id"), f.at, fmt.Sprintf("give this one another id; the first is in line %d", first), "the post %q is there twice", x.ID)
				} else {
					p.posts[x.ID] = n.Line
				}
			}
		}
		x.At = p.clock(o)
		x.ReplyTo = o.ref("reply_to", false).name
		x.Text = o.text("text", blockText, true)
		out = append(out, x)
	}
	return out
}

func (p *parser) clock(o *object) string {
	n := o.vals["at"]
	if n == nil {
		return ""
	}
	switch {
	case n.Kind != yaml.ScalarNode || n.Style&quotedStyle != 0 && !clockForm.MatchString(n.Value):
		p.rep.addf("E33", n.Line, o.at, `write it like "09:05"`, "the clock time of %s is not hours and minutes", o.what)
	case n.Style&quotedStyle == 0:
		p.rep.addf("E21", n.Line, o.at, fmt.Sprintf("write %q", clip(n.Value, 10)), "the clock time %s has no quotation marks; some programs read it as a number", clip(n.Value, 10))
	}
	return n.Value
}

// effects reads METER: NUMBER.
func (p *parser) effects(f *object) []Effect {
	n := f.vals["effects"]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		p.rep.addf("E33", n.Line, f.at, "write {meter: 5}", "the effects of %s must be meters with numbers", f.what)
		return nil
	}
	var out []Effect
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		m, ok := p.s.meter[k.Value]
		by, isNumber := p.whole(v, f.at, fmt.Sprintf("the effect on %q in %s", clip(k.Value, 60), f.what))
		switch {
		case !ok:
			p.missing(k.Line, f.at, "meter", k.Value, p.meterNames())
		case seen[k.Value]:
			p.rep.addf("E31", k.Line, f.at, "keep one", "the meter %q is twice in the effects of %s", k.Value, f.what)
		case isNumber:
			if by > maxMeterSize || by < -maxMeterSize {
				p.rep.addf("E33", v.Line, f.at, "use a smaller number", "the effect on %q is %d", k.Value, by)
				continue
			}
			seen[k.Value] = true
			out = append(out, Effect{m, by})
		}
	}
	return out
}

func (p *parser) set(f *object) []int {
	var out []int
	for _, r := range f.words("set", maxFlags) {
		i, ok := p.s.flag[r.name]
		if !ok {
			p.missing(r.line, f.at, "flag", r.name, p.s.Flags)
			continue
		}
		out = append(out, i)
	}
	return out
}

func (p *parser) reply(f *object, x *Passage) {
	x.Ask = f.text("ask", lineText, true)
	if n := f.need("words"); n != nil {
		if o, ok := p.object(n, x.Key, "the word range of "+x.Key, "min max"); ok {
			x.Words = WordRange{o.number("min", 1, 1000, 1, true), o.number("max", 1, 2000, 2000, true)}
			if x.Words.Min > x.Words.Max {
				o.bad("min", "turn the two numbers round", "min %d is above max %d", x.Words.Min, x.Words.Max)
			}
		}
	}
	ids := map[string]bool{}
	for i, n := range f.list("rubric", 1, 12) {
		o, ok := p.object(n, x.Key, fmt.Sprintf("row %d of the rubric of %s", i+1, x.Key), "id label levels")
		if !ok {
			continue
		}
		c := Criterion{ID: o.id("id"), Label: o.text("label", lineText, true), Line: n.Line}
		if ids[c.ID] && c.ID != "" {
			p.rep.addf("E05", n.Line, x.Key, "give this one another id", "the row %q is twice in the rubric of %q", c.ID, x.Key)
		}
		ids[c.ID] = true
		for j, l := range o.list("levels", 0, 10) {
			c.Levels = append(c.Levels, p.text(l, x.Key, fmt.Sprintf("level %d of %s", j, o.what), lineText))
		}
		if len(c.Levels) < 2 {
			p.rep.addf("E11", n.Line, x.Key, "describe at least two levels, the weakest first", "row %d of the rubric of %q has %d levels", i+1, x.Key, len(c.Levels))
		}
		x.Rubric = append(x.Rubric, c)
	}
	for i, n := range f.list("models", 1, 10) {
		if o, ok := p.object(n, x.Key, fmt.Sprintf("model %d of %s", i+1, x.Key), "text why"); ok {
			x.Models = append(x.Models, Model{o.text("text", blockText, true), o.text("why", blockText, true)})
		}
	}
	p.assess(f, x)
	p.bands(f, x)
	x.to = p.exit(f, x)
}

var degrees = []string{"required", "optional", "none"}

func (p *parser) assess(f *object, x *Passage) {
	n := f.need("assess")
	if n == nil {
		return
	}
	o, ok := p.object(n, x.Key, "assess of "+x.Key, "self peer trainer")
	if !ok {
		return
	}
	x.Assess = Assess{Self: o.oneOf("self", "", degrees...), Peer: o.number("peer", 0, 3, 0, true), Trainer: o.oneOf("trainer", "", degrees...)}
}

func (p *parser) bands(f *object, x *Passage) {
	for i, n := range f.list("bands", 0, 20) {
		o, ok := p.object(n, x.Key, fmt.Sprintf("band %d of %s", i+1, x.Key), "from effects by")
		if !ok {
			continue
		}
		if o.has("by") {
			p.rep.addf("E10", o.lineOf("by"), x.Key, "take it out: bands use the learner's own marks, which are there at once", "a band of %q waits for other people's marks", x.Key)
		}
		b := Band{From: o.number("from", -1000, 1000, 0, true), Effects: p.effects(o), Line: n.Line}
		switch {
		case i == 0 && b.From != 0:
			p.rep.addf("E11", n.Line, x.Key, "begin with from: 0", "the bands of %q leave a gap at 0", x.Key)
		case i > 0 && b.From <= x.Bands[len(x.Bands)-1].From:
			p.rep.addf("E11", n.Line, x.Key, "put them in rising order", "the bands of %q are out of order at %d", x.Key, b.From)
		case b.From > x.MaxPoints() && len(x.Rubric) > 0:
			p.rep.addf("E11", n.Line, x.Key, fmt.Sprintf("stay at or below %d", x.MaxPoints()), "a band of %q begins at %d, and the rubric gives %d at most", x.Key, b.From, x.MaxPoints())
		}
		x.Bands = append(x.Bands, b)
	}
	if len(x.Bands) > 0 && x.Assess.Self != "" && x.Assess.Self != "required" {
		p.rep.addf("E10", f.lineOf("bands"), x.Key, "write self: required in assess, or take the bands out", "the bands of %q need the learner's own marks, and those are not required", x.Key)
	}
}

func (p *parser) injects(o *object) {
	seen := map[string]bool{}
	for i, n := range o.list("injects", 0, maxList) {
		f, ok := p.object(n, "", fmt.Sprintf("inject %d", i+1), "id channel from subject text trigger facilitator effects")
		if !ok {
			continue
		}
		x := &Inject{ID: f.id("id"), Channel: f.oneOf("channel", "", channels...), from: f.ref("from", true), Line: n.Line}
		if seen[x.ID] && x.ID != "" {
			p.rep.addf("E05", n.Line, "", "give this one another id", "the inject %q is there twice", x.ID)
		}
		seen[x.ID] = true
		x.Subject = f.text("subject", lineText, false)
		x.Text = f.text("text", blockText, true)
		if t := f.need("trigger"); t != nil {
			if g, ok := p.object(t, "", "the trigger of "+f.what, "passage after_seconds"); ok {
				x.at = g.ref("passage", true)
				x.After = g.number("after_seconds", 0, 3600, 0, false)
			}
		}
		x.Facilitator = f.flag("facilitator", false)
		x.Effects = p.effects(f)
		p.s.Injects = append(p.s.Injects, x)
	}
}

func (p *parser) surprises(o *object) {
	seen := map[string]bool{}
	for i, n := range o.list("surprises", 0, maxList) {
		f, ok := p.object(n, "", fmt.Sprintf("surprise %d", i+1), "id at pick")
		if !ok {
			continue
		}
		x := &Surprise{ID: f.id("id"), at: f.ref("at", true), Line: n.Line}
		if seen[x.ID] && x.ID != "" {
			p.rep.addf("E05", n.Line, "", "give this one another id", "the surprise %q is there twice", x.ID)
		}
		seen[x.ID] = true
		f.at = x.at.name
		for j, e := range f.list("pick", 1, 10) {
			if g, ok := p.object(e, f.at, fmt.Sprintf("pick %d of the surprise %s", j+1, x.ID), "weight feed effects set"); ok {
				x.Pick = append(x.Pick, Pick{
					Weight: g.number("weight", 1, 1000, 1, true), Feed: p.feed(g), Effects: p.effects(g), Set: p.set(g), Line: e.Line,
				})
			}
		}
		p.s.Surprises = append(p.s.Surprises, x)
	}
}
