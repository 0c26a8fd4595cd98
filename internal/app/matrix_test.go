package app_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// roles are whom the matrix asks about. Learner owns what the paths name; other has the same things of their own.
var roles = []string{"nobody", "guest", "learner", "other", "trainer", "moderator", "author", "admin"}

// answer is what each role gets of a route: a status for nobody, guest, learner (the owner), other, and for those of
// the staff whose own is not named.
type answer struct {
	nobody, guest, learner, other, staff int
	own                                  map[string]int // by role, where it is not the staff's
}

func (a answer) of(role string) int {
	if n, ok := a.own[role]; ok {
		return n
	}
	switch role {
	case "nobody":
		return a.nobody
	case "guest":
		return a.guest
	case "learner":
		return a.learner
	case "other":
		return a.other
	}
	return a.staff
}

func all(n int) answer { return five(n, n, n, n, n) }

func five(nobody, guest, learner, other, staff int) answer {
	return answer{nobody, guest, learner, other, staff, nil}
}

// members is for pages of people with an account: others are sent to sign in.
func members(n int) answer { return five(303, 303, n, n, n) }

// writers is members for forms, which are not sent on.
func writers(n int) answer { return five(401, 401, n, n, n) }

// known is for who has a record: with an account or on this device.
func known(n int) answer { return five(303, n, n, n, n) }

// desk is for pages of one role: administrators have every role, everybody else with an account is told what is
// missing, others are sent to sign in.
func desk(role string, n int) answer {
	return answer{303, 303, 403, 403, 403, map[string]int{role: n, "admin": n}}
}

// deskWriters is desk for forms, which are not sent on.
func deskWriters(role string, n int) answer {
	return answer{401, 401, 403, 403, 403, map[string]int{role: n, "admin": n}}
}

// teaching is for pages of trainers and authors.
func teaching(n int) answer {
	return answer{303, 303, 403, 403, 403, map[string]int{"trainer": n, "author": n, "admin": n}}
}

// teachingWriters is teaching for forms.
func teachingWriters(n int) answer {
	return answer{401, 401, 403, 403, 403, map[string]int{"trainer": n, "author": n, "admin": n}}
}

const tinyQuiz = "/teach/courses/tiny/quizzes/first/check"

// row is one route of the matrix. Path holds {code}, {letter} and {media} for what the owner has.
type row struct {
	path string // an address of the route
	want answer
	form url.Values
}

const step = "/courses/:course/:module/:activity"

