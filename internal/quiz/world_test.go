package quiz_test

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/allow"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/quiz"
	"greenroom/internal/record"
)

// tree reads the course of testdata with texts replaced in its first quiz.
func tree(t *testing.T, replace ...string) fs.FS {
	t.Helper()
	const root = "testdata/courses"
	out := fstest.MapFS{}
	ok(t, fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(root + "/" + path)
		if strings.HasSuffix(path, "check.quiz.yaml") {
			raw = []byte(strings.NewReplacer(replace...).Replace(string(raw)))
		}
		out[path] = &fstest.MapFile{Data: raw}
		return err
	}))
	return out
}

// world is one site with one course, on one database.
type world struct {
	t       *testing.T
	db      *bun.DB
	mu      sync.Mutex
	at      time.Time
	people  *account.Service
	courses *course.Service
	records *record.Service
	enrol   *delivery.Service
	quizzes *quiz.Service
	allow   *allow.Service
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(time.Second)
	return w.at
}

type noCertificates struct{}

func (noCertificates) Issue(context.Context, bun.IDB, string, *course.Revision, time.Time) error {
	return nil
}

func open(t *testing.T, d *bun.DB) *world {
	t.Helper()
	w, err := build(d)
	ok(t, err)
	w.t = t
	w.publish()
	return w
}

// build wires the services of one site, without courses.
func build(d *bun.DB) (*world, error) {
	w := &world{db: d, at: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)}
	words, err := locale.Load()
	if err != nil {
		return nil, err
	}
	post, err := mail.New(d, mail.Options{From: "learn@example.org"})
	if err != nil {
		return nil, err
	}
	w.people, err = account.New(d, post, account.Options{
		BaseURL: "http://localhost:8080", SiteName: "Greenroom", Now: w.now, Words: words,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return nil, err
	}
	w.courses = course.New(d, course.NewLoader(quiz.Kind{}), w.now)
	w.enrol = delivery.New(d, w.courses, w.now)
	w.courses.OnPublish(func(ctx context.Context, tx bun.IDB, rev *course.Revision) error {
		return w.enrol.EnsureSelfPaced(ctx, tx, rev.Key)
	})
	w.records = record.New(d, w.courses, noCertificates{}, w.now)
	w.quizzes = quiz.New(d, w.courses, w.records, w.now)
	w.allow = allow.New(d, w.people, w.now)
	w.allow.OnChange(w.quizzes.Allowed)
	w.quizzes.SetAllowances(w.allow)
	return w, nil
}

func (w *world) publish(replace ...string) {
	w.t.Helper()
	if _, err := w.courses.Publish(w.t.Context(), tree(w.t, replace...)); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// member is a learner with an account.
func (w *world) member(name, activity string) person {
	w.t.Helper()
	p, _, err := w.people.Add(w.t.Context(), account.NewAccount{Name: name, Email: strings.ToLower(name) + "@agency.example"})
	ok(w.t, err)
	return w.as(p.ID, activity)
}

// person is one learner at one quiz.
type person struct {
	*world
	at record.Completion
}

func (w *world) learner(activity string) person {
	w.t.Helper()
	p, _, err := w.people.NewGuest(w.t.Context())
	ok(w.t, err)
	return w.as(p.ID, activity)
}

func (w *world) as(personID, activity string) person {
	w.t.Helper()
	at, err := w.enter(w.t.Context(), personID, activity)
	ok(w.t, err)
	return person{w, at}
}

// enter enrols somebody and stands them before a step of the current revision.
func (w *world) enter(ctx context.Context, personID, activity string) (record.Completion, error) {
	rev, err := w.courses.Current(ctx, "small")
	if err != nil {
		return record.Completion{}, err
	}
	e, err := w.enrol.Enrol(ctx, personID, "small")
	if err != nil {
		return record.Completion{}, err
	}
	return record.Completion{PersonID: personID, Course: rev, Activity: rev.Activity("module/" + activity), DeliveryID: e.DeliveryID}, nil
}

func (p person) start() *quiz.Sitting {
	p.t.Helper()
	_, err := p.quizzes.Start(p.t.Context(), p.at, id.New())
	ok(p.t, err)
	return p.shown("")
}

func (p person) look(attempt string) quiz.Desk {
	p.t.Helper()
	d, err := p.quizzes.Look(p.t.Context(), p.at, attempt)
	ok(p.t, err)
	return d
}

func (p person) shown(attempt string) *quiz.Sitting {
	p.t.Helper()
	d := p.look(attempt)
	if d.Shown == nil {
		p.t.Fatal("no attempt is shown")
	}
	return d.Shown
}

func (p person) save(f quiz.Form) (*quiz.Sitting, error) {
	return p.quizzes.Save(p.t.Context(), p.at, f)
}

func (p person) submit(f quiz.Form) (*quiz.Sitting, error) {
	return p.quizzes.Submit(p.t.Context(), p.at, f)
}

// done says whether the learning record has the step.
func (p person) done() bool {
	p.t.Helper()
	progress, err := p.records.Of(p.t.Context(), p.at.PersonID, "small")
	ok(p.t, err)
	return record.Look(p.at.Course, progress).IsDone(p.at.Activity.Key)
}

// events counts what the learning record holds of the person.
func (p person) events() int {
	p.t.Helper()
	n, err := p.db.NewSelect().Table("learning_event").Where("person_id = ?", p.at.PersonID).Where("kind = ?", record.Done).Count(p.t.Context())
	ok(p.t, err)
	return int(n)
}

// fields writes answers as the page does, with what the page was rendered with.
func fields(s *quiz.Sitting, answers quiz.Answers) url.Values {
	f := form(s.Paper, answers)
	for _, d := range s.Paper.Questions {
		f.Set(d.Name()+".was", d.Written(s.Answers[d.Key]))
	}
	return f
}

// only keeps the fields of one question.
func only(s *quiz.Sitting, key string, f url.Values) url.Values {
	out := url.Values{}
	for _, d := range s.Paper.Questions {
		for k, v := range f {
			if d.Key == key && (k == d.Name() || strings.HasPrefix(k, d.Name()+".")) {
				out[k] = v
			}
		}
	}
	return out
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
