package course

import (
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/uptrace/bun"
)

// Service keeps the published revisions of all courses. It is safe for use by many goroutines.
type Service struct {
	db        *bun.DB
	loader    *Loader
	now       func() time.Time
	onPublish []Hook
}

// Hook is called in the transaction that publishes a new or changed revision.
type Hook func(ctx context.Context, tx bun.IDB, rev *Revision) error

// New makes the service.
func New(d *bun.DB, loader *Loader, now func() time.Time) *Service {
	return &Service{db: d, loader: loader, now: now}
}

// OnPublish adds a hook. Call it before the first Publish.
func (s *Service) OnPublish(h Hook) { s.onPublish = append(s.onPublish, h) }

// Current returns the published revision of a course; NotFound when there is none or it is retired. A publish
// on this node shows at once, on another within a second. Nearly always without a query.
func (s *Service) Current(ctx context.Context, key string) (*Revision, error) { return nil, nil }

// Revision returns a revision by its hash, parsed and cached; NotFound when it was never published.
func (s *Service) Revision(ctx context.Context, hash string) (*Revision, error) { return nil, nil }

// Catalogue returns the current revisions of all courses that are not retired, in catalogue order.
// The slice is the caller's; the revisions are shared. As fresh as Current.
func (s *Service) Catalogue(ctx context.Context) ([]*Revision, error) { return nil, nil }

// Publish reads a courses folder and stores every course that changed, all or none. With errors in the tree it
// returns a *Broken and changes nothing. Publishing the same tree again changes nothing.
// Courses that are not in the tree stay as they are.
func (s *Service) Publish(ctx context.Context, fsys fs.FS) (Result, error) { return Result{}, nil }

// Result says what Publish did.
type Result struct {
	Courses  []Published
	Findings Findings
}

// Published is what happened to one course.
type Published struct {
	Key, Title, Hash string
	State            string // new, changed, unchanged, restored
	Changes          Changes
}

// Export writes the files of a revision as a zip archive, byte for byte as they were published.
func (s *Service) Export(ctx context.Context, hash string, w io.Writer) error { return nil }

// Media returns a picture, film or document of a revision and its content type. path is from the course folder.
func (s *Service) Media(ctx context.Context, hash, path string) (data []byte, contentType string, err error) {
	return nil, "", nil
}