// matrix says who may do what: one row for each route that there is. What belongs to one person does not exist for another.
var matrix = map[string]row{
	"GET /":                         {"/", all(200), nil},
	"GET /help":                     {"/help", all(200), nil},
	"GET /accessibility":            {"/accessibility", all(200), nil},
	"GET /privacy":                  {"/privacy", all(200), nil},
	"GET /licences":                 {"/licences", all(200), nil},
	"GET /glossary":                 {"/glossary", all(200), nil},
	"GET /pathways":                 {"/pathways", all(200), nil},
	"GET /gallery":                  {"/gallery", all(200), nil},
	"GET /robots.txt":               {"/robots.txt", all(200), nil},
	"GET /.well-known/security.txt": {"/.well-known/security.txt", all(200), nil},
	"GET /mailbox":                  {"/mailbox", all(200), nil},
	"GET /mailbox/:id":              {"/mailbox/{letter}", all(200), nil},

	"GET /register":                      {"/register", five(200, 200, 303, 303, 303), nil},
	"POST /register":                     {"/register", five(422, 422, 303, 303, 303), nil},
	"GET /sign-in":                       {"/sign-in", five(200, 200, 303, 303, 303), nil},
	"POST /sign-in":                      {"/sign-in", all(422), nil},
	"POST /sign-out":                     {"/sign-out", all(303), nil},
	"GET /claim":                         {"/claim", members(404), nil},
	"POST /claim":                        {"/claim", writers(303), nil},
	"GET /forgot":                        {"/forgot", all(200), nil},
	"POST /forgot":                       {"/forgot", all(422), nil},
	"GET /reset/:token":                  {"/reset/no-such-token", all(404), nil},
	"POST /reset/:token":                 {"/reset/no-such-token", all(404), url.Values{"password": {password}}},
	"GET /verify/:token":                 {"/verify/no-such-token", all(404), nil},
	"POST /verify/:token":                {"/verify/no-such-token", all(404), nil},
	"POST /verify-again":                 {"/verify-again", writers(303), nil},
	"GET /undo/:token":                   {"/undo/no-such-token", all(404), nil},
	"POST /undo/:token":                  {"/undo/no-such-token", all(404), nil},
	"GET /settings":                      {"/settings", members(200), nil},
	"POST /settings/profile":             {"/settings/profile", writers(303), url.Values{"name": {"Somebody"}}},
	"POST /settings/appearance":          {"/settings/appearance", writers(303), url.Values{"theme": {"dark"}, "text_size": {"115"}}},
	"POST /settings/email":               {"/settings/email", writers(422), url.Values{"new_email": {"n@agency.example"}}},
	"POST /settings/password":            {"/settings/password", writers(422), nil},
	"POST /settings/sign-out-everywhere": {"/settings/sign-out-everywhere", writers(303), nil},
	"GET /settings/export":               {"/settings/export", members(200), nil},
	"GET /settings/delete":               {"/settings/delete", members(200), nil},
	"POST /settings/delete":              {"/settings/delete", writers(422), nil},
	"GET /settings/mail":                 {"/settings/mail", members(200), nil},
	"POST /settings/mail":                {"/settings/mail", writers(303), url.Values{"weekly": {"on"}, "announcements": {"weekly"}}},
	"GET /mail/stop/:token":              {"/mail/stop/no-such-token", all(404), nil},
	"POST /mail/stop/:token":             {"/mail/stop/no-such-token", all(404), nil},
	"POST /theme":                        {"/theme", all(303), url.Values{"theme": {"dark"}}},

	"GET /auth/:name":                   {"/auth/nowhere", all(404), nil},
	"GET /auth/:name/callback":          {"/auth/nowhere/callback?state=x&code=y", all(404), nil},
	"GET /auth/connect":                 {"/auth/connect", all(404), nil},
	"POST /auth/connect":                {"/auth/connect", all(404), nil},
	"POST /auth/connect/link":           {"/auth/connect/link", all(404), nil},
	"GET /auth/finish":                  {"/auth/finish", all(404), nil},
	"POST /auth/finish":                 {"/auth/finish", all(404), nil},
	"GET /sign-in/link":                 {"/sign-in/link", all(200), nil},
	"POST /sign-in/link":                {"/sign-in/link", all(422), nil},
	"GET /enter/:token":                 {"/enter/no-such-token", all(404), nil},
	"POST /enter/:token":                {"/enter/no-such-token", all(404), nil},
	"POST /sign-in/passkey":             {"/sign-in/passkey", all(404), nil}, // the test's site has a bare address
	"POST /sign-in/passkey/options":     {"/sign-in/passkey/options", all(404), nil},
	"POST /settings/passkeys":           {"/settings/passkeys", writers(404), nil},
	"POST /settings/passkeys/options":   {"/settings/passkeys/options", writers(404), nil},
	"POST /settings/passkeys/remove":    {"/settings/passkeys/remove", writers(303), url.Values{"id": {"no-such-id"}}},
	"GET /settings/sign-in":             {"/settings/sign-in", members(200), nil},
	"POST /settings/sign-in/disconnect": {"/settings/sign-in/disconnect", writers(303), url.Values{"id": {"no-such-id"}}},
	"POST /settings/devices/sign-out":   {"/settings/devices/sign-out", writers(303), url.Values{"device": {"no-such-id"}}},

	"GET /courses":                       {"/courses?q=tiny", all(200), nil},
	"GET /courses/:course":               {tiny, all(200), nil},
	"GET /courses/:course/learn":         {tiny + "/learn", all(303), nil},
	"GET /courses/:course/finish":        {tiny + "/finish", all(200), nil},
	"GET /courses/:course/media/:hash/*": {"{media}", all(200), nil},
	"GET /courses/:course/changes":       {tiny + "/changes", all(303), nil},
	"POST /courses/:course/enrol":        {tiny + "/enrol", all(303), nil},
	"POST /courses/:course/pause":        {tiny + "/pause", five(401, 303, 303, 303, 303), nil},
	"POST /courses/:course/resume":       {tiny + "/resume", five(401, 303, 303, 303, 303), nil},
	"POST /courses/:course/withdraw":     {tiny + "/withdraw", five(401, 303, 303, 303, 303), nil},
	"POST /courses/:course/update":       {tiny + "/update", five(401, 303, 303, 303, 303), nil},

	"GET " + step:             {tiny + "/first/check", all(200), nil},
	"GET " + step + "/:name":  {tiny + "/first/sheet/document.md", all(200), nil},
	"POST " + step + "/seen":  {tiny + "/first/read/seen", all(204), nil},
	"POST " + step + "/:verb": {tiny + "/first/read/complete", all(303), nil},

	"GET /teach/scenarios":               {"/teach/scenarios", desk("trainer", 200), nil},
	"GET /teach/scenarios/:reply":        {"/teach/scenarios/nothing", desk("trainer", 404), nil},
	"POST /teach/scenarios/:reply":       {"/teach/scenarios/nothing", deskWriters("trainer", 404), nil},
	"POST /teach/scenarios/:reply/close": {"/teach/scenarios/nothing/close", deskWriters("trainer", 404), nil},
	// The tiny course has no scenario; with one they are in TestFiguresOfAScenario.
	"GET /teach/courses/:course/scenarios/:module/:activity":             {"/teach/courses/tiny/scenarios/first/check", teaching(404), nil},
	"GET /teach/courses/:course/scenarios/:module/:activity/figures.csv": {"/teach/courses/tiny/scenarios/first/check/figures.csv", teaching(404), nil},

	"GET /teach/courses/:course/scenarios/:module/:activity/panel":               {"/teach/courses/tiny/scenarios/first/check/panel", desk("author", 404), nil},
	"POST /teach/courses/:course/scenarios/:module/:activity/panel":              {"/teach/courses/tiny/scenarios/first/check/panel", deskWriters("author", 404), nil},
	"POST /teach/courses/:course/scenarios/:module/:activity/panel/:seat/again":  {"/teach/courses/tiny/scenarios/first/check/panel/none/again", deskWriters("author", 404), nil},
	"POST /teach/courses/:course/scenarios/:module/:activity/panel/:seat/remove": {"/teach/courses/tiny/scenarios/first/check/panel/none/remove", deskWriters("author", 404), nil},
	"GET /panel/:token":            {"/panel/no-such-token", all(404), nil},
	"GET /panel/:token/:decision":  {"/panel/no-such-token/lunch", all(404), nil},
	"POST /panel/:token/:decision": {"/panel/no-such-token/lunch", all(404), nil},

	"GET /courses/:course/cohorts/:cohort": {tiny + "/cohorts/{cohort}", all(200), nil},
	// The learner is in another cohort of the course, where they discuss.
	"POST /courses/:course/cohorts/:cohort/join":  {tiny + "/cohorts/{cohort}/join", five(401, 401, 409, 303, 303), nil},
	"POST /courses/:course/cohorts/:cohort/leave": {tiny + "/cohorts/{cohort}/leave", five(401, 401, 404, 303, 303), nil},
	"GET /teach":                                {"/teach?show=all", desk("trainer", 200), nil},
	"GET /teach/cohorts/new":                    {"/teach/cohorts/new?course=tiny", desk("trainer", 200), nil},
	"POST /teach/cohorts":                       {"/teach/cohorts", deskWriters("trainer", 422), url.Values{"course": {"tiny"}}},
	"GET /teach/cohorts/:cohort":                {"/teach/cohorts/{cohort}", desk("trainer", 200), nil},
	"GET /teach/cohorts/:cohort/edit":           {"/teach/cohorts/{cohort}/edit", desk("trainer", 200), nil},
	"POST /teach/cohorts/:cohort/edit":          {"/teach/cohorts/{cohort}/edit", deskWriters("trainer", 422), nil},
	"POST /teach/cohorts/:cohort/open":          {"/teach/cohorts/{cohort}/open", deskWriters("trainer", 303), nil},
	"POST /teach/cohorts/:cohort/close":         {"/teach/cohorts/{ended}/close", deskWriters("trainer", 303), nil},
	"POST /teach/cohorts/:cohort/cancel":        {"/teach/cohorts/{cohort}/cancel", deskWriters("trainer", 422), nil},
	"GET /teach/cohorts/:cohort/copy":           {"/teach/cohorts/{cohort}/copy", desk("trainer", 200), nil},
	"POST /teach/cohorts/:cohort/copy":          {"/teach/cohorts/{cohort}/copy", deskWriters("trainer", 422), url.Values{"title": {"Again"}}},
	"POST /teach/cohorts/:cohort/announcements": {"/teach/cohorts/{cohort}/announcements", deskWriters("trainer", 422), nil},
	"GET /teach/cohorts/:cohort/people":         {"/teach/cohorts/{cohort}/people?q=a&status=active", desk("trainer", 200), nil},
	"POST /teach/cohorts/:cohort/people":        {"/teach/cohorts/{cohort}/people", deskWriters("trainer", 422), nil},

	"GET /me/calendar":      {"/me/calendar", members(200), nil},
	"POST /me/calendar":     {"/me/calendar", writers(303), nil},
	"POST /me/calendar/end": {"/me/calendar/end", writers(303), nil},
	"GET /calendar/:file":   {"/calendar/no-such-secret.ics", all(404), nil},

	"GET /me":                    {"/me", all(200), nil},
	"GET /me/courses/:course":    {"/me/courses/tiny", known(200), nil},
	"GET /me/transcript":         {"/me/transcript", known(200), nil},
	"GET /me/transcript.csv":     {"/me/transcript.csv", known(200), nil},
	"GET /me/certificates/:code": {"/me/certificates/{code}", five(303, 303, 200, 404, 404), nil},
	"GET /certificates":          {"/certificates", all(200), nil},
	"GET /certificates/:code":    {"/certificates/{code}", all(200), nil},

	"GET /teach/write":         {"/teach/write", teaching(200), nil},
	"POST /teach/write":        {"/teach/write", teachingWriters(303), url.Values{"do": {"blank"}}},
	"POST /teach/write/import": {"/teach/write/import", teachingWriters(422), url.Values{"do": {"import"}}},

	"GET /teach/workshops":                                                             {"/teach/workshops", teaching(200), nil},
	"GET /teach/workshops/:course/:module/:workshop":                                   {"/teach/workshops/tiny/first/room", teaching(200), nil},
	"GET /teach/courses":                                                               {"/teach/courses", teaching(200), nil},
	"GET /teach/courses/:course/insight":                                               {"/teach/courses/tiny/insight", teaching(200), nil},
	"GET /teach/courses/:course/insight.csv":                                           {"/teach/courses/tiny/insight.csv", teaching(200), nil},
	"GET /teach/courses/:course/quizzes/:module/:activity":                             {tinyQuiz, teaching(200), nil},
	"GET /teach/courses/:course/quizzes/:module/:activity/questions/:question":         {tinyQuiz + "/questions/one", teaching(200), nil},
	"GET /teach/courses/:course/quizzes/:module/:activity/questions/:question/preview": {tinyQuiz + "/questions/one/preview?kind=credit", teaching(200), nil},
	"POST /teach/courses/:course/quizzes/:module/:activity/questions/:question/decide": {tinyQuiz + "/questions/one/decide", teachingWriters(303), url.Values{"kind": {"credit"}, "reason": {"a reason for the test"}}},
	"POST /teach/courses/:course/quizzes/:module/:activity/rulings/:ruling/reverse":    {tinyQuiz + "/rulings/none/reverse", teachingWriters(404), url.Values{"reason": {"a reason for the test"}}},

	// The learner and the other have finished the course, the staff have not; nobody has answered anything.
	"GET /courses/:course/check":            {tiny + "/check", members(200), nil},
	"POST /courses/:course/check":           {tiny + "/check", five(401, 401, 303, 303, 409), url.Values{"occasion": {"after"}}},
	"GET /courses/:course/check/answers":    {tiny + "/check/answers", members(303), nil},
	"GET /courses/:course/check/:occasion":  {tiny + "/check/before", members(404), nil},
	"POST /courses/:course/check/:occasion": {tiny + "/check/before", writers(404), nil},
	"GET /teach/courses/:course/check":      {"/teach/courses/tiny/check", teaching(200), nil},
	"GET /teach/courses/:course/check.csv":  {"/teach/courses/tiny/check.csv", teaching(404), nil},

	"GET /teach/people/:person/accommodations":             {"/teach/people/{learner}/accommodations", desk("trainer", 200), nil},
	"POST /teach/people/:person/accommodations":            {"/teach/people/{learner}/accommodations", deskWriters("trainer", 303), url.Values{"time": {"150"}, "attempts": {"1"}, "days": {"0"}, "reason": {"for the test"}}},
	"POST /teach/people/:person/accommodations/:grant/end": {"/teach/people/{learner}/accommodations/none/end", deskWriters("trainer", 404), url.Values{"reason": {"for the test"}}},
}

