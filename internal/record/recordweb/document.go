package recordweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/quiz"
	"greenroom/internal/record"
	"greenroom/internal/web"
)

// Format is the version of the transcript as JSON. docs/schema/transcript.schema.json describes it. Fields may be added
// under the same version; what is there keeps its name and meaning, or the version changes.
const Format = "greenroom.transcript/1"

// Document is a person's transcript for programs. Instants are UTC, RFC 3339; days are as the person remembers them.
type Document struct {
	Format       string           `json:"format"`
	Site         string           `json:"site"`
	MadeAt       time.Time        `json:"made_at"`
	Name         string           `json:"name"` // "" for work without account
	Courses      []CourseTaken    `json:"courses"`
	Certificates []CertificateRow `json:"certificates"`
}

// CourseTaken is one course in it.
type CourseTaken struct {
	Key         string       `json:"key"`
	Title       string       `json:"title"`
	Revision    string       `json:"revision"`
	Status      string       `json:"status"` // of the enrolment, or completed
	EnrolledAt  time.Time    `json:"enrolled_at"`
	CompletedAt *time.Time   `json:"completed_at"`
	StepsDone   int          `json:"steps_done"`
	Steps       int          `json:"steps"`
	Percent     int          `json:"percent"`
	Minutes     int          `json:"minutes"`
	Done        []StepTaken  `json:"activities"`
	Completions []Completion `json:"completions"`
	Decisions   []Decision   `json:"decisions"`
}

// StepTaken is one activity of a course, done or not.
type StepTaken struct {
	Key     string     `json:"key"`
	Title   string     `json:"title"`
	Module  string     `json:"module"`
	Kind    string     `json:"kind"`
	Minutes int        `json:"minutes"`
	DoneAt  *time.Time `json:"done_at"`
	By      string     `json:"by,omitempty"` // how it counts: done, or the kind of a decision; absent while it is not done
	Score   *Score     `json:"score,omitempty"`
	Marks   *Marks     `json:"marks,omitempty"`
}

// Score is the best result that was handed in.
type Score struct {
	Points   int       `json:"points"`
	Of       int       `json:"of"`
	Passed   bool      `json:"passed"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at"`
}

// Marks are what a facilitator gave for somebody's part in a discussion; those who were excused have none.
type Marks struct {
	Total    int       `json:"total"`
	Of       int       `json:"of"`
	Answer   int       `json:"answer"`
	Replies  int       `json:"replies"`
	Moves    int       `json:"moves_on"`
	Excused  bool      `json:"excused"`
	Feedback string    `json:"feedback"`
	At       time.Time `json:"at"`
}

// Completion is one completion of a course; one that was reopened no longer holds.
type Completion struct {
	Cycle     int       `json:"cycle"`
	At        time.Time `json:"at"`
	EnteredAt time.Time `json:"entered_at"`
	Revision  string    `json:"revision"`
	Holds     bool      `json:"holds"`
}

// Decision is what somebody decided about a step: that it was seen to be done, is not needed, or was learnt elsewhere.
type Decision struct {
	Activity   string     `json:"activity"`
	Kind       string     `json:"kind"`
	On         string     `json:"on"`
	EnteredAt  time.Time  `json:"entered_at"`
	Reason     string     `json:"reason"`
	Evidence   string     `json:"evidence,omitempty"`
	ReversedAt *time.Time `json:"reversed_at"`
}

// CertificateRow is one certificate.
type CertificateRow struct {
	Code       string     `json:"code"`
	Course     string     `json:"course"`
	Title      string     `json:"title"`
	Name       string     `json:"name"`
	IssuedOn   string     `json:"issued_on"`
	Cycle      int        `json:"cycle"`
	Version    int        `json:"version"`
	Valid      bool       `json:"valid"`
	RevokedAt  *time.Time `json:"revoked_at"`
	CheckedAt  string     `json:"check_url"`
	RevisionOf string     `json:"revision"`
}

// Scores is what the transcript has to know of quizzes; *quiz.Service is one.
type Scores interface {
	TopScores(ctx context.Context, personID string) (map[[2]string]quiz.Top, error)
}

// Marking is what the transcript has to know of discussions; *forum.Service is one.
type Marking interface {
	Marks(ctx context.Context, personID string) (map[[2]string]forum.Grade, error)
}

// People finds people; *account.Service does.
type People interface {
	ByID(ctx context.Context, id string) (*account.Person, error)
}

// Transcripts makes transcripts as documents.
type Transcripts struct {
	Records     *record.Service
	Credentials *credential.Service
	Scores      Scores
	Marking     Marking
	People      People
	Site        string // its address
}

