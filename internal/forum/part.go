package forum

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// The lists of a facilitator's desk.
const (
	DeskUnanswered = "unanswered" // nobody has answered yet
	DeskNew        = "new"        // not seen yet
	DeskFlagged    = "flagged"    // reported, or held back
	DeskMine       = "mine"       // answers to them
)

// DeskLists are those, in the order of the page.
var DeskLists = []string{DeskUnanswered, DeskNew, DeskFlagged, DeskMine}

// DeskRow is a post on a facilitator's desk.
type DeskRow struct {
	Seen        `bun:",extend"`
	Title       string // of its thread
	Board       string
	ActivityKey string
	CourseKey   string
	DeliveryID  string
	Cohort      string
	Excerpt     string
}

// lookedAfter narrows a query of threads t to deliveries that a person looks after; ok is false when there are none.
func lookedAfter(q *bun.SelectQuery, who *account.Person) (*bun.SelectQuery, bool) {
	if who.Can(account.RoleTrainer, "") || who.Can(account.RoleModerator, "") {
		return q, true
	}
	ids := append(who.Deliveries(account.RoleTrainer), who.Deliveries(account.RoleModerator)...)
	if len(ids) == 0 {
		return q, false
	}
	return q.Where("t.delivery_id IN (?)", bun.List(ids)), true
}

// Desk lists posts in the discussions that a person looks after, the newest first, of cohorts that go on and of
// self-paced deliveries. PerPage on a page.
func (s *Service) Desk(ctx context.Context, who *account.Person, list string, page int) ([]DeskRow, int, error) {
	var all []DeskRow
	q := s.db.NewSelect().Model(&all).ColumnExpr("q.*").ColumnExpr("COALESCE(p.name, '') AS name").
		ColumnExpr("t.title AS title, t.board AS board, t.activity_key AS activity_key, t.course_key AS course_key, t.delivery_id AS delivery_id, d.title AS cohort").
		Join("JOIN forum_thread AS t ON t.id = q.thread_id").Join("JOIN delivery AS d ON d.id = t.delivery_id").Join("LEFT JOIN person AS p ON p.id = q.author_id").
		Where("d.status = ?", delivery.Open).Where("t.state <> ?", Merged)
	q, any := lookedAfter(q, who)
	if !any {
		return nil, 0, nil
	}
	other := "(q.author_id IS NULL OR q.author_id <> ?)"
	switch list {
	case DeskNew:
		q = q.Where("q.state = ?", Visible).Where(other, who.ID).
			Where("q.id > COALESCE((SELECT k.read_to FROM forum_mark AS k WHERE k.thread_id = t.id AND k.person_id = ?), '')", who.ID)
	case DeskFlagged:
		q = q.Where("(q.flags > 0 OR q.state = ?)", Held)
	case DeskMine:
		q = q.Where("q.state = ?", Visible).Where(other, who.ID).
			Where("(q.level > 1 AND t.author_id = ? OR EXISTS (SELECT 1 FROM forum_post AS o WHERE o.id = q.parent_id AND o.author_id = ?))", who.ID, who.ID)
	default:
		q = q.Where("q.state = ?", Visible).Where(other, who.ID).
			Where("(q.level = 1 AND NOT t.answered OR q.level = 2 AND t.activity_key <> '' AND NOT EXISTS (SELECT 1 FROM forum_post AS o WHERE o.thread_id = q.thread_id AND o.root_id = q.id AND o.level = 3 AND o.state = 'visible'))")
	}
	n, err := q.OrderExpr("q.id DESC").Limit(PerPage).Offset(int64(max(page, 1)-1) * PerPage).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("a facilitator's desk: %w", db.Err(err))
	}
	for i := range all {
		r := &all[i]
		if r.Pseudonym != "" {
			r.Real, r.Name = r.Name, r.Pseudonym
		}
		r.Excerpt = excerpt(r.Body, "")
		if r.ActivityKey == "" {
			continue
		}
		if r.Title, err = s.titleOf(ctx, &Thread{ActivityKey: r.ActivityKey, CourseKey: r.CourseKey}); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, 0, err
		}
	}
	return all, int(n), nil
}

// QueueRow is one learner and a prompt, for marking.
type QueueRow struct {
	PersonID string
	Name     string
	Answers  int
	Replies  int
	Late     bool
	Grade    *Grade `bun:"-"`
}

