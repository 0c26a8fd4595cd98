package credential

import (
	"crypto/rand"
	"strings"
	"unicode"
)

// alphabet has 31 letters and digits that nobody mistakes for another in print: neither 0 nor O, neither 1 nor I nor L.
const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// codeLength characters of the alphabet hold 128.8 bits.
const codeLength = 26

// newCode draws a code. It panics only when the system has no randomness left.
func newCode() string {
	var b strings.Builder
	buf := make([]byte, 64)
	for {
		_, _ = rand.Read(buf)
		for _, x := range buf {
			// 248 is the largest multiple of 31 in a byte: above it some characters would come more often.
			if x >= 248 {
				continue
			}
			b.WriteByte(alphabet[int(x)%len(alphabet)])
			if b.Len() == codeLength {
				return b.String()
			}
		}
	}
}

// normalise turns a code as people write it (groups, lower case, any dashes and spaces) into the stored form.
// ok is false when it cannot be a code.
func normalise(s string) (code string, ok bool) {
	if len(s) > 200 {
		return "", false
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == 0x200b, r == 0xfeff:
			continue
		}
		r = unicode.ToUpper(r)
		if r > 127 || strings.IndexByte(alphabet, byte(r)) < 0 {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), b.Len() == codeLength
}

// Group writes a code for reading: five groups with dashes between.
func Group(code string) string {
	if len(code) != codeLength {
		return code
	}
	return code[:5] + "-" + code[5:10] + "-" + code[10:15] + "-" + code[15:20] + "-" + code[20:]
}
