package worksheet_test

import (
	"strings"
	"testing"

	"greenroom/internal/play/playtest"
	"greenroom/internal/worksheet"
)

const head = "title: \"Map\"\nminutes: 9\ndocument: \"Map\"\nsections:\n  - title: \"One\"\n    fields:\n"

func TestParse(t *testing.T) {
	t.Parallel()
	rev, found := playtest.Load(t, map[string]string{
		"01-map.worksheet.yaml": head + `      - { key: why, label: "Why", type: long, required: true, max_words: 5, help: "Short." }
      - { key: when, label: "When", type: date }
      - { key: level, label: "Level", type: choice, choices: ["low", "high"] }
      - key: rows
        label: "Rows"
        type: table
        columns: [{ key: a, label: "A" }, { key: b, label: "B" }]
        given: [["1", ""]]
example:
  agency: "Kestrel Bay Council"
  values:
    why: "Because"
    when: 2026-12-03
    level: "high"
    rows: [["x", "y"], ["z", ""]]
self_check: ["Done?"]
`,
		"02-plan.worksheet.yaml": strings.ReplaceAll(head, "Map", "Plan") + "      - { key: aim, label: \"Aim\", type: long, carry: m/map#why }\n",
	}, worksheet.Kind{})
	if rev == nil {
		t.Fatal(found)
	}
	c := rev.Activity("m/map").Content().(*worksheet.Content)
	if f := c.Field("why"); !f.Required || f.MaxWords != 5 || f.Help != "Short." || f.Limit() != worksheet.MaxLong {
		t.Errorf("why %+v", f)
	}
	if f := c.Field("rows"); f.Rows != 4 || f.Columns[1].Label != "B" || f.Given[0][0] != "1" || f.Limit() != worksheet.MaxText {
		t.Errorf("rows %+v", f)
	}
	want := worksheet.Answers{"why": text("Because"), "when": text("2026-12-03"), "level": text("high"), "rows": rows([]string{"x", "y"}, []string{"z", ""})}
	if !c.Example.Answers.Equal(want) || c.SelfCheck[0] != "Done?" {
		t.Errorf("example %+v", c.Example)
	}
	if got := rev.Activity("m/plan").Content().(*worksheet.Content).Origins(); len(got) != 1 || got[0] != "m/map" {
		t.Errorf("origins %v", got)
	}
}

func TestParseReportsFaults(t *testing.T) {
	t.Parallel()
	const why = "      - { key: why, label: \"Why\", type: long, required: true }\n"
	const ex = "example:\n  agency: \"K\"\n  values:\n"
	for text, want := range map[string]string{
		why + why: `:8: error: the key "why" is used twice`,
		"      - { key: a, label: \"A\", type: choice }\n":                                                                             "needs choices",
		"      - { key: a, label: \"A\", type: table }\n":                                                                              "needs columns",
		"      - { key: a, label: \"A\", type: text, rows: 3 }\n":                                                                      "has no rows",
		"      - { key: a, label: \"A\", type: date, max_words: 3 }\n":                                                                 "has no max_words",
		"      - { key: a, label: \"A\", type: video }\n":                                                                              "type",
		"      - { key: a, label: \"A\", type: table, columns: [{key: x, label: \"X\"}, {key: x, label: \"Y\"}] }\n":                   `the column key "x" is used twice`,
		"      - { key: a, label: \"A\", type: table, columns: [{key: x, label: \"X\"}, {key: y, label: \"Y\"}], given: [[\"1\"]] }\n": "given row 1 has 1 cells",
		"      - { key: a, label: \"A\", type: long, carry: nowhere }\n":                                                               "names no field",
		"      - { key: a, label: \"A\", type: long, carry: m/none#x }\n":                                                              `no activity "m/none"`,
		"      - { key: a, label: \"A\", type: long, carry: m/map#a }\n":                                                               "does not come before",
		why + ex + "    other: \"x\"\n":                                                                                                `answers "other", which is no field`,
		why + ex + "    why: [\"x\"]\n":                                                                                                "must be a text in quotes",
		why + ex + "    why: \"\"\n":                                                                                                   "would not pass as finished",
		why + ex + "    why: \"" + strings.Repeat("x", 5001) + "\"\n":                                                                  "longer than the field takes",
		"      - { key: a, label: \"A\", type: choice, choices: [\"x\", \"y\"] }\n" + ex + "    a: \"z\"\n":                            "not among the choices",
	} {
		rev, found := playtest.Load(t, map[string]string{"01-map.worksheet.yaml": head + text}, worksheet.Kind{})
		if rev != nil || !strings.Contains(found, want) {
			t.Errorf("%q: want %q among\n%s", text, want, found)
		}
	}
}
