package course

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// An archive is what the database keeps of a folder: gzip over one line of JSON, the list of files, followed by the texts in the
// list's order. Media have rows of their own. The revision's hash is taken over the list, not over the archive, so another
// packing of the same files is the same revision.
type listed struct {
	Path   string  `json:"path"`
	Size   int64   `json:"size"`             // of a text
	Medium *medium `json:"medium,omitempty"` // nil for a text
}

func pack(f *folder) ([]byte, error) {
	var list []listed
	for _, p := range f.paths() {
		if m, ok := f.media[p]; ok {
			list = append(list, listed{Path: p, Medium: m})
		} else {
			list = append(list, listed{Path: p, Size: int64(len(f.texts[p]))})
		}
	}
	head, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(append(head, '\n')); err != nil {
		return nil, err
	}
	for _, l := range list {
		if l.Medium == nil {
			if _, err := z.Write(f.texts[l.Path]); err != nil {
				return nil, err
			}
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// errDamaged is what is said of stored bytes that are not those that were stored.
var errDamaged = errors.New("damaged")

// unpack reads an archive and refuses one whose files are not those of the hash.
func unpack(key, hash string, archive []byte) (*folder, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w: %w", hash, errDamaged, err)
	}
	r := bufio.NewReader(io.LimitReader(z, MaxCourse*2))
	head, err := r.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w: %w", hash, errDamaged, err)
	}
	var list []listed
	if err := json.Unmarshal(head, &list); err != nil {
		return nil, fmt.Errorf("revision %s: %w: %w", hash, errDamaged, err)
	}
	f := &folder{key: key, texts: map[string][]byte{}, media: map[string]*medium{}}
	for _, l := range list {
		if l.Medium != nil {
			f.media[l.Path] = l.Medium
			continue
		}
		if l.Size < 0 || l.Size > MaxTextFile {
			return nil, fmt.Errorf("revision %s: %w: %s has %d bytes", hash, errDamaged, l.Path, l.Size)
		}
		data := make([]byte, l.Size)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, fmt.Errorf("revision %s: %w: %w", hash, errDamaged, err)
		}
		f.texts[l.Path] = data
	}
	if f.seal(); f.hash != hash {
		return nil, fmt.Errorf("revision %s: %w: its files give %s", hash, errDamaged, f.hash)
	}
	return f, nil
}
