// Package id makes names for rows and secrets.
//
// Row ids are UUIDv7 (RFC 9562, section 5.7) as 36-character text: they sort by the time they were made, so
// they are public names and never secrets. Secrets come from Token.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/uuid"
)

// New returns a fresh row id. It panics only when the system has no randomness left.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Of returns the same id for the same text, each time and everywhere (a UUIDv5): for what may be sent again and is to count
// once. It does not sort by time.
func Of(text string) string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(text)).String() }

// Valid says whether s has the form of an id made by New.
func Valid(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && len(s) == 36 && u.String() == s
}

// Token returns a secret of 130 random bits as 26 letters and digits (crypto/rand.Text).
func Token() string { return rand.Text() }

// Hash returns the SHA-256 of a token in hexadecimal: what is stored instead of the token itself.
func Hash(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}
