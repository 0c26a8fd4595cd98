package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/room"
)

// A span is from one sign of life to the last that follows closely; the shares of those who were there long enough, and what
// a trainer corrects with a reason, go into the record, and a guest's when they keep it in an account.
func TestAttendance(t *testing.T) {
	each(t, setup{pool: 4}, func(t *testing.T, s *site) {
		tess := s.person("Tess Trainer", "trainer")
		h := newHall(t, s, tess)
		lee, gus, bea := s.person("Lee Learner", "learner"), s.nobody(), s.person("Bea Brief", "learner")
		for c, name := range map[*client]string{lee: "Lee", gus: "Gus", bea: "Bea"} {
			c.post("/room/"+h.code+"/join", url.Values{"name": {name}}).want(303)
		}
		here := func(f url.Values, all ...*client) {
			for _, c := range all {
				c.post("/room/"+h.code+"/here", f).want(204)
			}
		}
		h.reach(0, "") // 20 minutes are planned
		for n := range 30 {
			s.clock.advance(30 * time.Second)
			here(nil, lee, gus)
			if n < 4 || n >= 8 && n < 12 { // two minutes, away for two, and two more
				here(nil, bea)
			}
		}
		h.do(url.Values{"do": {"end"}}).want(303)
		desk := "/teach/rooms/" + h.id + "/attendance"
		if got := s.rows("SELECT COUNT(*) FROM room_span WHERE participant_id = (SELECT id FROM room_participant WHERE person_id = '" + bea.id + "')"); got[0] != "2" {
			t.Errorf("Bea has %s spans", got[0])
		}
		a, err := s.Rooms.Attendance(t.Context(), h.by(), h.id)
		ok(t, err)
		if a.Base != 15 { // it was run for a quarter of an hour
			t.Errorf("the whole is %d minutes", a.Base)
		}
		var is []string
		for _, p := range a.All {
			is = append(is, p.Called(), map[bool]string{true: "enough", false: "short"}[p.Enough])
		}
		if got := strings.Join(is, " "); got != "Bea short Gus enough Lee enough" {
			t.Errorf("who attended: %s", got)
		}

		tess.post(desk, url.Values{"do": {"fix"}, "participant": {a.All[0].ID}, "minutes": {"x"}, "reason": {" "}}).want(422, "Give minutes from 0 to 1440", "Say why")
		tess.post(desk, url.Values{"do": {"rule"}, "need": {"101"}}).want(422, "from 1 to 100 percent", `value="101"`)
		tess.post(desk, url.Values{"do": {"rule"}, "need": {"80"}, "cohort": {"no-such"}}).want(422, "Choose a cohort of this course that you lead")
		tess.post(desk, url.Values{"do": {"enter"}, "step": {"first/welcome"}}).want(303)
		if n := s.count("learning_event WHERE activity_key = 'first/room'"); n != 1 {
			t.Errorf("%d people have the workshop in their record, want Lee alone", n)
		}
		tess.post(desk, url.Values{"do": {"fix"}, "participant": {a.All[0].ID}, "minutes": {"14"}, "reason": {"Her phone was flat; she sat in front."}}).want(303)
		tess.get(desk).want(200, "Corrected to 14 minutes (heard: 4)", "Her phone was flat")
		tess.get(desk+".csv").want(200, "Bea,", ",4,14,93,Attended,Her phone was flat")
		if n := s.count("audit WHERE action = 'room.attendance' AND reason LIKE 'Her phone%'"); n != 1 {
			t.Errorf("%d entries in the log", n)
		}
		tess.post(desk, url.Values{"do": {"enter"}}).want(303)
		tess.post(desk, url.Values{"do": {"enter"}}).want(303)
		if n := s.count("learning_event WHERE activity_key = 'first/room'"); n != 2 {
			t.Errorf("%d people have it, want Lee and Bea", n)
		}
		lee.get("/me/transcript").want(200, "A tiny workshop")

		// Gus signs up on the device, says that it is theirs, and it counts.
		to := s.person("Gus Guest", "learner")
		guest := s.rows("SELECT person_id FROM room_participant WHERE name = 'Gus'")[0]
		gone := gus.http.Jar
		u, _ := url.Parse(s.url)
		for _, k := range gone.Cookies(u) {
			if strings.Contains(k.Name, "device") {
				did, err := s.Accounts.Claim(t.Context(), k.Value, to.id)
				ok(t, err)
				if !did {
					t.Error("nothing was claimed")
				}
			}
		}
		if n := s.count("learning_event WHERE activity_key = 'first/room' AND person_id = '" + to.id + "'"); n != 1 || guest == to.id {
			t.Errorf("the guest's workshop is %d times in the person's record", n)
		}
		s.person("Olga Other", "trainer").get(desk).want(404)
		s.healthy()
	})
}

