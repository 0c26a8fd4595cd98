// Package roomweb is the pages of live workshops: setting up, the trainer's console, the stage, the participants.
//
//	roomweb.go   the table of routes, joining and what participants send
//	console.go   setting up and the console
//	setup.go     changing what is set up
//	copy.go      copies to another day, templates, rehearsals
//	group.go     breakout groups
//	story.go     a scenario that the room or its tables play
//	summary.go   what was said and voted, as a page and as a table
//	attendance.go who was there
//	after.go     what participants have when it is over
//	booking.go   booking a seat, the list of bookings
//	pack.go      what is printed
//	calendar.go  bookings as calendars have them
//
// Pages are forms that work without scripts. With scripts, <live-room> hears over its socket that there is something new (or
// looks by itself where there is none) and asks for …/news with the tag that its page was read at; the answer is 204, or the
// parts of the page anew.
package roomweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/credential"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/room"
	"greenroom/internal/web"
	"greenroom/web/templates/layout"
	pages "greenroom/web/templates/room"
)

// Handlers answers for rooms.
type Handlers struct {
	Rooms   *room.Service
	BaseURL string
}

const (
	desk  = "/teach/rooms/:room"
	place = "/room/:room"
	offer = "/workshops/:room"
)

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/teach/rooms", Handler: h.getList, Access: web.Trainer},
		{Method: http.MethodPost, Path: "/teach/rooms", Handler: h.postNew, Access: web.Trainer},
		{Method: http.MethodGet, Path: "/teach/rooms/new", Handler: h.getNew, Access: web.Trainer},
		{Method: http.MethodGet, Path: "/teach/rooms/templates", Handler: h.getTemplates, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk, Handler: h.getConsole, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/news", Handler: h.getConsoleNews, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/summary", Handler: h.getSummary, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/summary", Handler: h.postHand, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/summary.csv", Handler: h.getCSV, Access: web.Trainer, Limit: "export"},
		{Method: http.MethodGet, Path: desk + "/attendance", Handler: h.getAttendance, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/attendance.csv", Handler: h.getAttendanceCSV, Access: web.Trainer, Limit: "export"},
		{Method: http.MethodPost, Path: desk + "/attendance", Handler: h.postAttendance, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/do", Handler: h.postDo, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/setup", Handler: h.getSetup, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/setup", Handler: h.postSetup, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/copy", Handler: h.getCopy, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/copy", Handler: h.postCopy, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/pack", Handler: h.getPack, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/rehearsal", Handler: h.postRehearsal, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/here", Handler: h.postHostHere, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/groups", Handler: h.postGroups, Access: web.Trainer},
		{Method: http.MethodPost, Path: desk + "/story", Handler: h.postStory, Access: web.Trainer},

		{Method: http.MethodGet, Path: desk + "/bookings", Handler: h.getBookings, Access: web.Trainer},
		{Method: http.MethodGet, Path: desk + "/bookings.csv", Handler: h.getBookingsCSV, Access: web.Trainer, Limit: "export"},
		{Method: http.MethodPost, Path: desk + "/bookings", Handler: h.postBookings, Access: web.Trainer},

		{Method: http.MethodGet, Path: "/workshops", Handler: h.getAhead, Access: web.Public},
		{Method: http.MethodGet, Path: offer, Handler: h.getOffer, Access: web.Public},
		{Method: http.MethodPost, Path: offer + "/book", Handler: h.postBook, Access: web.SignedIn},
		{Method: http.MethodPost, Path: offer + "/cancel", Handler: h.postUnbook, Access: web.SignedIn},
		{Method: http.MethodGet, Path: offer + "/calendar.ics", Handler: h.getCalendar, Access: web.SignedIn},

		{Method: http.MethodGet, Path: "/join", Handler: h.getJoin, Access: web.Public},
		{Method: http.MethodPost, Path: "/join", Handler: h.postJoin, Access: web.Public, Limit: "join"},
		{Method: http.MethodGet, Path: place, Handler: h.getRoom, Access: web.Public, Limit: "join"},
		{Method: http.MethodGet, Path: place + "/news", Handler: h.getNews, Access: web.Public, Limit: "join"},
		{Method: http.MethodGet, Path: place + "/stage", Handler: h.getStage, Access: web.Public},
		{Method: http.MethodGet, Path: place + "/stage/news", Handler: h.getStageNews, Access: web.Public},
		{Method: http.MethodPost, Path: place + "/join", Handler: h.postEnter, Access: web.Public, Limit: "join"},
		{Method: http.MethodPost, Path: place + "/answer", Handler: h.postAnswer, Access: web.Public, Limit: "room"},
		{Method: http.MethodPost, Path: place + "/write", Handler: h.postWrite, Access: web.Public, Limit: "room"},
		{Method: http.MethodPost, Path: place + "/vote", Handler: h.postVote, Access: web.Public, Limit: "room"},
		{Method: http.MethodPost, Path: place + "/group", Handler: h.postGroup, Access: web.Public, Limit: "room"},
		{Method: http.MethodPost, Path: place + "/story", Handler: h.postTable, Access: web.Public, Limit: "room"},
		{Method: http.MethodPost, Path: place + "/note", Handler: h.postNote, Access: web.Public, Limit: "room"},
		{Method: http.MethodGet, Path: place + "/results", Handler: h.getResults, Access: web.Public, Limit: "join"},
		{Method: http.MethodGet, Path: place + "/feedback", Handler: h.getFeedback, Access: web.Public, Limit: "join"},
		{Method: http.MethodPost, Path: place + "/feedback", Handler: h.postFeedback, Access: web.Public, Limit: "room"},
		{Method: http.MethodGet, Path: "/me/workshops", Handler: h.getMine, Access: web.Public},
		{Method: http.MethodPost, Path: place + "/here", Handler: h.postHere, Access: web.Public, Limit: "room"},
	}
}

