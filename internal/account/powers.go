package account

import (
	"strconv"
	"strings"
	"time"
)

// Powers is what a person may do beyond learning, as one text in the person's row, so that it comes with the session
// and costs no query: grants separated by spaces, each "role", "role@delivery" or either with "!unix" for its end.
// internal/access keeps the same grants with who, when and why, and writes this text in the transaction that changes
// them. The word "learner" in it means nothing; rows from before there were grants have it.
type Powers string

// Power is one grant of Powers.
type Power struct {
	Role       string
	DeliveryID string    // "" is the whole site
	Ends       time.Time // zero: never
}

// PowersOf writes grants as one text.
func PowersOf(all []Power) Powers {
	words := make([]string, 0, len(all))
	for _, p := range all {
		w := p.Role
		if p.DeliveryID != "" {
			w += "@" + p.DeliveryID
		}
		if !p.Ends.IsZero() {
			w += "!" + strconv.FormatInt(p.Ends.Unix(), 10)
		}
		words = append(words, w)
	}
	return Powers(strings.Join(words, " "))
}

// List reads the text.
func (p Powers) List() []Power {
	if p == "" || p == RoleLearner {
		return nil
	}
	var out []Power
	for w := range strings.FieldsSeq(string(p)) {
		w, end, _ := strings.Cut(w, "!")
		role, delivery, _ := strings.Cut(w, "@")
		if role == RoleLearner {
			continue
		}
		g := Power{Role: role, DeliveryID: delivery}
		if n, err := strconv.ParseInt(end, 10, 64); err == nil {
			g.Ends = time.Unix(n, 0).UTC()
		}
		out = append(out, g)
	}
	return out
}

// At leaves out what has ended.
func (p Powers) At(now time.Time) Powers {
	if !strings.Contains(string(p), "!") {
		return p
	}
	var live []Power
	for _, g := range p.List() {
		if g.Ends.IsZero() || now.Before(g.Ends) {
			live = append(live, g)
		}
	}
	return PowersOf(live)
}

func (p Powers) any(fn func(Power) bool) bool {
	for _, g := range p.List() {
		if fn(g) {
			return true
		}
	}
	return false
}

// Can says whether the person has the role for a delivery: administrators have every role everywhere, and a grant for
// the whole site holds in each delivery. deliveryID "" asks for the whole site. What has ended is left out when the
// person comes with a session; a Person from ByID has it still.
func (p *Person) Can(role, deliveryID string) bool {
	return p != nil && p.Powers.any(func(g Power) bool {
		return g.DeliveryID == "" && (g.Role == RoleAdmin || g.Role == role) || g.DeliveryID != "" && g.DeliveryID == deliveryID && g.Role == role
	})
}

// CanSome says whether the person has the role anywhere.
func (p *Person) CanSome(role string) bool {
	return p != nil && p.Powers.any(func(g Power) bool { return g.Role == role || g.Role == RoleAdmin && g.DeliveryID == "" })
}

// Deliveries lists the deliveries for which the person was granted the role by name. Who has it for the whole site
// may have an empty list: ask Can(role, "") first.
func (p *Person) Deliveries(role string) []string {
	var out []string
	if p == nil {
		return nil
	}
	for _, g := range p.Powers.List() {
		if g.Role == role && g.DeliveryID != "" {
			out = append(out, g.DeliveryID)
		}
	}
	return out
}
