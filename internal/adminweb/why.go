package adminweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

func (h *Handlers) getWhy(c echo.Context) error {
	ctx := c.Request().Context()
	p := pages.Why{Page: desk(c, "admin.why", "why"), Person: strings.TrimSpace(c.QueryParam("person")), Address: strings.TrimSpace(c.QueryParam("path"))}
	if p.Person == "" && p.Address == "" {
		return web.Render(c, http.StatusOK, pages.ShowWhy(p))
	}
	var f fault.Fields
	who, err := h.find(ctx, p.Person)
	if fault.Is(err, fault.NotFound) {
		f.Add("person", "admin.why.nobody")
	} else if err != nil {
		return err
	}
	path := pathOf(p.Address)
	if path == "" {
		f.Add("path", "admin.why.no_path")
	}
	if err := f.Err(); err != nil {
		p.By, p.Errors = web.FieldErrors(p.L, err)
		p.HasError = true
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowWhy(p))
	}
	if p.Answer, err = h.answer(c, who, path); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowWhy(p))
}

// find finds a person by id or address.
func (h *Handlers) find(ctx context.Context, text string) (*account.Person, error) {
	p, err := h.Accounts.ByID(ctx, text)
	if fault.Is(err, fault.NotFound) {
		p, err = h.Accounts.ByEmail(ctx, text)
	}
	if err == nil && p.Guest() {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return p, err
}

// pathOf is the path of an address that was pasted, whole or from its first slash on; "" when it is none.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	return u.Path
}

// answer works out from the route tables and the person's grants whether they reach a page, and why. It is what the shell
// and the handlers ask, said in words.
func (h *Handlers) answer(c echo.Context, who *account.Person, path string) (*pages.Answer, error) {
	a := &pages.Answer{Who: who, Path: path}
	r, params := match(h.Services.Routes(), path)
	if r == nil {
		a.Verdict = "no_page"
		return a, nil
	}
	a.Pattern, a.Access = r.Path, string(r.Access)
	all, err := h.grants(c, who.ID)
	if err != nil {
		return nil, err
	}
	live := slices.DeleteFunc(all, func(g pages.Grant) bool { return !g.Live })
	switch r.Access {
	case web.Public, web.Dev:
		a.Verdict = "public"
		return a, nil
	case web.SignedIn:
		a.Verdict = "account"
	default:
		a.Verdict = h.byRole(a, string(r.Access), live, params)
	}
	if who.Disabled() {
		a.Verdict = "closed"
	}
	return a, nil
}

// byRole finds the grants that open a page for one role. A page about one cohort needs the role there; where the address
// names none, the role anywhere opens it, and shows what belongs to the cohorts of the grant.
func (h *Handlers) byRole(a *pages.Answer, role string, live []pages.Grant, params []string) string {
	within := false
	for _, g := range live {
		switch {
		case g.DeliveryID == "" && (g.Role == role || g.Role == account.RoleAdmin), g.Role == role && slices.Contains(params, g.DeliveryID):
			a.Because = append(a.Because, g)
		case g.Role == role:
			a.Within, within = append(a.Within, g), true
		}
	}
	switch {
	case len(a.Because) > 0:
		return "role"
	case within:
		return "some"
	}
	return "missing"
}

// match finds the route that answers GET of a path, as Echo does: what stands there literally before what may be anything.
func match(all []Route, path string) (best *Route, params []string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	score := ""
	for i := range all {
		if all[i].Method != http.MethodGet {
			continue
		}
		s, p, fits := fit(strings.Split(strings.Trim(all[i].Path, "/"), "/"), parts)
		if fits && (best == nil || s < score) {
			best, params, score = &all[i], p, s
		}
	}
	return best, params
}

// fit compares a pattern with a path. The score says at each place how exact it is: a for the word itself, b for a
// parameter, c for the rest.
func fit(pattern, parts []string) (score string, params []string, fits bool) {
	for i, w := range pattern {
		if w == "*" {
			return score + "c", params, true
		}
		switch {
		case i >= len(parts):
			return "", nil, false
		case strings.HasPrefix(w, ":") && parts[i] != "":
			score, params = score+"b", append(params, parts[i])
		case w == parts[i]:
			score += "a"
		default:
			return "", nil, false
		}
	}
	return score, params, len(pattern) == len(parts)
}
