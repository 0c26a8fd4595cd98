package web

import (
	"strings"

	"greenroom/internal/account"
	"greenroom/web/templates/ui"
)

// Zones are the time zones that a form offers, with the chosen one marked; one that is not among them is kept, first.
func Zones(chosen string) []ui.Option {
	var out []ui.Option
	found := false
	for _, z := range account.Zones {
		found = found || z == chosen
		out = append(out, ui.Option{Value: z, Text: strings.ReplaceAll(z, "_", " "), Selected: z == chosen})
	}
	if !found && chosen != "" {
		out = append([]ui.Option{{Value: chosen, Text: strings.ReplaceAll(chosen, "_", " "), Selected: true}}, out...)
	}
	return out
}
