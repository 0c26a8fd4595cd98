package room

import (
	"context"
	"slices"

	"greenroom/internal/scenario"
)

// Debrief looks back on a scenario: on the room's own way, or on those of its tables side by side.
type Debrief struct {
	Scenario  *scenario.Scenario
	Told      []*Told // the room's, or one for each table
	Tables    bool
	Decisions []Decided // that were met, in that order
	Replies   []*scenario.Passage
	Mine      int // number of the table of who looks; 0 none
}

// Decided is a decision that was met. The room may meet one twice; tables are gathered at it.
type Decided struct {
	*scenario.Passage
	Options []Option
	Voters  int // how many voted; 0 without a vote
	Comment scenario.Text
}

// Option is one of its choices.
type Option struct {
	*scenario.Choice
	Played bool
	Votes  int
	Tables []int            // numbers of those that took it
	Rating *scenario.Rating // the panel's, as the scenario has it; nil for none
	Reason scenario.Text
}

// Pages is how many pages the debrief has on the stage: how it ended, each decision, and the questions if there are any.
func (d *Debrief) Pages() int {
	n := 1 + len(d.Decisions)
	if len(d.Scenario.Debrief.Questions) > 0 {
		n++
	}
	return n
}

// debrief looks back on stories, which are one or more.
func debrief(i *Item, told []*Told) *Debrief {
	d := &Debrief{Scenario: told[0].Scenario, Told: told, Tables: i.Tabled()}
	for _, t := range told {
		for _, m := range t.Moments {
			switch {
			case m.Move == nil:
			case m.Passage.Kind == scenario.Reply && !slices.Contains(d.Replies, m.Passage):
				d.Replies = append(d.Replies, m.Passage)
			case m.Passage.Kind == scenario.Decision:
				d.decided(t, m)
			}
		}
	}
	return d
}

func (d *Debrief) decided(t *Told, m *scenario.Moment) {
	at := slices.IndexFunc(d.Decisions, func(x Decided) bool { return x.Passage == m.Passage })
	if at < 0 || !d.Tables {
		x := Decided{Passage: m.Passage, Comment: d.Scenario.Debrief.Comments[m.Passage.Key]}
		for _, c := range m.Passage.Choices {
			o := Option{Choice: c}
			if r, rated := d.Scenario.Panel.Of(m.Passage, c); rated {
				o.Rating, o.Reason = &r, d.Scenario.Panel.Reasons[m.Passage.Key][c.ID]
			}
			x.Options = append(x.Options, o)
		}
		at = len(d.Decisions)
		d.Decisions = append(d.Decisions, x)
	}
	x := &d.Decisions[at]
	votes := t.Votes[m.Number]
	for n := range x.Options {
		o := &x.Options[n]
		if k := slices.Index(m.Offered, o.Choice); k >= 0 && k < len(votes) {
			o.Votes = votes[k]
			x.Voters += votes[k]
		}
		if o.Choice != m.Choice {
			continue
		}
		o.Played = true
		if t.Group != nil && !slices.Contains(o.Tables, t.Group.N) {
			o.Tables = append(o.Tables, t.Group.N)
		}
	}
}

// story reads what is played of the scenario that a screen shows: the story of who looks, and with all, or once they are
// compared, those of all tables.
func (s *Service) story(ctx context.Context, v *View, all bool) (err error) {
	i := v.Item
	if i == nil || !i.Played() {
		return nil
	}
	if i.Voted() {
		if v.Told, err = s.told(ctx, s.db, i, nil); err == nil && v.Told.Over() {
			v.Debrief = debrief(i, []*Told{v.Told})
		}
		return err
	}
	b := v.Breakout
	if b == nil || b.ItemID != i.ID {
		if b, err = breakout(ctx, s.db, v.ID, i.ID); err != nil || b == nil {
			return err
		}
	}
	g := b.Of(v.Me)
	if !all && i.Phase != Revealed { // each of a full room asks at every move: one story each
		if g != nil {
			v.Told, err = s.told(ctx, s.db, i, g)
		}
		return err
	}
	if v.Tables, err = s.tables(ctx, s.db, i, b); err != nil {
		return err
	}
	if g != nil {
		v.Told = v.Tables[g.N-1]
	}
	if i.Phase == Revealed && len(v.Tables) > 0 {
		v.Debrief = debrief(i, v.Tables)
		if g != nil {
			v.Debrief.Mine = g.N
		}
	}
	return nil
}

// debriefs look back on the scenarios that a room has begun to play, by item.
func (s *Service) debriefs(ctx context.Context, items []Item) (map[string]*Debrief, error) {
	out := map[string]*Debrief{}
	for n := range items {
		i := &items[n]
		if !i.Played() {
			continue
		}
		told, err := s.played(ctx, s.db, i)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(told, func(t *Told) bool { return t.Log > 0 }) {
			out[i.ID] = debrief(i, told)
		}
	}
	return out, nil
}
