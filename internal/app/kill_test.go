package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/app"
	"greenroom/internal/config"
	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/faulttest"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
	"greenroom/internal/record"
)

// rounds is how often the whole program is killed on each database.
const rounds = 16

// work is what the child does until it is killed: it publishes a revision, adds a person, lets them pass the quiz and
// complete the course, and says after each what was acknowledged to it. args are the database's URL.
func work(args []string, ack func(line string)) error {
	ctx := context.Background()
	a, err := app.Open(ctx, config.Config{
		Addr: "127.0.0.1:8080", BaseURL: "http://127.0.0.1:8080", DatabaseURL: config.Secret(args[0]), SiteName: "Greenroom",
		MailFrom: "Greenroom <no-reply@agency.example>", TimeZone: "Australia/Sydney",
		Secret: "a secret of this test, long enough",
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	for {
		if err := workOnce(ctx, a, ack); err != nil {
			return err
		}
	}
}

func workOnce(ctx context.Context, a *app.App, ack func(line string)) error {
	who := id.Token()
	res, err := a.Courses.Publish(ctx, revised(who))
	if err != nil {
		return err
	}
	ack("published " + res.Courses[0].Hash)
	p, _, err := a.Accounts.Add(ctx, account.NewAccount{Name: "Kit Killed", Email: who + "@agency.example"})
	if err != nil {
		return err
	}
	ack("person " + p.ID)
	r, err := a.Courses.Current(ctx, "tiny")
	if err != nil {
		return err
	}
	for act := r.First(); act != nil; act = act.Next {
		e, err := a.Deliveries.Enrol(ctx, p.ID, r.Key)
		if err != nil {
			return err
		}
		at := record.Completion{PersonID: p.ID, Course: r, Activity: act, DeliveryID: e.DeliveryID}
		if content, is := act.Content().(*quiz.Content); is {
			if err := pass(ctx, a, at, content, ack); err != nil {
				return err
			}
		} else if _, err := a.Records.MarkComplete(ctx, at); err != nil {
			return err
		}
		ack("done " + p.ID + " " + act.Key)
	}
	ack("completed " + p.ID)
	return nil
}

func pass(ctx context.Context, a *app.App, at record.Completion, content *quiz.Content, ack func(string)) error {
	t, err := a.Quizzes.Start(ctx, at, id.New())
	if err != nil {
		return err
	}
	ack("started " + t.ID)
	right := answers(quiz.Deal(content, t.Seed))
	for i := range 2 { // answers are kept as they are typed
		if _, err := a.Quizzes.Save(ctx, at, quiz.Form{Attempt: t.ID, Page: "p", N: int64(i + 1), Fields: url.Values{"q1": right["q1"]}}); err != nil {
			return err
		}
		ack("saved " + t.ID)
	}
	sit, err := a.Quizzes.Submit(ctx, at, quiz.Form{Attempt: t.ID, Page: "p", N: 9, Fields: right})
	if err != nil {
		return err
	}
	if !sit.Attempt.Passed {
		return errors.New("right answers did not pass")
	}
	ack("submitted " + t.ID)
	return nil
}

// revised is the tiny course with a line of its own.
func revised(line string) fs.FS {
	m := small()
	f := m["tiny/01-first/01-read.reading.md"]
	f.Data = append(bytes.Clone(f.Data), []byte("\n"+line+"\n")...)
	return m
}

// kill -9 in the middle of publishing, a quiz and a completion: nothing that was acknowledged is lost, and nothing is
// there by half.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			d, u := dbtest.NewURL(t, engine, 4)
			faulttest.Rounds(t, "work", rounds, 40, []string{u}, func(round int, acked []string) { whole(t, d, acked) })
		})
	}
}

