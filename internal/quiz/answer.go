package quiz

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"greenroom/internal/fault"
)

// Answer is what a learner answered to one question, by places in the content (not on the paper), so that it can be
// read without dealing again. The zero Answer is none.
type Answer struct {
	Chosen  []int  `json:"chosen,omitempty"`  // places in Options, ascending
	Matches []int  `json:"matches,omitempty"` // for each of Pairs the place in Rights, or -1
	Order   []int  `json:"order,omitempty"`   // places in Items
	Text    string `json:"text,omitempty"`
}

// Answers are the answers of an attempt by question key.
type Answers map[string]Answer

// Sent is what one form brings for one question.
type Sent struct {
	Answer Answer
	// Touched is false where the form still has what the page was rendered with: then the learner did not answer
	// here, and what another device saved meanwhile stays.
	Touched bool
	TooLong bool // typed beyond the limit; Answer holds what was typed, to be shown and not to be kept
}

// blank and between write forms of several parts: "a,c", "b,-,a".
const (
	blank   = "-"
	between = ","
)

// token names a place on the paper: a, b, … z, aa.
func token(place int) string {
	if place < 26 {
		return string(rune('a' + place))
	}
	return token(place/26-1) + token(place%26)
}

// Token names the part of a dealt list that stands for the content's place.
func Token(dealt []int, at int) string {
	if i := slices.Index(dealt, at); i >= 0 {
		return token(i)
	}
	return ""
}

func place(dealt []int, tok string) (int, bool) {
	for i, at := range dealt {
		if token(i) == tok {
			return at, true
		}
	}
	return 0, false
}

// Written gives an answer the form it has in a page: what a form sends back to say what it was rendered with. For an
// ordering without answer it is the order as dealt.
func (d Dealt) Written(a Answer) string {
	var parts []string
	switch d.Type {
	case Single, Multiple, TrueFalse:
		for i, at := range d.Options {
			if slices.Contains(a.Chosen, at) {
				parts = append(parts, token(i))
			}
		}
	case Matching:
		for _, l := range d.Lefts {
			parts = append(parts, d.WrittenMatch(a, l))
		}
	case Ordering:
		for _, at := range d.Shown(a) {
			parts = append(parts, Token(d.Items, at))
		}
	default:
		return a.Text
	}
	return strings.Join(parts, between)
}

// WrittenMatch is the token of the right-hand side given to a pair, or "-".
func (d Dealt) WrittenMatch(a Answer, pair int) string {
	if pair < len(a.Matches) {
		if t := Token(d.Rights, a.Matches[pair]); t != "" {
			return t
		}
	}
	return blank
}

// Shown is the order in which the items of an ordering stand: the learner's, else the dealt one.
func (d Dealt) Shown(a Answer) []int {
	if isPermutation(a.Order, len(d.Items)) {
		return a.Order
	}
	return d.Items
}

