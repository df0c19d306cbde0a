package web

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"kinhbac/internal/errs"
)

var (
	errPrecondition = coded{errs.New(errs.Conflict, "web.precondition"), fiber.StatusPreconditionFailed}
	errVersionless  = coded{errs.New(errs.Invalid, "web.version_missing"), fiber.StatusPreconditionRequired}
)

// coded is a refusal that HTTP has a status of its own for.
type coded struct {
	error
	status int
}

func (c coded) Unwrap() error { return c.error }

// versioned says that a command's input names the version it was read at.
func versioned(in reflect.Type) bool {
	for i := range in.NumField() {
		if f := in.Field(i); nameOf(f) == "version" && f.Type.Kind() == reflect.Int {
			return true
		}
	}
	return false
}

// precondition takes the version of an edit from If-Match, from the body, or from both when they agree, and puts it into
// the body.
func precondition(match string, body *node) error {
	typed := body.object["version"]
	if match = strings.TrimSpace(match); match == "" {
		return nil
	}
	text, quoted := strings.CutPrefix(match, `"`)
	text, closed := strings.CutSuffix(text, `"`)
	if _, err := strconv.Atoi(text); !quoted || !closed || err != nil { // weak, any, a list, or no tag of ours
		return errPrecondition
	}
	if typed != nil && typed.kind != kNull && typed.text != text {
		return errPrecondition
	}
	body.object["version"] = &node{kind: kNumber, text: text}
	return nil
}

// stale gives the refusal of an edit of an older version the status that fits how the version was named: 412 with
// If-Match, 428 when it was not named at all, 409 in the body.
func stale(match string, body *node, err error) error {
	typed := body.object["version"]
	switch {
	case !errs.From(err).Is(errs.ErrStale):
		return err
	case strings.TrimSpace(match) != "":
		return coded{err, fiber.StatusPreconditionFailed}
	case typed == nil || typed.kind == kNull:
		return errVersionless
	}
	return err
}

// etag is the tag of an answer that carries a version, "" for the others.
func etag(out any) string {
	v := reflect.Indirect(reflect.ValueOf(out))
	if v.Kind() != reflect.Struct {
		return ""
	}
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && nameOf(f) == "version" && f.Type.Kind() == reflect.Int {
			return `"` + strconv.FormatInt(v.Field(i).Int(), 10) + `"`
		}
	}
	return ""
}
