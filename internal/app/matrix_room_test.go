package app_test

import (
	"context"
	"maps"
	"net/url"
	"strconv"

	"greenroom/internal/id"
	"greenroom/internal/room"
)

// Live workshops. {room} is one that the trainer of the matrix runs, {door} its code; the learner is in it and the other is not.
func init() {
	host := func(get bool, n int) answer {
		if get {
			return answer{303, 303, 403, 403, 403, map[string]int{"trainer": n, "admin": n}}
		}
		return answer{401, 401, 403, 403, 403, map[string]int{"trainer": n, "admin": n}}
	}
	within := func(in int) answer { return five(404, 404, in, 404, 404) }
	const at = "/teach/rooms/:room"
	maps.Copy(matrix, map[string]row{
		"GET /teach/rooms":           {"/teach/rooms", desk("trainer", 200), nil},
		"POST /teach/rooms":          {"/teach/rooms", deskWriters("trainer", 422), url.Values{"course": {"tiny"}, "sheet": {"first/room"}}},
		"GET /teach/rooms/new":       {"/teach/rooms/new?sheet=tiny/first/room", desk("trainer", 200), nil},
		"GET " + at:                  {"/teach/rooms/{room}", host(true, 200), nil},
		"GET " + at + "/news":        {"/teach/rooms/{room}/news", host(true, 200), nil},
		"GET " + at + "/summary":     {"/teach/rooms/{room}/summary", host(true, 200), nil},
		"POST " + at + "/summary":    {"/teach/rooms/{room}/summary", host(false, 404), nil},
		"GET " + at + "/summary.csv": {"/teach/rooms/{room}/summary.csv", host(true, 200), nil},
		"GET " + at + "/setup":       {"/teach/rooms/{room}/setup", host(true, 200), nil},
		"POST " + at + "/setup":      {"/teach/rooms/{room}/setup", host(false, 422), url.Values{"part": {"basics"}}},
		"GET /teach/rooms/templates": {"/teach/rooms/templates", desk("trainer", 200), nil},
		"GET " + at + "/copy":        {"/teach/rooms/{room}/copy", host(true, 200), nil},
		"GET " + at + "/pack":        {"/teach/rooms/{room}/pack", host(true, 200), nil},
		"POST " + at + "/rehearsal":  {"/teach/rooms/{room}/rehearsal", host(false, 422), nil},
		"POST " + at + "/copy":       {"/teach/rooms/{room}/copy", host(false, 422), nil},
		"POST " + at + "/do":         {"/teach/rooms/{room}/do", host(false, 422), url.Values{"do": {"timer"}, "minutes": {"x"}}},
		"POST " + at + "/groups":     {"/teach/rooms/{room}/groups", host(false, 422), url.Values{"do": {"make"}, "size": {"x"}}},
		"POST " + at + "/story":      {"/teach/rooms/{room}/story", host(false, 422), nil},
		"POST " + at + "/here":       {"/teach/rooms/{room}/here", host(false, 204), nil},

		"GET " + at + "/bookings":     {"/teach/rooms/{room}/bookings", host(true, 200), nil},
		"GET " + at + "/bookings.csv": {"/teach/rooms/{room}/bookings.csv", host(true, 200), nil},
		"POST " + at + "/bookings":    {"/teach/rooms/{room}/bookings", host(false, 422), url.Values{"do": {"offer"}, "booking": {"x"}}},

		"GET /workshops":                    {"/workshops", all(200), nil},
		"GET /workshops/:room":              {"/workshops/{room}", all(404), nil}, // it is not open for booking
		"POST /workshops/:room/book":        {"/workshops/{room}/book", five(401, 401, 404, 404, 404), nil},
		"POST /workshops/:room/cancel":      {"/workshops/{room}/cancel", five(401, 401, 404, 404, 404), nil},
		"GET /workshops/:room/calendar.ics": {"/workshops/{room}/calendar.ics", five(303, 303, 404, 404, 404), nil},

		"GET /join":                  {"/join", all(200), nil},
		"POST /join":                 {"/join", all(422), url.Values{"code": {"nothing"}}},
		"GET /room/:room":            {"/room/{door}", all(200), nil},
		"GET /room/:room/news":       {"/room/{door}/news", within(200), nil},
		"GET /room/:room/stage":      {"/room/{room}/stage", all(200), nil},
		"GET /room/:room/stage/news": {"/room/{room}/stage/news", all(200), nil},
		"POST /room/:room/join":      {"/room/{door}/join", all(422), url.Values{"name": {longName}}},
		"POST /room/:room/answer":    {"/room/{door}/answer", within(422), nil},
		"POST /room/:room/write":     {"/room/{door}/write", within(422), nil},
		"POST /room/:room/vote":      {"/room/{door}/vote", within(404), nil},
		"POST /room/:room/group":     {"/room/{door}/group", within(422), nil},
		"POST /room/:room/story":     {"/room/{door}/story", within(422), nil},
		"POST /room/:room/note":      {"/room/{door}/note", within(422), nil},
		"GET /room/:room/results":    {"/room/{door}/results", within(303), nil},
		"GET /room/:room/feedback":   {"/room/{door}/feedback", within(303), nil},
		"POST /room/:room/feedback":  {"/room/{door}/feedback", within(303), nil},
		"GET /me/workshops":          {"/me/workshops", known(200), nil},
		"POST /room/:room/here":      {"/room/{door}/here", within(204), nil},
	})
}

const longName = "a name that is longer than sixty characters, which is more than any screen shows"

// workshop sets up a room that host runs and the learner is in.
func (s *site) workshop(host, learner *client) map[string]string {
	s.t.Helper()
	ctx := context.Background()
	by, err := s.Accounts.ByID(ctx, host.id)
	ok(s.t, err)
	r, err := s.Rooms.Create(ctx, by, roomPlan())
	ok(s.t, err)
	who, err := s.Accounts.ByID(ctx, learner.id)
	ok(s.t, err)
	ok(s.t, s.Rooms.Join(ctx, who, r.Code, "Lee"))
	return map[string]string{"{room}": r.ID, "{door}": r.Code}
}

func roomPlan() room.Plan {
	p := room.Plan{FormID: id.New(), CourseKey: "tiny", SheetKey: "first/room", Title: "A day", Day: "2026-12-07", Clock: "10:00", Zone: "Australia/Sydney", Nameless: true}
	for n, k := range []string{"hello", "choose", "ask", "leave"} {
		p.Items = append(p.Items, room.PlanItem{Key: k, In: true, Place: strconv.Itoa(n + 1), Minutes: "5"})
	}
	return p
}