func (h *Handlers) getJoin(c echo.Context) error {
	return web.Render(c, http.StatusOK, pages.ShowJoin(pages.Join{Page: web.Page(c, web.L(c).T("room.join_title"))}))
}

// postJoin finds the room of a code that was typed, and goes there.
func (h *Handlers) postJoin(c echo.Context) error {
	r, err := h.Rooms.ByCode(c.Request().Context(), c.FormValue("code"))
	if fault.Is(err, fault.NotFound) {
		l := web.L(c)
		p := pages.Join{Page: web.Page(c, l.T("room.join_title")), Code: c.FormValue("code")}
		p.By, p.Errors = web.FieldErrors(l, fault.Fields{{Name: "code", Key: "room.err.code"}}.Err())
		p.HasError = true
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowJoin(p))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, "/room/"+r.Code)
}

// ofRoom is the page of a room: that of a rehearsal says so first, in its title too.
func ofRoom(p layout.Page, r *room.Room) layout.Page {
	if r.Rehearsal() {
		p.Banner, p.Title = p.L.T("room.rehearsal_banner"), p.L.T("room.rehearsal_of", "Title", p.Title)
	}
	return p
}

func (h *Handlers) getRoom(c echo.Context) error { return h.room(c, nil) }

// room shows the room to somebody in it, and its door to others; with an Invalid err as 422, with what was typed.
func (h *Handlers) room(c echo.Context, wrong error) error {
	p, err := h.participant(c)
	if err != nil {
		return err
	}
	l := web.L(c)
	status := http.StatusOK
	p.Page = ofRoom(web.Page(c, p.View.Title), p.View.Room)
	p.Robots = "noindex"
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(l, wrong)
		if p.HasError = len(p.Errors) > 0; !p.HasError {
			return wrong
		}
		status = http.StatusUnprocessableEntity
		p.Typed = c.FormValue("body") + c.FormValue("name")
		p.Note, p.Marks = c.FormValue("note"), typedMarks(c)
	}
	if p.View.Me == nil {
		if v := web.ViewerOf(c); wrong == nil && v.SignedIn() {
			p.Typed = v.Person.Name
		}
		return web.Render(c, status, pages.ShowDoor(p))
	}
	return web.Render(c, status, pages.ShowRoom(p))
}

func (h *Handlers) participant(c echo.Context) (pages.Room, error) {
	at, _ := strconv.Atoi(c.QueryParam("at")) // what is no number follows the trainer
	v, err := h.Rooms.Participant(c.Request().Context(), web.ViewerOf(c).ID(), c.Param("room"), at)
	if err != nil {
		return pages.Room{}, err
	}
	return pages.Room{View: v, L: web.L(c), ClientID: id.New()}, nil
}

// fresh answers 204 to a page that is up to date; desk is for screens of who runs the room, and its stage.
func (h *Handlers) fresh(c echo.Context, roomID string, desk bool) (bool, error) {
	t, err := h.Rooms.Tag(c.Request().Context(), roomID, desk)
	if err != nil || t != c.QueryParam("tag") {
		return false, err
	}
	return true, c.NoContent(http.StatusNoContent)
}

