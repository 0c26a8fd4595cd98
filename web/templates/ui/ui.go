// Package ui is the kit of parts that pages are made of. Each part is one templ function, has its rules in one
// file under web/src/css/components, and stands in the gallery in every state.
//
//	ui.go         data of the parts, and the words they need themselves
//	icon.templ    icons, the product's mark, sanitised HTML
//	art.templ     drawings out of one kit of shapes
//	form.templ    fields, checks, choices, error summary
//	status.templ  alerts, progress, tags, empty states
//	nav.templ     breadcrumb, pages, cards, disclosure menus
//
// Parts that say something themselves (the "optional" of a field) take their words from the printer that
// layout puts into the context; outside of a page they speak the default language.
package ui

import (
	"context"
	"strconv"
	"sync"

	"github.com/a-h/templ"

	"greenroom/internal/locale"
)

// Link is a place to go to. Without Href it is the place where the reader is.
type Link struct{ Text, Href string }

// Tab is one of Tabs; Icon may be "".
type Tab struct {
	Text, Href, Icon string
	Current          bool
}

// FieldError is one thing to mend in a form; ID is the element that the summary's link leads to.
type FieldError struct{ ID, Text string }

// FieldData describes one field of a form. Rows above 0 make a textarea, Options a select; else Type (text when
// empty) says which input. With WordMin or WordMax a textarea counts words.
type FieldData struct {
	ID, Name, Label, Hint, Error, Type, Value, Autocomplete, InputMode string
	Rows                                                               int
	Required, Optional, ReadOnly                                       bool
	MaxLength                                                          int
	Options                                                            []Option
	WordMin, WordMax                                                   int
	Placeholder                                                        string
}

// Option is one line of a select.
type Option struct {
	Value, Text        string
	Selected, Disabled bool
}

// CheckData describes one checkbox or radio button.
type CheckData struct {
	ID, Name, Value, Label, Hint string
	Type                         string // checkbox (also when empty) or radio
	Checked, Required            bool
}

// CardData describes a card; Level is that of its heading (3 when 0). Art is a kind of Art, "" for none.
type CardData struct {
	Title, Href, Kicker, Text, Art string
	Level                          int
}

// PageNav describes where one is in a list of many pages. Href returns the address of a page, counted from 1.
type PageNav struct {
	Page, Pages int
	Href        func(page int) string
}

type printerKey struct{}

// WithPrinter returns a context in which the parts speak l's language.
func WithPrinter(ctx context.Context, l *locale.Printer) context.Context {
	return context.WithValue(ctx, printerKey{}, l)
}

var fallback = sync.OnceValue(func() *locale.Printer {
	b, err := locale.Load()
	if err != nil {
		panic(err) // the messages are embedded, and tests read them
	}
	return b.Printer(locale.Default)
})

func printer(ctx context.Context) *locale.Printer {
	if l, ok := ctx.Value(printerKey{}).(*locale.Printer); ok && l != nil {
		return l
	}
	return fallback()
}

// described is the aria-describedby of a field: its hint, its counter and its error, where there are any.
func (f FieldData) described() string {
	s := ""
	add := func(there bool, suffix string) {
		if there {
			if s != "" {
				s += " "
			}
			s += f.ID + suffix
		}
	}
	add(f.Hint != "", "-hint")
	add(f.counts(), "-count")
	add(f.Error != "", "-error")
	return s
}

func (f FieldData) counts() bool { return f.Rows > 0 && (f.WordMin > 0 || f.WordMax > 0) }

func (f FieldData) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// wordRule says in words what the counter counts to.
func (f FieldData) wordRule(l *locale.Printer) string {
	switch {
	case f.WordMax == 0:
		return l.T("ui.words.min", "Min", f.WordMin)
	case f.WordMin == 0:
		return l.T("ui.words.max", "Max", f.WordMax)
	}
	return l.T("ui.words.between", "Min", f.WordMin, "Max", f.WordMax)
}

// attributes are those that inputs, textareas and selects share.
func (f FieldData) attributes() templ.Attributes {
	a := templ.Attributes{"id": f.ID, "name": f.Name}
	set := func(there bool, k string, v any) {
		if there {
			a[k] = v
		}
	}
	d := f.described()
	set(d != "", "aria-describedby", d)
	set(f.Error != "", "aria-invalid", "true")
	set(f.Required, "required", true)
	set(f.Autocomplete != "", "autocomplete", f.Autocomplete)
	if len(f.Options) > 0 {
		return a
	}
	set(f.ReadOnly, "readonly", true)
	set(f.InputMode != "", "inputmode", f.InputMode)
	set(f.MaxLength > 0, "maxlength", strconv.Itoa(f.MaxLength))
	set(f.Placeholder != "", "placeholder", f.Placeholder)
	set(f.Rows > 0, "rows", strconv.Itoa(f.Rows))
	set(f.Rows > 0 && f.WordMin > 0, "data-word-min", strconv.Itoa(f.WordMin))
	set(f.Rows > 0 && f.WordMax > 0, "data-word-max", strconv.Itoa(f.WordMax))
	return a
}

// bounded keeps a percentage between 0 and 100.
func bounded(percent int) int { return min(max(percent, 0), 100) }

// Letter is the letter of an option, counted from 0: A, B and so on.
func Letter(i int) string { return string(rune('A' + i%26)) }
