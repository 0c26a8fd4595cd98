package worksheet_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
	"greenroom/internal/worksheet"
)

type world struct {
	t      *testing.T
	d      *bun.DB
	sheets *worksheet.Service
	rec    *record.Service
	cert   *cert
	rev    *course.Revision
	clock  time.Time
	mu     sync.Mutex
}

type cert struct{ err error }

func (c *cert) Issue(context.Context, bun.IDB, string, *course.Revision, time.Time) error {
	return c.err
}

type courses struct{ rev *course.Revision }

func (c courses) Revision(context.Context, string) (*course.Revision, error) { return c.rev, nil }
func (c courses) RevisionTx(context.Context, bun.IDB, string) (*course.Revision, error) {
	return c.rev, nil
}

// sheet asks one of everything.
func sheet() *worksheet.Content {
	return &worksheet.Content{
		Document: "Channel map", SelfCheck: []string{"Has a date", "Has an owner"},
		Sections: []worksheet.Section{
			{Title: "Why", Fields: []*worksheet.Field{
				{Key: "purpose", Label: "Purpose", Type: worksheet.Long, Required: true, MaxWords: 5},
				{Key: "owner", Label: "Owner", Type: worksheet.Text},
				{Key: "by", Label: "Review by", Type: worksheet.Date},
				{Key: "level", Label: "Level", Type: worksheet.Choice, Choices: []string{"low", "high"}},
			}},
			{Title: "Channels", Fields: []*worksheet.Field{{
				Key: "channels", Label: "Channels", Type: worksheet.Table, Required: true, Rows: 3,
				Columns: []worksheet.Column{{Key: "channel", Label: "Channel"}, {Key: "who", Label: "Who"}},
				Given:   [][]string{{"Website", "Web team"}},
			}}},
		},
		Example: &worksheet.Example{Agency: "Kestrel Bay Council", Answers: worksheet.Answers{
			"purpose": {Text: "Answer within a day"}, "owner": {Text: "Comms lead"},
			"channels": {Rows: [][]string{{"Facebook", "Ana"}, {"Website", "Web team"}}},
		}},
	}
}

// later carries two fields over from the first worksheet.
func later() *worksheet.Content {
	return &worksheet.Content{Document: "Plan", Sections: []worksheet.Section{{Title: "Plan", Fields: []*worksheet.Field{
		{Key: "aim", Label: "Aim", Type: worksheet.Long, Carry: &worksheet.Origin{Activity: "m/one", Field: "purpose"}},
		{Key: "where", Label: "Where", Type: worksheet.Long, Carry: &worksheet.Origin{Activity: "m/one", Field: "channels"}},
	}}}}
}

func setup(t *testing.T, d *bun.DB) *world {
	w := &world{t: t, d: d, cert: &cert{}, clock: time.Date(2026, 12, 3, 1, 0, 0, 0, time.UTC)}
	m := &course.Module{Key: "m", Number: 1}
	one := (&course.Activity{Key: "m/one", Slug: "one", Kind: "worksheet", Minutes: 5, Number: 1, Module: m}).With(sheet(), "")
	two := (&course.Activity{Key: "m/two", Slug: "two", Kind: "worksheet", Minutes: 5, Number: 2, Module: m}).With(later(), "")
	one.Next, two.Prev = two, one
	m.Activities = []*course.Activity{one, two}
	w.rev = &course.Revision{Hash: "r1", Key: "c", Title: "C", Modules: []*course.Module{m}}
	now := func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.clock }
	w.rec = record.New(d, courses{w.rev}, w.cert, now)
	w.sheets = worksheet.New(d, w.rec, now)
	return w
}

func (w *world) pass(d time.Duration) { w.mu.Lock(); w.clock = w.clock.Add(d); w.mu.Unlock() }

func (w *world) person() string {
	w.t.Helper()
	p := &account.Person{ID: id.New(), Kind: "guest", CreatedAt: w.clock, UpdatedAt: w.clock}
	if _, err := w.d.NewInsert().Model(p).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

func (w *world) at(person string, n int) record.Completion {
	return record.Completion{PersonID: person, Course: w.rev, Activity: w.rev.Modules[0].Activities[n]}
}

func (w *world) of(at record.Completion) *worksheet.Worksheet {
	w.t.Helper()
	s, _, err := w.sheets.Of(w.t.Context(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) kept(at record.Completion) []string {
	w.t.Helper()
	ks, err := w.sheets.Older(w.t.Context(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, k := range ks {
		out = append(out, k.Why+":"+k.Answers["purpose"].Text)
	}
	return out
}

func (w *world) done(at record.Completion) bool {
	w.t.Helper()
	p, err := w.rec.Of(w.t.Context(), at.PersonID, w.rev.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return record.Look(w.rev, p).IsDone(at.Activity.Key)
}

// form fills a page of its own.
func form(answers worksheet.Answers) worksheet.Form {
	return worksheet.Form{Form: draft.Form{Page: id.New()}, Answers: answers}
}

func text(s string) worksheet.Answer { return worksheet.Answer{Text: s} }

func rows(r ...[]string) worksheet.Answer { return worksheet.Answer{Rows: r} }

func full(purpose string) worksheet.Answers {
	return worksheet.Answers{"purpose": text(purpose), "channels": rows([]string{"Facebook", "Ana"})}
}

// keys are the message keys of an Invalid fault by field.
func keys(err error) map[string]string {
	out := map[string]string{}
	if f := fault.From(err); f != nil && f.Kind == fault.Invalid {
		for _, x := range f.Fields {
			out[x.Name] = x.Key
		}
	}
	return out
}
