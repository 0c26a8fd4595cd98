package record

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// States says which activities are done and when: by activity key, seconds since 1970 UTC. In the database it is
// a JSON object, keys in order.
type States map[string]int64

// Value implements driver.Valuer.
func (s States) Value() (driver.Value, error) {
	if len(s) == 0 {
		return "{}", nil
	}
	raw, err := json.Marshal(map[string]int64(s))
	return string(raw), err
}

// Scan implements sql.Scanner. NULL, as an outer join gives it, is no states.
func (s *States) Scan(src any) error {
	var text string
	switch src := src.(type) {
	case nil:
		*s = nil
		return nil
	case string:
		text = src
	case []byte:
		text = string(src)
	default:
		return fmt.Errorf("states: cannot read %T", src)
	}
	if fast, ok := scanPlain(text); ok {
		*s = fast
		return nil
	}
	m := map[string]int64{}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return fmt.Errorf("states: %w", err)
	}
	*s = m
	return nil
}

// scanPlain reads an object as Value writes it when no key needs escaping, which activity keys never do. Every
// page view reads states, and this is several times quicker than encoding/json: the keys share text's memory.
func scanPlain(text string) (States, bool) {
	rest, ok := strings.CutPrefix(text, "{")
	if !ok || strings.IndexByte(text, '\\') >= 0 {
		return nil, false
	}
	if rest == "}" {
		return States{}, true
	}
	m := make(States, strings.Count(rest, ",")+1)
	for {
		if rest, ok = strings.CutPrefix(rest, `"`); !ok {
			return nil, false
		}
		var key, number string
		if key, rest, ok = strings.Cut(rest, `":`); !ok {
			return nil, false
		}
		end := strings.IndexAny(rest, ",}")
		if end < 0 {
			return nil, false
		}
		number = rest[:end]
		at, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, false
		}
		m[key] = at
		if rest[end] == '}' {
			return m, end == len(rest)-1
		}
		rest = rest[end+1:]
	}
}

// Decided says which steps count by a decision, and of which kind: Manual, Waived or Recognised, by activity key. In
// the database it is a JSON object.
type Decided map[string]string

// Value implements driver.Valuer.
func (d Decided) Value() (driver.Value, error) {
	if len(d) == 0 {
		return "{}", nil
	}
	raw, err := json.Marshal(map[string]string(d))
	return string(raw), err
}

// Scan implements sql.Scanner. Nearly everybody has none, and then it makes nothing.
func (d *Decided) Scan(src any) error {
	*d = nil
	var text string
	switch src := src.(type) {
	case nil:
		return nil
	case string:
		text = src
	case []byte:
		text = string(src)
	default:
		return fmt.Errorf("decided: cannot read %T", src)
	}
	if text == "{}" {
		return nil
	}
	m := map[string]string{}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return fmt.Errorf("decided: %w", err)
	}
	*d = m
	return nil
}
