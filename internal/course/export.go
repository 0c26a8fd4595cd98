package course

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"path"

	"greenroom/internal/fault"
)

// Export writes the files of a revision as a zip archive, byte for byte as they were published, each path beginning with the
// course's key. Unpacked into a courses folder it can be published again and gives the same hash.
func (s *Service) Export(ctx context.Context, hash string, w io.Writer) error {
	f, err := loadFolder(ctx, s.db, hash)
	if err != nil {
		return fmt.Errorf("export revision: %w", err)
	}
	z := zip.NewWriter(w)
	for _, p := range f.paths() {
		h := &zip.FileHeader{Name: f.key + "/" + p, Method: zip.Deflate}
		h.SetMode(0o644)
		data, isText := f.texts[p]
		if !isText {
			h.Method = zip.Store // pictures and films are packed already
			if data, err = loadMedia(ctx, s.db, f.media[p].Sum); err != nil {
				return fmt.Errorf("export %s: %w", p, err)
			}
		}
		out, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := out.Write(data); err != nil {
			return err
		}
	}
	return z.Close()
}

// Media returns a picture, film or document of a revision and its content type. path is from the course folder. NotFound for
// everything that is no medium. The bytes are shared: do not change them.
func (s *Service) Media(ctx context.Context, hash, file string) (data []byte, contentType string, err error) {
	rev, err := s.Revision(ctx, hash)
	if err != nil {
		return nil, "", err
	}
	m := rev.media[file]
	contentType = mediaTypes[path.Ext(file)]
	if m == nil || contentType == "" {
		return nil, "", fault.New(fault.NotFound, "error.not_found")
	}
	if data, ok := s.files.get(m.Sum); ok {
		return data, contentType, nil
	}
	data, err = wait(ctx, &s.flight, "medium "+m.Sum, func(ctx context.Context) ([]byte, error) { return loadMedia(ctx, s.db, m.Sum) })
	if err != nil {
		return nil, "", fmt.Errorf("load medium %s: %w", file, err)
	}
	s.files.put(m.Sum, data, len(data))
	return data, contentType, nil
}
