package room

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/stream"
	"greenroom/internal/workshop"
)

// View is a room as one of its screens may see it.
type View struct {
	*Room
	Tag   string // what it was read at: a screen that has the same is up to date
	Now   time.Time
	Items []Item
	Item  *Item // the current one, nil before the first
	Lead  *Item // participant who looks at another item that was shown: the current one; else nil
	Away  bool  // the driver's page has not been heard of for AwayAfter

	Breakout *Breakout // of the current item, once its groups are made

	Told    *Told    // of a scenario: the room's story, or that of the table of who looks; nil for none
	Tables  []*Told  // of a scenario that the tables play: all their stories, on console and stage and in the debrief
	Debrief *Debrief // of a scenario, when it is time for that

	Hand    []int   // by option, as counted by hand; nil for none
	Counts  []int   // by option, where this screen may see them; else nil
	Entries []Entry // what this screen may see of what was written, in its order

	Me     *Participant    // participant
	Chosen []int           // participant: what they have answered; of an anonymous item nothing
	Done   bool            // participant: they have answered
	Own    []Entry         // participant: what they wrote, and what became of it
	Voted  map[string]bool // participant: the entries that have their vote
	After  *After          // participant: where they go on; nil before the end

	Hosts  []Host        // console
	Drives bool          // console: who looks drives
	Driver *Host         // console
	People []Participant // console, by name
}

// Ending is how the timer stands: whole seconds that are left, 0 when it is over or none.
func (v *View) Ending() int {
	if v.EndsAt.IsZero() {
		return 0
	}
	return max(0, int(v.EndsAt.Sub(v.Now).Round(time.Second)/time.Second))
}

// Next is the item after the current one, nil at the end.
func (v *View) Next() *Item {
	n := 0
	if v.Item != nil {
		n = v.Item.N
	}
	if n >= len(v.Items) {
		return nil
	}
	return &v.Items[n]
}

// Beside are the items before and after the one that is looked at, of those that were shown; nil where there is none.
func (v *View) Beside() (before, after *Item) {
	if v.Item == nil {
		return nil, nil
	}
	for n := range v.Items {
		switch i := &v.Items[n]; {
		case !i.Shown:
		case i.N < v.Item.N:
			before = i
		case i.N > v.Item.N && after == nil:
			after = i
		}
	}
	return before, after
}

// wander lets a participant look at another item than the current one, if it was shown.
func (v *View) wander(at int) {
	for n := range v.Items {
		if i := &v.Items[n]; i.N == at && i.Shown && v.Item != nil && i.ID != v.ItemID && v.State == Running {
			v.Lead, v.Item = v.Item, i
		}
	}
}

// Here says whether a participant's page was heard of lately.
func (v *View) Here(p *Participant) bool { return v.Now.Sub(p.SeenAt) <= GoneAfter }

// tag is what a room is at: it differs as soon as a screen may look different. It is read by scripts too: epoch and number
// of the room's stream, the same of the desk's where the screen shows that, and whether the driver is away.
func (s *Service) tag(ctx context.Context, roomID string, desk bool) (string, bool, error) {
	heads, err := s.streams.Heads(ctx, []string{StreamOf(roomID), DeskOf(roomID)})
	if err != nil {
		return "", false, err
	}
	at := func(name string) stream.Mark {
		if m, begun := heads[name]; begun {
			return m
		}
		return stream.Mark{Epoch: 1}
	}
	var d []Host
	if err := s.db.NewSelect().Model(&d).Where("room_id = ? AND drives", roomID).Scan(ctx); err != nil {
		return "", false, db.Err(err)
	}
	away := len(d) > 0 && !d[0].SeenAt.IsZero() && s.Now().Sub(d[0].SeenAt) > AwayAfter
	shared, own := at(StreamOf(roomID)), stream.Mark{}
	if desk {
		own = at(DeskOf(roomID))
	}
	return fmt.Sprintf("%d.%d.%d.%d.%t", shared.Epoch, shared.Head, own.Epoch, own.Head, away), away, nil
}