// What is recognised for attending can complete the course; nobody decides about themselves, and only who leads may.
func TestAttendanceCompletesACourse(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		tess := s.person("Tess Trainer", "trainer")
		h := newHall(t, s, tess)
		lee := s.person("Lee Learner", "learner")
		for _, c := range []*client{lee, tess} {
			c.post("/room/"+h.code+"/join", url.Values{"name": {"X"}}).want(303)
		}
		h.reach(0, "")
		if _, err := s.Rooms.Enter(t.Context(), h.by(), h.id, nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("entered while it runs: %v", err)
		}
		for range 10 {
			s.clock.advance(45 * time.Second)
			lee.post("/room/"+h.code+"/here", nil).want(204)
			tess.post("/room/"+h.code+"/here", nil).want(204)
		}
		h.do(url.Values{"do": {"end"}}).want(303)
		all := url.Values{"do": {"enter"}}
		r, err := s.Rooms.ByCode(t.Context(), h.code)
		ok(t, err)
		steps, err := s.Rooms.Steps(t.Context(), r)
		ok(t, err)
		for _, a := range steps {
			all.Add("step", a.Key)
		}
		tess.post("/teach/rooms/"+h.id+"/attendance", all).want(303)
		if n := s.count("learning_event WHERE kind = 'recognised' AND person_id = '" + lee.id + "'"); n != len(steps) || n == 0 {
			t.Errorf("%d steps are recognised, want %d", n, len(steps))
		}
		if n := s.count("learning_event WHERE kind = 'recognised' AND person_id = '" + tess.id + "'"); n != 0 {
			t.Errorf("%d steps are recognised by oneself", n)
		}
		s.healthy()
	})
}

// Who has a seat in the cohort and did not come is listed, and can be entered by hand.
func TestExpectedAndAbsent(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		tess := s.person("Tess Trainer", "trainer")
		h := newHall(t, s, tess)
		id, pupil := s.class()
		desk := "/teach/rooms/" + h.id + "/attendance"
		r, err := s.Rooms.ByCode(t.Context(), h.code)
		ok(t, err)
		if r.CohortID != "" {
			t.Errorf("somebody is expected: %s", r.CohortID)
		}
		tess.post(desk, url.Values{"do": {"rule"}, "need": {"50"}, "cohort": {id}}).want(303)
		a, err := s.Rooms.Attendance(t.Context(), h.by(), h.id)
		ok(t, err)
		if len(a.Absent) != 1 || a.Absent[0].PersonID != pupil || a.Need != 50 {
			t.Fatalf("absent: %+v, need %d", a.Absent, a.Need)
		}
		h.reach(0, "")
		s.clock.advance(10 * time.Minute)
		h.do(url.Values{"do": {"end"}}).want(303)
		tess.post(desk, url.Values{"do": {"fix"}, "person": {pupil}, "minutes": {"9"}, "reason": {"Sat beside me."}}).want(303)
		tess.get(desk).want(200, "Everybody who was expected has come", "Corrected to 9 minutes (heard: 0)")
		if _, err := s.Rooms.Enter(t.Context(), h.by(), h.id, nil); err != nil {
			t.Error(err)
		}
		if n := s.count("learning_event WHERE activity_key = 'first/room' AND person_id = '" + pupil + "' AND delivery_id = '" + id + "'"); n != 1 {
			t.Errorf("%d entries in the cohort's record", n)
		}
		if err := s.Rooms.Correct(t.Context(), h.by(), h.id, room.Fix{PersonID: tess.id, Minutes: "9", Reason: "it was I"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger of the cohort: %v", err)
		}
	})
}

// by is the host as the service wants them.
func (h *hall) by() *account.Person {
	h.t.Helper()
	p, err := h.Accounts.ByID(h.t.Context(), h.host.id)
	ok(h.t, err)
	return p
}
