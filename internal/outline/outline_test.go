package outline_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"greenroom/internal/outline"
	"greenroom/internal/scenario"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read parses a draft: it may lack what has to be written, and it can always be read and played.
func read(t testing.TB, d *outline.Draft) *scenario.Scenario {
	t.Helper()
	s, found := scenario.Parse(d.YAML)
	if s == nil || found.Broken() {
		t.Fatalf("the draft is broken: %v\n%s", found, d.YAML)
	}
	return s
}

func gaps(d *outline.Draft) string {
	var b strings.Builder
	for _, g := range d.Gaps {
		b.WriteString(g.String() + "\n")
	}
	return b.String()
}

func hasAll(t testing.TB, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("lacks %q:\n%s", w, text)
		}
	}
}

const lane = `before the first

:: StoryTitle
The <b>lane</b>

:: StoryData
{"ifid": "x", "format": "SugarCube", "formatVersion": "2", "start": "Noon"}

:: Style [stylesheet]
body { color: red }

:: Orphan
Nobody comes here.

:: Noon [morning sea\]side] {"position":"1,2"}
It is noon. <<set $trust to 4>>(if: $x is 1)[Rain.]
[[Call Rosa->Call]]
[[Wait|Later]]
[[Quiet<-Walk away]]
[[Nowhere]]

:: Call {broken
Rosa answers, $name. [[On->Later][$a to 1]]

:: Later
<<goto "Quiet">> {embed passage: 'Call'}

:: Quiet
The lane is quiet. (link-goto: "Again", "Noon") [[Worked out->$somewhere]]

:: Noon
A second noon.
`

func TestTweeComesInWithItsGaps(t *testing.T) {
	t.Parallel()
	d, err := outline.FromTwee([]byte(lane))
	ok(t, err)
	s := read(t, d)
	noon := s.Start
	if s.Title.Value != "The lane" || noon.Key != "noon" || noon.Kind != scenario.Decision || len(noon.Choices) != 4 {
		t.Fatalf("%q starts with %+v", s.Title.Value, noon)
	}
	for i, want := range []string{"Call Rosa/call", "Wait/later", "Walk away/quiet", "Nowhere/nowhere"} {
		if c := noon.Choices[i]; c.Text.Value+"/"+c.To.Key != want {
			t.Errorf("%s leads to %s, want %s", c.Text.Value, c.To.Key, want)
		}
	}
	if p := s.Passage("call"); p.Kind != scenario.Scene || p.To.Key != "later" {
		t.Errorf("%+v", p)
	}
	if p := s.Passage("later"); p.Kind != scenario.Decision || len(p.Choices) != 2 {
		t.Errorf("%+v", p)
	}
	hasAll(t, gaps(d),
		"a line before the first passage", "HTML was taken out", "Style: it is a script", `Noon: not imported: <<set $trust to 4>>`, "Noon: not imported: (if: $x is 1)",
		`"Nowhere" leads to "Nowhere", which is not there`, "Call: the tags or the metadata", "Call: what a link does besides leading on",
		`Later: a macro that goes to "Quiet"`, `Later: a macro that goes to "Call"`, "Quiet: a link whose target is worked out", "Noon: there are two passages of this name",
		"names a variable, $name", "the question is to be written", "who the player is")
	for what, src := range map[string]string{"nothing": "", "no passage": "only words", "only settings": ":: StoryTitle\nx\n"} {
		if _, err := outline.FromTwee([]byte(src)); err == nil {
			t.Errorf("%s: a draft came of it", what)
		}
	}
}

// A scenario that goes out as Twee comes back whole; what was changed in the sketch is said.
func TestTweeRoundTrip(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../scenario/testdata/cheerful-outage.yaml")
	ok(t, err)
	s, _ := scenario.Parse(src)
	sketch := outline.ToTwee(s, src)
	hasAll(t, string(sketch), ":: lunch [decision]", "[[Answer each sarcastic reply to explain how rare outages are.->facts]]", `"start":"lunch"`)
	d, err := outline.FromTwee(sketch)
	ok(t, err)
	if len(d.Gaps) != 0 || strings.TrimSpace(string(d.YAML)) != strings.TrimSpace(string(src)) {
		t.Errorf("%v, %d bytes of %d", d.Gaps, len(d.YAML), len(src))
	}
	edited := strings.Replace(string(sketch), "The portal has been down", "The portal has been up", 1) + "\n:: A new one\nMore. [[lunch]]\n"
	edited = strings.Replace(edited, ":: steady [ending]", ":: gone [ending]", 1)
	d, err = outline.FromTwee([]byte(edited))
	ok(t, err)
	hasAll(t, gaps(d), "lunch: it was changed in the sketch", "A new one: it is new in the sketch", "steady: it was taken out", "gone: it is new")
}

