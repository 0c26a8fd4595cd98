package author_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/author"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/scenario"
)

// everywhere names the passage first wherever the format lets a file name one.
const everywhere = `# Gap: first: a macro was not imported
# Gap: first aid: not about that passage
schema: scenario/1
id: everywhere
title: "Everywhere"
version: 1
language: en
licence: CC-BY-4.0
role: "You mind the first desk."
start: first
meters:
  first: {label: "First meter", start: 5, min: 0, max: 10, better: high, show: live}
flags: [first_flag]
personas:
  first: {name: "Sam", handle: sam, kind: customer}
passages:
  first:
    kind: decision
    title: "The first hour"
    text: "You have seen first things first."
    ask: "What now?"
    timer:
      seconds: 60
      on_timeout: {to: first-two}
    choices:
      - id: first
        text: "Wait"
        to: first-two
        set: [first_flag]
        feedback: "So it goes."
        effects: {first: -1}
        later:
          - {at: first-two, effects: {first: 1}}
      - id: other
        text: "Go"
        to: first-two
        feedback: "And so."
  first-two:
    kind: decision
    title: "Later"
    text: "It is later."
    ask: "And now?"
    choices:
      - id: back
        text: "Back to the beginning"
        when: [not seen end, "chose  first.first", {any: [[timed_out first, first_flag], [not seen first, first >= 3]]}]
        to: first
        feedback: "Again."
        later:
          - {at: first, feed: [{by: first, text: "first"}]}
      - id: on
        text: "On"
        to: way
        feedback: "On."
  way:
    kind: route
    routes:
      - {when: [seen first-two, "chose first.other"], to: end}
      - {to: end}
  end: {kind: ending, title: "End", outcome: good, text: "It ends."}
injects:
  - {id: first, channel: inbox, from: first, text: "Hello", trigger: {passage: first}}
surprises:
  - id: first
    at: first
    pick: [{weight: 1, feed: [{by: first, text: "Oh"}]}, {weight: 1}]
panel:
  raters: 5
  scale: 7
  ratings:
    first: {first: [1, 2, 1, 2, 1], other: [6, 7, 6, 7, 6]}
    first-two: {back: [6, 7, 6, 7, 6], on: [1, 2, 1, 2, 1]}
  reasons:
    first: {other: "Because."}
debrief:
  comments: {first: "About the first.", first-two: "About the second."}
accept:
  - {code: W35, at: first.other, why: "meant"}
  - {code: W37, at: first, why: "meant"}
  - {code: W34, at: first, why: "the meter"}
  - {code: W31, at: first_flag, why: "the flag"}
`