// Make makes a person's. Four queries, whatever they took, and one more where a course has discussions.
func (t *Transcripts) Make(ctx context.Context, p *account.Person) (*Document, error) {
	all, err := t.Records.FullTranscript(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	scores, err := t.Scores.TopScores(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	var marks map[[2]string]forum.Grade
	if slices.ContainsFunc(all, discusses) {
		if marks, err = t.Marking.Marks(ctx, p.ID); err != nil {
			return nil, err
		}
	}
	doc := &Document{Format: Format, Site: t.Site, MadeAt: t.Records.Now(), Name: p.Name, Courses: []CourseTaken{}, Certificates: []CertificateRow{}}
	for i := range all {
		doc.Courses = append(doc.Courses, taken(&all[i], scores, marks))
	}
	if p.Guest() {
		return doc, nil
	}
	certs, err := t.Credentials.List(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range certs {
		k := &certs[i]
		doc.Certificates = append(doc.Certificates, CertificateRow{
			Code: k.Grouped(), Course: k.CourseKey, Title: k.CourseTitle, Name: k.Name, IssuedOn: k.IssuedOn, Cycle: k.Cycle, Version: k.Version,
			Valid: k.Valid(), RevokedAt: k.RevokedAt, CheckedAt: t.Site + "/certificates/" + k.Grouped(), RevisionOf: k.RevisionHash,
		})
	}
	return doc, nil
}

// discusses says whether a course has discussions among its steps.
func discusses(f record.Full) bool {
	for _, m := range f.Course.Modules {
		if slices.ContainsFunc(m.Activities, func(a *course.Activity) bool { return a.Kind == "forum" }) {
			return true
		}
	}
	return false
}

func taken(f *record.Full, scores map[[2]string]quiz.Top, marks map[[2]string]forum.Grade) CourseTaken {
	c := CourseTaken{
		Key: f.Course.Key, Title: f.Course.Title, Revision: f.Course.Hash, Status: f.Enrolment.Status, EnrolledAt: f.Enrolment.CreatedAt.UTC(),
		CompletedAt: f.View.CompletedAt, StepsDone: f.View.Done, Steps: f.View.Total, Percent: f.View.Percent, Minutes: f.Course.Minutes,
		Done: []StepTaken{}, Completions: []Completion{}, Decisions: []Decision{},
	}
	if f.View.Complete {
		c.Status = "completed"
	}
	for _, m := range f.Course.Modules {
		for _, a := range m.Activities {
			s := StepTaken{Key: a.Key, Title: a.Title, Module: m.Title, Kind: a.Kind, Minutes: a.Minutes}
			if at := f.View.DoneAt(a.Key); !at.IsZero() {
				s.DoneAt, s.By = &at, record.Done
				if kind := f.View.Decided(a.Key); kind != "" {
					s.By = kind
				}
			}
			if r, is := scores[[2]string{f.Course.Key, a.Key}]; is {
				s.Score = &Score{r.Score, r.Total, r.Passed, r.Attempts, r.At}
			}
			if g, is := marks[[2]string{f.Course.Key, a.Key}]; is {
				s.Marks = &Marks{g.Total(), forum.MaxTotal, g.Answer, g.Replies, g.Moves, g.Excused, g.Feedback, g.MarkedAt.UTC()}
			}
			c.Done = append(c.Done, s)
		}
		for _, a := range m.Asides { // workshops that somebody was at: they are no steps, and counted nowhere
			if at := f.View.DoneAt(a.Key); !at.IsZero() {
				c.Done = append(c.Done, StepTaken{Key: a.Key, Title: a.Title, Module: m.Title, Kind: a.Kind, Minutes: a.Minutes, DoneAt: &at, By: record.Done})
			}
		}
	}
	for _, h := range f.Completions {
		c.Completions = append(c.Completions, Completion{h.Cycle, h.At, h.EnteredAt, h.RevisionHash, !h.Reopened})
	}
	for _, r := range f.Rulings {
		c.Decisions = append(c.Decisions, Decision{r.Activity, r.Kind, r.On, r.At, r.Reason, r.Evidence, r.ReversedAt})
	}
	return c
}

// Export gives the transcript as part of the file of everything that is kept about a person.
func (t *Transcripts) Export(ctx context.Context, personID string) (string, any, error) {
	p, err := t.People.ByID(ctx, personID)
	if err != nil {
		return "transcript", nil, err
	}
	doc, err := t.Make(ctx, p)
	return "transcript", doc, err
}

func (h *Handlers) getJSON(c echo.Context) error {
	v := web.ViewerOf(c)
	if v.Person == nil {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	doc, err := h.transcripts.Make(c.Request().Context(), v.Person)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="greenroom-transcript.json"`)
	return c.JSONPretty(http.StatusOK, doc, "  ")
}
