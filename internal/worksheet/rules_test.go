package worksheet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"greenroom/internal/worksheet"
)

func TestTidyKeepsWhatBelongsToTheWorksheet(t *testing.T) {
	t.Parallel()
	got := sheet().Tidy(worksheet.Answers{
		"purpose": text("  a\r\n\r\nb\rc  "), "owner": text("a\nb"), "other": text("x"),
		"channels": rows([]string{" a ", "", "too many"}, []string{"", " \n"}, []string{"b"}),
	})
	want := worksheet.Answers{"purpose": text("a\n\nb\nc"), "owner": text("a b"), "channels": rows([]string{"a", ""}, []string{"b", ""})}
	if !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOffers(t *testing.T) {
	t.Parallel()
	c := sheet()
	if o := c.Offers(nil, nil); !o["channels"].Equal(rows([]string{"Website", "Web team"})) || o["purpose"].Text != "" {
		t.Errorf("a fresh form: %+v", o)
	}
	if o := c.Offers(worksheet.Answers{"channels": {}}, nil); len(o["channels"].Rows) != 0 {
		t.Error("rows that the learner emptied came back")
	}
	// What does not fit is not offered: a text that is no choice, one too long for its field.
	for _, f := range c.Fields() {
		if f.Type == worksheet.Choice || f.Type == worksheet.Text {
			f.Carry = &worksheet.Origin{Activity: "m/x", Field: "y"}
		}
	}
	earlier := map[string]worksheet.Answers{"m/x": {"y": text(strings.Repeat("long ", 200))}}
	if o := c.Offers(nil, earlier); !o["level"].Empty() || !o["owner"].Empty() {
		t.Errorf("offered %+v", o)
	}
	earlier["m/x"]["y"] = text("high")
	if o := c.Offers(nil, earlier); o["level"].Text != "high" || o["owner"].From != "m/x" {
		t.Errorf("offered %+v", o)
	}
}

func TestAnswersEqual(t *testing.T) {
	t.Parallel()
	a := worksheet.Answers{"x": text("1"), "gone": {}}
	if !a.Equal(worksheet.Answers{"x": text("1")}) || !(worksheet.Answers{"x": text("1")}).Equal(a) {
		t.Error("an absent answer equals an empty one")
	}
	if a.Equal(worksheet.Answers{"x": text("1"), "y": text("2")}) || a.Equal(worksheet.Answers{"x": rows([]string{"1"})}) {
		t.Error("different answers are equal")
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	w := worksheet.Words{
		Lines: []string{"From the course"}, Footer: "Made with Greenroom", Empty: "(nothing)",
		Date: func(t time.Time) string { return t.Format("2 January 2006") },
	}
	d := sheet().Compose(worksheet.Answers{
		"purpose": text("a\n\nb"), "by": text("2026-12-03"), "channels": rows([]string{"Phone", ""}),
	}, "", "en-AU", at, w)
	f := d.Sections[0].Fields
	if d.Title != "Channel map" || !slices.Equal(f[0].Paragraphs, []string{"a", "b"}) || f[1].Paragraphs[0] != "(nothing)" || f[2].Paragraphs[0] != "3 December 2026" {
		t.Errorf("first section %+v", f)
	}
	if g := d.Sections[1].Fields[0]; !slices.Equal(g.Head, []string{"Channel", "Who"}) || len(g.Rows) != 1 {
		t.Errorf("table %+v", g)
	}
	// A date that was typed in another way is shown as typed.
	d = sheet().Compose(worksheet.Answers{"by": text("next week")}, "", "en-AU", at, w)
	if got := d.Sections[0].Fields[2].Paragraphs[0]; got != "next week" {
		t.Errorf("date %q", got)
	}
}