// State is what there is to do: mark, marked, or nothing.
func (r QueueRow) State() string {
	switch {
	case r.Grade != nil:
		return "marked"
	case r.Answers+r.Replies > 0:
		return "mark"
	}
	return "nothing"
}

// Queue lists the people of a cohort and what each has done in the prompt; those to be marked first, then by name. It
// says how many there are, and how many of them are to be marked.
func (s *Service) Queue(ctx context.Context, v *Visit, page int) (rows []QueueRow, total, open int, err error) {
	if !v.Teaches || !v.Prompt() {
		return nil, 0, 0, errNotFound
	}
	wrote := "(SELECT count(*) FROM forum_post AS q JOIN forum_thread AS t ON t.id = q.thread_id WHERE t.delivery_id = e.delivery_id AND t.activity_key = ? AND q.author_id = e.person_id AND q.state = 'visible' AND %s)"
	answers, replies := fmt.Sprintf(wrote, "q.level = 2"), fmt.Sprintf(wrote, "q.level = 3")
	key := v.Activity.Key
	base := s.db.NewSelect().TableExpr("enrolment AS e").Join("JOIN person AS p ON p.id = e.person_id").
		Join("LEFT JOIN forum_grade AS gr ON gr.delivery_id = e.delivery_id AND gr.activity_key = ? AND gr.person_id = e.person_id", key).
		ColumnExpr("e.person_id AS person_id, p.name AS name").ColumnExpr(answers+" AS answers", key).ColumnExpr(replies+" AS replies", key).
		ColumnExpr(fmt.Sprintf(wrote, "q.late")+" > 0 AS late", key).ColumnExpr("CASE WHEN gr.person_id IS NULL THEN 0 ELSE 1 END AS marked").
		Where("e.delivery_id = ?", v.Delivery.ID).Where("e.status IN (?, ?)", delivery.Active, delivery.Paused)
	var list []struct {
		QueueRow `bun:",extend"`
		Marked   bool
	}
	q := s.db.NewSelect().TableExpr("(?) AS x", base).ColumnExpr("*").
		OrderExpr("CASE WHEN marked = 0 AND answers + replies > 0 THEN 0 WHEN marked = 0 THEN 2 ELSE 1 END, lower(name), person_id").
		Limit(PerPage).Offset(int64(max(page, 1)-1) * PerPage)
	if err := q.Scan(ctx, &list); err != nil {
		return nil, 0, 0, fmt.Errorf("who is to be marked: %w", db.Err(err))
	}
	var sums struct{ Total, Open int }
	err = s.db.NewSelect().TableExpr("(?) AS x", base).ColumnExpr("count(*) AS total").
		ColumnExpr("COALESCE(sum(CASE WHEN marked = 0 AND answers + replies > 0 THEN 1 ELSE 0 END), 0) AS open").Scan(ctx, &sums)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("how many are to be marked: %w", db.Err(err))
	}
	ids := []string{""}
	for _, r := range list {
		rows, ids = append(rows, r.QueueRow), append(ids, r.PersonID)
	}
	var grades []Grade
	err = s.db.NewSelect().Model(&grades).Where("gr.delivery_id = ?", v.Delivery.ID).Where("gr.activity_key = ?", key).Where("gr.person_id IN (?)", bun.List(ids)).Scan(ctx)
	for i := range rows {
		for j := range grades {
			if grades[j].PersonID == rows[i].PersonID {
				rows[i].Grade = &grades[j]
			}
		}
	}
	return rows, sums.Total, sums.Open, db.Err(err)
}

// ToMark counts, for each prompt of a delivery, the people with a seat who wrote in it and have no marks yet. Those who
// lead it only.
func (s *Service) ToMark(ctx context.Context, v *Visit) (map[string]int, error) {
	if !v.Teaches {
		return nil, errNotFound
	}
	var rows []struct {
		ActivityKey string
		N           int
	}
	err := s.db.NewSelect().TableExpr("forum_post AS q").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
		Join("JOIN enrolment AS e ON e.delivery_id = t.delivery_id AND e.person_id = q.author_id AND e.status IN (?, ?)", delivery.Active, delivery.Paused).
		ColumnExpr("t.activity_key, count(DISTINCT q.author_id) AS n").
		Where("t.delivery_id = ?", v.Delivery.ID).Where("t.activity_key <> ''").Where("q.state = ?", Visible).Where("q.level IN (?, ?)", Response, Comment).
		Where("NOT EXISTS (SELECT 1 FROM forum_grade AS gr WHERE gr.delivery_id = t.delivery_id AND gr.activity_key = t.activity_key AND gr.person_id = q.author_id)").
		GroupExpr("t.activity_key").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("how many are to be marked: %w", db.Err(err))
	}
	out := map[string]int{}
	for _, r := range rows {
		out[r.ActivityKey] = r.N
	}
	return out, nil
}

