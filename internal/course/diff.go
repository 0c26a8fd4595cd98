package course

// Changes says what a newer revision means for somebody who learns with an older one. Activities are the newer revision's,
// except Retired, which are the older one's. All in course order.
type Changes struct {
	Added, Changed, Retired, Moved []*Activity
}

// None says whether a learner would see no difference in the steps.
func (c Changes) None() bool {
	return len(c.Added)+len(c.Changed)+len(c.Retired)+len(c.Moved) == 0
}

// Diff compares two revisions of one course. A step whose file or pictures changed is Changed; one that stands elsewhere among
// the others is Moved; it may be both. As few steps as possible count as moved.
func Diff(old, new *Revision) Changes {
	var c Changes
	place := map[string]int{} // in old
	for i, a := range steps(old) {
		place[a.Key] = i
		if new.Activity(a.Key) == nil {
			c.Retired = append(c.Retired, a)
		}
	}
	var kept []*Activity
	for _, a := range steps(new) {
		was := old.Activity(a.Key)
		switch {
		case was == nil:
			c.Added = append(c.Added, a)
			continue
		case was.Hash() != a.Hash():
			c.Changed = append(c.Changed, a)
		}
		kept = append(kept, a)
	}
	stay := rising(kept, place)
	for _, a := range kept {
		if !stay[a.Key] {
			c.Moved = append(c.Moved, a)
		}
	}
	return c
}

func steps(r *Revision) []*Activity {
	var out []*Activity
	for a := r.First(); a != nil; a = a.Next {
		out = append(out, a)
	}
	return out
}

// rising finds the longest run of steps that are in the same order as before: a longest increasing subsequence.
func rising(kept []*Activity, place map[string]int) map[string]bool {
	var tails []int // tails[n] is the index in kept where the best run of n+1 steps ends
	before := make([]int, len(kept))
	for i, a := range kept {
		lo, hi := 0, len(tails)
		for lo < hi {
			mid := (lo + hi) / 2
			if place[kept[tails[mid]].Key] < place[a.Key] {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		before[i] = -1
		if lo > 0 {
			before[i] = tails[lo-1]
		}
		if lo == len(tails) {
			tails = append(tails, i)
		} else {
			tails[lo] = i
		}
	}
	stay := map[string]bool{}
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i >= 0; i = before[i] {
			stay[kept[i].Key] = true
		}
	}
	return stay
}
