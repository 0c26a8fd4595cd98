package quizweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
	"greenroom/internal/web"
	pages "greenroom/web/templates/quizdesk"
)

// Desk is where authors and trainers of the site look after quizzes.
//
//	GET  /teach/courses                                              courses and their quizzes
//	GET  /teach/courses/:course/quizzes/:module/:activity            questions with figures, decisions
//	GET  …/questions/:question                                       versions of one question, what can be decided
//	GET  …/questions/:question/preview                               what a decision would change
//	POST …/questions/:question/decide                                decide
//	POST …/rulings/:ruling/reverse                                   take a decision back
type Desk struct {
	Quizzes  *quiz.Service
	Courses  *course.Service
	Accounts *account.Service
}

const deskPath = "/teach/courses/:course/quizzes/:module/:activity"

// Routes is the table.
func (d *Desk) Routes() []web.Route {
	const question = deskPath + "/questions/:question"
	return []web.Route{
		{Method: http.MethodGet, Path: "/teach/courses", Handler: d.getCourses, Access: web.Teaching},
		{Method: http.MethodGet, Path: deskPath, Handler: d.getQuiz, Access: web.Teaching},
		{Method: http.MethodGet, Path: question, Handler: d.getQuestion, Access: web.Teaching},
		{Method: http.MethodGet, Path: question + "/preview", Handler: d.getPreview, Access: web.Teaching},
		{Method: http.MethodPost, Path: question + "/decide", Handler: d.postDecide, Access: web.Teaching},
		{Method: http.MethodPost, Path: deskPath + "/rulings/:ruling/reverse", Handler: d.postReverse, Access: web.Teaching},
	}
}

// keeper is who looks, when they may look after quizzes. For others there are none.
func keeper(c echo.Context) (*account.Person, error) {
	p := web.ViewerOf(c).Person
	if !quiz.MayKeep(p) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return p, nil
}

func ref(c echo.Context) quiz.Ref {
	return quiz.Ref{CourseKey: c.Param("course"), ActivityKey: c.Param("module") + "/" + c.Param("activity")}
}

func (d *Desk) getCourses(c echo.Context) error {
	all, err := d.Courses.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	p := pages.CoursesPage{Page: web.DeskPage(c, web.L(c).T("quizdesk.courses"), "teach", "courses"), Keeps: quiz.MayKeep(web.ViewerOf(c).Person)}
	for _, r := range all {
		row := pages.Course{Title: r.Title, Insight: "/teach/courses/" + r.Key + "/insight"}
		for a := r.First(); a != nil; a = a.Next {
			if a.Kind == (quiz.Kind{}).Name() {
				row.Quizzes = append(row.Quizzes, pages.Quiz{Title: a.Title, Module: a.Module.Title, Href: pages.Path(r.Key, a.Key)})
			}
		}
		p.Courses = append(p.Courses, row)
	}
	return web.Render(c, http.StatusOK, pages.Courses(p))
}

func (d *Desk) getQuiz(c echo.Context) error { return d.showQuiz(c, "", nil) }

// showQuiz renders the page of a quiz; with an Invalid err as 422, which is about the decision to be taken back.
func (d *Desk) showQuiz(c echo.Context, reversing string, err error) error {
	if _, err := keeper(c); err != nil {
		return err
	}
	ctx, l := c.Request().Context(), web.L(c)
	h, readErr := d.Quizzes.History(ctx, ref(c))
	if readErr != nil {
		return readErr
	}
	figures, readErr := d.Quizzes.Items(ctx, h.CourseKey, h.ActivityKey, "")
	if readErr != nil {
		return readErr
	}
	rulings, readErr := d.Quizzes.Rulings(ctx, h.Ref)
	if readErr != nil {
		return readErr
	}
	standing, readErr := d.Quizzes.Standing(ctx, h.Ref)
	if readErr != nil {
		return readErr
	}
	p := pages.QuizPage{
		Page: web.DeskPage(c, l.T("quizdesk.quiz", "Quiz", h.Activity.Title), "teach", "courses"), History: h, Standing: standing,
		Figures: figures[h.ActivityKey], Reversing: reversing,
	}
	for _, r := range rulings {
		p.Rulings = append(p.Rulings, d.ruling(c, h, r))
	}
	_, p.Errors = web.FieldErrors(l, err)
	for i := range p.Errors {
		p.Errors[i].ID += "-" + reversing
	}
	status := http.StatusOK
	if p.HasError = len(p.Errors) > 0; p.HasError {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowQuiz(p))
}

// ruling is a decision as the pages show it.
func (d *Desk) ruling(c echo.Context, h quiz.History, r quiz.Ruling) pages.Ruling {
	out := pages.Ruling{Ruling: r, At: web.Local(c, r.DecidedAt), By: d.name(c, r.DecidedBy)}
	if line, err := h.Question(r.QuestionKey); err == nil {
		out.Prompt = quiz.PlainText(line.Latest().Prompt)
	}
	if r.ReversedAt != nil {
		out.ReversedAt, out.ReversedBy = web.Local(c, *r.ReversedAt), d.name(c, r.ReversedBy)
	}
	return out
}

