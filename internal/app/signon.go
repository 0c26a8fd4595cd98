package app

import (
	"crypto/rand"

	"greenroom/internal/signon"
)

// signOn makes the sign-on with the providers of the settings.
func (a *App) signOn() (*signon.Service, error) {
	root := []byte(a.cfg.Secret)
	if len(root) == 0 { // in tests only: Open sees to one
		root = make([]byte, 32)
		_, _ = rand.Read(root) // never fails
	}
	return signon.New(a.DB, a.Accounts, signon.Options{
		BaseURL: a.cfg.BaseURL, SiteName: a.cfg.SiteName, Providers: a.cfg.Providers, Root: root, Now: a.now, Log: a.log,
	})
}