// Tag is what the room is at, for a screen that asks whether it is up to date; with desk for one that shows numbers before
// they are for everybody.
func (s *Service) Tag(ctx context.Context, roomID string, desk bool) (string, error) {
	t, _, err := s.tag(ctx, roomID, desk)
	return t, err
}

// read reads what all screens share. The tag comes first, so that what changes meanwhile is asked for again.
func (s *Service) read(ctx context.Context, r *Room, desk bool) (*View, error) {
	v := &View{Room: r, Now: s.Now()}
	var err error
	if v.Tag, v.Away, err = s.tag(ctx, r.ID, desk); err != nil {
		return nil, err
	}
	// The room again, and after the tag: a tag that is newer than what it stands for would hide a change.
	if v.Room, err = byID(ctx, s.db, r.ID); err != nil {
		return nil, err
	}
	if err := s.db.NewSelect().Model(&v.Items).Where("room_id = ?", r.ID).OrderExpr("n").Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	for n := range v.Items {
		if v.Items[n].ID == v.ItemID {
			v.Item = &v.Items[n]
		}
	}
	if v.Item != nil && v.Item.Grouped() {
		v.Breakout, err = breakout(ctx, s.db, r.ID, v.Item.ID)
	}
	return v, err
}

// Group is the group of who looks, of the item that they look at; nil for none.
func (v *View) Group() *Group {
	if v.Breakout == nil || v.Item == nil || v.Breakout.ItemID != v.Item.ID {
		return nil
	}
	return v.Breakout.Of(v.Me)
}