func whole(t *testing.T, d *bun.DB, acked []string) {
	t.Helper()
	s := &site{t: t}
	cfg := config.Config{Addr: "127.0.0.1:8080", BaseURL: "http://127.0.0.1:8080", MailFrom: "a@agency.example", TimeZone: "UTC"}
	var err error
	s.App, err = app.New(cfg, d, slog.New(slog.DiscardHandler), app.Options{})
	ok(t, err)
	for i, line := range acked {
		word := strings.Fields(line)
		n := 0
		switch word[0] {
		case "published":
			_, err := s.Courses.Revision(t.Context(), word[1])
			if err == nil {
				n = 1
			}
			last := len(grepLines(acked[i:], "published")) == 1
			if r := s.course("tiny"); last && r.Hash != word[1] && !unacknowledged(s, r) {
				t.Errorf("the course stands at %s, acknowledged was %s", r.Hash, word[1])
			}
		case "person":
			n = s.count("person WHERE id = ?", word[1])
		case "started":
			n = s.count("quiz_attempt WHERE id = ?", word[1])
		case "saved":
			n = s.count("quiz_attempt WHERE id = ? AND saves > 0", word[1])
		case "submitted":
			n = s.count("quiz_attempt WHERE id = ? AND state = 'submitted' AND passed", word[1])
		case "done":
			n = s.count("learning_event WHERE person_id = ? AND activity_key = ?", word[1], word[2])
		case "completed":
			n = s.count("certificate WHERE person_id = ?", word[1])
		default:
			t.Fatalf("unknown acknowledgement %q", line)
		}
		if n != 1 {
			t.Errorf("acknowledged and not there (%d): %s", n, line)
		}
	}
	halves(s)
}

func grepLines(lines []string, word string) (out []string) {
	for _, l := range lines {
		if strings.HasPrefix(l, word+" ") {
			out = append(out, l)
		}
	}
	return out
}

// unacknowledged says whether a revision nobody has been enrolled on: it was published in the moment of the kill.
func unacknowledged(s *site, r *course.Revision) bool {
	return s.count("enrolment WHERE revision_hash = ?", r.Hash) == 0
}

// halves looks for what only half a transaction would leave.
func halves(s *site) {
	s.t.Helper()
	s.healthy()
	for what, from := range map[string]string{
		"a completion without certificate":           "learning_event le WHERE kind = 'completed' AND NOT EXISTS (SELECT 1 FROM certificate c WHERE c.person_id = le.person_id)",
		"a certificate without completion":           "certificate c WHERE NOT EXISTS (SELECT 1 FROM learning_event le WHERE le.person_id = c.person_id AND le.kind = 'completed')",
		"a completion that was not announced":        "learning_event le WHERE kind = 'completed' AND NOT EXISTS (SELECT 1 FROM fact f WHERE f.name = 'record.course_completed' AND f.data LIKE '%' || le.person_id || '%')",
		"a passed quiz that completed nothing":       "quiz_attempt q WHERE q.passed AND NOT EXISTS (SELECT 1 FROM learning_event le WHERE le.person_id = q.person_id AND le.activity_key = q.activity_key)",
		"a completed quiz that nobody passed":        "learning_event le WHERE activity_key = 'first/check' AND NOT EXISTS (SELECT 1 FROM quiz_attempt q WHERE q.person_id = le.person_id AND q.passed)",
		"an account whose link or letter is missing": "person p WHERE NOT EXISTS (SELECT 1 FROM account_token k WHERE k.person_id = p.id)",
	} {
		if n := s.count(from); n != 0 {
			s.t.Errorf("%s: %d", what, n)
		}
	}
	r := s.course("tiny")
	for _, m := range r.Modules {
		if m.Number == 1 && len(m.Activities) != 5 {
			s.t.Errorf("the current revision has %d steps", len(m.Activities))
		}
	}
	var zip bytes.Buffer
	ok(s.t, s.Courses.Export(context.Background(), r.Hash, &zip))
	if zip.Len() == 0 {
		s.t.Error("the current revision has no files")
	}
	if fmt.Sprint(s.DB.Dialect().Name()) == "sqlite" {
		if got := s.rows("PRAGMA integrity_check"); strings.Join(got, "") != "ok" {
			s.t.Errorf("integrity: %s", strconv.Quote(strings.Join(got, " ")))
		}
	}
}
