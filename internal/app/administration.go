package app

import (
	"greenroom/internal/adminweb"
)

// administration are the pages of those who run the site.
func (a *App) administration() *adminweb.Handlers {
	return adminweb.New(adminweb.Services{
		Site: a.Site, Accounts: a.Accounts, Access: a.Access, Audit: a.Audit, Events: a.Events, Mail: a.Mail, Deliveries: a.Deliveries, SignOn: a.SignOn,
		Routes: func() []adminweb.Route {
			var out []adminweb.Route
			for _, r := range a.Routes {
				out = append(out, adminweb.Route{Method: r.Method, Path: r.Path, Access: r.Access})
			}
			return out
		},
	}, adminweb.Options{SiteName: a.cfg.SiteName, DevMail: a.devMail(), MailFrom: a.cfg.MailFrom, Now: a.now})
}
