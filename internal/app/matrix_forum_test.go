package app_test

import (
	"context"
	"maps"
	"net/url"

	"greenroom/internal/delivery"
	"greenroom/internal/forum"
)

// talkers is for what belongs to the people of one cohort: its learner, who wrote the post, and its staff. For everybody
// else it does not exist.
func talkers(n int) answer { return theirs(303, 404, n, n) }

// talkWriters is talkers for forms.
func talkWriters(n int) answer { return theirs(401, 404, n, n) }

// theirs is what nobody and guests get, what strangers get, what the learner gets, and what those get who look after it.
func theirs(out, stranger, learner, staff int) answer {
	return answer{out, out, learner, stranger, stranger, map[string]int{"trainer": staff, "moderator": staff, "admin": staff}}
}

func init() {
	text, why := url.Values{"body": {"Something to say."}, "title": {"A title"}, "rules": {"1"}}, url.Values{"reason": {"for the test"}}
	general := "/discuss/{talk}/general"
	lead := func(path string) string { return "/teach/cohorts/{talk}/discussion" + path }
	const led = "/teach/cohorts/:cohort/discussion"
	maps.Copy(matrix, map[string]row{
		"GET /discuss/:delivery":                  {"/discuss/{talk}", talkers(200), nil},
		"GET /discuss/:delivery/search":           {"/discuss/{talk}/search?q=say", talkers(200), nil},
		"GET /discuss/:delivery/:board":           {general, talkers(200), nil},
		"POST /discuss/:delivery/:board":          {general, talkWriters(303), text},
		"POST /discuss/:delivery/:board/draft":    {general + "/draft", talkWriters(303), text},
		"POST /discuss/:delivery/:board/preview":  {general + "/preview", talkWriters(200), text},
		"POST /discuss/:delivery/:board/settings": {general + "/settings", answer{401, 401, 404, 404, 404, map[string]int{"trainer": 303, "admin": 303}}, nil},

		"GET /threads/:thread":          {"/threads/{thread}", talkers(200), nil},
		"GET /live":                     {"/live", known(426), nil},
		"POST /live/ticket":             {"/live/ticket", answer{401, 200, 200, 200, 200, nil}, nil},
		"GET /live/events":              {"/live/events?topic=thread:{thread}&after=0&epoch=1", answer{303, 404, 200, 404, 404, map[string]int{"trainer": 200, "moderator": 200, "admin": 200}}, nil},
		"POST /threads/:thread":         {"/threads/{thread}", talkWriters(303), text},
		"POST /threads/:thread/draft":   {"/threads/{thread}/draft", talkWriters(303), text},
		"POST /threads/:thread/preview": {"/threads/{thread}/preview", talkWriters(200), text},
		"POST /threads/:thread/read":    {"/threads/{thread}/read", talkWriters(303), nil},
		"POST /threads/:thread/follow":  {"/threads/{thread}/follow", talkWriters(303), url.Values{"what": {"follow"}}},
		"POST /threads/:thread/manage":  {"/threads/{thread}/manage", theirs(401, 404, 404, 303), url.Values{"what": {"pin"}}},

		"GET /posts/:post":          {"/posts/{post}", talkers(302), nil},
		"GET /posts/:post/history":  {"/posts/{post}/history", talkers(200), nil},
		"GET /posts/:post/edit":     {"/posts/{post}/edit", theirs(303, 404, 200, 404), nil},
		"POST /posts/:post/edit":    {"/posts/{post}/edit", theirs(401, 404, 422, 404), nil},
		"GET /posts/:post/remove":   {"/posts/{post}/remove", theirs(303, 404, 200, 404), nil},
		"POST /posts/:post/remove":  {"/posts/{answer}/remove", theirs(401, 404, 303, 404), why},
		"POST /posts/:post/useful":  {"/posts/{post}/useful", theirs(401, 404, 404, 303), url.Values{"on": {"1"}}},
		"POST /posts/:post/endorse": {"/posts/{post}/endorse", theirs(401, 404, 404, 303), url.Values{"on": {"1"}}},

		"GET /teach/discussion":           {"/teach/discussion?list=new", answer{303, 303, 403, 403, 403, map[string]int{"trainer": 200, "moderator": 200, "admin": 200}}, nil},
		"GET " + led:                      {lead(""), desk("trainer", 200), nil},
		"POST " + led + "/groups":         {lead("/groups"), deskWriters("trainer", 422), nil},
		"POST " + led + "/groups/move":    {lead("/groups/move"), deskWriters("trainer", 404), nil},
		"POST " + led + "/groups/:group":  {lead("/groups/none"), deskWriters("trainer", 404), url.Values{"name": {"Some"}, "person": {"{learner}"}}},
		"GET " + led + "/participation":   {lead("/participation"), desk("trainer", 200), nil},
		"GET " + led + "/:board":          {lead("/first.none"), desk("trainer", 404), nil}, // the tiny course has no prompt: see TestFacilitation
		"GET " + led + "/:board/summary":  {lead("/first.none/summary"), desk("trainer", 404), nil},
		"POST " + led + "/:board/summary": {lead("/first.none/summary"), deskWriters("trainer", 404), nil},
		"GET " + led + "/:board/:person":  {lead("/first.none/{learner}"), desk("trainer", 404), nil},
		"POST " + led + "/:board/:person": {lead("/first.none/{learner}"), deskWriters("trainer", 404), nil},

		"GET /me/notifications":       {"/me/notifications", members(200), nil},
		"POST /me/notifications/read": {"/me/notifications/read", writers(303), nil},

		"GET /posts/:post/files/:file": {"/posts/{post}/files/none", theirs(303, 404, 404, 404), nil},
	})
}

// talk is a cohort with the learner in it, who has begun a thread and answered in it.
func (s *site) talk(learner string) map[string]string {
	s.t.Helper()
	ctx := context.Background()
	c := s.cohort("2026-11-23", 0)
	_, err := s.Deliveries.EnrolIn(ctx, learner, c.ID, delivery.SourceTrainer)
	ok(s.t, err)
	who, err := s.Accounts.ByID(ctx, learner)
	ok(s.t, err)
	v, err := s.Forum.Visit(ctx, who, c.ID, forum.General)
	ok(s.t, err)
	post, err := s.Forum.Write(ctx, v, forum.Text{Title: "Something", Body: "What is there to say?", Rules: 1})
	ok(s.t, err)
	answer, err := s.Forum.Write(ctx, v, forum.Text{ThreadID: post.ThreadID, Body: "This."})
	ok(s.t, err)
	return map[string]string{"{talk}": c.ID, "{thread}": post.ThreadID, "{post}": post.ID, "{answer}": answer.ID}
}
