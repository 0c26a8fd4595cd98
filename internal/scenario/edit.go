package scenario

import (
	"bytes"
	"errors"

	"go.yaml.in/yaml/v3"
)

// What an editor needs of the format beyond reading it: the tree of a file that may have errors, and a file of a tree.

// Tree reads the tree of one file, whether or not the file is sound. It is nil when the file cannot be read (E30), with
// the findings that say why.
func Tree(src []byte) (*yaml.Node, Findings) {
	rep := &report{lines: 1}
	data := clean(src, rep)
	if data == nil {
		return nil, rep.all
	}
	root := tree(data, rep)
	rep.all.sort()
	return root, rep.all
}

// errUnwritable means that a tree gives no file that can be read again.
var errUnwritable = errors.New("this cannot be written as a scenario")

// Write makes a file of a tree in the shape of Format. Unlike Format it takes trees with errors: nothing in the tree is
// left out, but texts that a # has cut stay cut, so ask for E20 first.
func Write(root *yaml.Node) ([]byte, error) {
	shape(root, "")
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	out := spaced(b.Bytes())
	if again, _ := Tree(out); again == nil {
		return nil, errUnwritable
	}
	return out, nil
}

// Sets of words that fields take their values from, in the order in which forms offer them.
func Kinds() []string        { return append([]string(nil), passageKinds...) }
func PersonaKinds() []string { return append([]string(nil), personaKinds...) }
func Channels() []string     { return append([]string(nil), channels...) }
func Degrees() []string      { return append([]string(nil), degrees...) }

// Source is the file that the scenario was read from.
func (s *Scenario) Source() []byte { return bytes.Clone(s.source) }
