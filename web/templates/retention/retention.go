// Package retention is the page on which administrators read the rule of what is kept of people who have gone, and find
// what is kept of one of them.
package retention

import (
	"greenroom/internal/retention"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Retention is /admin/retention.
type Retention struct {
	layout.Page
	Days          int // 0: nothing is kept
	Count         int
	Asked         bool
	Facts         []retention.Fact
	Email, Reason string // as typed
	Errors        []ui.FieldError
	By            map[string]string
}
