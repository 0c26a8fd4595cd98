// Package recordweb shows people their own learning: the dashboard, the progress page of a course, the transcript.
package recordweb

import (
	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/delivery"
	"greenroom/internal/record"
	"greenroom/internal/web"
)

// Handlers answers for the pages under /me that show the record.
type Handlers struct {
	records     *record.Service
	courses     *course.Service
	credentials *credential.Service
	deliveries  *delivery.Service
}

// New makes the handlers.
func New(r *record.Service, c *course.Service, k *credential.Service, d *delivery.Service) *Handlers {
	return &Handlers{records: r, courses: c, credentials: k, deliveries: d}
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route { return nil }
