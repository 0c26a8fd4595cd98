package course

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// requires reads the keys of courses that have to be completed before this one is begun.
func (p *parse) requires(rep *Reporter, line int, keys []string) {
	for _, k := range keys {
		switch {
		case !keyForm.MatchString(k) || len(k) > maxKey:
			rep.Error(line, fmt.Sprintf("%q in requires is not a course", k), "write the key of the course, which is its folder's name")
		case k == p.folder.key:
			rep.Error(line, "the course requires itself", "take its own key out of requires")
		case slices.Contains(p.rev.Requires, k):
			rep.Error(line, fmt.Sprintf("%q is twice in requires", k), "keep one")
		default:
			p.rev.Requires = append(p.rev.Requires, k)
		}
	}
}

// circles finds courses that require each other in a circle, so that nobody could ever begin. It names each circle
// once, at the course of it that comes first by key.
func circles(requires map[string][]string) Findings {
	var out Findings
	done := map[string]bool{}
	for _, start := range slices.Sorted(maps.Keys(requires)) {
		if way := wayBack(requires, start, start, map[string]bool{}); way != nil && !done[start] {
			for _, k := range way {
				done[k] = true
			}
			out = append(out, Finding{
				File: start + "/course.yaml", Severity: SevError,
				What:   "courses require each other in a circle: " + strings.Join(append(way, start), " → "),
				Remedy: "nobody could begin: take one of them out of requires",
			})
		}
	}
	return out
}

// wayBack is the way from a course over what it requires to another, from included; nil when there is none.
func wayBack(requires map[string][]string, from, to string, been map[string]bool) []string {
	been[from] = true
	for _, k := range requires[from] {
		if k == to {
			return []string{from}
		}
		if !been[k] {
			if way := wayBack(requires, k, to, been); way != nil {
				return append([]string{from}, way...)
			}
		}
	}
	return nil
}

func requirements(revs []*Revision) map[string][]string {
	out := map[string][]string{}
	for _, r := range revs {
		if len(r.Requires) > 0 {
			out[r.Key] = r.Requires
		}
	}
	return out
}

// elsewhere warns of required courses that are not among these: whether the site has them shows when publishing.
func elsewhere(revs []*Revision, folders []*folder) Findings {
	here := map[string]bool{}
	for _, f := range folders {
		here[f.key] = true
	}
	var out Findings
	for _, r := range revs {
		for _, k := range r.Requires {
			if !here[k] {
				out = append(out, Finding{
					File: r.Key + "/course.yaml", Severity: SevWarning,
					What:   fmt.Sprintf("the required course %q is not in this folder", k),
					Remedy: "it has to be on the site before this one is published",
				})
			}
		}
	}
	return out
}

// unmet finds what courses about to be published require and the site would not have, and circles through courses
// that are published already. It reads in the transaction that publishes.
func (s *Service) unmet(ctx context.Context, tx bun.IDB, revs []*Revision, rows map[string]courseRow) (Findings, error) {
	all := requirements(revs)
	if len(all) == 0 {
		return nil, nil
	}
	var out Findings
	coming := map[string]bool{}
	for _, r := range revs {
		coming[r.Key] = true
	}
	for _, r := range revs {
		for _, k := range r.Requires {
			if row, ok := rows[k]; !coming[k] && (!ok || !row.RetiredAt.IsZero()) {
				out = append(out, Finding{
					File: r.Key + "/course.yaml", Severity: SevError,
					What:   fmt.Sprintf("the required course %q is not published", k),
					Remedy: "publish it first or with this one, or take it out of requires",
				})
			}
		}
	}
	for key, row := range rows {
		if coming[key] {
			continue
		}
		rev, err := s.read(ctx, tx, row.RevisionHash)
		if ctx.Err() != nil {
			return nil, err
		}
		if err == nil && len(rev.Requires) > 0 { // one that cannot be read requires nothing of anybody
			all[key] = rev.Requires
		}
	}
	out = append(out, circles(all)...)
	out.sort()
	return out, nil
}
