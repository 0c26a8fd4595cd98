package app_test

import (
	"context"
	"maps"
	"net/url"
	"strings"

	"greenroom/internal/delivery"
	"greenroom/internal/roster"
)

const ways = "/teach/cohorts/:cohort/join"

// The ways into a cohort and its people. {class} is a cohort with the learner {pupil}, {token} is an invitation's link, {list} a file of people that was checked.
func init() {
	at := func(path string) string { return "/teach/cohorts/{cohort}/join" + path }
	pupil := func(path string) string { return "/teach/cohorts/{class}" + path }
	maps.Copy(matrix, map[string]row{
		"GET /teach/cohorts/:cohort/progress":                {pupil("/progress?show=behind&q=p"), desk("trainer", 200), nil},
		"GET /teach/cohorts/:cohort/progress.csv":            {pupil("/progress.csv"), desk("trainer", 200), nil},
		"GET /teach/cohorts/:cohort/message":                 {pupil("/message?person={pupil}"), desk("trainer", 200), nil},
		"POST /teach/cohorts/:cohort/message":                {pupil("/message"), deskWriters("trainer", 422), nil},
		"GET /teach/cohorts/:cohort/people/:person":          {pupil("/people/{pupil}"), desk("trainer", 200), nil},
		"POST /teach/cohorts/:cohort/people/:person/decide":  {pupil("/people/{pupil}/decide"), deskWriters("trainer", 422), nil},
		"POST /teach/cohorts/:cohort/people/:person/reverse": {pupil("/people/{pupil}/reverse"), deskWriters("trainer", 422), nil},
		"POST /teach/cohorts/:cohort/people/:person/move":    {pupil("/people/{pupil}/move"), deskWriters("trainer", 422), nil},

		"GET /join/:token":  {"/join/{token}", all(200), nil},
		"POST /join/:token": {"/join/{token}", five(401, 401, 409, 303, 303), nil},

		"GET " + ways:                                      {at(""), desk("trainer", 200), nil},
		"POST " + ways + "/add":                            {at("/add"), deskWriters("trainer", 422), nil},
		"POST " + ways + "/let-in":                         {at("/let-in"), deskWriters("trainer", 404), url.Values{"person": {"nobody"}}},
		"POST " + ways + "/keep-out":                       {at("/keep-out"), deskWriters("trainer", 404), nil},
		"POST " + ways + "/invitations":                    {at("/invitations"), deskWriters("trainer", 422), nil},
		"POST " + ways + "/invitations/:invitation/revoke": {at("/invitations/none/revoke"), deskWriters("trainer", 404), nil},
		"POST " + ways + "/places/:place/withdraw":         {at("/places/none/withdraw"), deskWriters("trainer", 404), nil},
		"POST " + ways + "/imports":                        {at("/imports"), deskWriters("trainer", 422), nil},
		"GET " + ways + "/imports/:import":                 {at("/imports/{list}?outcome=pending"), desk("trainer", 200), nil},
		"POST " + ways + "/imports/:import/apply":          {at("/imports/{list}/apply"), deskWriters("trainer", 303), nil},
		"GET " + ways + "/imports/:import/rows.csv":        {at("/imports/{list}/rows.csv"), desk("trainer", 200), nil},
	})
}

// waysIn makes an invitation to a cohort and checks a file for it.
func (s *site) waysIn(cohort string) (token, list string) {
	s.t.Helper()
	ctx := context.Background()
	i, err := s.Roster.Invite(ctx, nil, cohort, roster.NewInvitation{Label: "For the test"})
	ok(s.t, err)
	link := s.Roster.Link(i)
	im, err := s.Roster.Prepare(ctx, nil, cohort, "", "people.csv", []byte("email\nnew@agency.example\nnobody\n"))
	ok(s.t, err)
	return link[strings.LastIndexByte(link, '/')+1:], im.ID
}

// class is a cohort with one learner.
func (s *site) class() (cohort, pupil string) {
	s.t.Helper()
	c, p := s.cohort("2026-11-30", 0), s.person("A Pupil", "learner")
	_, err := s.Deliveries.EnrolIn(context.Background(), p.id, c.ID, delivery.SourceTrainer)
	ok(s.t, err)
	return c.ID, p.id
}
