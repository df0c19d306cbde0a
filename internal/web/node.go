package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"kinhbac/internal/errs"
)

// Bounds of what is read from a body.
const (
	maxNames = 2000
	maxDepth = 8
	maxItems = 500
	maxNodes = 20 * maxNames // of one body, rows left out of a list included
)

type kind uint8

const (
	kNull kind = iota
	kText      // JSON string, or the values of one form name
	kNumber
	kBool
	kList
	kObject
)

// node is a value as it was sent: one tree for forms and for JSON.
type node struct {
	kind   kind
	text   string // kText of JSON, kNumber, kBool
	values []string
	list   []*node
	object map[string]*node
	form   map[string][]string // of the root of a form: the names as sent
	parts  bool                // of the root of a form sent to the API
	files  string              // of the root of a form: fields, names and SHA-256 of the files that came with it
}

var (
	errBadJSON  = errs.New(errs.Invalid, "web.json")
	errBroken   = errs.New(errs.Invalid, "web.form_broken")
	errBadForm  = errs.New(errs.Invalid, "web.form")
	errTooDeep  = errs.New(errs.Invalid, "web.too_deep")
	errNotJSON  = errs.New(errs.Invalid, "web.content_type")
	errTrailing = errors.New("text after the JSON value")
)

// readForm reads a form body into a tree; names that start with _ are web's own and come apart.
func readForm(c *fiber.Ctx) (*node, map[string]string, error) {
	raw, files := map[string][]string{}, ""
	switch kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); {
	case err != nil:
		return nil, nil, errBadForm
	case kind == fiber.MIMEMultipartForm:
		m, err := c.MultipartForm()
		if err != nil {
			return nil, nil, errBroken
		}
		raw = m.Value
		if files, err = filesDigest(m.File); err != nil {
			return nil, nil, err
		}
	case kind == fiber.MIMEApplicationForm:
		for k, v := range c.Request().PostArgs().All() {
			raw[string(k)] = append(raw[string(k)], string(v))
		}
	default:
		return nil, nil, errBadForm
	}
	if len(raw) > maxNames {
		return nil, nil, errTooDeep
	}
	root, own := &node{kind: kObject, object: map[string]*node{}, form: map[string][]string{}, files: files}, map[string]string{}
	left := maxNodes
	for name, values := range raw {
		if strings.HasPrefix(name, "_") {
			if len(values) != 1 || (name != "_csrf" && name != "_key" && name != "_code") {
				return nil, nil, errs.FieldError(name, "web.unknown_field")
			}
			own[name] = strings.TrimSpace(values[0])
			continue
		}
		root.form[name] = values
		if err := root.put(name, values, &left); err != nil {
			return nil, nil, err
		}
	}
	return root, own, nil
}

// readParts reads what the API takes with a file: the parts of a form, spelt as JSON spells them.
func readParts(c *fiber.Ctx) (*node, error) {
	root, own, err := readForm(c)
	if err != nil {
		return nil, err
	}
	for name := range own {
		return nil, errs.FieldError(name, "web.unknown_field") // token, key and code of the API are headers
	}
	root.form, root.parts = nil, true
	root.spell()
	return root, nil
}

// spell makes the values of form names the texts that JSON would have.
func (n *node) spell() {
	if n.kind == kText {
		if len(n.values) == 1 {
			n.text, n.values = n.values[0], nil
			return
		}
		n.kind = kList
		for _, v := range n.values {
			n.list = append(n.list, &node{kind: kText, text: v})
		}
		n.values = nil
	}
	for _, c := range n.list {
		c.spell()
	}
	for _, c := range n.object {
		c.spell()
	}
}

// filesDigest is one text per content of the chosen files, "" for none.
func filesDigest(fields map[string][]*multipart.FileHeader) (string, error) {
	var b strings.Builder
	for _, field := range sortedKeys(fields) {
		for _, h := range fields[field] {
			if h.Filename == "" {
				continue
			}
			f, err := h.Open()
			if err != nil {
				return "", fmt.Errorf("open upload: %w", err)
			}
			sum := sha256.New()
			_, err = io.Copy(sum, f)
			f.Close()
			if err != nil {
				return "", fmt.Errorf("read upload: %w", err)
			}
			fmt.Fprintf(&b, "%q %q %x\n", field, h.Filename, sum.Sum(nil))
		}
	}
	return b.String(), nil
}

