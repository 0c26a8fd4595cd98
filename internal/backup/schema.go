package backup

import (
	"fmt"
	"slices"
	"strings"
)

// types are what a column may hold.
var types = []string{"text", "int", "bool", "time", "blob"}

// schema reads schema.txt, to which both databases are held by a test. Tables that others refer to come first.
func schema(text string) ([]Table, error) {
	var all []Table
	needs := map[string][]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if name, is := strings.CutPrefix(line, "table "); is {
			all = append(all, Table{Name: name})
			continue
		}
		rest, is := strings.CutPrefix(line, "  ")
		if !is || len(all) == 0 {
			continue
		}
		t := &all[len(all)-1]
		word := strings.Fields(rest)
		switch {
		case word[0] != "-":
			if len(word) < 2 || !slices.Contains(types, word[1]) {
				return nil, fmt.Errorf("schema: column %q of %s has a type that backups do not know", rest, t.Name)
			}
			t.Columns = append(t.Columns, Column{Name: word[0], Type: word[1], Null: len(word) > 2})
		case strings.HasPrefix(rest, "- primary key ("):
			t.Key = strings.Split(strings.TrimSuffix(strings.TrimPrefix(rest, "- primary key ("), ")"), ", ")
		case len(word) > 3 && word[2] == "references":
			needs[t.Name] = append(needs[t.Name], strings.TrimSuffix(word[3], ","))
		}
	}
	return ordered(all, needs)
}

// ordered puts tables after those that they need, else by name.
func ordered(all []Table, needs map[string][]string) ([]Table, error) {
	var out []Table
	placed := map[string]bool{}
	for len(out) < len(all) {
		before := len(out)
		for _, t := range all {
			free := !slices.ContainsFunc(needs[t.Name], func(n string) bool { return n != t.Name && !placed[n] })
			if !placed[t.Name] && free {
				placed[t.Name] = true
				out = append(out, t)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("schema: tables refer to each other in a circle, so that none can be filled first")
		}
	}
	for _, t := range out {
		if len(t.Key) == 0 {
			return nil, fmt.Errorf("schema: table %s has no primary key", t.Name)
		}
	}
	return out, nil
}
