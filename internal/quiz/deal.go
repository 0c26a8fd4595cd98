package quiz

import (
	"hash/fnv"
	"math/bits"
	"slices"
	"strconv"
)

// Paper is what one attempt asks: the questions drawn and the order in which their parts are shown.
type Paper struct{ Questions []Dealt }

// Dealt is one question on a paper. The lists hold places in the content, in the order shown.
type Dealt struct {
	*Question
	Number  int   // from 1
	Options []int // places in Question.Options
	Lefts   []int // places in Question.Pairs
	Rights  []int // places in Question.Rights
	Items   []int // places in Question.Items; never the right order
}

// Name is the question's name in forms and fragments: "q3".
func (d Dealt) Name() string { return "q" + strconv.Itoa(d.Number) }

// Deal makes the paper of a seed. Questions stand in the file's order. It must give the same paper for the same
// content and seed in every release, because attempts keep only their seed; a test holds examples.
func Deal(c *Content, seed int64) Paper {
	drawn := permutation(len(c.Questions), mix(seed, "draw"))
	if c.Draw < len(drawn) {
		drawn = drawn[:c.Draw]
	}
	slices.Sort(drawn)
	p := Paper{Questions: make([]Dealt, 0, len(drawn))}
	for i, at := range drawn {
		p.Questions = append(p.Questions, deal(c.Questions[at], i+1, seed))
	}
	return p
}

func deal(q *Question, number int, seed int64) Dealt {
	d := Dealt{Question: q, Number: number}
	order := func(n int, part string) []int { return permutation(n, mix(seed, part+":"+q.Key)) }
	switch q.Type {
	case Single, Multiple, TrueFalse:
		d.Options = straight(len(q.Options))
		if q.Shuffle {
			d.Options = order(len(q.Options), "options")
		}
	case Matching:
		d.Lefts = straight(len(q.Pairs))
		if q.Shuffle {
			d.Lefts = order(len(q.Pairs), "lefts")
		}
		d.Rights = order(len(q.Rights), "rights") // always: in the file's order they would lie beside their pairs
	case Ordering:
		d.Items = order(len(q.Items), "items")
		if len(d.Items) > 1 && slices.IsSorted(d.Items) {
			d.Items[0], d.Items[1] = d.Items[1], d.Items[0]
		}
	}
	return d
}

func straight(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	return p
}

// permutation shuffles 0 … n-1 (Fisher and Yates) with numbers from SplitMix64. Both are written out here
// because the standard library does not promise that its shuffles stay the same.
func permutation(n int, state uint64) []int {
	p := straight(n)
	for i := n - 1; i > 0; i-- {
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		j, _ := bits.Mul64(z, uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
	return p
}

// mix gives each part of a paper its own run of numbers, so that one part does not shift when another changes.
func mix(seed int64, part string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strconv.FormatInt(seed, 16) + "/" + part))
	return h.Sum64()
}
