// Package fault holds the five kinds of error that people are told about.
//
// A fault carries a message for people, in plain words with the remedy, and a cause for the log. Every other
// error is internal: people see a page that says so and the log has the rest. Messages are keys of the message
// files, so that one function (web.Fail) can answer in the reader's language.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of thing went wrong; it decides the HTTP status.
type Kind int

// The kinds, with the status that web gives them.
const (
	NotFound        Kind = iota + 1 // 404: absent, or not for this person to know of
	Invalid                         // 422: what was sent can be mended by the sender
	Conflict                        // 409: true when it was read, not any more
	Forbidden                       // 403: known, but not allowed
	Unauthenticated                 // 401: sign in first
	Limited                         // 429: too often; carries no detail about whose limit
	Unavailable                     // 503: try again shortly; nothing was lost
)

// Field is one message about one field of a form.
type Field struct {
	Name string // the form field's name
	Key  string // message key
	Args []any  // pairs for the message, as in locale.Printer.T
}

// Error is a fault. Key and Args name the message for people; Cause is for the log only.
type Error struct {
	Kind   Kind
	Key    string
	Args   []any
	Fields []Field
	Cause  error
}

// Error returns the text for the log.
func (e *Error) Error() string {
	s := e.Key
	for _, f := range e.Fields {
		s += fmt.Sprintf(" %s: %s;", f.Name, f.Key)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault of a kind with a message key and its pairs.
func New(k Kind, key string, args ...any) *Error { return &Error{Kind: k, Key: key, Args: args} }

// Because returns a copy of the fault with a cause for the log.
func (e *Error) Because(cause error) *Error { c := *e; c.Cause = cause; return &c }

// Fields collects messages per field; Err is nil while it is empty.
type Fields []Field

// Add notes one message for a field.
func (f *Fields) Add(name, key string, args ...any) {
	*f = append(*f, Field{Name: name, Key: key, Args: args})
}

// Err returns an Invalid fault with all messages, or nil when there are none.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "error.invalid", Fields: f}
}

// Is says whether err is, or wraps, a fault of the kind.
func Is(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}

// From returns the fault within err, or nil when err is internal.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
