package app_test

import "maps"

// The rows of certificates, transcripts, and what becomes of one's data.
func init() {
	maps.Copy(matrix, map[string]row{
		"GET /me/transcript.json":             {"/me/transcript.json", known(200), nil},
		"GET /me/certificates":                {"/me/certificates", members(200), nil},
		"GET /me/certificates/:code/pdf":      {"/me/certificates/{code}/pdf", five(303, 303, 200, 404, 404), nil},
		"POST /me/certificates/:code/reissue": {"/me/certificates/{code}/reissue", five(401, 401, 303, 404, 404), nil},

		"GET /admin/certificates":                  {"/admin/certificates?q=person", desk("admin", 200), nil},
		"GET /admin/certificates/:code":            {"/admin/certificates/{code}", desk("admin", 200), nil},
		"POST /admin/certificates/:code/revoke":    {"/admin/certificates/{code}/revoke", deskWriters("admin", 422), nil},
		"POST /admin/certificates/:code/reinstate": {"/admin/certificates/{code}/reinstate", deskWriters("admin", 422), nil},
		"POST /admin/certificates/:code/forget":    {"/admin/certificates/{code}/forget", deskWriters("admin", 422), nil},

		"GET /admin/retention":  {"/admin/retention", desk("admin", 200), nil},
		"POST /admin/retention": {"/admin/retention", deskWriters("admin", 422), nil},
	})
}
