package worksheetweb

import (
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/play"
	"greenroom/internal/web"
	"greenroom/internal/worksheet"
	view "greenroom/web/templates/worksheet"
)

const typeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// Get answers GET of the document in its three forms, and of the list of earlier states.
func (p *Player) Get(c echo.Context, s play.Step, name string) error {
	content, err := contentOf(s)
	if err != nil {
		return err
	}
	switch name {
	case "versions":
		return p.versions(c, s, content)
	case "document", "document.md", "document.docx":
	default:
		return fault.New(fault.NotFound, "error.not_found")
	}
	doc, err := p.document(c, s, content)
	if err != nil {
		return err
	}
	switch name {
	case "document.md":
		return download(c, FileName(s.Activity.Slug, ".md"), "text/markdown; charset=utf-8", []byte(doc.Markdown()))
	case "document.docx":
		raw, err := doc.DOCX()
		if err != nil {
			return err
		}
		return download(c, FileName(s.Activity.Slug, ".docx"), typeDOCX, raw)
	}
	page := web.Page(c, doc.Title)
	page.Robots, page.Section = "noindex", "courses"
	return web.Render(c, http.StatusOK, view.Document(view.DocumentPage{Page: page, Step: s, Document: doc}))
}

// document makes the document of what is stored. Where nothing is, it is the blank one, for printing.
func (p *Player) document(c echo.Context, s play.Step, content *worksheet.Content) (worksheet.Document, error) {
	stored, _, err := p.sheets.Of(c.Request().Context(), s.Completion(nil))
	if err != nil {
		return worksheet.Document{}, err
	}
	l := web.L(c)
	answers, at, author := worksheet.Answers{}, s.Course.FactsAsAt, ""
	if stored != nil {
		answers, at = stored.Answers, stored.SavedAt
		if stored.Named && s.Learner != nil {
			author = s.Learner.Name
		}
	}
	for key, o := range content.Offers(answers, nil) { // the worked rows of a table that was never saved
		answers[key] = o.Answer
	}
	w := worksheet.Words{Footer: l.T("worksheet.document.footer"), Empty: l.T("worksheet.document.empty"), Date: l.Date}
	if author != "" {
		w.Lines = append(w.Lines, l.T("worksheet.document.by", "Name", author))
	}
	w.Lines = append(w.Lines, l.T("worksheet.document.course", "Course", s.Course.Title))
	if stored != nil {
		w.Lines = append(w.Lines, l.T("worksheet.document.date", "Date", l.Date(web.Local(c, at))))
	}
	return content.Compose(answers, author, s.Course.Language, at, w), nil
}

func download(c echo.Context, name, contentType string, body []byte) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	// The file is the learner's own text: should a browser show it all the same, it may do nothing.
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return c.Blob(http.StatusOK, contentType, body)
}

var unsafe = regexp.MustCompile(`[^a-z0-9]+`)

// FileName makes a name that every system takes of a title or key: small letters, digits and hyphens.
func FileName(of, ext string) string {
	n := strings.Trim(unsafe.ReplaceAllString(strings.ToLower(of), "-"), "-")
	if len(n) > 60 {
		n = strings.Trim(n[:60], "-")
	}
	if n == "" {
		n = "worksheet"
	}
	return n + ext
}

func (p *Player) versions(c echo.Context, s play.Step, content *worksheet.Content) error {
	older, err := p.sheets.Older(c.Request().Context(), s.Completion(nil))
	if err != nil {
		return err
	}
	v := view.VersionsPage{L: web.L(c), Step: s}
	for _, k := range older {
		v.Versions = append(v.Versions, view.Version{
			ID: k.ID, Why: k.Why, When: v.L.DateTime(web.Local(c, k.At)), Entries: view.Entries(content, k.Answers),
		})
	}
	return s.Frame(c, http.StatusOK, view.Versions(v))
}
