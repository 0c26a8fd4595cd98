package courses_test

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"greenroom/courses"
	"greenroom/internal/app"
	"greenroom/internal/course"
	"greenroom/internal/forum"
	"greenroom/internal/markdown"
	"greenroom/internal/quiz"
	"greenroom/internal/reflection"
	"greenroom/internal/resources"
	"greenroom/internal/worksheet"
)

// What the brief asks of each module. Bounds on words are rounded: a step is not cut in the middle of a thought to please a count.
const (
	wordsInAll     = 2500
	minReading     = 1150 // with its questions to try; without openings and cases
	maxReading     = 1800 // without its questions to try
	minLessons     = 4
	maxLessons     = 8
	minCase        = 150 // a story told fairly needs that many; neither its title nor the line that names its sources counts
	maxCase        = 250
	maxCaseStep    = 450 // a case and what stands around it are one sitting
	maxGradeOfStep = 10
)

// longer are modules whose reading may pass the bound, and why.
var longer = map[string]string{
	"managing-social-media/analysis-tools": "two of its steps are sixty comments for the learner to sort",
}

var (
	callout  = regexp.MustCompile(`(?m)^> \[!([A-Z]+)\].*\n(?:>.*\n?)*`)
	named    = regexp.MustCompile(`(?m)^> \*Sources?:.*$`)
	quoted   = regexp.MustCompile(`(?m)^> ?`)
	citation = regexp.MustCompile(`\[@([^\]\s]+)\]`)
	sourced  = regexp.MustCompile(`(?m)^ +- +\{? ?source: ([^\s,}]+)`)
)

// tree is the shipped courses, read once for all tests here.
var tree = sync.OnceValue(func() (t struct {
	revs   []*course.Revision
	found  course.Findings
	levels []course.Level
}) {
	l := app.Loader()
	l.Now = func() time.Time { return time.Date(2026, time.November, 26, 0, 0, 0, 0, time.UTC) } // or old facts would fail it one day
	t.revs, _ = l.Load(courses.Files)
	t.found, t.levels = l.Lint(courses.Files)
	return t
})

// No warning either: a text that the checker warns about is mended or explained, never left.
func TestShippedCoursesAreCleanAndEasyToRead(t *testing.T) {
	t.Parallel()
	levels := tree().levels
	for _, f := range tree().found {
		t.Error(f)
	}
	if len(levels) < 350 {
		t.Errorf("%d steps have a level; the courses have more", len(levels))
	}
	for _, l := range levels {
		if l.Grade > maxGradeOfStep || l.Words == 0 {
			t.Errorf("%s: %d words at school year %.1f, want at most %d", l.File, l.Words, l.Grade, maxGradeOfStep)
		}
	}
}

func TestEachModuleIsWhole(t *testing.T) {
	t.Parallel()
	revs, words := tree().revs, map[string]int{}
	for _, l := range tree().levels {
		course, rest, _ := strings.Cut(l.File, "/")
		dir, _, _ := strings.Cut(rest, "/")
		_, key, _ := strings.Cut(dir, "-")
		words[course+"/"+key] += l.Words
	}
	modules := 0
	for _, rev := range revs {
		for _, m := range rev.Modules {
			modules++
			if n := words[rev.Key+"/"+m.Key]; n < wordsInAll {
				t.Errorf("%s/%s has %d words, want %d", rev.Key, m.Key, n, wordsInAll)
			}
			whole(t, rev.Key, m)
		}
	}
	if modules != 21 {
		t.Errorf("%d modules, want 21", modules)
	}
}

// whole checks what steps a module has, and what is in them.
func whole(t *testing.T, key string, m *course.Module) {
	t.Helper()
	at := key + "/" + m.Key
	reads(t, key, m)
	have := map[string]int{}
	for _, a := range m.Activities {
		switch c := a.Content().(type) {
		case *quiz.Content:
			judged := 0
			for _, q := range c.Questions {
				if q.Situation != "" {
					judged++
				}
			}
			if len(c.Questions) < 8 || c.Draw != 5 || judged < 2 {
				t.Errorf("%s: %d questions, %d drawn, %d in a situation; want 8, 5 and 2", a.Key, len(c.Questions), c.Draw, judged)
			}
		case *worksheet.Content:
			if strings.HasSuffix(a.Key, "/my-plan") {
				have["plan"]++
				continue
			}
			if c.Example == nil || len(c.SelfCheck) < 4 {
				t.Errorf("%s: no worked example, or %d lines to check oneself", a.Key, len(c.SelfCheck))
			}
		case *resources.Content:
			if len(c.Items) == 0 || len(c.Terms) < 4 || len(c.Misconceptions) < 3 {
				t.Errorf("%s: %d resources, %d terms, %d misconceptions", a.Key, len(c.Items), len(c.Terms), len(c.Misconceptions))
			}
		case *forum.Content:
			if c.Marking == "" {
				t.Errorf("%s: no marking notes", a.Key)
			}
		case *reflection.Content:
			if c.Model == "" {
				t.Errorf("%s: no model answer", a.Key)
			}
		}
		have[a.Kind]++
	}
	for _, kind := range []string{"quiz", "worksheet", "plan", "resources", "forum", "reflection", "scenario"} {
		if have[kind] == 0 {
			t.Errorf("%s has no %s", at, kind)
		}
	}
	sheets := slices.DeleteFunc(slices.Clone(m.Asides), func(a *course.Activity) bool { return a.Kind != "workshop" })
	if len(sheets) != 1 || sheets[0].Minutes < 60 || sheets[0].Minutes > 90 {
		t.Errorf("%s has no run sheet of 60 to 90 minutes", at)
	}
}