// Words says an answer in the words of the question. A true-false answer is "true" or "false".
func (d Dealt) Words(a Answer) []string {
	out := []string{}
	switch d.Type {
	case Single, Multiple:
		for _, at := range a.Chosen {
			if at >= 0 && at < len(d.Question.Options) {
				out = append(out, d.Question.Options[at].Text)
			}
		}
	case TrueFalse:
		for _, at := range a.Chosen {
			out = append(out, map[int]string{0: "true", 1: "false"}[at])
		}
	case Matching:
		for i, p := range d.Pairs {
			if i < len(a.Matches) && a.Matches[i] >= 0 && a.Matches[i] < len(d.Question.Rights) {
				out = append(out, p.Left+" → "+d.Question.Rights[a.Matches[i]])
			}
		}
	case Ordering:
		if d.Answered(a) {
			for _, at := range a.Order {
				out = append(out, d.Question.Items[at])
			}
		}
	default:
		if t := strings.TrimSpace(a.Text); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// Answered says whether the question has an answer. An order that is still as dealt is none.
func (d Dealt) Answered(a Answer) bool {
	switch d.Type {
	case Single, Multiple, TrueFalse:
		return d.Written(a) != ""
	case Matching:
		for _, l := range d.Lefts {
			if d.WrittenMatch(a, l) == blank {
				return false
			}
		}
		return true
	case Ordering:
		return isPermutation(a.Order, len(d.Items)) && !slices.Equal(a.Order, d.Items)
	case Numeric:
		_, ok := ParseNumber(a.Text, d.Unit)
		return ok
	}
	return plain(a.Text, false) != ""
}

// Read takes the answers out of a form, by question key. Questions that the form does not name are left out; fields
// that no question has are ignored. A token that was never dealt is Invalid: no page of ours sends one.
//
// For the question q1 a form has the fields q1 (a token; of a multiple any number; of an ordering every token in
// order; typed text), for a matching q1.a, q1.b, … with "-" for none, and q1.was with what the page showed.
func (p Paper) Read(form url.Values) (map[string]Sent, error) {
	sent := map[string]Sent{}
	for _, d := range p.Questions {
		if !named(form, d) {
			continue
		}
		s, err := d.read(form)
		if err != nil {
			return nil, err
		}
		was, known := form[d.Name()+".was"]
		s.Touched = !known || len(was) != 1 || was[0] != d.Written(s.Answer)
		sent[d.Key] = s
	}
	return sent, nil
}

func named(form url.Values, d Dealt) bool {
	if form.Has(d.Name()) || form.Has(d.Name()+".was") {
		return true
	}
	for i := range d.Lefts {
		if form.Has(d.Name() + "." + token(i)) {
			return true
		}
	}
	return false
}

var errForged = fault.New(fault.Invalid, "quiz.error.forged")

func (d Dealt) read(form url.Values) (Sent, error) {
	values := form[d.Name()]
	switch d.Type {
	case Single, Multiple, TrueFalse:
		a, err := d.readChosen(values)
		return Sent{Answer: a}, err
	case Matching:
		a, err := d.readMatches(form)
		return Sent{Answer: a}, err
	case Ordering:
		a, err := d.readOrder(values)
		return Sent{Answer: a}, err
	}
	if len(values) > 1 {
		return Sent{}, errForged
	}
	text := strings.TrimSpace(strings.Map(visible, strings.ToValidUTF8(form.Get(d.Name()), "")))
	limit := MaxText
	if d.Type == Numeric {
		limit = MaxNumber
	}
	return Sent{Answer: Answer{Text: text}, TooLong: utf8.RuneCountInString(text) > limit}, nil
}

// visible drops control characters from what is typed in a single line.
func visible(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

func (d Dealt) readChosen(values []string) (Answer, error) {
	if len(values) > 1 && d.Type != Multiple {
		return Answer{}, errForged
	}
	var a Answer
	for _, v := range values {
		at, ok := place(d.Options, v)
		if !ok || slices.Contains(a.Chosen, at) {
			return Answer{}, errForged
		}
		a.Chosen = append(a.Chosen, at)
	}
	slices.Sort(a.Chosen)
	return a, nil
}

func (d Dealt) readMatches(form url.Values) (Answer, error) {
	a := Answer{Matches: make([]int, len(d.Pairs))}
	none := true
	for i, l := range d.Lefts {
		a.Matches[l] = -1
		v := form[d.Name()+"."+token(i)]
		if len(v) > 1 {
			return Answer{}, errForged
		}
		if len(v) == 0 || v[0] == blank || v[0] == "" {
			continue
		}
		at, ok := place(d.Rights, v[0])
		if !ok {
			return Answer{}, errForged
		}
		a.Matches[l], none = at, false
	}
	if none {
		return Answer{}, nil
	}
	return a, nil
}

func (d Dealt) readOrder(values []string) (Answer, error) {
	if len(values) == 0 {
		return Answer{}, nil
	}
	var a Answer
	for _, v := range values {
		at, ok := place(d.Items, v)
		if !ok {
			return Answer{}, errForged
		}
		a.Order = append(a.Order, at)
	}
	if !isPermutation(a.Order, len(d.Items)) {
		return Answer{}, errForged
	}
	return a, nil
}

// Move is the button of an ordering that was pressed: "q3:b:up" moves the item b of the third question up. It returns
// the question's key and the order after it. A move that leads out of the list changes nothing.
func (p Paper) Move(button string, answers Answers) (key string, after Answer, err error) {
	part := strings.Split(button, ":")
	if len(part) != 3 || (part[2] != "up" && part[2] != "down") {
		return "", Answer{}, errForged
	}
	n, err := strconv.Atoi(strings.TrimPrefix(part[0], "q"))
	if err != nil || n < 1 || n > len(p.Questions) || p.Questions[n-1].Type != Ordering {
		return "", Answer{}, errForged
	}
	d := p.Questions[n-1]
	at, ok := place(d.Items, part[1])
	if !ok {
		return "", Answer{}, errForged
	}
	order := slices.Clone(d.Shown(answers[d.Key]))
	from := slices.Index(order, at)
	to := from + 1
	if part[2] == "up" {
		to = from - 1
	}
	if to >= 0 && to < len(order) {
		order[from], order[to] = order[to], order[from]
	}
	return d.Key, Answer{Order: order}, nil
}

func isPermutation(p []int, n int) bool {
	if len(p) != n || n == 0 {
		return false
	}
	seen := make([]bool, n)
	for _, x := range p {
		if x < 0 || x >= n || seen[x] {
			return false
		}
		seen[x] = true
	}
	return true
}
