package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A row is a line of JSON, an object with the columns in their order:
//
//	text  a string, with as few escapes as JSON allows
//	int   a number without fraction, all 64 bits of it
//	bool  true or false
//	time  a string, RFC 3339 in UTC with six digits of a second
//	blob  a string, base64
//	NULL  null

// timeForm has microseconds, which is what the schema keeps.
const timeForm = "2006-01-02T15:04:05.000000Z"

// cell takes what a driver says of one column.
type cell struct{ v any }

// Scan implements sql.Scanner. Bytes belong to the driver until the next row: they are used before it.
func (c *cell) Scan(v any) error { c.v = v; return nil }

// line writes a row and a newline.
func line(b *bytes.Buffer, t Table, row []any) error {
	sep := byte('{')
	for i, c := range t.Columns {
		b.WriteByte(sep)
		sep = ','
		quote(b, c.Name)
		b.WriteByte(':')
		v := row[i].(*cell).v
		if v == nil {
			if !c.Null {
				return fmt.Errorf("column %s is NULL", c.Name)
			}
			b.WriteString("null")
			continue
		}
		if err := value(b, c.Type, v); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	b.WriteString("}\n")
	return nil
}

func value(b *bytes.Buffer, kind string, v any) error {
	switch x := v.(type) {
	case []byte:
		switch kind {
		case "blob":
			b.WriteByte('"')
			b.WriteString(base64.StdEncoding.EncodeToString(x))
			b.WriteByte('"')
			return nil
		case "text", "time":
			return value(b, kind, string(x))
		}
	case string:
		switch kind {
		case "text":
			if !utf8.ValidString(x) {
				return errors.New("text that is no UTF-8")
			}
			quote(b, x)
			return nil
		case "time":
			at, err := readTime(x)
			if err != nil {
				return err
			}
			return value(b, kind, at)
		}
	case int64:
		switch kind {
		case "int":
			b.WriteString(strconv.FormatInt(x, 10))
			return nil
		case "bool":
			b.WriteString(strconv.FormatBool(x != 0))
			return nil
		}
	case bool:
		if kind == "bool" {
			b.WriteString(strconv.FormatBool(x))
			return nil
		}
	case time.Time:
		if kind == "time" {
			quote(b, x.UTC().Format(timeForm))
			return nil
		}
	}
	return fmt.Errorf("a %T is no %s", v, kind)
}

// timeForms are how SQLite's times are written: by bun, and by hand in a migration.
var timeForms = []string{"2006-01-02 15:04:05.999999999-07:00", time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02"}

func readTime(s string) (time.Time, error) {
	for _, f := range timeForms {
		if at, err := time.Parse(f, s); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", clean(s))
}

// quote writes a JSON string. Only what must be escaped is, so that the same text is always the same bytes.
func quote(b *bytes.Buffer, s string) {
	const digits = "0123456789abcdef"
	b.WriteByte('"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b.WriteString(s[from:i])
		from = i + 1
		if c == '"' || c == '\\' {
			b.WriteByte('\\')
			b.WriteByte(c)
			continue
		}
		b.WriteString(`\u00`)
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	b.WriteString(s[from:])
	b.WriteByte('"')
}

// parse reads a line into what bun writes: string, int64, bool, time.Time, []byte or nil, in the order of the columns.
func parse(t Table, text []byte) ([]any, error) {
	var obj map[string]json.RawMessage
	if err := json.Unmarshal(text, &obj); err != nil {
		return nil, err
	}
	if len(obj) != len(t.Columns) {
		return nil, fmt.Errorf("%d columns instead of %d", len(obj), len(t.Columns))
	}
	out := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		raw, there := obj[c.Name]
		if !there {
			return nil, fmt.Errorf("column %s is missing", c.Name)
		}
		if string(raw) == "null" {
			if !c.Null {
				return nil, fmt.Errorf("column %s is null", c.Name)
			}
			continue
		}
		v, err := read(c.Type, raw)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		out[i] = v
	}
	return out, nil
}

func read(kind string, raw json.RawMessage) (any, error) {
	switch kind {
	case "int":
		return strconv.ParseInt(string(raw), 10, 64)
	case "bool":
		return strconv.ParseBool(string(raw))
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	switch kind {
	case "text":
		return s, nil
	case "time":
		return time.Parse(timeForm, s)
	case "blob":
		return base64.StdEncoding.DecodeString(s)
	}
	return nil, fmt.Errorf("no type is named %q", clean(kind))
}

// adder sums up lines.
type adder struct {
	rows int64
	sums [4]uint64
}

func (a *adder) add(line []byte) {
	h := sha256.Sum256(line)
	var carry uint64
	for i := range a.sums {
		var word uint64
		for _, x := range h[8*i : 8*i+8] {
			word = word<<8 | uint64(x)
		}
		a.sums[i], carry = bits.Add64(a.sums[i], word, carry)
	}
	a.rows++
}

func (a *adder) sum(table string) Sum {
	var b strings.Builder
	for _, w := range a.sums {
		b.WriteString(hex.EncodeToString([]byte{byte(w >> 56), byte(w >> 48), byte(w >> 40), byte(w >> 32), byte(w >> 24), byte(w >> 16), byte(w >> 8), byte(w)}))
	}
	return Sum{Name: table, Rows: a.rows, Digest: b.String()}
}
