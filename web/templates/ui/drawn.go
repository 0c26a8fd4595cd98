package ui

import (
	"context"
	"io"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"greenroom/web"
)

// drawn is markup that is the same on every page: rendered once, then only written. A page of the player has more
// than a hundred icons and dots, and rendering each anew was a third of its cost.
type drawn string

// Render writes the markup.
func (d drawn) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(d))
	return err
}

var pictures = sync.OnceValue(func() (p struct{ icons, dots map[string]templ.Component }) {
	p.icons, p.dots = map[string]templ.Component{}, map[string]templ.Component{}
	for _, name := range web.Icons {
		p.icons[name] = draw(icon(name))
	}
	for _, state := range []string{"done", "now", "todo", "locked"} {
		p.dots[state] = draw(statusDot(state))
	}
	return p
})

func draw(c templ.Component) templ.Component {
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		return c // a builder takes everything, so this is for the compiler's peace
	}
	return drawn(b.String())
}

// Icon is one of web.Icons. It is decoration: what it means must stand next to it as text.
func Icon(name string) templ.Component {
	if c, ok := pictures().icons[name]; ok {
		return c
	}
	return icon(name)
}

// StatusDot shows how far a step is: done, now, todo or locked. The same must stand next to it as text.
func StatusDot(state string) templ.Component {
	if c, ok := pictures().dots[state]; ok {
		return c
	}
	return statusDot(state)
}
