package app_test

import (
	"maps"
	"net/url"
)

// The pages of those who run the site. {learner} is whom they look at.
func init() {
	maps.Copy(matrix, map[string]row{
		"GET /admin":                      {"/admin", desk("admin", 200), nil},
		"GET /admin/people":               {"/admin/people?q=person", desk("admin", 200), nil},
		"GET /admin/people/:id":           {"/admin/people/{learner}", desk("admin", 200), nil},
		"POST /admin/people/:id/close":    {"/admin/people/{learner}/close", deskWriters("admin", 422), nil},
		"POST /admin/people/:id/open":     {"/admin/people/{learner}/open", deskWriters("admin", 422), nil},
		"POST /admin/people/:id/sign-out": {"/admin/people/no-such-person/sign-out", deskWriters("admin", 404), nil},
		"POST /admin/people/:id/grant":    {"/admin/people/{learner}/grant", deskWriters("admin", 422), nil},
		"POST /admin/people/:id/revoke":   {"/admin/people/{learner}/revoke", deskWriters("admin", 422), nil},
		"GET /admin/audit":                {"/admin/audit?q=x&from=2026-01-01", desk("admin", 200), nil},
		"GET /admin/audit.csv":            {"/admin/audit.csv?q=x", desk("admin", 200), nil},
		"GET /admin/why":                  {"/admin/why?person={learner}&path=/admin", desk("admin", 200), nil},
		"GET /admin/look":                 {"/admin/look", desk("admin", 200), nil},
		"POST /admin/look":                {"/admin/look", deskWriters("admin", 422), url.Values{"accent": {"blue"}}},
		"GET /admin/look/preview.css":     {"/admin/look/preview.css?accent=%23ffcc00", desk("admin", 200), nil},
		"GET /look/:file":                 {"/look/none.css", all(404), nil},
		"GET /admin/sign-on":              {"/admin/sign-on", desk("admin", 200), nil},
		"POST /admin/sign-on/:name/test":  {"/admin/sign-on/no-such-provider/test", deskWriters("admin", 404), nil},
		"GET /admin/mail":                 {"/admin/mail", desk("admin", 200), nil},
		"POST /admin/mail/test":           {"/admin/mail/test", deskWriters("admin", 303), nil},
		"POST /admin/mail/:id/retry":      {"/admin/mail/no-such-letter/retry", deskWriters("admin", 404), nil},
		"GET /admin/jobs":                 {"/admin/jobs", desk("admin", 200), nil},
		"POST /admin/jobs/retry":          {"/admin/jobs/retry", deskWriters("admin", 404), nil},
		"POST /admin/jobs/park":           {"/admin/jobs/park", deskWriters("admin", 404), nil},
	})
}