// put hangs the values of one form name, e.g. items[0].amount, into the tree; left is how many nodes it may still make.
func (n *node) put(name string, values []string, left *int) error {
	at, rest := n, name
	for depth := 0; ; depth++ {
		if depth > maxDepth {
			return errTooDeep
		}
		part, more, nested := strings.Cut(rest, ".")
		key, index, listed := strings.Cut(part, "[")
		if key == "" {
			return errs.FieldError(name, "web.unknown_field")
		}
		child := at.object[key]
		if listed {
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if err != nil || !strings.HasSuffix(index, "]") || i < 0 || i >= maxItems {
				return errs.FieldError(name, "web.unknown_field")
			}
			if child == nil {
				child = &node{kind: kList}
				at.object[key] = child
			}
			if child.kind != kList {
				return errs.FieldError(name, "web.field_twice")
			}
			if *left -= max(0, i+1-len(child.list)); *left < 0 {
				return errTooDeep
			}
			for len(child.list) <= i {
				child.list = append(child.list, &node{kind: kNull})
			}
			at, key = child, strconv.Itoa(i)
			child = at.list[i]
		}
		set := func(v *node) {
			if listed {
				i, _ := strconv.Atoi(key)
				at.list[i] = v
				return
			}
			at.object[key] = v
		}
		if !nested {
			if child != nil && child.kind != kNull {
				return errs.FieldError(name, "web.field_twice")
			}
			set(&node{kind: kText, values: values})
			return nil
		}
		if child == nil || child.kind == kNull {
			child = &node{kind: kObject, object: map[string]*node{}}
			set(child)
		}
		if child.kind != kObject {
			return errs.FieldError(name, "web.field_twice")
		}
		at, rest = child, more
	}
}

// readJSON reads an object strictly: no doubled keys, nothing after it, bounded depth. No body is an empty object.
func readJSON(c *fiber.Ctx) (*node, error) {
	body := c.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return &node{kind: kObject, object: map[string]*node{}}, nil
	}
	if kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); err != nil || kind != fiber.MIMEApplicationJSON {
		return nil, errNotJSON
	}
	return parseJSON(body)
}

func parseJSON(body []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	count := 0
	n, err := parseValue(d, 0, &count)
	if err == nil {
		if _, e := d.Token(); e != io.EOF {
			err = errTrailing
		}
	}
	switch {
	case err == nil && n.kind == kObject:
		return n, nil
	case errs.From(err).Kind == errs.Invalid:
		return nil, err
	}
	return nil, errBadJSON
}

func parseValue(d *json.Decoder, depth int, count *int) (*node, error) {
	if *count++; depth > maxDepth || *count > maxNodes {
		return nil, errTooDeep
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := t.(type) {
	case nil:
		return &node{kind: kNull}, nil
	case string:
		return &node{kind: kText, text: v}, nil
	case json.Number:
		return &node{kind: kNumber, text: v.String()}, nil
	case bool:
		return &node{kind: kBool, text: strconv.FormatBool(v)}, nil
	case json.Delim:
		if v == '[' {
			n := &node{kind: kList}
			for d.More() {
				item, err := parseValue(d, depth+1, count)
				if err != nil {
					return nil, err
				}
				n.list = append(n.list, item)
			}
			_, err := d.Token()
			return n, err
		}
		n := &node{kind: kObject, object: map[string]*node{}}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key, ok := k.(string)
			if !ok {
				return nil, errBadJSON
			}
			if _, twice := n.object[key]; twice {
				return nil, errs.FieldError(key, "web.field_twice")
			}
			if len(n.object) == maxNames {
				return nil, errTooDeep
			}
			if n.object[key], err = parseValue(d, depth+1, count); err != nil {
				return nil, err
			}
		}
		_, err := d.Token()
		return n, err
	}
	return nil, errBadJSON
}

// canonical is one text per content: names in order, for the digest of a command.
func (n *node) canonical() string {
	switch n.kind {
	case kNull:
		return "null"
	case kText:
		if n.values != nil {
			return fmt.Sprintf("%q", n.values)
		}
		return strconv.Quote(n.text)
	case kNumber, kBool:
		return n.text
	case kList:
		var b strings.Builder
		b.WriteByte('[')
		for _, v := range n.list {
			b.WriteString(v.canonical() + ",")
		}
		return b.String() + "]"
	}
	var b strings.Builder
	b.WriteByte('{')
	for _, k := range sortedKeys(n.object) {
		b.WriteString(strconv.Quote(k) + ":" + n.object[k].canonical() + ",")
	}
	return b.String() + "}"
}

func sortedKeys[V any](m map[string]V) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// flat gives the form's values by name, the first of repeated ones, to be shown again.
func (n *node) flat() map[string]string {
	m := make(map[string]string, len(n.form))
	for k, v := range n.form {
		if s, err := clean(strings.Join(v, "\n")); err == nil {
			m[k] = s
		}
	}
	return m
}
