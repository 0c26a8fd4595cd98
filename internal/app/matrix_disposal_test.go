package app_test

import (
	"maps"
	"net/url"
)

// The rows of retention classes, legal holds and disposal.
func init() {
	const root = "/admin/records"
	maps.Copy(matrix, map[string]row{
		"GET " + root:                                   {root, desk("admin", 200), nil},
		"GET " + root + "/series/:series":               {root + "/series/audit", desk("admin", 200), nil},
		"POST " + root + "/series/:series":              {root + "/series/audit", deskWriters("admin", 303), url.Values{"name": {"GDA 12"}, "years": {"7"}, "from": {"written"}}},
		"POST " + root + "/series/:series/propose":      {root + "/series/audit/propose", deskWriters("admin", 422), nil},
		"GET " + root + "/series/:series/due.csv":       {root + "/series/audit/due.csv", desk("admin", 200), nil},
		"GET " + root + "/holds":                        {root + "/holds?cohort={cohort}", desk("admin", 200), nil},
		"POST " + root + "/holds":                       {root + "/holds", deskWriters("admin", 422), nil},
		"GET " + root + "/holds/:hold":                  {root + "/holds/none", desk("admin", 404), nil},
		"POST " + root + "/holds/:hold/lift":            {root + "/holds/none/lift", deskWriters("admin", 404), url.Values{"why": {"The request was answered."}}},
		"POST " + root + "/holds/:hold/kept/:kept":      {root + "/holds/none/kept/none", deskWriters("admin", 404), nil},
		"GET " + root + "/disposals/:disposal":          {root + "/disposals/none", desk("admin", 404), nil},
		"POST " + root + "/disposals/:disposal":         {root + "/disposals/none", deskWriters("admin", 404), url.Values{"why": {"On the authority of the Archives."}}},
		"GET " + root + "/disposals/:disposal/list.csv": {root + "/disposals/none/list.csv", desk("admin", 404), nil},
	})
}
