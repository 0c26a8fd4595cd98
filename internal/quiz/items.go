package quiz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
)

// Numbers of people from which figures are told. Below Few nothing is, since one could guess who answered what; below
// Enough no discrimination is, since it would be chance.
const (
	Few    = 8
	Enough = 30
)

// itemsKept bounds how many first attempts Items reads, the newest of them.
const itemsKept = 20000

// Item is how one question, or one version of it, did: in the first attempt that each person submitted, by the key of
// the version that they saw, decisions aside.
type Item struct {
	Seen   int   // people who were asked
	Right  int   // of those, who answered right
	Chosen []int // of one version with options: how many chose each, in the file's order
	rest   moments
	known  moments // the rest of those who were right here

	question string // whose version this is
}

// Told says whether enough people were asked for any figure.
func (i *Item) Told() bool { return i != nil && i.Seen >= Few }

// Share is the share of right answers in per cent: the higher, the easier.
func (i *Item) Share() int {
	if i.Seen == 0 {
		return 0
	}
	return int(math.Round(float64(i.Right) * 100 / float64(i.Seen)))
}

// Discrimination is the correlation of being right here with being right in the rest of the attempt, -1 to 1: about 0
// tells nobody apart, below 0 those who know more get it wrong more often. ok is false below Enough people, and where all
// were right or all wrong.
func (i *Item) Discrimination() (r float64, ok bool) {
	if i == nil || i.Seen < Enough || i.Right == 0 || i.Right == i.Seen || i.rest.n < Enough {
		return 0, false
	}
	sd := i.rest.deviation()
	if sd == 0 || i.known.n == 0 || i.known.n == i.rest.n {
		return 0, false
	}
	p := i.known.n / i.rest.n
	mean := i.rest.sum / i.rest.n
	return (i.known.sum/i.known.n - mean) / sd * math.Sqrt(p/(1-p)), true
}

// moments are the count, the sum and the sum of squares of a figure.
type moments struct{ n, sum, squares float64 }

func (m *moments) add(x float64) { m.n++; m.sum += x; m.squares += x * x }

func (m *moments) join(o moments) { m.n += o.n; m.sum += o.sum; m.squares += o.squares }

func (m *moments) deviation() float64 {
	mean := m.sum / m.n
	return math.Sqrt(max(0, m.squares/m.n-mean*mean))
}

// Figures are how the questions of one quiz did.
type Figures struct {
	Started   int              // people who began an attempt
	People    int              // people who submitted one
	Passed    int              // in the first that they submitted
	Times     []time.Duration  // from start to submission of those, in one sitting: see InOneSitting
	Questions map[string]*Item // by question key, over all versions
	Versions  map[string]*Item // by version
}

// Item is the figures of a question; nil when nobody was asked.
func (f *Figures) Item(key string) *Item {
	if f == nil {
		return nil
	}
	return f.Questions[key]
}

// Hardest is the question with the lowest share of right answers among those with figures; "" when there are none.
func (f *Figures) Hardest() (key string, item *Item) {
	for k, i := range f.Questions {
		if i.Told() && (item == nil || i.Share() < item.Share() || i.Share() == item.Share() && k < key) {
			key, item = k, i
		}
	}
	return key, item
}

// Items reads how the questions of a quiz did, or of every quiz of a course when activityKey is "", among the people of
// a delivery or, when deliveryID is "", everybody. Everybody is counted in one delivery, as delivery.Counted says, and what
// fewer than Few people of a delivery answered stays out of the whole unless it comes together from as many: nobody can
// take one figure from the other to see what a small group did. The same holds for the versions of a question.
//
// It costs two queries however many people there are, and reads the newest 20,000 first attempts at most. An attempt
// that is open counts as started and nowhere else.
func (s *Service) Items(ctx context.Context, courseKey, activityKey, deliveryID string) (map[string]*Figures, error) {
	where := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Join("LEFT JOIN (?) AS e ON e.person_id = a.person_id AND e.status <> ?", delivery.Counted(s.db, courseKey), delivery.Withdrawn).
			Where("a.course_key = ?", courseKey).Where("a.state <> ?", Aside)
		if activityKey != "" {
			q = q.Where("a.activity_key = ?", activityKey)
		}
		if deliveryID != "" {
			q = q.Where("e.delivery_id = ?", deliveryID)
		}
		return q
	}
	parts, err := s.parts(ctx, where)
	if err != nil {
		return nil, err
	}
	out := map[string]*Figures{}
	for quiz, by := range parts {
		out[quiz] = whole(slices.Collect(maps.Values(by)))
	}
	return out, nil
}

// part is an attempt with the delivery of its person; "" for who is in none any more.
type part struct {
	Attempt    `bun:",extend"`
	InDelivery string
}

