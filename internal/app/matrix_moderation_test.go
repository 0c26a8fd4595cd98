package app_test

import (
	"maps"
	"net/url"
)

func init() {
	facilitating := func(out, n int) answer {
		return answer{out, out, 403, 403, 403, map[string]int{"trainer": n, "moderator": n, "admin": n}}
	}
	const one, board, record = "/moderate/cases/:case", "/discuss/:delivery/:board/moderation", "/teach/cohorts/:cohort/discussion"
	maps.Copy(matrix, map[string]row{
		"GET /rules":                      {"/rules", all(200), nil},
		"POST /rules":                     {"/rules", writers(303), url.Values{"version": {"1"}}},
		"GET /report":                     {"/report?place=x", all(200), nil},
		"POST /report":                    {"/report", all(422), nil},
		"GET /posts/:post/report":         {"/posts/{post}/report", theirs(303, 404, 404, 200), nil},
		"POST /posts/:post/report":        {"/posts/{post}/report", theirs(401, 404, 404, 422), nil},
		"POST /posts/:post/moderate":      {"/posts/{post}/moderate", facilitating(401, 303), nil},
		"GET /me/decisions/:case":         {"/me/decisions/none", five(303, 303, 404, 404, 404), nil},
		"POST /me/decisions/:case/appeal": {"/me/decisions/none/appeal", five(401, 401, 404, 404, 404), url.Values{"text": {"It keeps to every rule."}}},
		"GET /moderate":                   {"/moderate", facilitating(303, 200), nil},
		"GET " + one:                      {"/moderate/cases/none", facilitating(303, 404), nil},
		"POST " + one + "/claim":          {"/moderate/cases/none/claim", facilitating(401, 404), nil},
		"POST " + one + "/decide":         {"/moderate/cases/none/decide", facilitating(401, 404), nil},
		"POST " + one + "/answer":         {"/moderate/cases/none/answer", facilitating(401, 404), url.Values{"why": {"It keeps to every rule."}}},
		"GET " + board:                    {"/discuss/{talk}/general/moderation", facilitating(303, 200), nil},
		"POST " + board:                   {"/discuss/{talk}/general/moderation", facilitating(401, 303), nil},
		"POST " + record + "/record.csv":  {"/teach/cohorts/{talk}/discussion/record.csv", deskWriters("trainer", 200), nil},
		"GET " + record + "/public.csv":   {"/teach/cohorts/{talk}/discussion/public.csv", desk("trainer", 200), nil},
		"GET /admin/moderation":           {"/admin/moderation", desk("admin", 200), nil},
		"POST /admin/moderation":          {"/admin/moderation", deskWriters("admin", 303), url.Values{"hours": {"24"}, "posts": {"10"}, "links": {"2"}}},
		"POST /admin/moderation/rules":    {"/admin/moderation/rules", deskWriters("admin", 422), nil},
		"GET /admin/moderation/log.csv":   {"/admin/moderation/log.csv", desk("admin", 200), nil},
	})
}