// count reads how many chose each option.
func (s *Service) count(ctx context.Context, v *View) error {
	var all []tally
	if err := s.db.NewSelect().Model(&all).Where("item_id = ?", v.Item.ID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	v.Counts = make([]int, v.Item.options())
	for _, t := range all {
		if t.Choice >= 0 && t.Choice < len(v.Counts) {
			v.Counts[t.Choice] = t.N
		}
	}
	return nil
}

// maxEntries is how many texts a screen shows.
const maxEntries = 500

// entries reads what was written, in one of the states: questions by votes, all else as it came.
func (s *Service) entries(ctx context.Context, v *View, states ...string) error {
	q := s.db.NewSelect().Model(&v.Entries).Where("item_id = ?", v.Item.ID).Where("state IN (?)", bun.List(states)).Limit(maxEntries)
	if v.Item.Kind == workshop.QandA {
		q = q.OrderExpr("votes DESC")
	}
	return db.Err(q.OrderExpr("id").Scan(ctx))
}

// public reads what all may see of the current item.
func (s *Service) public(ctx context.Context, v *View) error {
	i := v.Item
	switch {
	case i == nil:
		return nil
	case i.Chosen() && i.Phase == Revealed:
		return s.count(ctx, v)
	case i.Kind == workshop.QandA && i.Phase != Waiting, i.Written() && i.Phase == Revealed:
		return s.entries(ctx, v, Shown, Answered)
	}
	return nil
}

// Participant is the room as somebody in it sees it. NotFound for a code that there is not; Me is nil for who has not come
// in, and then nothing but the room itself is there. With the number of an item that was shown they look at that one, while
// the room goes on; 0 follows the trainer.
func (s *Service) Participant(ctx context.Context, personID, code string, at int) (*View, error) {
	r, err := s.ByCode(ctx, code)
	if err != nil {
		return nil, err
	}
	me := new(Participant)
	err = db.Err(s.db.NewSelect().Model(me).Where("room_id = ? AND person_id = ?", r.ID, personID).Scan(ctx))
	if personID == "" || fault.Is(err, fault.NotFound) {
		return &View{Room: r, Now: s.Now()}, nil
	}
	if err != nil {
		return nil, err
	}
	v, err := s.read(ctx, r, false)
	if err != nil {
		return nil, err
	}
	v.Me = me
	if v.State == Ended {
		v.After, err = s.after(ctx, v.Room, me)
		return v, err
	}
	v.wander(at)
	if v.Item == nil {
		return v, nil
	}
	if err := s.story(ctx, v, false); err != nil {
		return nil, err
	}
	if err := s.public(ctx, v); err != nil {
		return nil, err
	}
	return v, s.own(ctx, v)
}

// own reads what a participant has given to the current item.
func (s *Service) own(ctx context.Context, v *View) error {
	v.Voted = map[string]bool{}
	if v.Item.Chosen() {
		a := new(answer)
		err := db.Err(s.db.NewSelect().Model(a).Where("item_id = ? AND participant_id = ?", v.Item.ID, v.Me.ID).Scan(ctx))
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		v.Done, v.Chosen = err == nil, split(a.Choice)
		return err
	}
	if !v.Item.Written() {
		return nil
	}
	err := s.db.NewSelect().Model(&v.Own).Where("item_id = ? AND participant_id = ?", v.Item.ID, v.Me.ID).OrderExpr("id").Scan(ctx)
	v.Done = len(v.Own) > 0
	if err != nil || v.Item.Kind != workshop.QandA {
		return db.Err(err)
	}
	var votes []vote
	err = s.db.NewSelect().Model(&votes).Where("participant_id = ?", v.Me.ID).
		Where("entry_id IN (SELECT id FROM room_entry WHERE item_id = ?)", v.Item.ID).Scan(ctx)
	for _, x := range votes {
		v.Voted[x.EntryID] = true
	}
	return db.Err(err)
}

// Stage is the room as the projector shows it. Its id is the address that its trainer opens; it shows nothing that is not
// for everybody.
func (s *Service) Stage(ctx context.Context, roomID string) (*View, error) {
	r, err := byID(ctx, s.db, roomID)
	if err != nil {
		return nil, err
	}
	if r.Template() {
		return nil, absent()
	}
	v, err := s.read(ctx, r, true)
	if err != nil {
		return nil, err
	}
	if err := s.story(ctx, v, true); err != nil {
		return nil, err
	}
	return v, s.public(ctx, v)
}

// Console is the room as its hosts see it. The numbers of an anonymous item are theirs once it is closed.
func (s *Service) Console(ctx context.Context, actor *account.Person, roomID string) (*View, error) {
	r, err := byID(ctx, s.db, roomID)
	if err != nil {
		return nil, err
	}
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return nil, err
	}
	v, err := s.read(ctx, r, true)
	if err != nil {
		return nil, err
	}
	if err := s.story(ctx, v, true); err != nil {
		return nil, err
	}
	if v.Hosts, err = hosts(ctx, s.db, roomID); err != nil {
		return nil, err
	}
	for n := range v.Hosts {
		if v.Hosts[n].Drives {
			v.Driver = &v.Hosts[n]
			v.Drives = v.Driver.PersonID == actor.ID
		}
	}
	if err := s.db.NewSelect().Model(&v.People).Where("room_id = ?", roomID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	slices.SortFunc(v.People, func(a, b Participant) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	switch i := v.Item; {
	case i == nil:
		return v, nil
	case i.Chosen() && (!i.Secret() || i.Phase == Closed || i.Phase == Revealed):
		return v, s.count(ctx, v)
	case i.Written():
		return v, s.entries(ctx, v, Pending, Shown, Answered, Hidden)
	}
	return v, nil
}

// May says whether somebody runs the room: NotFound when not.
func (s *Service) May(ctx context.Context, actor *account.Person, roomID string) error {
	return mayHost(ctx, s.db, actor, roomID)
}

// Word is a word of a cloud, and how often it was said.
type Word struct {
	Text string
	N    int
	Size int // 1 to 4
}

// Cloud counts words without regard to their capitals, the most frequent first.
func Cloud(entries []Entry) []Word {
	at := map[string]int{}
	var out []Word
	for _, e := range entries {
		if e.State == Hidden {
			continue
		}
		k := strings.ToLower(e.Body)
		if n, there := at[k]; there {
			out[n].N++
			continue
		}
		at[k] = len(out)
		out = append(out, Word{Text: e.Body, N: 1})
	}
	slices.SortStableFunc(out, func(a, b Word) int { return cmp.Compare(b.N, a.N) })
	for n := range out {
		out[n].Size = 1
		if most := out[0].N; most > 1 {
			out[n].Size = 1 + (out[n].N-1)*3/(most-1)
		}
	}
	return out
}
