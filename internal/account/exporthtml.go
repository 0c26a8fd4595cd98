package account

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"greenroom/internal/locale"
)

// style is all that the pages of an export have: they are read from a folder, without the site.
const style = `body{max-width:48rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;color:#17212b;background:#fff}` +
	`dl{margin:0}dt{font-weight:600}dd{margin:0 0 .5rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}ol{padding-left:1.5rem}li{margin-bottom:.75rem}` +
	`table{border-collapse:collapse}th,td{text-align:start;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #c8d0d6}a{color:#0b5c69}`

func begin(w io.Writer, l *locale.Printer, title string) error {
	_, err := fmt.Fprintf(w, "<!doctype html>\n<html lang=\"%s\" dir=\"%s\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>%s</title><style>%s</style></head>\n<body>\n<h1>%s</h1>\n",
		html.EscapeString(l.Lang()), l.Dir(), html.EscapeString(title), style, html.EscapeString(title))
	return err
}

// readable writes a JSON document as a page: objects are lists of terms, arrays are numbered.
func readable(out io.Writer, l *locale.Printer, title string, raw []byte) error {
	w := bufio.NewWriter(out)
	if err := begin(w, l, title); err != nil {
		return err
	}
	fmt.Fprintf(w, "<p><a href=\"../index.html\">%s</a></p>\n", html.EscapeString(l.T("account.export.back")))
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := value(w, d, l); err != nil {
		return err
	}
	fmt.Fprint(w, "</body>\n</html>\n")
	return w.Flush()
}

func value(w *bufio.Writer, d *json.Decoder, l *locale.Printer) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	nothing := func() { fmt.Fprintf(w, "<em>%s</em>", html.EscapeString(l.T("account.export.nothing"))) }
	switch t := t.(type) {
	case json.Delim:
		empty := !d.More()
		switch {
		case empty:
			nothing()
		case t == '{':
			fmt.Fprint(w, "<dl>\n")
			for d.More() {
				key, err := d.Token()
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "<dt>%s</dt><dd>", html.EscapeString(human(fmt.Sprint(key))))
				if err := value(w, d, l); err != nil {
					return err
				}
				fmt.Fprint(w, "</dd>\n")
			}
			fmt.Fprint(w, "</dl>\n")
		default:
			fmt.Fprint(w, "<ol>\n")
			for d.More() {
				fmt.Fprint(w, "<li>")
				if err := value(w, d, l); err != nil {
					return err
				}
				fmt.Fprint(w, "</li>\n")
			}
			fmt.Fprint(w, "</ol>\n")
		}
		_, err := d.Token() // the end of what began
		return err
	case nil:
		nothing()
	case string:
		if t == "" {
			nothing()
		}
		fmt.Fprint(w, html.EscapeString(t))
	default:
		fmt.Fprint(w, html.EscapeString(fmt.Sprint(t)))
	}
	return nil
}

// human is a name of a program as people write it: steps_done is Steps done.
func human(name string) string {
	name = strings.ReplaceAll(name, "_", " ")
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

// index writes the page that says what is in the archive.
func (x *archive) index(own *exported) error {
	out, err := x.create("index.html")
	if err != nil {
		return err
	}
	w, e := bufio.NewWriter(out), html.EscapeString
	if err := begin(w, x.l, x.l.T("account.export.title", "Site", x.svc.opts.SiteName)); err != nil {
		return err
	}
	at := x.at.In(x.svc.Location(nil))
	fmt.Fprintf(w, "<p>%s</p>\n<p>%s</p>\n", e(x.l.T("account.export.of", "Name", own.Name, "Email", own.Email, "When", x.l.DateTime(at), "Address", x.svc.opts.BaseURL)), e(x.l.T("account.export.intro")))
	fmt.Fprintf(w, "<h2>%s</h2>\n<ul>\n", e(x.l.T("account.export.parts")))
	for _, p := range x.parts {
		if p.Readable != "" {
			fmt.Fprintf(w, "<li><a href=\"%s\">%s</a> (<a href=\"%s\">JSON</a>)</li>\n", e(p.Readable), e(x.say(p.Name)), e(p.File))
		}
	}
	fmt.Fprintf(w, "</ul>\n<h2>%s</h2>\n<p>%s</p>\n<ul>\n", e(x.l.T("account.export.rows")), e(x.l.T("account.export.rows_text")))
	for _, p := range x.parts {
		if p.Readable == "" {
			fmt.Fprintf(w, "<li><a href=\"%s\">%s</a>: %s</li>\n", e(p.File), e(p.Name), e(x.l.T("account.export.n_rows", "Count", p.Rows)))
		}
	}
	fmt.Fprintf(w, "</ul>\n<h2>%s</h2>\n<p>%s</p>\n</body>\n</html>\n", e(x.l.T("account.export.missing")), e(x.l.T("account.export.missing_text")))
	return w.Flush()
}