// cast is a site with somebody in each role.
type cast struct {
	*site
	by    map[string]*client
	names map[string]string // {code} and the like
}

func newCast(t *testing.T, s *site) *cast {
	t.Helper()
	w := &cast{site: s, by: map[string]*client{"nobody": s.nobody(), "guest": s.guest()}}
	r := s.course("tiny")
	for _, role := range roles[2:] {
		as := role
		if role == "other" {
			as = "learner"
		}
		w.by[role] = s.person("Person "+role, as)
		w.by[role].role = role
		if role == "learner" || role == "other" {
			w.by[role].takeAll(r)
		} else {
			w.by[role].post(tiny+"/enrol", nil).want(303)
		}
	}
	ok(t, s.Events.Drain(t.Context()))
	media := ""
	for n := range s.nobody().get(tiny + "/first/read").want(200).root().Descendants() {
		if n.Data == "img" && strings.Contains(attr(n, "src"), "/media/") {
			media = attr(n, "src")
		}
	}
	w.names = map[string]string{
		"{code}": w.by["learner"].certificate("tiny"), "{letter}": s.rows("SELECT id FROM mail")[0], "{media}": media,
		"{learner}": w.by["learner"].id, "{cohort}": s.cohort("2026-12-14", 0).ID, "{ended}": s.cohort("2026-11-02", 0).ID,
	}
	w.names["{class}"], w.names["{pupil}"] = s.class()
	w.names["{token}"], w.names["{list}"] = s.waysIn(w.names["{cohort}"])
	maps.Copy(w.names, s.talk(w.by["learner"].id))
	maps.Copy(w.names, s.situations(w.by["learner"].id, w.names["{talk}"]))
	maps.Copy(w.names, s.workshop(w.by["trainer"], w.by["learner"]))
	for k, v := range w.names {
		if v == "" {
			t.Fatalf("nothing for %s", k)
		}
	}
	return w
}

