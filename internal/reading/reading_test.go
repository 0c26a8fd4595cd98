package reading_test

import (
	"strings"
	"testing"

	"greenroom/internal/play/playtest"
	"greenroom/internal/reading"
)

const front = "---\ntitle: \"Why it matters\"\nminutes: 5\nsummary: \"In short.\"\n---\n"

func TestParse(t *testing.T) {
	t.Parallel()
	rev, found := playtest.Load(t, map[string]string{"01-why.reading.md": front + "## Begin\n\nRead [the source](https://example.org/a)."}, reading.Kind{})
	if rev == nil {
		t.Fatal(found)
	}
	a := rev.Activity("m/why")
	if a.Title != "Why it matters" || a.Minutes != 5 || a.Summary != "In short." || a.Kind != "reading" {
		t.Errorf("activity %+v", a)
	}
	if body := string(a.Content().(*reading.Content).Body); !strings.Contains(body, "Begin</h2>") || !strings.Contains(body, `href="https://example.org/a"`) {
		t.Errorf("body %s", body)
	}
}

func TestParseReportsFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		front:                          "the reading has no text",
		"Just text.":                   "01-why.reading.md",
		front + "<script>x</script>\n": "01-why.reading.md:6: error",
		"---\ntitle: \"T\"\n---\nText": "minutes",
		"---\ntitle: \"T\"\nminutes: 5\nmore: 1\n---\nText": "more",
	} {
		rev, found := playtest.Load(t, map[string]string{"01-why.reading.md": text}, reading.Kind{})
		if rev != nil || !strings.Contains(found, want) {
			t.Errorf("%q: want %q among\n%s", text, want, found)
		}
	}
}
