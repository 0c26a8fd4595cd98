package app_test

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"greenroom/internal/id"
)

// Answers that come at once are counted together: each once however often its form came, the last of those who change theirs
// counts, and what is wrong with one is told to that one only.
func TestAnswersAtOnce(t *testing.T) {
	each(t, setup{pool: 4}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		var all []*client
		for range 20 {
			all = append(all, h.in(""))
		}
		outside := s.nobody()
		outside.post(tiny+"/enrol", nil).want(303)
		for _, item := range []int{1, 2} {
			h.reach(item, "open")
			var going sync.WaitGroup
			send := func(c *client, f url.Values, want int) {
				going.Go(func() {
					res, err := c.http.PostForm(h.url+"/room/"+h.code+"/answer", f)
					if err != nil || res.StatusCode != want {
						t.Errorf("answer: %v %v, want %d", res, err, want)
						return
					}
					_ = res.Body.Close()
				})
			}
			form := func(choice string) url.Values {
				return url.Values{"item": {h.items[item].ID}, "client": {id.New()}, "choice": {choice}}
			}
			for n, c := range all {
				f := form(strconv.Itoa(n % 2))
				for range 3 {
					send(c, f, http.StatusSeeOther)
				}
			}
			send(all[0], form("7"), http.StatusUnprocessableEntity)
			send(outside, form("0"), http.StatusNotFound)
			going.Wait()
			h.answer(all[0], item, "1").want(303) // they change their mind; of an anonymous item the first counts
			h.reach(item, "reveal")
			want := []int{10, 10}
			if item == 2 {
				want = []int{9, 11}
			}
			if v := h.view(); v.Item.Answers != 20 || v.Counts[0] != want[0] || v.Counts[1] != want[1] {
				t.Errorf("item %d: %v of %d, want %v", item, v.Counts, v.Item.Answers, want)
			}
		}
		s.healthy()
	})
}