func (d *Desk) name(c echo.Context, personID string) string {
	if personID == "" {
		return ""
	}
	p, err := d.Accounts.ByID(c.Request().Context(), personID)
	if err != nil {
		return ""
	}
	return p.Name
}

func (d *Desk) getQuestion(c echo.Context) error { return d.showQuestion(c, quiz.Draft{}, nil) }

// showQuestion renders the page of a question; with an Invalid err as 422, with what was chosen.
func (d *Desk) showQuestion(c echo.Context, draft quiz.Draft, err error) error {
	if _, err := keeper(c); err != nil {
		return err
	}
	ctx, l := c.Request().Context(), web.L(c)
	h, readErr := d.Quizzes.History(ctx, ref(c))
	if readErr != nil {
		return readErr
	}
	line, readErr := h.Question(c.Param("question"))
	if readErr != nil {
		return readErr
	}
	figures, readErr := d.Quizzes.Items(ctx, h.CourseKey, h.ActivityKey, "")
	if readErr != nil {
		return readErr
	}
	p := pages.QuestionPage{
		Page: web.DeskPage(c, l.T("quizdesk.question"), "teach", "courses"), History: h, Line: line, Figures: figures[h.ActivityKey], Draft: draft,
	}
	for _, v := range line.Versions {
		p.Since = append(p.Since, web.Local(c, v.PublishedAt))
	}
	p.By, p.Errors = web.FieldErrors(l, err)
	for i := range p.Errors { // each kind of decision has a form of its own
		p.Errors[i].ID += "-" + draft.Kind
	}
	status := http.StatusOK
	if p.HasError = len(p.Errors) > 0; p.HasError {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowQuestion(p))
}

// draft reads what is to be decided.
func draft(c echo.Context) quiz.Draft {
	return quiz.Draft{
		Ref: ref(c), Question: c.Param("question"), Version: c.FormValue("version"), Kind: c.FormValue("kind"), Answer: c.FormValue("answer"),
		Downwards: c.FormValue("downwards") != "", Reason: c.FormValue("reason"), Form: c.FormValue("form"),
	}
}

func (d *Desk) getPreview(c echo.Context) error {
	x := draft(c)
	x.Form, x.Downwards = id.New(), false
	return d.showPreview(c, x, nil)
}

// showPreview renders what a decision would change, with the form that makes it.
func (d *Desk) showPreview(c echo.Context, x quiz.Draft, err error) error {
	who, noErr := keeper(c)
	if noErr != nil {
		return noErr
	}
	ctx, l := c.Request().Context(), web.L(c)
	up := x
	up.Downwards = false
	effect, readErr := d.Quizzes.Preview(ctx, up)
	if fault.Is(readErr, fault.Invalid) {
		return d.showQuestion(c, x, readErr)
	}
	if readErr != nil {
		return readErr
	}
	h, readErr := d.Quizzes.History(ctx, x.Ref)
	if readErr != nil {
		return readErr
	}
	line, readErr := h.Question(x.Question)
	if readErr != nil {
		return readErr
	}
	p := pages.PreviewPage{Page: web.DeskPage(c, l.T("quizdesk.preview"), "teach", "courses"), History: h, Line: line, Draft: x, Effect: effect}
	if effect.Held > 0 {
		up.Downwards = true
		if p.Harsh, readErr = d.Quizzes.Preview(ctx, up); readErr != nil {
			return readErr
		}
	}
	if who.Can(account.RoleTrainer, "") {
		if p.Names, readErr = d.Quizzes.Names(ctx, effect.Passes); readErr != nil {
			return readErr
		}
	}
	p.By, p.Errors = web.FieldErrors(l, err)
	status := http.StatusOK
	if p.HasError = len(p.Errors) > 0; p.HasError {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowPreview(p))
}

func (d *Desk) postDecide(c echo.Context) error {
	who, err := keeper(c)
	if err != nil {
		return err
	}
	x := draft(c)
	_, err = d.Quizzes.Decide(c.Request().Context(), who, x)
	if fault.Is(err, fault.Invalid) {
		return d.showPreview(c, x, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "quizdesk.decided")
	return web.SeeOther(c, pages.Path(x.CourseKey, x.ActivityKey))
}

func (d *Desk) postReverse(c echo.Context) error {
	who, err := keeper(c)
	if err != nil {
		return err
	}
	q := ref(c)
	err = d.Quizzes.Reverse(c.Request().Context(), who, q, c.Param("ruling"), c.FormValue("reason"))
	if fault.Is(err, fault.Invalid) {
		return d.showQuiz(c, c.Param("ruling"), err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "quizdesk.reversed")
	return web.SeeOther(c, pages.Path(q.CourseKey, q.ActivityKey))
}
