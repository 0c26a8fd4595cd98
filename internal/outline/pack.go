package outline

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Limits of a package. Pictures and videos are counted and never unpacked; the story is text.
const (
	MaxPackage   = 64 << 20  // bytes of the file
	maxEntries   = 2_000     // files in it
	maxDirectory = 512 << 10 // bytes of its list of files
	maxUnpacked  = 512 << 20 // bytes that all files say they have
	maxStory     = 8 << 20   // of the story, unpacked
	maxRatio     = 200       // unpacked to packed, of one file
)

// unzip opens a package after looking at its list of files: one that has a path out of the package, a link, a file that
// unpacks to far more than it is, or too much of anything, is refused whole. It reads no file.
func unzip(raw []byte) (*zip.Reader, error) {
	if len(raw) > MaxPackage {
		return nil, fmt.Errorf("the package has %d MB; at most %d are read", len(raw)>>20, MaxPackage>>20)
	}
	// The list is looked at before anything is made of it: the library takes memory for each entry there is.
	end := bytes.LastIndex(raw[max(0, len(raw)-22-1<<16):], []byte("PK\x05\x06"))
	if end < 0 {
		return nil, fmt.Errorf("this is no zip file")
	}
	end += max(0, len(raw)-22-1<<16)
	if len(raw)-end < 22 {
		return nil, fmt.Errorf("the zip file is cut off")
	}
	tail := raw[end:]
	n, size, at := int(binary.LittleEndian.Uint16(tail[10:])), int64(binary.LittleEndian.Uint32(tail[12:])), int64(binary.LittleEndian.Uint32(tail[16:]))
	switch {
	case n > maxEntries:
		return nil, fmt.Errorf("the package has more than %d files", maxEntries)
	case size > maxDirectory || at+size != int64(end):
		return nil, fmt.Errorf("the list of files in the package is too long, or not where it should be")
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("the package cannot be read: %w", err)
	}
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("the package has more than %d files", maxEntries)
	}
	total, seen := uint64(0), map[string]bool{}
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, "/")
		switch total += f.UncompressedSize64; {
		case name == "" || path.Clean(name) != name || !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00"):
			return nil, fmt.Errorf("the package has a file whose name leads out of it: %q", cut(f.Name, 80))
		case seen[name]:
			return nil, fmt.Errorf("the package has %q twice", cut(f.Name, 80))
		case f.Mode()&fs.ModeType&^fs.ModeDir != 0:
			return nil, fmt.Errorf("%q in the package is a link or no ordinary file", cut(f.Name, 80))
		case f.Flags&1 != 0:
			return nil, fmt.Errorf("%q in the package is encrypted", cut(f.Name, 80))
		case f.UncompressedSize64 > 1<<20 && f.UncompressedSize64/max(f.CompressedSize64, 1) > maxRatio:
			return nil, fmt.Errorf("%q in the package unpacks to more than %d times its size", cut(f.Name, 80), maxRatio)
		case total > maxUnpacked:
			return nil, fmt.Errorf("the package unpacks to more than %d MB", maxUnpacked>>20)
		}
		seen[name] = true
	}
	return z, nil
}

// story reads one file of the package, and no more than maxStory bytes whatever the list says.
func storyFile(z *zip.Reader, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the package has no %s: it is no H5P package", name)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxStory+1))
	if err != nil {
		return nil, fmt.Errorf("%s in the package cannot be read: %w", name, err)
	}
	if len(raw) > maxStory {
		return nil, fmt.Errorf("%s in the package has more than %d MB", name, maxStory>>20)
	}
	return raw, nil
}