// WroteRow is a post with what it answers.
type WroteRow struct {
	Seen   `bun:",extend"`
	ToName string // whom it answers, "" for the prompt
	ToText string // the beginning of that
}

// Wrote is what somebody wrote in a prompt, in the order of time, for marking; and their grade, nil while there is none.
func (s *Service) Wrote(ctx context.Context, v *Visit, personID string) (name string, posts []WroteRow, g *Grade, err error) {
	if !v.Teaches || !v.Prompt() {
		return "", nil, nil, errNotFound
	}
	if _, e, _, err := s.seat(ctx, personID, v.Delivery.ID); err != nil || e == nil {
		return "", nil, nil, orNotFound(err)
	}
	who, err := s.accounts.ByID(ctx, personID)
	if err != nil {
		return "", nil, nil, err
	}
	err = s.db.NewSelect().Model(&posts).ColumnExpr("q.*").ColumnExpr("COALESCE(op.name, '') AS to_name").ColumnExpr("COALESCE(o.body, '') AS to_text").
		Join("JOIN forum_thread AS t ON t.id = q.thread_id").Join("LEFT JOIN forum_post AS o ON o.id = q.parent_id AND o.state = 'visible'").Join("LEFT JOIN person AS op ON op.id = o.author_id").
		Where("t.delivery_id = ?", v.Delivery.ID).Where("t.activity_key = ?", v.Activity.Key).Where("q.author_id = ?", personID).Where("q.state = ?", Visible).
		OrderExpr("q.id").Limit(200).Scan(ctx)
	if err != nil {
		return "", nil, nil, fmt.Errorf("what somebody wrote: %w", db.Err(err))
	}
	for i := range posts {
		posts[i].Name = who.Name
		posts[i].ToText = excerpt(posts[i].ToText, "")
	}
	g, err = gradeOf(ctx, s.db, v.Delivery.ID, v.Activity.Key, personID)
	return who.Name, posts, g, err
}

// Person is somebody in the picture of who takes part.
type Person struct {
	ID, Name string
	Posts    int // under their name
	Gave     int // answers to others
	Got      int // answers by others
	X, Y     int // place in the picture, in a square of 1000

	Beside []Times // those they answered who are not in the list: who leads the cohort, has left it, or is in another group
}

// Times is how often somebody was answered; their name is "" once they have gone.
type Times struct {
	Name string
	N    int
}

// Alone says that nobody has answered them and they have answered nobody.
func (p Person) Alone() bool { return p.Gave+p.Got == 0 }

// Edge is how often somebody answered somebody.
type Edge struct{ From, To, N int } // indexes of people

// Picture is who answers whom in a cohort. Posts under another name are not in it, and neither are answers to them: a
// count would tell who wrote them.
type Picture struct {
	People []Person
	Edges  []Edge
}

// MaxPicture is how many people a picture shows; of more it shows those who wrote most.
const MaxPicture = 40

