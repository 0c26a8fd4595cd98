package live

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/stream"
)

// TicketLife is how long a ticket is good for.
const TicketLife = time.Minute

// ticketPrefix begins the name that is rung when a ticket was used; the rest is its number.
const ticketPrefix = "ticket:"

const (
	numberSize = 17 // bytes: 136 bits
	untilSize  = 8
)

// tickets makes tickets and takes them: for one person and session, for a minute, once. Nodes that have the same secret take each
// other's, and tell each other by the bell which were used; a node takes none that is older than itself, since it has not heard which
// of those were. Nothing is kept of those that never are.
type tickets struct {
	key  []byte
	now  func() time.Time
	born time.Time

	mu    sync.Mutex
	used  map[string]time.Time // number to when it can be forgotten
	swept time.Time
}

func newTickets(secret string, now func() time.Time) *tickets {
	if secret == "" {
		secret = rand.Text()
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "greenroom live ticket", sha256.Size)
	if err != nil {
		panic(err) // of a length that is always right
	}
	return &tickets{key: key, now: now, born: now().Truncate(time.Millisecond), used: map[string]time.Time{}}
}

func (t *tickets) seal(body []byte, personID, session string) []byte {
	m := hmac.New(sha256.New, t.key)
	m.Write(body)
	m.Write([]byte(personID + "\n" + session))
	return m.Sum(nil)
}

// clock is the time. Where it was put back the node is younger; the caller holds the lock.
func (t *tickets) clock() time.Time {
	now := t.now()
	if now.Before(t.born) {
		t.born, t.swept = now.Truncate(time.Millisecond), now
	}
	return now
}

func (t *tickets) make(personID, session string) string {
	t.mu.Lock()
	until := t.clock().Add(TicketLife)
	t.mu.Unlock()
	body := make([]byte, numberSize, numberSize+untilSize+sha256.Size)
	_, _ = rand.Read(body)
	body = binary.BigEndian.AppendUint64(body, uint64(until.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(body, t.seal(body, personID, session)...))
}

// take uses a ticket up. It returns its number, and whether it was good.
func (t *tickets) take(ticket, personID, session string) (number string, good bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil || len(raw) != numberSize+untilSize+sha256.Size {
		return "", false
	}
	body, seal := raw[:numberSize+untilSize], raw[numberSize+untilSize:]
	if !hmac.Equal(seal, t.seal(body, personID, session)) {
		return "", false
	}
	until := time.UnixMilli(int64(binary.BigEndian.Uint64(body[numberSize:])))
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	if !now.Before(until) || now.Add(2*TicketLife).Before(until) || until.Add(-TicketLife).Before(t.born) {
		return "", false // too old, or of a clock that is far ahead: that would be good for long
	}
	number = base64.RawURLEncoding.EncodeToString(body[:numberSize])
	if _, was := t.used[number]; was {
		return "", false
	}
	t.mark(number)
	return number, true
}

// spent hears that a ticket was used, here or on another node.
func (t *tickets) spent(number string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark(number)
}

// mark notes a number, and once a minute forgets those that are good no more; the caller holds the lock.
func (t *tickets) mark(number string) {
	now := t.now()
	if now.Sub(t.swept) >= TicketLife {
		t.swept = now
		for n, until := range t.used {
			if !now.Before(until) {
				delete(t.used, n)
			}
		}
	}
	t.used[number] = now.Add(2 * TicketLife)
}

// Ticket makes a ticket for the person's next socket in the session. It is sent as the socket's first message, within Door.
func (h *Hub) Ticket(who *account.Person, session string) string {
	return h.tickets.make(who.ID, session)
}

// admit uses a ticket up for a socket.
func (h *Hub) admit(c *conn, ticket string) bool {
	number, good := h.tickets.take(ticket, c.id, c.session)
	if good {
		h.streams.Hint(stream.Hint{Stream: ticketPrefix + number})
	}
	return good
}
