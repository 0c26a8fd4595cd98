package resources_test

import (
	"strings"
	"testing"

	"greenroom/internal/play/playtest"
	"greenroom/internal/resources"
)

const head = "title: \"Go further\"\nminutes: 3\n"

func TestParse(t *testing.T) {
	t.Parallel()
	rev, found := playtest.Load(t, map[string]string{"01-further.resources.yaml": head + `items:
  - { source: S1, why: "Says *who*." }
  - { title: "Own", publisher: "Somebody", year: 2020, url: "https://example.org/b", why: "Why not." }
terms:
  - { term: "Reach", meaning: "How many." }
misconceptions:
  - { claim: "No.", correction: "Yes." }
`}, resources.Kind{})
	if rev == nil {
		t.Fatal(found)
	}
	c := rev.Activity("m/further").Content().(*resources.Content)
	if it := c.Items[0]; it.Title != "A source" || it.Publisher != "A publisher" || it.Year != 2021 || it.URL != "https://example.org/a" || it.Why != "Says <em>who</em>." {
		t.Errorf("from the course's sources: %+v", it)
	}
	if it := c.Items[1]; it.Title != "Own" || it.Year != 2020 || it.URL != "https://example.org/b" {
		t.Errorf("of its own: %+v", it)
	}
	if c.Terms[0].Term != "Reach" || c.Misconceptions[0].Correction != "Yes." {
		t.Errorf("rest %+v", c)
	}
}

func TestParseReportsFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		head: "there is nothing in it",
		head + "items:\n  - { source: S9, why: \"x\" }\n":                                 `:4: error: there is no source "S9"`,
		head + "items:\n  - { why: \"x\" }\n":                                             "neither source nor title",
		head + "items:\n  - { source: S1, title: \"T\", why: \"x\" }\n":                   "facts of its own",
		head + "items:\n  - { title: \"T\", url: \"javascript:alert(1)\", why: \"x\" }\n": "not a https address",
		head + "items:\n  - { title: \"T\", url: \"http://example.org\", why: \"x\" }\n":  "not a https address",
		head + "items:\n  - { source: S1 }\n":                                             "why",
		head + "terms:\n  - { term: \"T\", meaning: \"m\", more: \"x\" }\n":               "more",
		head + "terms:\n  - { term: T, meaning: \"unquoted term\" }\n":                    "term",
	} {
		rev, found := playtest.Load(t, map[string]string{"01-further.resources.yaml": text}, resources.Kind{})
		if rev != nil || !strings.Contains(found, want) {
			t.Errorf("%q: want %q among\n%s", text, want, found)
		}
	}
}
