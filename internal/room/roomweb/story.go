package roomweb

import (
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/room"
	"greenroom/internal/web"
)

// typedMarks are the fields of a rubric as they came, by name.
func typedMarks(c echo.Context) map[string]string {
	out := map[string]string{}
	_ = c.FormValue("item")
	for name := range c.Request().PostForm {
		if strings.HasPrefix(name, "mark-") {
			out[name] = c.FormValue(name)
		}
	}
	return out
}

func stepOf(c echo.Context) room.Step {
	x := room.Step{Seen: number(c.FormValue("seen")), Kind: c.FormValue("kind"), Choice: c.FormValue("choice"), Marks: map[string]int{}}
	for name, v := range typedMarks(c) {
		x.Marks[strings.TrimPrefix(name, "mark-")] = number(v)
	}
	return x
}

// postStory is what the driver does with a scenario.
func (h *Handlers) postStory(c echo.Context) error {
	ctx, who, r, item := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"), c.FormValue("item")
	var err error
	switch c.FormValue("do") {
	case "play":
		err = h.Rooms.Play(ctx, who, r, item, stepOf(c))
	case "again":
		err = h.Rooms.VoteAgain(ctx, who, r, item)
	case "send":
		err = h.Rooms.Send(ctx, who, r, item, c.FormValue("value"))
	case "look":
		err = h.Rooms.Look(ctx, who, r, item, number(c.FormValue("value")))
	default:
		err = fault.New(fault.Invalid, "error.invalid")
	}
	return web.Settle(c, err, h.show, "", "/teach/rooms/"+r)
}

// postTable is a move of a participant's table.
func (h *Handlers) postTable(c echo.Context) error {
	code := room.Code(c.Param("room"))
	return h.back(c, h.Rooms.PlayTable(c.Request().Context(), web.ViewerOf(c).ID(), code, c.FormValue("item"), stepOf(c)))
}
