package scenario

import (
	"encoding/binary"
	"hash/fnv"
)

// bitset is a small set of numbers. The zero value is empty; sets of one scenario have one length.
type bitset []uint64

func newBits(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i int) bool { return i>>6 < len(b) && b[i>>6]&(1<<(i&63)) != 0 }
func (b bitset) add(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) drop(i int)     { b[i>>6] &^= 1 << (i & 63) }

// Position is where a run stands: all that decides what may follow, but for the draws.
type Position struct {
	At      *Passage
	Meters  []int32 // by place in Scenario.Meters
	Flags   bitset
	pending bitset // later effects that wait for their passage
	past    bitset // facts that conditions ask for

	sent map[*Inject]bool // of a story that somebody leads: the messages that have arrived; nil of others
}

// waits says whether a message arrives only when somebody sends it, or has arrived before.
func (x *Position) waits(in *Inject) bool { return x.sent != nil && (in.Facilitator || x.sent[in]) }

func (x *Position) arrived(in *Inject) {
	if x.sent != nil {
		x.sent[in] = true
	}
}

func (s *Scenario) blank() Position {
	x := Position{
		Meters: make([]int32, len(s.Meters)), Flags: newBits(len(s.Flags)),
		pending: newBits(len(s.laters)), past: newBits(len(s.facts)),
	}
	for i, m := range s.Meters {
		x.Meters[i] = int32(m.Start)
	}
	return x
}

func (x *Position) clone() Position {
	return Position{
		At: x.At, Meters: append([]int32(nil), x.Meters...), Flags: append(bitset(nil), x.Flags...),
		pending: append(bitset(nil), x.pending...), past: append(bitset(nil), x.past...),
	}
}

// key is the position as bytes: two positions are the same when their keys are.
func (x *Position) key(buf []byte) []byte {
	buf = binary.AppendUvarint(buf[:0], uint64(x.At.index))
	for _, m := range x.Meters {
		buf = binary.AppendVarint(buf, int64(m))
	}
	for _, b := range []bitset{x.Flags, x.pending, x.past} {
		for _, w := range b {
			buf = binary.AppendUvarint(buf, w)
		}
	}
	return buf
}

// apply adds effects, each kept within its meter's range. hit gets a bit for every meter that an effect brought to its
// limit.
func (s *Scenario) apply(x *Position, effects []Effect, hit *uint32) {
	for _, e := range effects {
		m := s.Meters[e.Meter]
		was := x.Meters[e.Meter]
		now := max(int32(m.Min), min(int32(m.Max), was+int32(e.By)))
		x.Meters[e.Meter] = now
		if hit != nil && e.By != 0 && (now == int32(m.Min) || now == int32(m.Max)) && (now != was || was == int32(m.Min) && e.By < 0 || was == int32(m.Max) && e.By > 0) {
			*hit |= 1 << e.Meter
		}
	}
}

func (s *Scenario) note(x *Position, f fact) {
	for i, known := range s.facts {
		if known == f {
			x.past.add(i)
		}
	}
}

// drawer picks one side of a surprise.
type drawer func(*Surprise) int

// arrival is what entering a passage brought, for showing it.
type arrival struct {
	later   []*Later
	drawn   []drawn
	injects []*Inject // those that arrive at once
}

type drawn struct {
	surprise *Surprise
	pick     int
}

// enter brings a position to a passage: later effects that are due here, what is drawn here, the passage's own effects,
// messages that arrive at once.
func (s *Scenario) enter(x *Position, to *Passage, draw drawer, hit *uint32) arrival {
	var a arrival
	x.At = to
	for _, l := range s.dueAt[to] {
		if x.pending.has(l.index) {
			x.pending.drop(l.index)
			s.apply(x, l.Effects, hit)
			a.later = append(a.later, l)
		}
	}
	for _, sp := range s.drawnAt[to] {
		i := draw(sp)
		pick := &sp.Pick[i]
		s.apply(x, pick.Effects, hit)
		for _, f := range pick.Set {
			x.Flags.add(f)
		}
		a.drawn = append(a.drawn, drawn{sp, i})
	}
	s.apply(x, to.Effects, hit)
	s.note(x, fact{"seen", to.Key, ""})
	for _, in := range s.injectAt[to] {
		if in.After == 0 && !x.waits(in) {
			x.arrived(in)
			s.apply(x, in.Effects, hit)
			a.injects = append(a.injects, in)
		}
	}
	return a
}

// leave brings what is still on its way while at a passage: messages that would have arrived with time.
func (s *Scenario) leave(x *Position, hit *uint32) []*Inject {
	var out []*Inject
	for _, in := range s.injectAt[x.At] {
		if in.After > 0 && !x.waits(in) {
			x.arrived(in)
			s.apply(x, in.Effects, hit)
			out = append(out, in)
		}
	}
	return out
}

// Offered are the choices that a position may take, in file order. They are settled on entering: a message that arrives
// meanwhile takes none away.
func (x *Position) Offered() []*Choice {
	var out []*Choice
	for _, c := range x.At.Choices {
		if c.When.Holds(x) {
			out = append(out, c)
		}
	}
	return out
}

func (s *Scenario) choose(x *Position, c *Choice, hit *uint32) {
	s.apply(x, c.Effects, hit)
	for _, f := range c.Set {
		x.Flags.add(f)
	}
	for _, l := range c.Later {
		x.pending.add(l.index)
	}
	s.note(x, fact{"chose", x.At.Key, c.ID})
}

func (s *Scenario) silence(x *Position, hit *uint32) {
	s.apply(x, x.At.Timer.Effects, hit)
	s.note(x, fact{"timed_out", x.At.Key, ""})
}

// band is the last one that the points reach, or nil.
func (p *Passage) band(points int) *Band {
	var out *Band
	for i := range p.Bands {
		if p.Bands[i].From <= points {
			out = &p.Bands[i]
		}
	}
	return out
}

// way is the first route that holds. The last one has no condition.
func (p *Passage) way(x *Position) (int, *Passage) {
	for i := range p.Routes {
		if p.Routes[i].When.Holds(x) {
			return i, p.Routes[i].To
		}
	}
	return -1, nil
}

// draw picks by weight from the run's seed, the surprise's name and how often its passage was entered: the same every
// time it is asked, and on every machine.
func draw(seed int64, sp *Surprise, visit int) int {
	total := 0
	for _, p := range sp.Pick {
		total += p.Weight
	}
	h := fnv.New64a()
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], uint64(seed))
	binary.LittleEndian.PutUint64(b[8:], uint64(visit))
	_, _ = h.Write(b[:])
	_, _ = h.Write([]byte(sp.ID))
	n := int(mix(h.Sum64()) % uint64(total))
	for i, p := range sp.Pick {
		if n -= p.Weight; n < 0 {
			return i
		}
	}
	return len(sp.Pick) - 1
}

// mix spreads the bits (SplitMix64's last step): the low bits of FNV alone are poor.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Coming are the messages that arrive while a learner is at a passage.
func (s *Scenario) Coming(p *Passage) []*Inject {
	var out []*Inject
	for _, in := range s.injectAt[p] {
		if in.After > 0 {
			out = append(out, in)
		}
	}
	return out
}

// Timed says whether any clock runs in the scenario.
func (s *Scenario) Timed() bool {
	for _, p := range s.Passages {
		if p.Timer != nil || len(s.Coming(p)) > 0 {
			return true
		}
	}
	return false
}