func (h *Handlers) getNews(c echo.Context) error {
	r, err := h.Rooms.ByCode(c.Request().Context(), c.Param("room"))
	if err != nil {
		return err
	}
	if done, err := h.fresh(c, r.ID, false); done || err != nil {
		return err
	}
	p, err := h.participant(c)
	if err != nil {
		return err
	}
	if p.View.Me == nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return web.Render(c, http.StatusOK, pages.RoomParts(p))
}

// postEnter lets somebody in; who is nobody yet becomes a guest of this device.
func (h *Handlers) postEnter(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := h.Rooms.ByCode(ctx, c.Param("room"))
	if err != nil { // a wrong address makes nobody
		return err
	}
	if err := r.CheckName(c.FormValue("name")); err != nil {
		return h.room(c, err)
	}
	who, err := web.Learner(c)
	if err != nil {
		return err
	}
	if err := h.Rooms.Join(ctx, who, r.Code, c.FormValue("name")); err != nil {
		return err
	}
	return web.SeeOther(c, "/room/"+r.Code)
}

// back goes to the room after a form, or shows what is to be mended. What came too late is no error: the page says how
// things stand.
func (h *Handlers) back(c echo.Context, err error) error {
	code := room.Code(c.Param("room"))
	if err == nil && c.Request().Header.Get("Sec-Fetch-Mode") != "cors" { // a page without scripts says only so that it is there
		err = h.Rooms.Seen(c.Request().Context(), web.ViewerOf(c).ID(), code, room.ByPage)
	}
	return web.Settle(c, err, h.room, "", "/room/"+code)
}

// plainly shows what is Invalid as an error, where a form has nothing that could be typed wrong.
func plainly(_ echo.Context, err error) error { return err }

func (h *Handlers) postAnswer(c echo.Context) error {
	ctx := c.Request().Context()
	var choice []int
	_ = c.FormValue("item")
	for _, v := range c.Request().PostForm["choice"] {
		n, err := strconv.Atoi(v)
		if err != nil {
			n = -1
		}
		choice = append(choice, n)
	}
	code := room.Code(c.Param("room"))
	round := max(0, number(c.FormValue("round")))
	return h.back(c, h.Rooms.Answer(ctx, web.ViewerOf(c).ID(), code, c.FormValue("item"), c.FormValue("client"), round, choice))
}

func (h *Handlers) postWrite(c echo.Context) error {
	code := room.Code(c.Param("room"))
	return h.back(c, h.Rooms.Write(c.Request().Context(), web.ViewerOf(c).ID(), code, c.FormValue("item"), c.FormValue("client"), c.FormValue("body")))
}

func (h *Handlers) postVote(c echo.Context) error {
	code := room.Code(c.Param("room"))
	return h.back(c, h.Rooms.Vote(c.Request().Context(), web.ViewerOf(c).ID(), code, c.FormValue("entry"), c.FormValue("on") == "yes"))
}

func (h *Handlers) postHere(c echo.Context) error {
	how := room.ByPoll
	if c.FormValue("page") == "yes" { // a page without scripts
		how = room.ByPage
	}
	if err := h.Rooms.Seen(c.Request().Context(), web.ViewerOf(c).ID(), room.Code(c.Param("room")), how); err != nil {
		return err
	}
	if how == room.ByPage {
		return web.SeeOther(c, "/room/"+room.Code(c.Param("room")))
	}
	return c.NoContent(http.StatusNoContent)
}

func (h *Handlers) stage(c echo.Context) (pages.Stage, error) {
	v, err := h.Rooms.Stage(c.Request().Context(), c.Param("room"))
	if err != nil {
		return pages.Stage{}, err
	}
	p := pages.Stage{View: v, L: web.L(c), Address: h.BaseURL + "/join"}
	p.QR, err = credential.MakeQR(h.BaseURL + "/room/" + v.Code)
	return p, err
}

func (h *Handlers) getStage(c echo.Context) error {
	p, err := h.stage(c)
	if err != nil {
		return err
	}
	p.Page = ofRoom(web.Page(c, web.L(c).T("room.stage_title", "Title", p.View.Title)), p.View.Room)
	p.Robots = "noindex"
	return web.Render(c, http.StatusOK, pages.ShowStage(p))
}

func (h *Handlers) getStageNews(c echo.Context) error {
	if done, err := h.fresh(c, c.Param("room"), true); done || err != nil {
		return err
	}
	p, err := h.stage(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.StageParts(p))
}
