package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"strconv"
)

// MinRaters is how many practitioners must have rated for an option to be scored.
const MinRaters = 5

// minAgreement is how far they must agree.
const minAgreement = 0.70

// Rating is what the panel thinks of one option.
type Rating struct {
	Mean      float64
	Agreement float64 // 1 when all say the same; below 0 when they could hardly differ more
	Agreed    bool    // far enough to score it; else the panel was split
	Score     float64 // 0 for the worst option of the decision, 1 for the best; only where Agreed
	Raters    int
}

// Of is what the panel thinks of an option. False when it did not rate it.
func (x *Panel) Of(p *Passage, c *Choice) (Rating, bool) {
	if x == nil || len(x.Ratings[p.Key][c.ID]) == 0 {
		return Rating{}, false
	}
	r := x.rate(x.Ratings[p.Key][c.ID])
	if !r.Agreed {
		return r, true
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, o := range p.Choices {
		if or := x.rate(x.Ratings[p.Key][o.ID]); or.Agreed {
			low, high = min(low, or.Mean), max(high, or.Mean)
		}
	}
	r.Score = 1
	if high > low {
		r.Score = (r.Mean - low) / (high - low)
	}
	return r, true
}

// rate computes mean and agreement: 1 - variance / ((A² - 1)/12), with A points on the scale and the sample's own variance.
func (x *Panel) rate(ratings []int) Rating {
	r := Rating{Raters: len(ratings)}
	if len(ratings) == 0 {
		return r
	}
	for _, v := range ratings {
		r.Mean += float64(v)
	}
	r.Mean /= float64(len(ratings))
	variance := 0.0
	for _, v := range ratings {
		variance += (float64(v) - r.Mean) * (float64(v) - r.Mean)
	}
	if len(ratings) > 1 {
		variance /= float64(len(ratings) - 1)
	}
	r.Agreement = 1 - variance/(float64(x.Scale*x.Scale-1)/12)
	r.Agreed = r.Agreement >= minAgreement && r.Raters >= MinRaters
	return r
}

// favourite is the option with the highest mean, or nil.
func (x *Panel) favourite(p *Passage) *Choice {
	var best *Choice
	top := 0.0
	for _, c := range p.Choices {
		if r := x.rate(x.Ratings[p.Key][c.ID]); r.Mean > top {
			best, top = c, r.Mean
		}
	}
	return best
}

// Said is what invited practitioners said of one decision: one rating each for every choice, and the reasons that they gave.
type Said struct {
	Ratings map[string][]int    // by choice
	Reasons map[string][]string // by choice, as typed
}

// With is the panel with what invited practitioners said in place of what the file has, at the decisions where enough of
// them did. X may be nil: a scenario without a panel; a nil panel and nothing said stays nil. X is not changed.
func (x *Panel) With(said map[string]Said) *Panel {
	if len(said) == 0 {
		return x
	}
	out := &Panel{Scale: DefaultScale, Ratings: map[string]map[string][]int{}, Reasons: map[string]map[string]Text{}, Invited: map[string]Said{}}
	if x != nil {
		*out = *x
		out.Ratings, out.Reasons, out.Invited = maps.Clone(x.Ratings), maps.Clone(x.Reasons), map[string]Said{}
	}
	for at, s := range said {
		out.Ratings[at] = s.Ratings
		delete(out.Reasons, at)
		out.Invited[at] = s
	}
	return out
}

// DefaultScale is the scale on which practitioners rate where the file has no panel.
const DefaultScale = 7

// ScaleOf is the scale on which a scenario's choices are rated.
func (s *Scenario) ScaleOf() int {
	if s.Panel != nil {
		return s.Panel.Scale
	}
	return DefaultScale
}

// Print names what a rater reads at a decision: while it is the same, ratings of the decision hold.
func (p *Passage) Print(scale int) string {
	h := sha256.New()
	add := func(s string) { fmt.Fprintf(h, "%d:%s,", len(s), s) }
	add(strconv.Itoa(scale))
	add(p.Title.Value)
	add(p.Text.Value)
	add(p.Ask.Value)
	for i := range p.Feed {
		x := &p.Feed[i]
		add(x.Text.Value)
		add(x.Image.Src)
		if x.By != nil {
			add(x.By.Name.Value)
		}
	}
	for _, c := range p.Choices {
		add(c.ID)
		add(c.Text.Value)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
