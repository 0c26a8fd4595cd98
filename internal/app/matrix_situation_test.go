package app_test

import (
	"context"
	"maps"
	"net/url"

	"greenroom/internal/draft"
	"greenroom/internal/id"
	"greenroom/internal/situation"
)

// The learner's situation is shared with their cohort; what only its writer may do does not exist for who leads it. A moderator
// has no seat and leads nothing here.
func init() {
	const all, one = "/situations/:delivery", "/situations/:delivery/:situation"
	list, own := "/situations/{talk}", "/situations/{talk}/{situation}"
	// For nobody and strangers as in discussions; for the learner whose it is; for trainers and administrators.
	by := func(out, learner, leads int) answer {
		return answer{out, out, learner, 404, 404, map[string]int{"trainer": leads, "admin": leads}}
	}
	maps.Copy(matrix, map[string]row{
		"GET " + all:                    {list, by(303, 200, 200), nil},
		"POST " + all:                   {list, by(401, 303, 403), nil},
		"GET " + one:                    {own, by(303, 200, 200), nil},
		"GET " + one + "/edit":          {own + "/edit", by(303, 200, 404), nil},
		"POST " + one + "/edit":         {own + "/edit", by(401, 422, 404), url.Values{"title": {tooLong}}},
		"GET " + one + "/scenario.yaml": {own + "/scenario.yaml", by(303, 200, 200), nil},
		"GET /report/:about/:id":        {"/report/situation/{situation}", by(303, 404, 200), nil},
		"POST /report/:about/:id":       {"/report/situation/{situation}", by(401, 404, 422), nil},
		"GET " + one + "/play":          {own + "/play", by(303, 200, 200), nil},
		"POST " + one + "/play/:verb":   {own + "/play/start", by(401, 303, 303), nil},
		"POST " + one + "/share":        {own + "/share", by(401, 303, 404), nil},
		"POST " + one + "/withdraw":     {"/situations/{talk}/{other}/withdraw", by(401, 303, 404), nil},
		"POST " + one + "/credit":       {own + "/credit", by(401, 303, 404), nil},
		"POST " + one + "/remove":       {"/situations/{talk}/none/remove", by(401, 404, 404), nil},
		"POST " + one + "/review":       {own + "/review", by(401, 404, 422), nil},
		"POST " + one + "/give-back":    {own + "/give-back", by(401, 404, 422), nil},
		"POST " + one + "/adopt":        {own + "/adopt", by(401, 404, 409), nil},
		"POST " + one + "/let-go":       {own + "/let-go", by(401, 404, 303), nil},
	})
}

var tooLong = func() string {
	b := make([]byte, situation.MaxLine+1)
	for i := range b {
		b[i] = 'x'
	}
	return string(b)
}()

// situations are one that the learner shares with the cohort, and another that is private.
func (s *site) situations(learner, cohort string) map[string]string {
	s.t.Helper()
	ctx := context.Background()
	who, err := s.Accounts.ByID(ctx, learner)
	ok(s.t, err)
	p, err := s.Situations.At(ctx, who, cohort)
	ok(s.t, err)
	var ids []string
	for range 2 {
		u, err := s.Situations.Create(ctx, p, id.New())
		ok(s.t, err)
		_, err = s.Situations.Save(ctx, p, u.ID, draft.Form{}, aSituation())
		ok(s.t, err)
		ids = append(ids, u.ID)
	}
	_, err = s.Situations.Share(ctx, p, ids[0], situation.Consent{Named: true})
	ok(s.t, err)
	return map[string]string{"{situation}": ids[0], "{other}": ids[1]}
}

// aSituation is one that can be shared.
func aSituation() situation.Form {
	f := situation.Form{
		Title: "The road that closed early", Role: "You look after the page of a small council.", Day: "Tuesday, 12:40", Event: "A road closes at noon instead of six.",
		Reply: "Write to Rosa", Model: "Sorry, Rosa: our mistake.", Question: "Who could have told the bakery?",
		People:  []situation.Person{{Name: "Rosa", Says: "My flour is on the wrong side."}, {Name: "Deano", Kind: "critic", Says: "Again."}},
		Moments: []situation.Moment{{Ask: "What do you do?"}},
	}
	for _, x := range []string{"Say sorry", "Say nothing", "Pass it on"} {
		f.Moments[0].Answers = append(f.Moments[0].Answers, situation.Answer{Text: x, Next: "Rosa waits.", Feedback: "A time helps."})
	}
	return f
}
