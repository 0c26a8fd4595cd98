package account

import (
	"strings"
	"time"
)

// Proven is the fact that somebody has proven their address: the first one, or another that took its place.
type Proven struct {
	PersonID string
	At       time.Time
}

// FactName names the fact.
func (Proven) FactName() string { return "account.proven" }

// Fold makes the form in which an address is unique.
func Fold(email string) string { return fold(strings.TrimSpace(email)) }

// ValidEmail says whether a text is one bare address that an account may have.
func ValidEmail(email string) bool { return validEmail(email) }

// Domain is what stands behind the @ of an address, folded.
func Domain(email string) string {
	f := Fold(email)
	return f[strings.LastIndexByte(f, '@')+1:]
}

// CleanName trims a name and makes runs of spaces one; ok says whether it can be shown: of sensible length, without
// signs that make it look like something else.
func CleanName(name string) (clean string, ok bool) {
	clean = cleanName(name)
	return clean, len([]rune(clean)) <= maxName && !strings.ContainsFunc(clean, hidden)
}
