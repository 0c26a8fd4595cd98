package forumweb

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/web"
	pages "greenroom/web/templates/forum"
	"greenroom/web/templates/ui"
)

// newsItem is one post for the script of a thread's page.
type newsItem struct {
	ID    string `json:"id"`
	Root  string `json:"root"`
	Level int    `json:"level"`
	Rev   int    `json:"rev"`
	Own   bool   `json:"own,omitempty"`
	HTML  string `json:"html"`
}

type news struct {
	Head  int64      `json:"head"`
	Reset bool       `json:"reset,omitempty"`
	Count int        `json:"count,omitempty"` // of posts that the reader may not see
	Posts []newsItem `json:"posts"`
}

// getNews tells the script of a thread's page what happened after a number of the thread's stream: posts as this reader
// sees them, rendered as on the page. 204 is nothing.
func (h *Handlers) getNews(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	n, err1 := strconv.ParseInt(c.QueryParam("n"), 10, 64)
	epoch, err2 := strconv.ParseInt(c.QueryParam("epoch"), 10, 64)
	if err1 != nil || err2 != nil || n < 0 {
		return errNotFound
	}
	ctx, l := c.Request().Context(), web.L(c)
	out, err := h.Forum.News(ctx, s.v, s.t, n, epoch)
	if err != nil {
		return err
	}
	if out.Head == n && !out.Reset {
		return c.NoContent(http.StatusNoContent)
	}
	j := news{Head: out.Head, Reset: out.Reset, Posts: []newsItem{}}
	if !s.v.Unlocked {
		j.Count = out.Count
	}
	p := pages.ThreadPage{View: view(c, s.v), Thread: s.t}
	if closed(s) == "" {
		p.Compose = &pages.Composer{}
	}
	ctx = ui.WithPrinter(ctx, l)
	for i := range out.Posts {
		x := &out.Posts[i]
		var b bytes.Buffer
		if err := pages.Post(p, x, x.Level+1).Render(ctx, &b); err != nil {
			return err
		}
		j.Posts = append(j.Posts, newsItem{x.ID, x.RootID, x.Level, x.Rev, x.Own(s.v.Who.ID), b.String()})
	}
	return c.JSON(http.StatusOK, j)
}
