package room

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/scenario"
	"greenroom/internal/workshop"
)

// actExtras lets the simulated people of all rehearsals do what is due. It may run on every node at once, and again after it
// failed: what they send carries the same client id each time, as a phone's would.
func (s *Service) actExtras(ctx context.Context, people bool) error {
	var all []rehearsal
	err := s.db.NewSelect().Model(&all).Where("room_id IN (SELECT id FROM room WHERE state <> ? AND created_at > ?)", Ended, s.Now().Add(-RehearsalFor)).Scan(ctx)
	if err != nil {
		return db.Err(err)
	}
	for n := range all {
		if err := s.act(ctx, &all[n], people); err != nil && !fault.Is(err, fault.NotFound) { // it may have been thrown away
			return fmt.Errorf("rehearsal: %w", err)
		}
	}
	return nil
}

// act lets the people of one rehearsal do what is due.
func (s *Service) act(ctx context.Context, x *rehearsal, people bool) error {
	r, err := byID(ctx, s.db, x.RoomID)
	if err != nil {
		return err
	}
	who, err := s.arrive(ctx, x, r, people)
	if err != nil || r.State != Running || r.ItemID == "" {
		return err
	}
	i, err := itemOf(ctx, s.db, r.ID, r.ItemID)
	if err != nil || i.Phase != Open {
		return err
	}
	if at := fmt.Sprintf("%s/%d", i.ID, i.Content.Round); x.ItemID != at { // each vote on a scenario is one of its own
		x.ItemID, x.Since, x.Done = at, s.Now(), 0
		if err := s.saveRehearsal(ctx, x); err != nil {
			return err
		}
	}
	acts := x.plan(i, s.sayings())
	for ; x.Done < len(acts) && !x.Since.Add(acts[x.Done].at).After(s.Now()); x.Done++ {
		a := acts[x.Done]
		if person := who[a.who]; person != "" {
			if err := late(s.do(ctx, person, r, i, a)); err != nil {
				return err
			}
		}
	}
	if err := s.saveRehearsal(ctx, x); err != nil {
		return err
	}
	switch {
	case i.Kind == workshop.QandA:
		return s.voteExtras(ctx, x, r, i, who)
	case i.Grouped():
		if err := s.groupExtras(ctx, x, r, i, who); err != nil || !i.Tabled() || !people {
			return err
		}
		return s.playExtras(ctx, x, r, i, who)
	}
	return nil
}

func (s *Service) saveRehearsal(ctx context.Context, x *rehearsal) error {
	_, err := s.db.NewUpdate().Model(x).Column("item_id", "since", "done").WherePK().Exec(ctx)
	return db.Err(err)
}

