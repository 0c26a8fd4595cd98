// Package credentialweb shows certificates to their holders and lets anybody check one.
package credentialweb

import (
	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/web"
)

// Handlers answers for certificates.
type Handlers struct {
	credentials *credential.Service
	courses     *course.Service
	baseURL     string
}

// New makes the handlers. baseURL is the site's address without a slash at the end; it is printed on certificates.
func New(k *credential.Service, c *course.Service, baseURL string) *Handlers {
	return &Handlers{credentials: k, courses: c, baseURL: baseURL}
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route { return nil }