// pack makes a package of files; sizes that a header claims are those of the text.
func pack(t testing.TB, files map[string]string, change func(h *zip.FileHeader)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if change != nil {
			change(h)
		}
		w, err := z.CreateHeader(h)
		ok(t, err)
		_, err = w.Write([]byte(text))
		ok(t, err)
	}
	ok(t, z.Close())
	return b.Bytes()
}

const about = `{"title": "The counter", "mainLibrary": "H5P.BranchingScenario"}`

const content = `{"branchingScenario": {
 "title": "<p>The counter</p>",
 "startScreen": {"startScreenTitle": "Welcome", "startScreenSubtitle": "You are at the counter."},
 "scoringOptionGroup": {"scoringOption": "static-end-score"},
 "endScreens": [{"endScreenTitle": "Thank you", "endScreenSubtitle": "That is all.", "contentId": -1}, {"endScreenTitle": "The hard way", "endScreenSubtitle": "Next time.", "contentId": -2}],
 "content": [
  {"type": {"library": "H5P.AdvancedText 1.1", "params": {"text": "<p>It is <b>nine</b> &amp; raining.</p><p>People wait.</p><img src=x alt='a queue'>"}, "metadata": {"title": "Nine"}}, "nextContentId": 1},
  {"type": {"library": "H5P.BranchingQuestion 1.0", "params": {"branchingQuestion": {"question": "<p>Who is first?</p>", "alternatives": [
    {"text": "Who came first", "nextContentId": 2, "feedback": {"title": "Fair", "subtitle": "<p>And slow.</p>"}},
    {"text": "Who is loudest", "nextContentId": -2, "feedback": {"image": {"path": "images/x.png"}}},
    {"text": "Nobody", "nextContentId": -1, "feedback": {}}]}}, "metadata": {"title": "The queue"}}},
  {"type": {"library": "H5P.InteractiveVideo 1.22", "params": {}, "metadata": {"title": "A film"}}, "nextContentId": 3},
  {"type": {"library": "H5P.Essay 1.5", "params": {"taskDescription": "Write to her.", "solution": {"sample": "Dear Rosa"}, "keywords": [{"keyword": "sorry"}]}, "metadata": {"title": "The letter"}}, "nextContentId": 99}
 ]}}`

func h5p(story string) map[string]string {
	return map[string]string{"h5p.json": about, "content/content.json": story, "content/images/x.png": "png"}
}

func TestH5PComesInWithItsGaps(t *testing.T) {
	t.Parallel()
	d, err := outline.FromH5P(pack(t, h5p(content), nil))
	ok(t, err)
	s := read(t, d)
	if s.Title.Value != "The counter" || s.Start.Key != "p0" || s.Start.Text.Value != "It is nine & raining.\n\nPeople wait." {
		t.Errorf("%q starts with %q", s.Title.Value, s.Start.Text.Value)
	}
	q := s.Passage("p1")
	if q.Ask.Value != "Who is first?" || q.Choices[0].Feedback.Value != "Fair\n\nAnd slow." || q.Choices[0].To.Key != "p2" || q.Choices[1].To.Title.Value != "The hard way" || q.Choices[2].To.Text.Value != "That is all." {
		t.Errorf("%+v", q)
	}
	if r := s.Passage("p3"); r.Kind != scenario.Reply || r.Models[0].Text.Value != "Dear Rosa" {
		t.Errorf("%+v", r)
	}
	hasAll(t, gaps(d), "start screen", "scores (static-end-score)", "H5P.InteractiveVideo", `the keyword "sorry"`, "picture of a feedback", "content/images/x.png", "did not come over: <img", `leads to "p99", which is not there`, `"Who is loudest" has no feedback`)
}

