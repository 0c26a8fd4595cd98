package quiz_test

import (
	"fmt"
	"testing"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/quiz"
)

func (w *world) figures(delivery string) *quiz.Figures {
	w.t.Helper()
	all, err := w.quizzes.Items(w.t.Context(), "small", "", delivery)
	ok(w.t, err)
	return all["module/check"]
}

func TestItemsCountFirstAttempts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if f := w.figures(""); f != nil {
			t.Errorf("%+v", f)
		}
		// Ten know it, thirty guess: half of those are wrong about the truth.
		for i := range 40 {
			p := w.learner("check")
			switch {
			case i < 10:
				p.hand(nil)
			case i%2 == 0:
				p.hand(quiz.Answers{"canary-hide-is-wrong": wait, "word": typo, "truth": untrue})
			default:
				p.hand(quiz.Answers{"canary-hide-is-wrong": wait, "word": typo})
			}
			if i == 0 {
				p.hand(quiz.Answers{"canary-hide-is-wrong": wait}) // a second attempt counts nowhere
			}
		}
		f := w.figures("")
		one := f.Item("canary-hide-is-wrong")
		if f.People != 40 || f.Passed != 10 || one.Seen != 40 || one.Right != 10 || one.Share() != 25 {
			t.Errorf("%+v %+v", f, one)
		}
		if r, told := one.Discrimination(); !told || r < 0.8 || r > 1 {
			t.Errorf("discrimination %v %v", r, told)
		}
		if r, told := f.Item("truth").Discrimination(); !told || r < 0.2 || r > 0.8 {
			t.Errorf("discrimination of a weaker question %v %v", r, told)
		}
		if _, told := f.Item("pairs").Discrimination(); told {
			t.Error("a question that all answered right tells people apart")
		}
		if key, _ := f.Hardest(); key != "canary-hide-is-wrong" {
			t.Errorf("the hardest is %s", key)
		}
		h, err := w.quizzes.History(t.Context(), check)
		ok(t, err)
		v := f.Versions[h.Questions[0].Latest().Question.Version]
		if v.Chosen[0] != 0 || v.Chosen[1] != 10 || v.Chosen[2] != 30 {
			t.Errorf("chosen %v", v.Chosen)
		}
	})
}

func TestFewPeopleAreNotTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range quiz.Few - 1 {
			w.learner("check").hand(nil)
		}
		if f := w.figures(""); f.Item("truth").Told() {
			t.Error("seven people are told")
		}
		p := w.learner("check")
		p.hand(nil)
		if f := w.figures(p.at.DeliveryID); !f.Item("truth").Told() {
			t.Error("eight people are not told")
		}
		if all, err := w.quizzes.Items(t.Context(), "small", "module/check", "another"); err != nil || len(all) != 0 {
			t.Errorf("%v %v", all, err)
		}
		ctx, n := db.CountQueries(t.Context())
		_, err := w.quizzes.Items(ctx, "small", "", p.at.DeliveryID)
		ok(t, err)
		if n.Load() != 2 {
			t.Errorf("%d queries", n.Load())
		}
	})
}

// What a small group answered cannot be worked out from the figures of all and of the others.
func TestSmallGroupsStayOutOfTheWhole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cohort := func(n int) string {
			d, err := w.enrol.Create(t.Context(), nil, "", "small", delivery.Terms{
				Title: "A cohort", StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
			})
			ok(t, err)
			_, err = w.enrol.Open(t.Context(), nil, d.ID)
			ok(t, err)
			for i := range n {
				p, _, err := w.people.Add(t.Context(), account.NewAccount{Name: "Somebody", Email: fmt.Sprintf("%s-%d@agency.example", d.ID, i)})
				ok(t, err)
				w.as(p.ID, "check").hand(quiz.Answers{"truth": untrue})
				_, err = w.enrol.EnrolIn(t.Context(), p.ID, d.ID, delivery.SourceSelf)
				ok(t, err)
			}
			return d.ID
		}
		large, small := cohort(8), cohort(3)
		told := func(what, in string, want int) {
			t.Helper()
			f := w.figures(in)
			if got := f.Item("truth").Seen; f.People != want || got != want {
				t.Errorf("%s: %d people, %d asked, want %d", what, f.People, got, want)
			}
		}
		told("the large one", large, 8)
		told("the small one, which is shown to nobody", small, 3)
		told("everybody", "", 8)
		cohort(4)
		told("everybody, with seven in small ones", "", 8)
		cohort(1)
		told("everybody, with eight in small ones", "", 16)
	})
}
