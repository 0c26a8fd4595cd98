package bell

import "github.com/nats-io/nats-server/v2/server"

// Server is how the server of the process was started.
func (b *Bell) Server() *server.Options { return b.options }

// Subject is where the site's nodes listen.
func (b *Bell) Subject() string { return b.subject }