func (w *cast) at(path string) string {
	for k, v := range w.names {
		path = strings.ReplaceAll(path, k, v)
	}
	return path
}

// routes are the names of the routes, "GET /me", those that end sessions last.
func (s *site) routes() []string {
	var out []string
	for _, r := range s.Routes {
		out = append(out, r.Method+" "+r.Path)
	}
	slices.SortStableFunc(out, func(a, b string) int { return ending(a) - ending(b) })
	return out
}

func ending(route string) int {
	switch route {
	case "POST /settings/sign-out-everywhere":
		return 1
	case "POST /sign-out":
		return 2
	}
	return 0
}

// Every route answers every role as the matrix says, and a route without a row fails.
func TestRoutesByRole(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		w := newCast(t, s)
		missing := maps.Clone(matrix)
		for _, route := range s.routes() {
			want, there := matrix[route]
			if !there {
				t.Errorf("%s has no row in the matrix: say who may use it", route)
				continue
			}
			delete(missing, route)
			method, _, _ := strings.Cut(route, " ")
			for _, role := range roles {
				c := w.by[role]
				if role == "nobody" {
					c = s.nobody() // a form may have made them a guest
				}
				p := c.do(c.request(method, w.at(want.path), want.form))
				if p.status != want.want.of(role) {
					t.Errorf("%s as %s: %d, want %d\n%s", route, role, p.status, want.want.of(role), clip(p.words()))
				}
				headers(t, p, route)
			}
		}
		for route := range missing {
			t.Errorf("the matrix has a row for %s, which is no route", route)
		}
	})
}

