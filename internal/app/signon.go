package app

import (
	"crypto/rand"

	"greenroom/internal/signon"
)

// signOn makes the sign-on with the providers of the settings.
func (a *App) signOn() (*signon.Service, error) {
	root, err := a.root()
	if err != nil {
		return nil, err
	}
	return signon.New(a.DB, a.Accounts, signon.Options{
		BaseURL: a.cfg.BaseURL, SiteName: a.cfg.SiteName, Providers: a.cfg.Providers, Root: root, Now: a.now, Log: a.log,
	})
}

// root is the site's secret. Where there is neither one nor a folder to keep it (in tests) it lasts as long as the
// process.
func (a *App) root() ([]byte, error) {
	if a.cfg.Secret == "" && a.cfg.Data == "" {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // never fails
		return raw, nil
	}
	s, err := a.cfg.Root()
	return []byte(s), err
}