// Participation is the picture of a cohort, or of one of its discussion groups. Who leads the cohort only.
func (s *Service) Participation(ctx context.Context, v *Visit, groupID string) (*Picture, error) {
	if !v.Teaches {
		return nil, errNotFound
	}
	var rows []struct {
		ID, Name string
		Posts    int
	}
	q := s.db.NewSelect().TableExpr("enrolment AS e").Join("JOIN person AS p ON p.id = e.person_id").ColumnExpr("p.id AS id, p.name AS name").
		ColumnExpr("(SELECT count(*) FROM forum_post AS q JOIN forum_thread AS t ON t.id = q.thread_id WHERE t.delivery_id = e.delivery_id AND q.author_id = e.person_id AND q.state = 'visible' AND q.pseudonym = '') AS posts").
		Where("e.delivery_id = ?", v.Delivery.ID).Where("e.status IN (?, ?)", delivery.Active, delivery.Paused)
	if groupID != "" {
		q = q.Where("e.person_id IN (SELECT m.person_id FROM forum_member AS m WHERE m.group_id = ?)", groupID)
	}
	if err := q.OrderExpr("posts DESC, lower(p.name), p.id").Limit(200).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("who takes part: %w", db.Err(err))
	}
	g, at := &Picture{}, map[string]int{}
	for i, r := range rows {
		at[r.ID] = i
		g.People = append(g.People, Person{ID: r.ID, Name: r.Name, Posts: r.Posts})
	}
	var edges []struct {
		A, B, Name string
		N          int
	}
	err := s.db.NewSelect().TableExpr("forum_post AS q").Join("JOIN forum_thread AS t ON t.id = q.thread_id").Join("JOIN forum_post AS o ON o.id = q.parent_id").
		Join("LEFT JOIN person AS p ON p.id = o.author_id").ColumnExpr("q.author_id AS a, COALESCE(o.author_id, '') AS b, COALESCE(p.name, '') AS name, count(*) AS n").Where("t.delivery_id = ?", v.Delivery.ID).
		Where("q.state = 'visible' AND o.state = 'visible' AND q.pseudonym = '' AND o.pseudonym = ''").Where("(o.author_id IS NULL OR q.author_id <> o.author_id)").Where("q.author_id IS NOT NULL").
		GroupExpr("q.author_id, o.author_id, p.name").OrderExpr("q.author_id, o.author_id").Limit(20_000).Scan(ctx, &edges)
	if err != nil {
		return nil, fmt.Errorf("who answers whom: %w", db.Err(err))
	}
	for _, e := range edges {
		a, okA := at[e.A]
		b, okB := at[e.B]
		if okA {
			g.People[a].Gave += e.N
		}
		if okB {
			g.People[b].Got += e.N
		}
		if okA && okB {
			g.Edges = append(g.Edges, Edge{a, b, e.N})
		} else if okA {
			g.People[a].Beside = append(g.People[a].Beside, Times{e.Name, e.N})
		}
	}
	g.place()
	return g, nil
}

// place puts people on a circle, in the order of the list.
func (g *Picture) place() {
	n := min(len(g.People), MaxPicture)
	for i := range n {
		turn := 2*math.Pi*float64(i)/float64(n) - math.Pi/2
		g.People[i].X, g.People[i].Y = 500+int(380*math.Cos(turn)), 500+int(380*math.Sin(turn))
	}
}

// SummaryPoint is a post that a week's summary points to.
type SummaryPoint struct {
	ID, Name, Excerpt string
	Endorsed          bool
	Useful            int
}

// Summary gathers what a summary of a prompt's week begins with: how much was said, and the posts that were endorsed, found
// most useful or answered most, six at most. Posts under another name are quoted under that.
func (s *Service) Summary(ctx context.Context, v *Visit) (posts, people int, points []SummaryPoint, err error) {
	if !v.Teaches || !v.Prompt() {
		return 0, 0, nil, errNotFound
	}
	of := func() *bun.SelectQuery {
		return s.db.NewSelect().TableExpr("forum_post AS q").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
			Where("t.delivery_id = ?", v.Delivery.ID).Where("t.activity_key = ?", v.Activity.Key).Where("q.state = ?", Visible)
	}
	var n struct{ Posts, People int }
	if err := of().ColumnExpr("count(*) AS posts, count(DISTINCT q.author_id) AS people").Scan(ctx, &n); err != nil {
		return 0, 0, nil, fmt.Errorf("count a week: %w", db.Err(err))
	}
	var rows []struct {
		ID, Name, Pseudonym, Body string
		Endorsed                  bool
		Useful, Answers           int
	}
	answers := "(SELECT count(*) FROM forum_post AS o WHERE o.parent_id = q.id AND o.state = 'visible')"
	err = of().Join("LEFT JOIN person AS p ON p.id = q.author_id").ColumnExpr("q.id, COALESCE(p.name, '') AS name, q.pseudonym, q.body, q.useful, q.endorsed_at IS NOT NULL AS endorsed").ColumnExpr(answers+" AS answers").
		Where("(q.endorsed_at IS NOT NULL OR q.useful > 0 OR "+answers+" > 0)").OrderExpr("CASE WHEN q.endorsed_at IS NULL THEN 1 ELSE 0 END, q.useful DESC, answers DESC, q.id").Limit(6).Scan(ctx, &rows)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("the posts of a week: %w", db.Err(err))
	}
	for _, r := range rows {
		if r.Pseudonym != "" {
			r.Name = r.Pseudonym
		}
		points = append(points, SummaryPoint{r.ID, r.Name, strings.Trim(excerpt(r.Body, ""), "> "), r.Endorsed, r.Useful})
	}
	return n.Posts, n.People, points, nil
}
