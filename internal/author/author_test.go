package author_test

import (
	"bytes"
	"net/url"
	"os"
	"strings"
	"testing"

	"greenroom/internal/author"
	"greenroom/internal/locale"
	"greenroom/internal/scenario"
)

// sent is what a browser sends of fields as they are shown.
func sent(fields []*author.Field, form url.Values) {
	for _, f := range fields {
		if f.Strange {
			continue
		}
		sent(f.Fields, form)
		for _, it := range f.Items {
			sent(it.Fields, form)
		}
		switch f.Kind {
		case author.Object, author.List, author.Table, author.Effects:
		case author.Set:
			form[f.Path] = []string{""}
			for _, o := range f.Choices {
				if o.Chosen {
					form.Add(f.Path, o.Value)
				}
			}
		case author.Yes, author.No:
			form[f.Path] = []string{""}
			if (f.Kind == author.Yes) == (f.Value == "true") && (f.Kind == author.Yes || f.Value != "false") {
				form.Add(f.Path, "1")
			}
		default:
			form.Set(f.Path, strings.ReplaceAll(f.Value, "\n", "\r\n"))
		}
	}
}

func places(d *author.Doc) []string {
	out := append([]string{author.Scenes}, author.Parts...)
	for _, k := range d.Passages() {
		out = append(out, author.At(k))
	}
	return out
}

func example(t *testing.T) []byte {
	t.Helper()
	src, err := os.ReadFile("../scenario/testdata/cheerful-outage.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func read(t *testing.T, src []byte) *author.Doc {
	t.Helper()
	d, found := author.Read(src)
	if d == nil {
		t.Fatal(found)
	}
	return d
}

func written(t *testing.T, d *author.Doc) []byte {
	t.Helper()
	b, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSavingWhatIsShownChangesNothing(t *testing.T) {
	want, err := scenario.Format(example(t))
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, want)
	for _, at := range places(d) {
		form := url.Values{}
		sent(d.Fields(at), form)
		if len(form) == 0 && at != "surprises" && at != "injects" && at != "accept" {
			t.Errorf("%s has no fields", at)
		}
		d.Apply(d.Fields(at), form)
		if got := written(t, d); !bytes.Equal(got, want) {
			t.Fatalf("%s sent as shown changed the file:\n%s", at, got)
		}
	}
}

func TestEveryFieldHasALabel(t *testing.T) {
	b, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := b.Printer(locale.Default)
	var look func(at string, specs []author.Spec)
	look = func(at string, specs []author.Spec) {
		for _, s := range specs {
			if !l.Has("author.field." + s.Name) {
				t.Errorf("%s: no label for %q", at, s.Name)
			}
			look(at, s.Of)
		}
	}
	for at, specs := range author.Specs() {
		look(at, specs)
	}
}

func TestBlankIsSound(t *testing.T) {
	c := author.Check(author.Blank())
	if c.Findings.Broken() || len(c.Doc.Passages()) != 7 {
		t.Fatal(c.Findings)
	}
}

// An author makes a decision with an answer from nothing, is told what is missing, and mends it.
func TestMakingAScene(t *testing.T) {
	d := read(t, author.Blank())
	at := d.Do(author.Scenes, "scene", url.Values{"kind": {"decision"}, "key": {"gate"}})
	if at != "p:gate" {
		t.Fatalf("went to %q", at)
	}
	for range 2 {
		d.Do(at, "add:passages/gate/choices", nil)
	}
	src := written(t, d)
	c := author.Check(src)
	for _, code := range []string{"E02", "E32"} {
		if !c.Findings.Has(code) {
			t.Errorf("no %s: %v", code, c.Findings)
		}
	}
	fields := c.Doc.Fields(at)
	author.Place(fields, c.Findings)
	form := url.Values{
		"passages/gate/title": {"At the gate"}, "passages/gate/text": {"Somebody rings # twice: no?\r\nAgain."}, "passages/gate/ask": {"What now?"},
		"passages/gate/choices/0/text": {`"Open" & {x}`}, "passages/gate/choices/0/to": {"result"}, "passages/gate/choices/0/effects/trust": {"-3"},
		"passages/gate/choices/1/text": {"Wait"}, "passages/gate/choices/1/to": {"result"},
	}
	d = c.Doc
	d.Apply(fields, form)
	d.Do(at, "up:passages/gate/choices/1", nil)
	d.Apply(d.Fields(author.Scenes), url.Values{"passages/fourth/choices/0/to": {"gate"}})
	src = written(t, d)
	c = author.Check(src)
	if c.Findings.Broken() {
		t.Fatalf("%v\n%s", c.Findings, src)
	}
	p := c.Scenario.Passage("gate")
	if p.Text.Value != "Somebody rings # twice: no?\nAgain." || p.Choices[1].Text.Value != `"Open" & {x}` || p.Choices[0].Text.Value != "Wait" {
		t.Errorf("read back %+v", p)
	}
	d.Do(author.Scenes, "drop:passages/gate", nil)
	if c := author.Check(written(t, d)); !c.Findings.Has("E01") {
		t.Error("a link to a scene that was taken out is not told")
	}
}

// Whatever a button is made to say, nothing outside of the place changes, and nothing falls over.
func TestForeignButtons(t *testing.T) {
	want, _ := scenario.Format(example(t))
	for _, at := range []string{author.Scenes, "about", "p:lunch", "p:nowhere", "zebra", ""} {
		for _, do := range []string{"drop:", "drop:meters", "drop:passages", "drop:schema", "up:passages/lunch/kind", "down:schema", "add:schema", "add:passages", "drop:passages/reply/choices/9", "open:p:%zz", "scene", "up:/", "add:%"} {
			d := read(t, want)
			d.Do(at, do, url.Values{"kind": {"zebra"}})
			if got := written(t, d); !bytes.Equal(got, want) {
				t.Errorf("%q at %q changed the file", do, at)
			}
		}
	}
}

func TestFilesThatFormsWouldSpoil(t *testing.T) {
	cut := bytes.Replace(author.Blank(), []byte(`"Sam"`), []byte(`Sam #1`), 1)
	for name, src := range map[string][]byte{"cut": cut, "no YAML": []byte("{"), "empty": nil, "a list": []byte("- a"), "not UTF-8": {0xff, 0xfe, 0xfd}} {
		if c := author.Check(src); c.Doc != nil || !c.Findings.Broken() {
			t.Errorf("%s: doc %v, findings %v", name, c.Doc != nil, c.Findings)
		}
	}
}