// beside are the routes that need neither session nor page; they are not in the tables.
var beside = []string{"GET /assets/*", "GET /healthz", "GET /readyz", "POST /csp"}

// Nothing is served that stands in no table.
func TestNoRouteBesideTheTables(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{})
	e, is := s.Handler.(*echo.Echo)
	if !is {
		t.Fatalf("the handler is a %T", s.Handler)
	}
	listed := append(s.routes(), beside...)
	for _, r := range e.Routes() {
		if name := r.Method + " " + r.Path; r.Method != echo.RouteNotFound && !slices.Contains(listed, name) {
			t.Errorf("%s is served and stands in no table", name)
		}
	}
	p := s.nobody().post("/csp", url.Values{"blocked": {"x"}}).want(204)
	headers(t, p, "POST /csp")
	if strings.Contains(s.log.String(), "blocked") {
		t.Error("a report stands in the log")
	}
}

// A site that others reach has neither the gallery nor the mailbox, whether it sends mail or not.
func TestDevelopmentPagesStayHome(t *testing.T) {
	t.Parallel()
	for what, set := range map[string]setup{"with mail": {plain: true}, "behind a proxy": {noMail: true}} {
		s := newSite(t, "sqlite", set)
		for _, path := range []string{"/gallery", "/mailbox", "/mailbox/x"} {
			if p := s.nobody().get(path); p.status != 404 {
				t.Errorf("%s: %s answers %d", what, path, p.status)
			}
		}
		if p := s.nobody().get("/sign-in").want(200); strings.Contains(p.raw, "demo.example") {
			t.Errorf("%s: demo people are offered", what)
		}
	}
}

