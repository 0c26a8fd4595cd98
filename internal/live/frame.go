package live

import (
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"

	"greenroom/internal/stream"
)

// Frame is one thing that is told; see docs/live-protocol.md.
type Frame struct {
	T       string           `json:"t"` // hello, sub, event, void, reset, gone, here, beat, bye, error
	Topic   string           `json:"topic,omitempty"`
	N       int64            `json:"n,omitempty"`
	Epoch   int64            `json:"epoch,omitempty"`
	Kind    string           `json:"kind,omitempty"`
	Data    json.RawMessage  `json:"data,omitempty"`
	Count   int              `json:"count,omitempty"`
	Writing int              `json:"writing,omitempty"`
	Why     string           `json:"why,omitempty"`
	V       int              `json:"v,omitempty"`
	Beat    int64            `json:"beat,omitempty"`
	Retry   int64            `json:"retry,omitempty"`
	Heads   map[string]int64 `json:"heads,omitempty"`
	Seat    string           `json:"seat,omitempty"`
}

// asked is what a client sends.
type asked struct {
	T      string `json:"t"` // ticket, sub, unsub, typing, ping
	Topic  string `json:"topic"`
	After  int64  `json:"after"`
	Epoch  int64  `json:"epoch"`
	Ticket string `json:"ticket"`
	Seat   string `json:"seat"` // as the page was made for; "" where the client does not say
}

// parcel is a frame on its way to one reader or to many.
type parcel struct {
	raw  []byte
	many *websocket.PreparedMessage // the same, encoded once for all who get it
	ping bool                       // before it
	end  int                        // the code of the close that follows; 0: none
	why  string
}

func pack(f Frame) parcel {
	raw, err := json.Marshal(f)
	if err != nil { // only Data can fail, and it was made by json.Marshal
		raw = []byte(`{"t":"error","why":"unavailable"}`)
	}
	return parcel{raw: raw}
}

// packMany is pack for what several readers get.
func packMany(f Frame) parcel {
	p := pack(f)
	if m, err := websocket.NewPreparedMessage(websocket.TextMessage, p.raw); err == nil {
		p.many = m
	}
	return p
}

func bye(after time.Duration) parcel { return pack(Frame{T: "bye", Retry: after.Milliseconds()}) }

func frameOf(topic string, e stream.Event, epoch int64, t Telling) Frame {
	switch {
	case t.Reset:
		return Frame{T: "reset", Topic: topic, N: e.N, Epoch: epoch}
	case t.Data == nil:
		return Frame{T: "void", Topic: topic, N: e.N, Count: t.Count}
	}
	return Frame{T: "event", Topic: topic, N: e.N, Kind: t.Kind, Data: t.Data}
}