func TestHostilePackagesAreRefused(t *testing.T) {
	t.Parallel()
	with := func(name, text string) map[string]string {
		m := h5p(content)
		m[name] = text
		return m
	}
	many := h5p(content)
	for i := range 2001 {
		many[fmt.Sprintf("content/%d", i)] = ""
	}
	long := h5p(content)
	for i := range 900 {
		long[fmt.Sprintf("content/%d%s", i, strings.Repeat("x", 1000))] = ""
	}
	whole := pack(t, h5p(content), nil)
	for what, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"no zip":         {[]byte("PK\x03\x04 and no more"), "no zip file"},
		"empty":          {nil, "no zip file"},
		"cut off":        {whole[:len(whole)-10], ""},
		"half":           {whole[:len(whole)/2], ""},
		"upwards":        {pack(t, with("../../etc/cron.d/x", "x"), nil), "leads out"},
		"from the root":  {pack(t, with("/etc/x", "x"), nil), "leads out"},
		"backslash":      {pack(t, with(`..\x`, "x"), nil), "leads out"},
		"drive":          {pack(t, with("C:x", "x"), nil), "leads out"},
		"a bomb":         {pack(t, with("content/b", strings.Repeat("0", 30<<20)), nil), "times its size"},
		"too many files": {pack(t, many, nil), "more than 2000 files"},
		"a long list":    {pack(t, long, nil), "list of files"},
		"a link": {pack(t, h5p(content), func(h *zip.FileHeader) {
			if h.Name == "content/images/x.png" {
				h.SetMode(0o777 | fs.ModeSymlink)
			}
		}), "is a link"},
		"something before it": {append([]byte("#!/bin/sh\n"), whole...), "not where it should be"},
		"another library":     {pack(t, map[string]string{"h5p.json": `{"mainLibrary": "H5P.Quiz"}`, "content/content.json": content}, nil), "only Branching Scenario"},
		"no story":            {pack(t, map[string]string{"h5p.json": about}, nil), "has no content/content.json"},
		"broken story":        {pack(t, h5p("{"), nil), "cannot be read"},
		"no passage":          {pack(t, h5p("{}"), nil), "no passage"},
		"a deep story":        {pack(t, h5p(strings.Repeat("[", 200_000)), nil), "cannot be read"},
		"a story too big":     {pack(t, h5p(`"`+strings.Repeat("0123456789abcdef!?", 500_000)+`"`), func(h *zip.FileHeader) { h.Method = zip.Store }), "more than 8 MB"},
	} {
		d, err := outline.FromH5P(c.raw)
		if err == nil || d != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}

// Stories that are far too big come over as far as they may, and say so.
func TestBigStories(t *testing.T) {
	t.Parallel()
	var twee strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&twee, ":: Passage %d\nText.\n[[go->Passage %d]]\n[[gone->Missing %d]]\n", i, i+1, i)
	}
	d, err := outline.FromTwee([]byte(twee.String()))
	if err == nil {
		read(t, d)
		hasAll(t, gaps(d), "there is more that did not come over")
	}
	wide := ":: Start\n" + strings.Repeat("[[x->Start]]\n", 40) + strings.Repeat("y", 20_000)
	d, err = outline.FromTwee([]byte(wide))
	ok(t, err)
	if n := len(read(t, d).Start.Choices); n != 12 {
		t.Errorf("%d choices", n)
	}
	hasAll(t, gaps(d), "a decision has at most 12", "the last")
	if _, err := outline.FromTwee(make([]byte, 3<<20)); err == nil {
		t.Error("three megabytes were read")
	}
}

func FuzzTwee(f *testing.F) {
	f.Add([]byte(lane))
	f.Add([]byte(":: a\n[[b|c->d<-e]]<<<(x:{[if"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if d, err := outline.FromTwee(src); err == nil {
			read(t, d)
		}
	})
}

func FuzzH5P(f *testing.F) {
	f.Add([]byte(content))
	f.Add([]byte(`{"branchingScenario":{"content":[{"type":{"library":"H5P.Essay"},"nextContentId":-7}]}}`))
	f.Fuzz(func(t *testing.T, story []byte) {
		if d, err := outline.FromH5P(pack(t, h5p(string(story)), nil)); err == nil {
			read(t, d)
		}
	})
}

func FuzzPackage(f *testing.F) {
	f.Add(pack(f, h5p(content), nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if d, err := outline.FromH5P(raw); err == nil {
			read(t, d)
			_, err := json.Marshal(d.Gaps)
			ok(t, err)
		}
	})
}
