// Package errs holds the one error type that people see. A code is for machines and never reworded;
// its words, vi and en, are in the catalogue of package i18n.
package errs

import "errors"

// Kind says what went wrong in the terms of the caller; each maps to one HTTP status.
type Kind uint8

// The kinds. Internal is the zero value and tells the visitor nothing.
const (
	Internal        Kind = iota
	Invalid              // 422: something typed must be mended; Fields say where
	Unauthenticated      // 401: sign in
	Forbidden            // 403: an act on a row the reader may see, or a page closed to the role
	NotFound             // 404: the same for a hidden row as for none
	Conflict             // 409: the state or version moved on
	TooMany              // 429
	Unavailable          // 503
	StepUp               // 403 with a form that asks for the second factor, then repeats the act
)

// Field names one input that must be mended. Name is the form or JSON name, e.g. items[2].amount.
type Field struct {
	Name string
	Code string // catalogue code of what to do
	Args []any
}

// Rule is the legal basis of a refusal: what the "vì sao" button shows.
type Rule struct {
	ID         string // rulebook id
	Article    string // instrument and article
	Version    string // rulebook version the case is bound to
	Inputs     []Input
	Unverified bool // value tagged S or M: the page says "cần xác minh"
}

// Input is one fact the rule was applied to; Label is a catalogue code.
type Input struct{ Label, Value string }

// Difference is one field of a stale form: what the visitor sent and what is stored now.
type Difference struct{ Label, Yours, Current string }

// Error is a refusal with a stable code. Values are immutable: With… return copies.
type Error struct {
	Kind        Kind
	Code        string
	Args        []any // fill the catalogue's words
	Fields      []Field
	Rule        *Rule
	Differences []Difference
	cause       error
}

// New makes an error value to be declared once beside its noun.
func New(kind Kind, code string) *Error { return &Error{Kind: kind, Code: code} }

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code
}

// Is matches by code, so a copy with arguments still equals its declared value.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// Unwrap gives the cause, for logs only.
func (e *Error) Unwrap() error { return e.cause }

// With returns a copy whose words are filled with args.
func (e *Error) With(args ...any) *Error { c := *e; c.Args = args; return &c }

// At returns a copy that also names the fields to mend. A field of e's own code lends its Args to e, whose words are the
// same and are the title of an answer to a program.
func (e *Error) At(f ...Field) *Error {
	c := *e
	c.Fields = append(c.Fields[:len(c.Fields):len(c.Fields)], f...)
	for _, x := range f {
		if c.Args == nil && x.Code == c.Code {
			c.Args = x.Args
		}
	}
	return &c
}

// Because returns a copy that carries its legal basis.
func (e *Error) Because(r Rule) *Error { c := *e; c.Rule = &r; return &c }

// Versus returns a copy that shows both versions of a stale form.
func (e *Error) Versus(d ...Difference) *Error { c := *e; c.Differences = d; return &c }

// From finds the Error in err's chain; anything else becomes Internal with err as its cause.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Code: "errs.internal", cause: err}
}

// FieldError is the common case of one wrong input.
func FieldError(name, code string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: "errs.invalid", Fields: []Field{{Name: name, Code: code, Args: args}}}
}

// ErrStale is a form read at an older version than the stored one.
var ErrStale = New(Conflict, "errs.stale")

// ErrNotFound is a row that is not there, or not for this reader.
var ErrNotFound = New(NotFound, "errs.not_found")