// late passes over what came too late, as a phone does: the item was closed, or they had answered.
func late(err error) error {
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// arrive lets in who is due, notes that the others are there, and returns the ids of those inside by their numbers. One of
// them has no connection for a while.
func (s *Service) arrive(ctx context.Context, x *rehearsal, r *Room, people bool) (map[int]string, error) {
	var all []extra
	if err := s.db.NewSelect().Model(&all).Where("room_id = ?", r.ID).OrderExpr("n").Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	var in []Participant
	if err := s.db.NewSelect().Model(&in).Where("room_id = ? AND person_id IN (SELECT person_id FROM room_extra WHERE room_id = ?)", r.ID, r.ID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	age := s.Now().Sub(r.CreatedAt)
	chance := rand.New(rand.NewPCG(uint64(x.Seed), 1))
	names := s.sayings()["names"]
	who := map[int]string{}
	var here []Participant
	for _, e := range all {
		due := time.Duration(chance.Float64() * float64(arriveWithin))
		at := slices.IndexFunc(in, func(p Participant) bool { return p.PersonID == e.PersonID })
		switch {
		case at >= 0:
			who[e.N] = e.PersonID
			if e.N != lost || age < lostFrom || age > lostUntil {
				here = append(here, in[at])
			}
		case due <= age:
			name := fmt.Sprintf("%d", e.N+1)
			if len(names) > 0 {
				name = names[e.N%len(names)]
			}
			if err := s.Join(ctx, &account.Person{ID: e.PersonID, Kind: account.KindGuest}, r.Code, s.simulated(name)); late(err) != nil {
				return nil, err
			}
			who[e.N] = e.PersonID
		}
	}
	if !people {
		return who, nil
	}
	return who, db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error { return s.heard(ctx, tx, here, BySocket) })
}

// simulated is a name that says of itself that nobody has it.
func (s *Service) simulated(name string) string {
	if s.post.Words == nil {
		return name
	}
	return s.post.Words.Printer("").T("room.sim.name", "Name", name)
}

// sayings are what simulated people are called and say, by kind of item, as the messages have it: parted by strokes.
func (s *Service) sayings() map[string][]string {
	out := map[string][]string{}
	if s.post.Words == nil {
		return out
	}
	l := s.post.Words.Printer("")
	for kind, text := range map[string]string{
		"names": l.T("room.sim.names"), workshop.Cloud: l.T("room.sim.cloud"), workshop.Wall: l.T("room.sim.wall"),
		workshop.QandA: l.T("room.sim.questions"), workshop.Exit: l.T("room.sim.exit"),
	} {
		for part := range strings.SplitSeq(text, "|") {
			out[kind] = append(out[kind], line(part))
		}
	}
	return out
}

// deed is one thing that a simulated person does at an item, so long after it was opened.
type deed struct {
	at     time.Duration
	who, k int
	choice []int
	body   string
}

// plan is what the simulated people do at an item: most answer, early rather than late, within the first half of its minutes;
// of a question six in ten know the answer, and elsewhere some options are liked more than others.
func (x *rehearsal) plan(i *Item, sayings map[string][]string) []deed {
	chance := rand.New(rand.NewPCG(uint64(x.Seed), uint64(i.N+i.Content.Round*MaxItems)+100))
	within := min(max(time.Duration(i.Minutes)*30*time.Second, 20*time.Second), 3*time.Minute)
	if i.Voted() {
		within = 40 * time.Second
	}
	like := chance.Perm(max(1, i.options()))
	texts := slices.Clone(sayings[i.Kind])
	chance.Shuffle(len(texts), func(a, b int) { texts[a], texts[b] = texts[b], texts[a] })
	quiet := share10[i.Kind]
	if i.Chosen() {
		quiet = 1
	}
	var out []deed
	for _, who := range chance.Perm(Extras)[:Extras*(10-quiet)/10] {
		f := chance.Float64()
		d := deed{at: time.Duration(f * f * float64(within)), who: who}
		switch {
		case i.Chosen():
			d.choice = i.guess(chance, like)
			out = append(out, d)
		case i.Written() && len(texts) > 0:
			for k := range 1 + chance.IntN(min(2, i.Entries())) {
				e := d
				e.k, e.at, e.body = k, d.at+time.Duration(k)*10*time.Second, texts[(who+k*7)%len(texts)]
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b deed) int { return cmp.Compare(a.at, b.at) })
	return out
}

// share10 is how many of ten write nothing, by kind.
var share10 = map[string]int{workshop.Cloud: 0, workshop.Wall: 3, workshop.QandA: 6, workshop.Exit: 1}

// guess chooses as people do; like is how they like the options, the best first.
func (i *Item) guess(chance *rand.Rand, like []int) []int {
	if len(i.Content.Right) > 0 && chance.IntN(10) < 6 {
		return i.Content.Right
	}
	out := []int{like[min(chance.IntN(len(like)), chance.IntN(len(like)))]}
	if i.Content.Several && chance.IntN(2) == 0 {
		out = append(out, like[chance.IntN(len(like))])
	}
	return out
}

// do does one thing for a simulated person.
func (s *Service) do(ctx context.Context, person string, r *Room, i *Item, d deed) error {
	client := id.Of(fmt.Sprintf("%s/%d/%s/%d", i.ID, i.Content.Round, person, d.k))
	if i.Chosen() {
		return s.Answer(ctx, person, r.Code, i.ID, client, i.Content.Round, d.choice)
	}
	return s.Write(ctx, person, r.Code, i.ID, client, d.body)
}

// voteExtras gives votes to questions that are shown, a few at a time.
func (s *Service) voteExtras(ctx context.Context, x *rehearsal, r *Room, i *Item, who map[int]string) error {
	var asked []Entry
	if err := s.db.NewSelect().Model(&asked).Where("item_id = ?", i.ID).OrderExpr("id").Scan(ctx); err != nil {
		return db.Err(err)
	}
	var votes []vote
	if err := s.db.NewSelect().Model(&votes).Where("entry_id IN (SELECT id FROM room_entry WHERE item_id = ?)", i.ID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	var in []Participant
	if err := s.db.NewSelect().Model(&in).Where("room_id = ?", r.ID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	of := make(map[string]string, len(in))
	for _, p := range in {
		of[p.PersonID] = p.ID
	}
	left := perBeat
	for n, e := range asked {
		chance := rand.New(rand.NewPCG(uint64(x.Seed), uint64(n)+1000))
		liked := 1 + chance.IntN(7) // of ten
		for k := range Extras {
			wants := chance.IntN(10) < liked
			person, there := who[k]
			if !wants || !there || e.State != Shown || slices.Contains(votes, vote{EntryID: e.ID, ParticipantID: of[person]}) {
				continue
			}
			if left--; left < 0 {
				return nil
			}
			if err := late(s.Vote(ctx, person, r.Code, e.ID, true)); err != nil {
				return err
			}
		}
	}
	return nil
}

// groupExtras lets who is in no group choose one, where people choose, a few at a time.
func (s *Service) groupExtras(ctx context.Context, x *rehearsal, r *Room, i *Item, who map[int]string) error {
	b, err := breakout(ctx, s.db, r.ID, i.ID)
	if err != nil || b == nil || b.Way != Self {
		return err
	}
	left := perBeat
	for k := range Extras {
		person, there := who[k]
		if !there || !slices.ContainsFunc(b.Loose, func(p Participant) bool { return p.PersonID == person }) {
			continue
		}
		if left--; left < 0 {
			return nil
		}
		n := 1 + int((uint64(x.Seed)+uint64(k)*7)%uint64(len(b.Groups)))
		if err := late(s.ChooseGroup(ctx, person, r.Code, i.ID, n)); err != nil {
			return err
		}
	}
	return nil
}

// playExtras lets one table after the other make its next move in a scenario.
func (s *Service) playExtras(ctx context.Context, x *rehearsal, r *Room, i *Item, who map[int]string) error {
	b, err := breakout(ctx, s.db, r.ID, i.ID)
	if err != nil || b == nil || len(b.Groups) == 0 {
		return err
	}
	t, err := s.told(ctx, s.db, i, b.Groups[x.Done%len(b.Groups)])
	if err != nil {
		return err
	}
	x.Done++
	if err := s.saveRehearsal(ctx, x); err != nil {
		return err
	}
	for k := range Extras {
		if person, there := who[k]; there && slices.ContainsFunc(t.Group.People, func(p Participant) bool { return p.PersonID == person }) {
			if step, moves := x.step(t); moves {
				return late(s.PlayTable(ctx, person, r.Code, i.ID, step))
			}
			return nil
		}
	}
	return nil
}

// step is a table's next move; false at the end of its story.
func (x *rehearsal) step(t *Told) (Step, bool) {
	out := Step{Seen: t.Log, Marks: map[string]int{}}
	switch now := t.Now(); now.Passage.Kind {
	case scenario.Ending:
		return out, false
	case scenario.Decision:
		chance := rand.New(rand.NewPCG(uint64(x.Seed), uint64(t.Group.N*1000+t.Log)))
		out.Kind = scenario.Chose
		if len(now.Offered) > 0 {
			out.Choice = now.Offered[chance.IntN(len(now.Offered))].ID
		}
	case scenario.Reply:
		out.Kind = scenario.Replied
		for _, c := range now.Passage.Rubric {
			out.Marks[c.ID] = len(c.Levels) / 2
		}
	default:
		out.Kind = scenario.Continued
	}
	return out, true
}
