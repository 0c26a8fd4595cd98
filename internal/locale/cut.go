package locale

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// cutMessage is a message cut up when it is read, so that saying it is putting strings together. A page of a long
// course says some hundred messages with a number in them, and go-i18n runs a template for each.
type cutMessage map[plural.Form][]piece

// piece is text, or the name of the variable whose value stands there.
type piece struct{ text, name string }

var variable = regexp.MustCompile(`\{\{\.([A-Za-z][A-Za-z0-9]*)\}\}`)

var rule = language.MustParse(Default)

// cutUp cuts a message whose braces are all {{.Name}}; others are left to go-i18n.
func cutUp(m *i18n.Message) (cutMessage, bool) {
	c := cutMessage{}
	for form, text := range map[plural.Form]string{plural.One: m.One, plural.Few: m.Few, plural.Many: m.Many, plural.Other: m.Other} {
		if text == "" {
			continue
		}
		var all []piece
		end := 0
		for _, at := range variable.FindAllStringSubmatchIndex(text, -1) {
			if at[0] > end {
				all = append(all, piece{text: text[end:at[0]]})
			}
			all = append(all, piece{name: text[at[2]:at[3]]})
			end = at[1]
		}
		if end < len(text) {
			all = append(all, piece{text: text[end:]})
		}
		for _, p := range all {
			for i := 0; i+1 < len(p.text); i++ {
				if p.text[i] == '{' && p.text[i+1] == '{' {
					return nil, false
				}
			}
		}
		c[form] = all
	}
	return c, true
}

// say puts the message together. It is not ok where a value is missing or of a kind that templates write in a way of
// their own, or where the plural form is not there: go-i18n then answers as it always did.
func (c cutMessage) say(args []any) (string, bool) {
	form := plural.Other
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != "Count" {
			continue
		}
		n, ok := args[i+1].(int)
		if !ok {
			return "", false
		}
		form = plural.Cardinal.MatchPlural(rule, max(n, -n), 0, 0, 0, 0)
	}
	all, ok := c[form]
	if !ok {
		return "", false
	}
	out := make([]byte, 0, 64)
	for _, p := range all {
		if p.name == "" {
			out = append(out, p.text...)
			continue
		}
		switch v := value(args, p.name).(type) {
		case string:
			out = append(out, v...)
		case int:
			out = strconv.AppendInt(out, int64(v), 10)
		case float64:
			out = fmt.Append(out, v)
		default:
			return "", false
		}
	}
	return string(out), len(out) > 0
}

// value is the last of the pairs with this name, or nil.
func value(args []any, name string) (v any) {
	for i := 0; i+1 < len(args); i += 2 {
		if n, _ := args[i].(string); n == name {
			v = args[i+1]
		}
	}
	return v
}
