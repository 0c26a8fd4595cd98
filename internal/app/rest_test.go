package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Memory is given back once after each time of use, and never while people are there.
func TestRest(t *testing.T) {
	t.Parallel()
	gave := 0
	r := &rest{give: func() { gave++ }}
	h := r.watch(http.NotFoundHandler())
	for i, step := range []struct{ requests, want int }{
		{0, 0}, {0, 0}, // nothing was used
		{3, 0}, // in use
		{2, 0},
		{0, 1}, // a whole time without a request
		{0, 1}, // once is enough
		{1, 1}, // used again, and left again
		{0, 2},
	} {
		for range step.requests {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}
		r.tick()
		if gave != step.want {
			t.Errorf("step %d: given back %d times, want %d", i, gave, step.want)
		}
	}
}
