package course

// Decode reads a YAML file strictly into a struct: unknown fields, duplicate keys, anchors, aliases, tags, a second
// document and unquoted texts are errors, all of them reported with their lines. It returns false when the
// file could not be read as YAML at all; with other errors it fills what it can and rep.Failed() is true.
//
// Fields have the tags `yaml:"name"` and `rule:"…"`, a comma list of: required; min=N and max=N (characters of a text or
// string, entries of a list, size of a number); oneof=a|b|c (strings); key (a string that is a key: small letters, digits, single
// hyphens, at most 60); line (a text without line breaks).
//
// Field types: Text for what people read; string for keys, ids and paths; int, float64, bool; *int, *float64, *bool where absence
// matters; time.Time for a date; Value; Line; structs, pointers to structs, slices and map[string]T of all these.
// Embedded structs are read as if their fields stood in the outer one.
func Decode(f File, rep *Reporter, into any) bool { return false }

// DecodeFront reads the YAML front matter of a Markdown file into a struct, by the rules of Decode, and returns
// the body as a text. It returns false when there is no front matter.
func DecodeFront(f File, rep *Reporter, into any) (body Text, ok bool) { return Text{}, false }
