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
// the others is Moved; it may be both.
func Diff(old, new *Revision) Changes { return Changes{} }
