package app_test

import (
	"maps"
	"net/url"
)

// What comes of live workshops: see matrix_room_test.go for {room} and {door}.
func init() {
	got := func(n int) answer {
		return answer{303, 303, 403, 403, 403, map[string]int{"trainer": n, "admin": n}}
	}
	sent := func(n int) answer {
		return answer{401, 401, 403, 403, 403, map[string]int{"trainer": n, "admin": n}}
	}
	const at = "/teach/rooms/:room"
	maps.Copy(matrix, map[string]row{
		"GET " + at + "/attendance":     {"/teach/rooms/{room}/attendance", got(200), nil},
		"GET " + at + "/attendance.csv": {"/teach/rooms/{room}/attendance.csv", got(200), nil},
		"POST " + at + "/attendance":    {"/teach/rooms/{room}/attendance", sent(422), url.Values{"do": {"rule"}, "need": {"0"}}},
	})
}
