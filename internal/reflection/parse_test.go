package reflection_test

import (
	"strings"
	"testing"

	"greenroom/internal/play/playtest"
	"greenroom/internal/reflection"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const head = "title: \"Why\"\nminutes: 10\nprompt: \"What *then*?\"\n"
	const model = "model_answer: \"This.\"\n"
	rev, found := playtest.Load(t, map[string]string{
		"01-why.reflection.yaml": head + "words: { min: 100, max: 250 }\nstarters: [\"I would\"]\n" + model,
	}, reflection.Kind{})
	if rev == nil {
		t.Fatal(found)
	}
	c := rev.Activity("m/why").Content().(*reflection.Content)
	if c.Min != 100 || c.Max != 250 || c.Starters[0] != "I would" || !strings.Contains(string(c.Prompt), "<em>then</em>") || !strings.Contains(string(c.Model), "This.") {
		t.Errorf("content %+v", c)
	}
	if !c.InRange(100) || !c.InRange(250) || c.InRange(99) || c.InRange(251) {
		t.Error("the range includes both ends and nothing more")
	}
	for text, want := range map[string]string{
		head + "words: { min: 9, max: 3 }\n" + model: ":4: error: words: min 9 is above max 3",
		head + model:                         "words",
		head + "words: { min: 1, max: 3 }\n": "model_answer",
		head + "words: { min: 1 }\n" + model: "max",
	} {
		rev, found := playtest.Load(t, map[string]string{"01-why.reflection.yaml": text}, reflection.Kind{})
		if rev != nil || !strings.Contains(found, want) {
			t.Errorf("%q: want %q among\n%s", text, want, found)
		}
	}
}