// parts reads the figures of each quiz by delivery.
func (s *Service) parts(ctx context.Context, where func(*bun.SelectQuery) *bun.SelectQuery) (out map[string]map[string]*Figures, err error) {
	var hashes []string
	if err := where(s.db.NewSelect().TableExpr("quiz_attempt AS a").ColumnExpr("DISTINCT a.revision_hash")).Scan(ctx, &hashes); err != nil {
		return nil, fmt.Errorf("revisions of attempts: %w", err)
	}
	revs := map[string]*course.Revision{}
	for _, h := range hashes { // before the rows are read: they hold a connection
		if revs[h], err = s.courses.Revision(ctx, h); err != nil {
			return nil, fmt.Errorf("revision of attempts: %w", err)
		}
	}
	first := where(s.db.NewSelect().TableExpr("quiz_attempt AS a").
		ColumnExpr("a.activity_key, a.revision_hash, a.seed, a.answers, a.passed, a.state, a.ended_by, a.started_at, a.submitted_at").
		ColumnExpr("COALESCE(e.delivery_id, '') AS in_delivery").
		ColumnExpr("ROW_NUMBER() OVER (PARTITION BY a.person_id, a.activity_key ORDER BY CASE WHEN a.state = ? THEN 0 ELSE 1 END, a.submitted_at, a.id) AS place", Submitted))
	rows, err := s.db.NewSelect().TableExpr("(?) AS f", first).
		ColumnExpr("activity_key, revision_hash, seed, answers, passed, state, ended_by, started_at, submitted_at, in_delivery").
		Where("place = 1").OrderExpr("started_at DESC").Limit(itemsKept).Rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("first attempts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string]map[string]*Figures{}
	for rows.Next() {
		var a part
		if err := s.db.ScanRow(ctx, rows, &a); err != nil {
			return nil, fmt.Errorf("first attempts: %w", err)
		}
		rev := revs[a.RevisionHash]
		if rev == nil {
			continue // submitted since the revisions were looked up
		}
		c, err := contentOf(rev.Activity(a.ActivityKey))
		if err != nil {
			return nil, err
		}
		if out[a.ActivityKey] == nil {
			out[a.ActivityKey] = map[string]*Figures{}
		}
		f := out[a.ActivityKey][a.InDelivery]
		if f == nil {
			f = &Figures{Versions: map[string]*Item{}}
			out[a.ActivityKey][a.InDelivery] = f
		}
		f.see(c, &a.Attempt)
	}
	return out, rows.Err()
}

// InOneSitting is how long an attempt may take to count as done in one go: after a longer time somebody was away.
const InOneSitting = time.Hour

func (f *Figures) see(c *Content, a *Attempt) {
	f.Started++
	if a.State != Submitted {
		return
	}
	f.People++
	if a.Passed {
		f.Passed++
	}
	if d := a.SubmittedAt.Sub(a.StartedAt); a.EndedBy == "" && d <= InOneSitting {
		f.Times = append(f.Times, d)
	}
	f.add(Grade(c, Deal(c, a.Seed), a.Sheet.Plain()))
}

func (f *Figures) add(r Result) {
	for _, m := range r.Marks {
		i := f.Versions[m.Question.Version]
		if i == nil {
			i = &Item{question: m.Key, Chosen: make([]int, len(m.Question.Options))}
			f.Versions[m.Question.Version] = i
		}
		i.add(m, m.Verdict == Right, r)
	}
}

// whole puts the figures of deliveries together, and those of questions from their versions.
func whole(parts []*Figures) *Figures {
	out := &Figures{Questions: map[string]*Item{}, Versions: map[string]*Item{}}
	for _, p := range enough(parts, func(f *Figures) int { return f.Started }) {
		out.Started += p.Started
	}
	for _, p := range enough(parts, func(f *Figures) int { return f.People }) {
		out.People += p.People
		out.Passed += p.Passed
		out.Times = append(out.Times, p.Times...)
	}
	versions := map[string][]*Item{}
	for _, p := range parts {
		for v, i := range p.Versions {
			versions[v] = append(versions[v], i)
		}
	}
	questions := map[string][]*Item{}
	for v, items := range versions {
		i := sum(items)
		out.Versions[v] = i
		questions[i.question] = append(questions[i.question], i)
	}
	for key, items := range questions {
		out.Questions[key] = sum(items)
	}
	return out
}

// enough is what may be put together: the parts with Few people or more, and the others where they have as many
// together or where there are only such.
func enough[T any](parts []T, people func(T) int) []T {
	var large, small []T
	n := 0
	for _, p := range parts {
		if people(p) >= Few {
			large = append(large, p)
			continue
		}
		small = append(small, p)
		n += people(p)
	}
	if n < Few && len(large) > 0 {
		return large
	}
	return append(large, small...)
}

func sum(items []*Item) *Item {
	out := &Item{question: items[0].question}
	for _, i := range enough(items, func(i *Item) int { return i.Seen }) {
		out.Seen += i.Seen
		out.Right += i.Right
		out.rest.join(i.rest)
		out.known.join(i.known)
		for n, c := range i.Chosen {
			if n == len(out.Chosen) {
				out.Chosen = append(out.Chosen, 0)
			}
			out.Chosen[n] += c
		}
	}
	return out
}

func (i *Item) add(m Mark, right bool, r Result) {
	i.Seen++
	score := r.Score
	if right {
		i.Right++
		score--
	}
	for _, c := range m.Answer.Chosen {
		if c >= 0 && c < len(i.Chosen) {
			i.Chosen[c]++
		}
	}
	if r.Total < 2 {
		return
	}
	x := float64(score) / float64(r.Total-1)
	i.rest.add(x)
	if right {
		i.known.add(x)
	}
}

// namesShown bounds Names.
const namesShown = 50

// Names are those of people with an account, in alphabetical order, the first fifty.
func (s *Service) Names(ctx context.Context, people []string) ([]string, error) {
	var out []string
	if len(people) == 0 {
		return nil, nil
	}
	err := s.db.NewSelect().Table("person").Column("name").Where("id IN (?)", bun.List(people[:min(len(people), 1000)])).
		Where("kind = 'person'").OrderExpr("LOWER(name), id").Limit(namesShown).Scan(ctx, &out)
	if err != nil {
		return nil, fmt.Errorf("names of people: %w", err)
	}
	return out, nil
}

// Version is the figures of one version of a question; nil when nobody was asked it.
func (f *Figures) Version(hash string) *Item {
	if f == nil {
		return nil
	}
	return f.Versions[hash]
}