// headers looks at what every answer carries.
func headers(t *testing.T, p *page, route string) {
	t.Helper()
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy": "same-origin", "Cache-Control": "no-store",
	}
	if slices.Contains([]string{"/reset/:token", "/verify/:token", "/undo/:token", "/enter/:token", "/panel/:token", "/panel/:token/:decision"}, strings.Fields(route)[1]) {
		want["Referrer-Policy"] = "strict-origin" // the address is a secret
	}
	csp := p.header.Get("Content-Security-Policy")
	switch {
	case strings.Contains(route, "/media/"):
		want["Cache-Control"] = "public, max-age=31536000, immutable"
		// A drawing may have styles of its own: as a document it is in a sandbox, where nothing runs or loads.
		if !strings.Contains(csp, "sandbox") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", route, csp)
		}
		csp = strings.Replace(csp, "style-src 'unsafe-inline'", "", 1)
	case strings.HasPrefix(route, "GET /assets/"):
		want["Cache-Control"] = "public, max-age=31536000, immutable"
	}
	for name, value := range want {
		if got := p.header.Get(name); got != value {
			t.Errorf("%s as %s: %s is %q, want %q", route, p.c.role, name, got, value)
		}
	}
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe-") || strings.Contains(csp, "http") {
		t.Errorf("%s: policy %q", route, csp)
	}
	for _, k := range p.header.Values("Set-Cookie") {
		if !strings.Contains(k, "HttpOnly") || !strings.Contains(k, "SameSite=Lax") {
			t.Errorf("%s: cookie %q", route, k)
		}
	}
	if id := p.header.Get("X-Request-Id"); len(id) != 36 {
		t.Errorf("%s: request id %q", route, id)
	}
	if p.isHTML() {
		inert(t, p, route)
	}
}

// inert looks that a page holds no script and no style of its own.
func inert(t *testing.T, p *page, route string) {
	t.Helper()
	for n := range p.root().Descendants() {
		if n.Data == "style" && n.FirstChild != nil || n.Data == "script" && (!strings.HasPrefix(attr(n, "src"), "/assets/") || n.FirstChild != nil) {
			t.Errorf("%s: an element <%s> inside the page", route, n.Data)
		}
		for _, a := range n.Attr {
			v := strings.ToLower(strings.TrimSpace(a.Val))
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(v, "javascript:") || a.Key == "src" && strings.HasPrefix(v, "data:") {
				t.Errorf("%s: <%s %s=%q>", route, n.Data, a.Key, a.Val)
			}
		}
	}
}

// What is no page carries the headers too.
func TestHeadersBesidePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{})
	c := s.nobody()
	for _, path := range []string{"/healthz", "/readyz", "/no/such/page", "/courses/no-such-course", "/assets/none.css"} {
		p := c.get(path)
		if strings.HasPrefix(path, "/assets/") || strings.Contains(path, "no") {
			p.want(404)
		} else {
			p.want(200)
		}
		if !strings.HasPrefix(path, "/assets/") {
			headers(t, p, "GET "+path)
		}
	}
	assets := 0
	for n := range c.get("/").want(200).root().Descendants() {
		for _, name := range []string{"href", "src"} {
			if strings.HasPrefix(attr(n, name), "/assets/") {
				headers(t, c.get(attr(n, name)).want(200), "GET /assets/*")
				assets++
			}
		}
	}
	if assets == 0 {
		t.Log("no assets were built: their headers are not tested")
	}
	p := c.get("/").want(200)
	if got := p.header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("HSTS %q on a site without TLS", got)
	}
}

// A write that another site's page sends is refused, whoever's browser it is.
func TestWritesFromOtherSites(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{})
	w := newCast(t, s)
	before := s.digest()
	for _, route := range s.routes() {
		if !strings.HasPrefix(route, http.MethodPost) {
			continue
		}
		for _, role := range []string{"nobody", "guest", "learner"} {
			for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
				c := w.by[role]
				r := c.request(http.MethodPost, w.at(matrix[route].path), matrix[route].form)
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Set(header[0], header[1])
				if p := c.do(r); p.status != 403 {
					t.Errorf("%s as %s with %s: %d, want 403", route, role, header, p.status)
				}
			}
		}
	}
	s.same(before, "writes that were refused")
}
