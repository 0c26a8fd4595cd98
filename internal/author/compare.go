package author

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Difference is how one passage, or what stands outside of them, differs between two files.
type Difference struct {
	Passage string // "" for the rest of the file
	Title   string
	Kind    string  // Added, Removed, Changed
	Older   []Piece // what the older file has, the words that are not in the newer one marked
	Newer   []Piece
}

// What happened to a passage.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Piece is a run of words that are all marked, or all not.
type Piece struct {
	Text   string
	Marked bool
}

// maxWords bounds what is compared word by word; longer ones are compared line by line, and beyond that as a whole.
const maxWords = 3_000

// Compare says how two files differ, passage by passage in the newer one's order, then those that are gone, then the rest
// of the file. Files that forms cannot be made of are compared as a whole.
func Compare(older, newer string) []Difference {
	a, _ := Read([]byte(older))
	b, _ := Read([]byte(newer))
	if a == nil || b == nil {
		return differ(nil, Difference{Kind: Changed}, older, newer)
	}
	for _, d := range []*Doc{a, b} {
		_, _ = d.Bytes() // brings both into the same shape: how a text is written is no difference
	}
	was, now := a.parts(), b.parts()
	var out []Difference
	for _, k := range b.Passages() {
		out = differ(out, Difference{Passage: k, Title: b.value(join(join("passages", k), "title"))}, was[k], now[k])
	}
	for _, k := range a.Passages() {
		if !b.Has(k) {
			out = differ(out, Difference{Passage: k, Title: a.value(join(join("passages", k), "title"))}, was[k], "")
		}
	}
	return differ(out, Difference{Kind: Changed}, was[""], now[""])
}

func differ(out []Difference, d Difference, older, newer string) []Difference {
	switch {
	case older == newer:
		return out
	case d.Kind != "":
	case older == "":
		d.Kind = Added
	case newer == "":
		d.Kind = Removed
	default:
		d.Kind = Changed
	}
	d.Older, d.Newer = pieces(older, newer)
	return append(out, d)
}

// parts are the texts of the passages by their keys, and of the rest of the file.
func (d *Doc) parts() map[string]string {
	out := map[string]string{}
	for _, k := range d.Passages() {
		out[k] = textOf(d.at(join("passages", k)))
	}
	rest := yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		if d.root.Content[i].Value != "passages" {
			rest.Content = append(rest.Content, d.root.Content[i], d.root.Content[i+1])
		}
	}
	out[""] = textOf(&rest)
	return out
}

func textOf(n *yaml.Node) string {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if n == nil || enc.Encode(n) != nil || enc.Close() != nil {
		return ""
	}
	return b.String()
}

// pieces marks what differs between two texts.
func pieces(older, newer string) (a, b []Piece) {
	x, y := tokens(older), tokens(newer)
	if len(x)+len(y) > maxWords {
		x, y = strings.SplitAfter(older, "\n"), strings.SplitAfter(newer, "\n")
	}
	first := 0
	for first < len(x) && first < len(y) && x[first] == y[first] {
		first++
	}
	last := 0
	for last < len(x)-first && last < len(y)-first && x[len(x)-1-last] == y[len(y)-1-last] {
		last++
	}
	keepX, keepY := common(x[first:len(x)-last], y[first:len(y)-last])
	return marked(x, first, last, keepX), marked(y, first, last, keepY)
}

// tokens are words with the space after them.
func tokens(s string) []string {
	var out []string
	start, space := 0, false
	for i, r := range s {
		is := unicode.IsSpace(r)
		if space && !is {
			out = append(out, s[start:i])
			start = i
		}
		space = is
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// common finds a longest common subsequence: which of both stay. What is too long for that has nothing in common.
func common(x, y []string) (keepX, keepY []bool) {
	keepX, keepY = make([]bool, len(x)), make([]bool, len(y))
	if len(x)*len(y) > maxWords*maxWords/4 {
		return keepX, keepY
	}
	w := len(y) + 1
	best := make([]uint16, (len(x)+1)*w)
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				best[i*w+j] = best[(i+1)*w+j+1] + 1
			} else {
				best[i*w+j] = max(best[(i+1)*w+j], best[i*w+j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			keepX[i], keepY[j] = true, true
			i, j = i+1, j+1
		case best[(i+1)*w+j] >= best[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return keepX, keepY
}

func marked(all []string, first, last int, keep []bool) []Piece {
	var out []Piece
	for i, t := range all {
		m := i >= first && i < len(all)-last && !keep[i-first]
		if n := len(out); n > 0 && out[n-1].Marked == m {
			out[n-1].Text += t
			continue
		}
		out = append(out, Piece{t, m})
	}
	for i := range out {
		out[i].Text = near(out[i], i == 0, i == len(out)-1)
	}
	return slices.Clip(out)
}

// around is how many lines stay before and after what differs.
const around = 3

// near leaves out lines that are far from what differs.
func near(p Piece, first, last bool) string {
	lines := strings.SplitAfter(p.Text, "\n")
	if p.Marked || len(lines) <= 2*around+3 {
		return p.Text
	}
	var b strings.Builder
	if !first {
		b.WriteString(strings.Join(lines[:around], ""))
	}
	b.WriteString("⋯\n")
	if !last {
		b.WriteString(strings.Join(lines[len(lines)-around:], ""))
	}
	return b.String()
}
