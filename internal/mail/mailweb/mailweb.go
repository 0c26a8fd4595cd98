// Package mailweb shows the development mailbox: the letters of a site that sends no mail.
package mailweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/mail"
	"greenroom/internal/web"
	"greenroom/web/templates/mailbox"
)

// Handlers answers for the mailbox.
type Handlers struct{ mail *mail.Service }

// New makes the handlers.
func New(m *mail.Service) *Handlers { return &Handlers{mail: m} }

// Routes is the table; it is empty while letters are really sent.
func (h *Handlers) Routes() []web.Route {
	if !h.mail.Development() {
		return nil
	}
	return []web.Route{
		{Method: http.MethodGet, Path: "/mailbox", Handler: h.getMailbox, Access: web.Dev},
		{Method: http.MethodGet, Path: "/mailbox/:id", Handler: h.getLetter, Access: web.Dev},
	}
}

func (h *Handlers) getMailbox(c echo.Context) error {
	all, err := h.mail.Mailbox(c.Request().Context(), "")
	if err != nil {
		return err
	}
	l := web.L(c)
	p := mailbox.List{Page: web.Page(c, l.T("mail.box"))}
	p.Robots = "noindex"
	for _, k := range all {
		p.Items = append(p.Items, mailbox.Item{Href: "/mailbox/" + k.ID, To: k.To, Subject: k.Subject, At: l.DateTime(web.Local(c, k.At))})
	}
	return web.Render(c, http.StatusOK, mailbox.ShowList(p))
}

func (h *Handlers) getLetter(c echo.Context) error {
	k, err := h.mail.Letter(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	p := mailbox.Letter{
		Page: web.Page(c, k.Subject), To: k.To, Subject: k.Subject, At: web.L(c).DateTime(web.Local(c, k.At)),
		Paragraphs: mailbox.Split(k.Text, c.Scheme()+"://"+c.Request().Host),
	}
	p.Robots = "noindex"
	return web.Render(c, http.StatusOK, mailbox.ShowLetter(p))
}
