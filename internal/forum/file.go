package forum

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Limits of attachments. Pages state them.
const (
	MaxFiles    = 3       // with one post
	MaxFile     = 2 << 20 // bytes of one
	MaxUpload   = MaxFiles*MaxFile + 1<<20
	maxPixels   = 24_000_000
	maxFileName = 100
	MaxAlt      = 300 // characters of what a picture shows
)

// FileTypes are what may be attached, for people.
const FileTypes = "JPEG, PNG, PDF"

// Upload is a file as it came.
type Upload struct {
	Name string
	Data []byte
	Alt  string // what a picture shows, in words
}

// File is an attachment; table forum_file.
type File struct {
	bun.BaseModel `bun:"table:forum_file,alias:ff"`

	ID     string `bun:",pk"`
	PostID string
	Name   string
	Type   string
	Size   int
	Alt    string // of a picture: what it shows, "" where nobody said
	Data   []byte
	At     time.Time
}

// Image says whether the file is a picture.
func (f *File) Image() bool { return strings.HasPrefix(f.Type, "image/") }

// Shows is what a picture says to who does not see it.
func (f *File) Shows() string {
	if f.Alt == "" {
		return f.Name
	}
	return f.Alt
}

func checkFiles(f *fault.Fields, files []Upload) {
	if len(files) > MaxFiles {
		f.Add("files", "forum.files_many", "Max", MaxFiles)
	}
	for _, x := range files {
		if len(x.Data) > MaxFile {
			f.Add("files", "forum.file_big", "Name", fileName(x.Name), "Max", MaxFile>>20)
		}
		if size := utf8.RuneCountInString(x.Alt); size > MaxAlt {
			f.Add("pictures", "forum.alt_long", "Name", fileName(x.Name), "Max", MaxAlt, "Over", size-MaxAlt)
		}
	}
}

// prepare reads what a file is from its content, and takes out of pictures what is not the picture (place, camera, time,
// remarks) and out of PDFs what is not their pages (cleanPDF). What cannot be read is Invalid.
func prepare(files []Upload) ([]File, error) {
	var out []File
	var bad fault.Fields
	for _, x := range files {
		kind := http.DetectContentType(x.Data)
		var data []byte
		var err error
		switch kind {
		case "image/jpeg", "image/png":
			data, err = clean(kind, x.Data)
		case "application/pdf":
			data, err = cleanPDF(x.Data)
		default:
			bad.Add("files", "forum.file_type", "Name", fileName(x.Name), "Types", FileTypes)
			continue
		}
		if err != nil {
			bad.Add("files", brokenKey(err), "Name", fileName(x.Name))
			continue
		}
		f := File{ID: id.New(), Name: fileName(x.Name), Type: kind, Size: len(data), Data: data}
		if f.Image() {
			f.Alt = x.Alt
		}
		out = append(out, f)
	}
	return out, bad.Err()
}

// brokenKey is the message for a file that could not be cleaned.
func brokenKey(err error) string {
	switch {
	case errors.Is(err, errPDFLocked):
		return "forum.pdf_locked"
	case errors.Is(err, errPDFBroken):
		return "forum.pdf_broken"
	}
	return "forum.file_broken"
}

// fileName is a name without folders and signs that nobody sees.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return -1
		}
		return r
	}, path.Base(strings.ReplaceAll(s, `\`, "/")))
	if r := []rune(s); len(r) > maxFileName {
		s = string(r[len(r)-maxFileName:])
	}
	if s == "" || s == "." {
		return "file"
	}
	return s
}

// clean writes a picture anew from its pixels: nothing else comes through. The way a camera was held is applied first.
func clean(kind string, data []byte) ([]byte, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if c.Width*c.Height > maxPixels {
		return nil, fmt.Errorf("%d × %d pixels", c.Width, c.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if kind == "image/png" {
		err = png.Encode(&b, img)
	} else {
		err = jpeg.Encode(&b, turned{img, orientation(data)}.image(), &jpeg.Options{Quality: 90})
	}
	return b.Bytes(), err
}

// orientation reads how a JPEG wants to be turned: the Exif tag 0x0112, 1 when there is none.
func orientation(data []byte) int {
	for i := 2; i+4 < len(data) && data[i] == 0xff; {
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		seg := data[i+4 : min(len(data), i+2+size)]
		if data[i+1] == 0xe1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")) {
			return exif(seg[6:])
		}
		if data[i+1] == 0xda || size < 2 {
			break
		}
		i += 2 + size
	}
	return 1
}

func exif(t []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if len(t) < 8 {
		return 1
	}
	if t[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(t[4:]))
	if at < 8 || at+2 > len(t) {
		return 1
	}
	for n, i := int(order.Uint16(t[at:])), 0; i < n; i++ {
		e := at + 2 + 12*i
		if e+12 > len(t) {
			break
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if v := int(order.Uint16(t[e+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// turned is a picture as it is meant to be held.
type turned struct {
	image.Image
	how int
}

func (t turned) image() image.Image {
	if t.how < 2 {
		return t.Image
	}
	return t
}

// Bounds has its sides swapped where it lies on its side.
func (t turned) Bounds() image.Rectangle {
	b := t.Image.Bounds()
	if t.how >= 5 {
		return image.Rect(0, 0, b.Dy(), b.Dx())
	}
	return image.Rect(0, 0, b.Dx(), b.Dy())
}

// At finds a pixel of the turned picture in the one that lies in the file.
func (t turned) At(x, y int) color.Color {
	b := t.Image.Bounds()
	w, h := b.Dx()-1, b.Dy()-1
	switch t.how {
	case 2:
		x = w - x
	case 3:
		x, y = w-x, h-y
	case 4:
		y = h - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, h-x
	case 7:
		x, y = w-y, h-x
	case 8:
		x, y = w-y, x
	}
	return t.Image.At(b.Min.X+x, b.Min.Y+y)
}

func saveFiles(ctx context.Context, tx bun.IDB, postID string, files []File, at time.Time) error {
	if len(files) == 0 {
		return nil
	}
	for i := range files {
		files[i].PostID, files[i].At = postID, at
	}
	if _, err := tx.NewInsert().Model(&files).Exec(ctx); err != nil {
		return fmt.Errorf("save attachments: %w", db.Err(err))
	}
	return nil
}

// File returns an attachment of a post that the visitor may read.
func (s *Service) File(ctx context.Context, v *Visit, p *Post, fileID string) (*File, error) {
	if !v.reads(p) {
		return nil, errNotFound
	}
	f := new(File)
	if err := s.db.NewSelect().Model(f).Where("ff.id = ?", fileID).Where("ff.post_id = ?", p.ID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return f, nil
}

// reads says whether the visitor may read a post of a thread that they see.
func (v *Visit) reads(p *Post) bool {
	return v.Staff || p.Own(v.Who.ID) && p.State != Deleted || v.Unlocked && p.State == Visible
}