// reads checks the opening, the cases and the length of a module's reading.
func reads(t *testing.T, key string, m *course.Module) {
	t.Helper()
	at := key + "/" + m.Key
	lessons, cases, told, withTry, without := 0, 0, 0, 0, 0 // told: steps that tell cases
	for i, src := range bodies(t, key, m) {
		kinds := map[string]bool{}
		for _, c := range callout.FindAllStringSubmatch(src, -1) {
			kinds[c[1]] = true
			if c[1] == "CASE" {
				cases++
				tells(t, at, i+1, c[0])
			}
		}
		if i == 0 {
			if !kinds["STORY"] || !kinds["TRY"] {
				t.Errorf("%s does not open with a story and a question", at)
			}
			continue
		}
		if kinds["CASE"] {
			told++
			if n := markdown.Read(src).Words; n > maxCaseStep {
				t.Errorf("%s: case step %d has %d words, want at most %d", at, i+1, n, maxCaseStep)
			}
		}
		rest := outside(src, "CASE")
		n, bare := markdown.Read(rest).Words, markdown.Read(outside(rest, "TRY")).Words
		withTry, without, lessons = withTry+n, without+bare, lessons+1
	}
	if lessons -= told; cases < 2 || lessons < minLessons || lessons > maxLessons {
		t.Errorf("%s has %d cases beside %d other steps; want two at least, and %d to %d", at, cases, lessons, minLessons, maxLessons)
	}
	if withTry < minReading || without > maxReading && longer[at] == "" {
		t.Errorf("%s has %d words to read, %d without questions; want at least %d and at most %d", at, withTry, without, minReading, maxReading)
	}
	if longer[at] != "" && without <= maxReading {
		t.Errorf("%s is no longer longer: take it off the list", at)
	}
}

// tells checks one case study: long enough to be fair, short enough to be read, and with its source.
func tells(t *testing.T, at string, step int, src string) {
	t.Helper()
	title, story, _ := strings.Cut(src, "\n")
	bare := quoted.ReplaceAllString(named.ReplaceAllString(story, ""), "")
	n := markdown.Read(citation.ReplaceAllString(bare, "")).Words
	if n < minCase || n > maxCase || !citation.MatchString(story) {
		t.Errorf("%s, step %d, %q: %d words, want %d to %d and a source", at, step, title, n, minCase, maxCase)
	}
}

// bodies are the texts of a module's readings, in their order.
func bodies(t *testing.T, key string, m *course.Module) (out []string) {
	t.Helper()
	paths, err := fs.Glob(courses.Files, key+"/[0-9]*-"+m.Key+"/*.reading.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s/%s: no readings: %v", key, m.Key, err)
	}
	for _, p := range paths {
		src, err := fs.ReadFile(courses.Files, p)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(src), "\n---\n")
		out = append(out, body)
	}
	return out
}

// outside is a text without its callouts of a kind.
func outside(src, kind string) string {
	return callout.ReplaceAllStringFunc(src, func(c string) string {
		if strings.HasPrefix(c, "> [!"+kind+"]") {
			return ""
		}
		return c
	})
}

// Each mark of a source leads to an entry of its course's list, and each module rests on some. That a mark without an entry stops
// publishing is the loader's own test.
func TestEveryClaimOfTheCoursesResolves(t *testing.T) {
	t.Parallel()
	total := 0
	for _, rev := range tree().revs {
		known := map[string]course.Source{}
		for _, s := range rev.Sources {
			known[s.ID] = s
			if s.Publisher == "" || s.Year == 0 && s.URL == "" {
				t.Errorf("%s: source %s cannot be found by a reader: it needs a publisher, and a year or an address", rev.Key, s.ID)
			}
		}
		for _, m := range rev.Modules {
			n := 0
			for file, src := range sourcesOf(t, rev.Key, m.Key) {
				for _, c := range append(citation.FindAllStringSubmatch(src, -1), sourced.FindAllStringSubmatch(src, -1)...) {
					n++
					if known[c[1]].Title == "" {
						t.Errorf("%s: %q is in no list", file, c[0])
					}
				}
			}
			if total += n; n < 10 || len(m.Sources) == 0 {
				t.Errorf("%s/%s marks %d sources and names %d", rev.Key, m.Key, n, len(m.Sources))
			}
		}
	}
	t.Logf("%d marks", total)
}

// sourcesOf are the texts of a module's files by name.
func sourcesOf(t *testing.T, key, module string) map[string]string {
	t.Helper()
	paths, err := fs.Glob(courses.Files, key+"/[0-9]*-"+module+"/*.*")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, p := range paths {
		src, err := fs.ReadFile(courses.Files, p)
		if err != nil {
			t.Fatal(err)
		}
		out[p] = string(src)
	}
	return out
}