func TestEverythingThatNamesASceneFollows(t *testing.T) {
	t.Parallel()
	src, err := scenario.Format([]byte(everywhere))
	if err != nil {
		t.Fatal(err)
	}
	before := author.Check(src)
	if before.Findings.Broken() {
		t.Fatal(before.Findings)
	}
	d := read(t, src)
	if err := d.Rename("first", "noon"); err != nil {
		t.Fatal(err)
	}
	out := written(t, d)
	after := author.Check(out)
	if after.Findings.Broken() || after.Explored.States != before.Explored.States || len(after.Findings) != len(before.Findings) {
		t.Fatalf("before %v\nafter %v\n%s", before.Findings, after.Findings, out)
	}
	for _, want := range []string{
		"# Gap: noon: a macro", "# Gap: first aid: not", "start: noon", "\n  noon:", `title: "The first hour"`, "to: first-two", "chose  noon.first", "chose noon.other", "timed_out noon",
		"not seen noon", "first >= 3", "seen first-two", "to: noon", "at: noon", "passage: noon", `noon: "About the first."`, "at: noon.other", "first-two:",
		"by: first", "from: first", "id: first", "first_flag", `"You have seen first things first."`,
	} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("no %q in it", want)
		}
	}
	sc := after.Scenario
	if sc.Passage("first") != nil || len(sc.Panel.Ratings["noon"]) != 2 {
		t.Errorf("ratings %v", sc.Panel.Ratings)
	}
	accepted := 0
	for _, a := range sc.Accept {
		if strings.HasPrefix(a.At, "noon") {
			accepted++
		}
	}
	if accepted != 2 {
		t.Errorf("%d accepted warnings followed:\n%s", accepted, out)
	}
	// And back again it is the file that it was, to the byte.
	if err := d.Rename("noon", "first"); err != nil {
		t.Fatal(err)
	}
	if back := written(t, d); !bytes.Equal(back, src) {
		t.Errorf("and back:\n%s", back)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	src := written(t, read(t, []byte(everywhere)))
	for _, to := range []string{"", " ", "Noon", "1st", "no on", "a.b", "a/b", "-a", strings.Repeat("k", 41), "end", "first-two", "ünder"} {
		d := read(t, src)
		if err := d.Rename("first", to); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", to, err)
		}
		if !bytes.Equal(written(t, d), src) {
			t.Errorf("%q changed something", to)
		}
	}
	// Words that YAML reads as something else are keys like others, and a key that was none is mended.
	for _, to := range []string{"no", "null", "true", "y"} {
		d := read(t, src)
		if err := d.Rename("first", to); err != nil {
			t.Errorf("%q: %v", to, err)
		}
		if c := author.Check(written(t, d)); c.Findings.Broken() || c.Scenario.Passage(to) == nil {
			t.Errorf("%q: %v", to, c.Findings)
		}
	}
	odd := read(t, bytes.ReplaceAll(src, []byte("first-two"), []byte("First Two")))
	if err := odd.Rename("First Two", "second"); err != nil {
		t.Fatal(err)
	}
	if c := author.Check(written(t, odd)); c.Findings.Broken() {
		t.Error(c.Findings)
	}
	// A comment that lost its scene is not taken over in silence.
	lost := read(t, bytes.Replace(src, []byte("comments: {"), []byte("comments: {gone: \"About what went.\", "), 1))
	if err := lost.Rename("first", "gone"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a comment is taken over: %v", err)
	}
}

// A new key is one revision; who has the scene open under its old key loses nothing.
func TestRenamingADraft(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bun.DB) {
		w := newDesk(t, db)
		ada := w.author("Ada")
		x, err := w.drafts.Create(w.ctx, ada, "", everywhere, "")
		w.ok(err)
		p, other := w.open(ada, x.ID), w.open(ada, x.ID)
		if _, at, err := p.write(author.At("first"), "rename", "", "rename", "end", "passages/first/title", "Typed"); !fault.Is(err, fault.Invalid) || at != author.At("first") {
			t.Errorf("at %q: %v", at, err)
		}
		d, at, err := p.write(author.At("first"), "rename", "called noon", "rename", " noon ", "passages/first/title", "Typed")
		w.ok(err)
		if at != author.At("noon") || d.Version != 2 || !strings.Contains(d.Source, "Typed") {
			t.Errorf("at %q, revision %d", at, d.Version)
		}
		if c := author.Check([]byte(d.Source)); c.Findings.Broken() {
			t.Error(c.Findings)
		}
		if _, _, err := other.write(author.At("first"), "", "", "passages/first/title", "By the old key"); !fault.Is(err, fault.Conflict) {
			t.Errorf("the old key: %v", err)
		}
		now, err := w.drafts.Open(w.ctx, ada, x.ID)
		w.ok(err)
		if strings.Contains(now.Source, "By the old key") {
			t.Error("the old key was written to")
		}
		// The button that leads elsewhere does, after the new key counts.
		p = w.open(ada, x.ID)
		if _, at, err := p.write(author.At("noon"), "open:p:end", "", "rename", "midday"); err != nil || at != author.At("end") {
			t.Errorf("at %q: %v", at, err)
		}
	})
}
