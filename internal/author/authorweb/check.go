package authorweb

import (
	"context"
	"crypto/sha256"
	"sync"

	"greenroom/internal/author"
	"greenroom/internal/scenario"
)

// remembered is how many files' reports are kept: authors look at the same file again and again.
const remembered = 24

// checks checks files, one at a time, since playing every way takes a core and memory.
type checks struct {
	turn chan struct{}

	mu    sync.Mutex
	known map[[32]byte]scenario.Report
	order [][32]byte // the oldest first
}

// wait waits for the one place where files are worked on; done gives it back.
func (k *checks) wait(ctx context.Context) (done func(), err error) {
	select {
	case k.turn <- struct{}{}:
		return func() { <-k.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// of checks a file, unless it was checked lately.
func (k *checks) of(ctx context.Context, src string) (author.Checked, error) {
	sum := sha256.Sum256([]byte(src))
	k.mu.Lock()
	r, ok := k.known[sum]
	k.mu.Unlock()
	if ok {
		d, _ := author.Read([]byte(src))
		return author.Checked{Doc: d, Report: r}, nil
	}
	done, err := k.wait(ctx)
	if err != nil {
		return author.Checked{}, err
	}
	c := author.Check([]byte(src))
	done()
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.known[sum]; !ok {
		if k.known == nil {
			k.known = map[[32]byte]scenario.Report{}
		}
		if len(k.order) == remembered {
			delete(k.known, k.order[0])
			k.order = k.order[1:]
		}
		k.known[sum] = c.Report
		k.order = append(k.order, sum)
	}
	return c, nil
}
