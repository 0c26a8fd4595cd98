package course_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
)

const words = `format: glossary/1
title: "Words"
terms:
  - key: room
    term: "Room to act"
    meaning: "What can still change."
    also: ["Leeway"]
    source: tiny/S1
    modules: [tiny/first]
  - key: as-at
    term: "‘As at’ date"
    meaning: "The day of the last check."
    modules: [tiny/first, tiny/later]
`

const ways = `format: pathways/1
title: "Ways"
roles:
  - key: host
    title: "Host"
    summary: "You open the door."
    does: ["Open the door"]
    source: tiny/S1
    modules:
      - { module: tiny/later, why: "First this." }
      - { module: tiny/first, why: "Then that." }
`

func withShared(glossary, pathways string) fstest.MapFS {
	m := coursetest.Small()
	m[course.GlossaryFile] = &fstest.MapFile{Data: []byte(glossary)}
	m[course.PathwaysFile] = &fstest.MapFile{Data: []byte(pathways)}
	return m
}

func TestSharedFilesAreReadStrictly(t *testing.T) {
	t.Parallel()
	got, found := loader().LoadShared(withShared(words, ways))
	if len(found) != 0 {
		t.Fatal(found)
	}
	if ts := got.Glossary.Terms; len(ts) != 2 || ts[0].Key != "as-at" || ts[0].Initial() != "A" || len(ts[0].Modules) != 2 {
		t.Errorf("by alphabet: %+v", ts)
	}
	if x := got.Glossary.Find("LEEWAY"); x == nil || x.Key != "room" || x.Source != (course.Ref{Course: "tiny", Part: "S1"}) {
		t.Errorf("by another name: %+v", x)
	}
	if r := got.Pathways.Roles[0]; len(r.Stages) != 2 || r.Stages[0].Module.String() != "tiny/later" || r.Stages[1].Why != "Then that." {
		t.Errorf("role: %+v", r)
	}
	for name, c := range map[string]struct{ g, p, want string }{
		"unknown module":  {strings.Replace(words, "[tiny/first]", "[tiny/frist]", 1), ways, `glossary.yaml:4: error: there is no module "frist" in the course "tiny"`},
		"module twice":    {strings.Replace(words, "tiny/later", "tiny/first", 1), ways, `glossary.yaml:10: error: the module "tiny/first" is there twice`},
		"unknown source":  {strings.Replace(words, "tiny/S1", "tiny/S9", 1), ways, `glossary.yaml:4: error: there is no source "S9" in the course "tiny"`},
		"no source":       {strings.Replace(words, "tiny/S1", "S1", 1), ways, `glossary.yaml:4: error: "S1" names no source`},
		"key twice":       {strings.Replace(words, "key: as-at", "key: room", 1), ways, `glossary.yaml:10: error: the key "room" is there twice`},
		"word twice":      {strings.Replace(words, "‘As at’ date", "leeway", 1), ways, `glossary.yaml:10: error: the word "leeway" is there twice`},
		"no quotes":       {strings.Replace(words, `"Words"`, "Words", 1), ways, `glossary.yaml:2: error: "title" is a text without quotes`},
		"unknown field":   {strings.Replace(words, "also:", "aslo:", 1), ways, `glossary.yaml:7: error: unknown field "aslo"; did you mean "also"?`},
		"Windows lines":   {strings.ReplaceAll(words, "\n", "\r\n"), ways, "glossary.yaml:1: error: lines end as on Windows"},
		"another folder":  {strings.Replace(words, "tiny/S1", "vast/S1", 1), ways, `glossary.yaml:4: warning: the course "vast" is not in this folder`},
		"way to nowhere":  {words, strings.Replace(ways, "tiny/later", "tiny/never", 1), `pathways.yaml:10: error: there is no module "never" in the course "tiny"`},
		"stage twice":     {words, strings.Replace(ways, "tiny/later", "tiny/first", 1), `pathways.yaml:11: error: the module "tiny/first" is there twice`},
		"a role of none":  {words, ways[:strings.Index(ways, "    modules:")], `pathways.yaml:4: error: the field "modules" is missing`},
		"another format":  {words, strings.Replace(ways, "pathways/1", "pathways/2", 1), `pathways.yaml:1: error: "format" cannot be "pathways/2"`},
		"source not here": {words, strings.Replace(ways, "tiny/S1", "tiny/S9", 1), `pathways.yaml:4: error: there is no source "S9" in the course "tiny"`},
	} {
		if _, found := loader().LoadShared(withShared(c.g, c.p)); !strings.Contains(found.String(), c.want) {
			t.Errorf("%s: want %q in\n%s", name, c.want, found)
		}
	}
}

// What is published comes back byte for byte; a fault in it stops everything; what a program ships undoes nobody's edition.
func TestSharedFilesArePublished(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, ctx := service(d), t.Context()
		if got, err := s.Shared(ctx); err != nil || got.Glossary != nil || got.Pathways != nil {
			t.Fatalf("before anything is published: %+v, %v", got, err)
		}
		if _, err := s.SharedFile(ctx, course.GlossaryFile); !fault.Is(err, fault.NotFound) {
			t.Errorf("file of none: %v", err)
		}
		states := func(r course.Result) (out string) {
			for _, p := range r.Shared {
				out += p.Key + " " + p.State + "; "
			}
			return out
		}
		tree := withShared(words, ways)
		if got := states(publish(t, s, tree)); got != "glossary.yaml new; pathways.yaml new; " {
			t.Errorf("first: %s", got)
		}
		if got := states(publish(t, s, tree)); got != "glossary.yaml unchanged; pathways.yaml unchanged; " {
			t.Errorf("again: %s", got)
		}
		if data, err := s.SharedFile(ctx, course.GlossaryFile); err != nil || !bytes.Equal(data, []byte(words)) {
			t.Errorf("export: %v\n%s", err, data)
		}
		newer := strings.Replace(words, "What can still change.", "What is open.", 1)
		if got := states(publish(t, s, withShared(newer, ways))); got != "glossary.yaml changed; pathways.yaml unchanged; " {
			t.Errorf("changed: %s", got)
		}
		got, err := s.Shared(ctx)
		if err != nil || got.Glossary.Find("room to act").Meaning != "What is open." || len(got.Pathways.Roles) != 1 {
			t.Errorf("shown: %+v, %v", got, err)
		}
		if _, err := s.Ship(ctx, tree); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Shared(ctx); got.Glossary.Find("room to act").Meaning != "What is open." {
			t.Error("a restart took the author's edition away")
		}
		bad := withShared(strings.Replace(words, "tiny/first", "tiny/none", 1), ways)
		edit(bad, read, "A start", "Another start")
		if _, err := s.Publish(ctx, bad); err == nil {
			t.Error("a glossary with an error was published")
		}
		if rev, _ := s.Current(ctx, "tiny"); strings.Contains(string(rev.Activity("first/read").Content().(coursetest.Page).HTML), "Another") {
			t.Error("a course was published beside a broken glossary")
		}
		if got := states(publish(t, s, coursetest.Small())); got != "" {
			t.Errorf("a folder without them: %s", got)
		}
		if got, _ := s.Shared(ctx); got.Glossary == nil {
			t.Error("a folder without them took them away")
		}
	})
}
