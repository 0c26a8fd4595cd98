package account

import "time"

type cache struct{ now func() time.Time }

func newCache(now func() time.Time) *cache { return &cache{now: now} }
