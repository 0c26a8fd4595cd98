package scenario_test

import (
	"strings"
	"testing"

	"greenroom/internal/scenario"
)

// Formatting keeps what a file means, keeps comments, and done again changes nothing.
func TestFormat(t *testing.T) {
	t.Parallel()
	src := example(t)
	out, err := scenario.Format(src)
	if err != nil {
		t.Fatal(err)
	}
	again, err := scenario.Format(out)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(out) {
		t.Error("formatting twice is not formatting once")
	}
	a, b := scenario.Lint(src), scenario.Lint(out)
	if b.Findings.Broken() || a.Explored.Paths != b.Explored.Paths || a.Explored.States != b.Explored.States || len(a.Findings) != len(b.Findings) {
		t.Errorf("the formatted file is another one:\n%s", out)
	}
	kept, err := scenario.Format([]byte(strings.Replace(string(src), "start: lunch\n", "start: lunch # where it begins\n", 1)))
	if err != nil || !strings.Contains(string(kept), "# where it begins") {
		t.Errorf("a comment was lost: %v", err)
	}
	if _, err := scenario.Format([]byte(strings.Replace(string(src), `"Never faster at falling over."`, `Never faster #fail`, 1))); err == nil {
		t.Error("a file with an unquoted text was written anew: its words would be lost for good")
	}
}
