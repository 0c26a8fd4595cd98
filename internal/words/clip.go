package words

// Cut is the first n characters of a text.
func Cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Clip is Cut with a sign that there is more, after the n characters.
func Clip(s string, n int) string {
	if cut := Cut(s, n); cut != s {
		return cut + "…"
	}
	return s
}
