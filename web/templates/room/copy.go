package room

import (
	"strings"

	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Copy is the page on which a workshop is copied to another day, or set up from a template.
type Copy struct {
	layout.Page
	Wrong
	*rules.Original
	L      *locale.Printer
	Basics rules.Basics
	FormID string
	Zones  []ui.Option
}

func (p Copy) at() string { return "/teach/rooms/" + p.Original.ID }

// names are those who will run the copy, for a sentence.
func (p Copy) names() string {
	var out []string
	for _, h := range p.Hosts {
		out = append(out, h.Name)
	}
	return strings.Join(out, ", ")
}

// Templates is /teach/rooms/templates.
type Templates struct {
	layout.Page
	L   *locale.Printer
	All []rules.Kept
}
