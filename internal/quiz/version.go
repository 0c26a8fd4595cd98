package quiz

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/fault"
)

// version is the hash of what the file says about the question. Attempts of any release must find the same version
// again, so it is made of the file's own texts, each with its name and length, and of nothing that a release renders.
func (q *questionFile) version() string {
	h := sha256.New()
	put := func(name, value string) { fmt.Fprintf(h, "%s %d:%s\n", name, len(value), value) }
	text := func(name string, t course.Text) {
		if !t.Empty() {
			put(name, t.Value)
		}
	}
	put("type", q.Type)
	text("situation", q.Situation)
	text("prompt", q.Prompt)
	if q.Shuffle != nil {
		put("shuffle", strconv.FormatBool(*q.Shuffle))
	}
	for _, o := range q.Options {
		text("option", o.Text)
		put("correct", strconv.FormatBool(o.Correct))
		text("feedback", o.Feedback)
	}
	if q.Answer.Kind != course.Absent {
		put("answer", q.Answer.Scalar)
	}
	if f := q.Feedback; f != nil {
		text("when_true", f.WhenTrue)
		text("when_false", f.WhenFalse)
		text("right", f.Right)
		text("wrong", f.Wrong)
	}
	for _, p := range q.Pairs {
		text("left", p.Left)
		text("right", p.Right)
		text("feedback", p.Feedback)
	}
	for _, list := range []struct {
		name string
		all  []course.Text
	}{{"distractor", q.Distractors}, {"item", q.Items}, {"accept", q.Accept}} {
		for _, t := range list.all {
			text(list.name, t)
		}
	}
	if q.Tolerance != nil {
		put("tolerance", strconv.FormatFloat(*q.Tolerance, 'g', -1, 64))
	}
	text("unit", q.Unit)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Ref names a quiz through all its revisions.
type Ref struct{ CourseKey, ActivityKey string }

// Version is one version of a question, with the first revision that had it.
type Version struct {
	*Question
	Revision    string // hash
	PublishedAt time.Time
	Current     bool // the current revision has this one
}

// History is a quiz with every version of every question that it ever had.
type History struct {
	Ref
	Course    *course.Revision // the current one
	Activity  *course.Activity // of the current revision, else of the last that had it
	Content   *Content         // of Activity
	Questions []Lineage        // those of Content in its order, then those that are gone
}

// Lineage is one question through its versions, the newest first; there is at least one.
type Lineage struct {
	Key      string
	Gone     bool // the current revision does not ask it any more
	Versions []Version
}

// Latest is the newest version.
func (l Lineage) Latest() Version { return l.Versions[0] }

// Version finds a version by its hash.
func (l Lineage) Version(hash string) (Version, bool) {
	i := slices.IndexFunc(l.Versions, func(v Version) bool { return v.Question.Version == hash })
	if i < 0 {
		return Version{}, false
	}
	return l.Versions[i], true
}

// Question finds a question by its key; NotFound when the quiz never had it.
func (h History) Question(key string) (Lineage, error) {
	for _, l := range h.Questions {
		if l.Key == key {
			return l, nil
		}
	}
	return Lineage{}, fault.New(fault.NotFound, "error.not_found")
}

// looked bounds how many revisions of a course History looks through, the newest first.
const looked = 200

// History reads the versions of a quiz's questions from the revisions of its course. NotFound when no revision has the
// quiz. Revisions are cached by the course service; the first look at a course with many of them takes a while.
func (s *Service) History(ctx context.Context, q Ref) (History, error) {
	out := History{Ref: q}
	current, err := s.courses.Current(ctx, q.CourseKey)
	if err != nil {
		return out, err
	}
	out.Course = current
	past, err := s.courses.Past(ctx, q.CourseKey, looked)
	if err != nil {
		return out, err
	}
	at := map[string]int{}
	for _, p := range past { // the newest first
		rev, err := s.courses.Revision(ctx, p.Hash)
		if err != nil {
			return out, err
		}
		activity := rev.Activity(q.ActivityKey)
		c, err := contentOf(activity)
		if err != nil {
			continue // this revision has no such quiz
		}
		if out.Content == nil || p.Hash == current.Hash {
			out.Activity, out.Content = activity, c
		}
		for _, one := range c.Questions {
			i, known := at[one.Key]
			if !known {
				i = len(out.Questions)
				at[one.Key] = i
				out.Questions = append(out.Questions, Lineage{Key: one.Key, Gone: true})
			}
			out.Questions[i].add(Version{Question: one, Revision: p.Hash, PublishedAt: p.PublishedAt, Current: p.Hash == current.Hash})
		}
	}
	if out.Content == nil {
		return out, fault.New(fault.NotFound, "error.not_found")
	}
	out.arrange(current)
	return out, nil
}

// add puts an older version behind the others; seen before, its beginning is the older one.
func (l *Lineage) add(v Version) {
	l.Gone = l.Gone && !v.Current
	for i := range l.Versions {
		if w := &l.Versions[i]; w.Question.Version == v.Question.Version {
			w.Revision, w.PublishedAt, w.Current = v.Revision, v.PublishedAt, w.Current || v.Current
			return
		}
	}
	l.Versions = append(l.Versions, v)
}

// arrange brings the questions into the order of the current content.
func (h *History) arrange(current *course.Revision) {
	place := map[string]int{}
	if c, err := contentOf(current.Activity(h.ActivityKey)); err == nil {
		for i, q := range c.Questions {
			place[q.Key] = i + 1
		}
	}
	slices.SortStableFunc(h.Questions, func(a, b Lineage) int {
		x, y := place[a.Key], place[b.Key]
		switch {
		case x == 0 && y == 0:
			return 0
		case x == 0:
			return 1
		case y == 0:
			return -1
		}
		return x - y
	})
}
