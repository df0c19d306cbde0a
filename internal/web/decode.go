package web

import (
	"encoding"
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
)

// Length of text when the field's tag does not say.
const (
	textMax = 300
	longMax = 20000
)

// maxWrong is how many fields one refusal names; who sends more mistakes is told of the first.
const maxWrong = 100

// decode fills into (a pointer to a struct) from the tree, and names every field that must be mended.
func decode(root *node, into any) error {
	d := &decoder{form: root.form != nil, parts: root.parts}
	v := reflect.ValueOf(into).Elem()
	if v.Kind() != reflect.Struct {
		panic("web: a command's input is a struct")
	}
	d.object(root, v, "")
	if len(d.wrong) > 0 {
		return errs.New(errs.Invalid, "errs.invalid").At(d.wrong...)
	}
	return nil
}

type decoder struct {
	form  bool
	parts bool // values of the API that came as parts of a form: JSON's spelling, every one as text
	wrong []errs.Field
}

func (d *decoder) fail(name, code string, args ...any) {
	if len(d.wrong) == maxWrong {
		return
	}
	d.wrong = append(d.wrong, errs.Field{Name: name, Code: code, Args: args})
}

func (d *decoder) failErr(name string, err error) {
	e := errs.From(err)
	d.fail(name, e.Code, e.Args...)
}

type fieldRule struct {
	required bool
	max      int
}

func ruleOf(f reflect.StructField) fieldRule {
	r := fieldRule{max: textMax}
	for _, part := range strings.Split(f.Tag.Get("kb"), ",") {
		switch k, v, _ := strings.Cut(part, "="); k {
		case "required":
			r.required = true
		case "long":
			r.max = longMax
		case "max":
			n, err := strconv.Atoi(v)
			if err != nil {
				panic("web: tag kb of " + f.Name)
			}
			r.max = n
		}
	}
	return r
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func (d *decoder) object(n *node, v reflect.Value, path string) {
	if n.kind != kObject {
		d.fail(strings.TrimSuffix(path, "."), "web.object")
		return
	}
	known := map[string]bool{}
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type == typeAttached {
			continue
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			panic("web: embedded structs are not inputs: " + t.String())
		}
		name := nameOf(f)
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		known[name] = true
		d.value(n.object[name], v.Field(i), path+name, ruleOf(f))
	}
	for _, k := range sortedKeys(n.object) {
		if !known[k] {
			d.fail(path+k, "web.unknown_field")
		}
	}
}

var (
	typeUUID    = reflect.TypeFor[uuid.UUID]()
	typeMoney   = reflect.TypeFor[money.Amount]()
	typeDate    = reflect.TypeFor[calendar.Date]()
	typeTime    = reflect.TypeFor[time.Time]()
	typeDecimal = reflect.TypeFor[decimal.Decimal]()
	unmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func isScalar(t reflect.Type) bool {
	switch t {
	case typeUUID, typeMoney, typeDate, typeTime, typeDecimal:
		return true
	}
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Slice || reflect.PointerTo(t).Implements(unmarshaler)
}

func (d *decoder) value(n *node, v reflect.Value, name string, r fieldRule) {
	t := v.Type()
	switch {
	case t.Kind() == reflect.Slice && t != typeUUID && !reflect.PointerTo(t).Implements(unmarshaler):
		d.slice(n, v, name, r)
	case t.Kind() == reflect.Pointer:
		if n == nil || n.kind == kNull || d.form && n.kind == kText && strings.TrimSpace(strings.Join(n.values, "")) == "" {
			if r.required {
				d.fail(name, "web.required")
			}
			return
		}
		p := reflect.New(t.Elem())
		d.value(n, p.Elem(), name, r)
		v.Set(p)
	case !isScalar(t):
		if n == nil {
			n = &node{kind: kObject, object: map[string]*node{}}
		}
		d.object(n, v, name+".")
	default:
		d.scalar(n, v, name, r)
	}
}

func (d *decoder) slice(n *node, v reflect.Value, name string, r fieldRule) {
	limit := maxItems
	if r.max != textMax {
		limit = r.max
	}
	var items []*node
	switch {
	case n == nil || n.kind == kNull:
	case n.kind == kList:
		items = n.list
	case d.form && n.kind == kText: // a repeated field
		for _, s := range n.values {
			items = append(items, &node{kind: kText, values: []string{s}})
		}
	default:
		d.fail(name, "web.list")
		return
	}
	if len(items) > limit {
		d.fail(name, "web.too_many", strconv.Itoa(limit))
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, len(items))
	for i, item := range items {
		if d.form && blank(item) {
			continue
		}
		el := reflect.New(v.Type().Elem()).Elem()
		d.value(item, el, name+"["+strconv.Itoa(i)+"]", fieldRule{required: isScalar(el.Type()), max: textMax})
		out = reflect.Append(out, el)
	}
	if r.required && out.Len() == 0 {
		d.fail(name, "web.required")
	}
	v.Set(out)
}

// blank says that a row of a form was left empty.
func blank(n *node) bool {
	switch n.kind {
	case kNull:
		return true
	case kText:
		return strings.TrimSpace(strings.Join(n.values, "")) == ""
	case kObject:
		for _, c := range n.object {
			if !blank(c) {
				return false
			}
		}
		return true
	case kList:
		for _, c := range n.list {
			if !blank(c) {
				return false
			}
		}
		return true
	}
	return false
}

func (d *decoder) scalar(n *node, v reflect.Value, name string, r fieldRule) {
	if n == nil || n.kind == kNull {
		if r.required {
			d.fail(name, "web.required")
		}
		return
	}
	text := n.text
	if d.form {
		if n.kind != kText {
			d.fail(name, "web.unknown_field")
			return
		}
		if len(n.values) != 1 {
			d.fail(name, "web.field_twice")
			return
		}
		text = n.values[0]
	}
	text, err := clean(text)
	if err != nil {
		d.failErr(name, err)
		return
	}
	if !d.form && !(d.parts && n.kind == kText) && !kindFits(n.kind, v) {
		d.fail(name, "web.type")
		return
	}
	if text == "" && v.Kind() != reflect.Bool {
		if r.required {
			d.fail(name, "web.required")
		}
		return
	}
	if err := d.set(v, text, r); err != nil {
		d.failErr(name, err)
		return
	}
	if r.required && v.IsZero() && v.Kind() != reflect.Int && v.Kind() != reflect.Int64 && v.Type() != typeMoney && v.Type() != typeDecimal {
		if v.Kind() == reflect.Bool {
			d.fail(name, "web.must_agree")
			return
		}
		d.fail(name, "web.required")
	}
}

// kindFits says that a JSON value has the kind its Go type is written as.
func kindFits(k kind, v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Bool:
		return k == kBool
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16:
		return k == kNumber
	}
	return k == kText
}

var (
	errNumber  = errs.New(errs.Invalid, "web.number")
	errDecimal = errs.New(errs.Invalid, "web.decimal")
	errTime    = errs.New(errs.Invalid, "web.time")
	errID      = errs.New(errs.Invalid, "web.id")
	errYesNo   = errs.New(errs.Invalid, "web.yes_no")
	errLong    = errs.New(errs.Invalid, "web.too_long")

	wholeForm   = regexp.MustCompile(`^[-\x{2212}]?(\d{1,15}|\d{1,3}(\.\d{3}){1,4})$`)
	wholeJSON   = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})$`)
	decimalForm = regexp.MustCompile(`^[-\x{2212}]?(\d{1,15}|\d{1,3}(\.\d{3}){1,4})(,\d{1,8})?$`)
	decimalJSON = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})(\.\d{1,8})?$`)
)

func (d *decoder) set(v reflect.Value, text string, r fieldRule) error {
	switch v.Type() {
	case typeUUID:
		id, err := uuid.Parse(text)
		if err != nil || len(text) != 36 {
			return errID
		}
		v.Set(reflect.ValueOf(id))
		return nil
	case typeMoney:
		if !d.form && strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' }) {
			return money.ErrSyntax
		}
		a, err := money.Parse(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(a))
		return nil
	case typeDate:
		day, err := calendar.ParseDate(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(day))
		return nil
	case typeTime:
		at, err := d.instant(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(at))
		return nil
	case typeDecimal:
		x, err := d.decimal(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(x))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		if utf8.RuneCountInString(text) > r.max {
			return errLong.With(strconv.Itoa(r.max))
		}
		v.SetString(text)
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true", "on", "1":
			v.SetBool(true)
		case "", "false", "0":
			v.SetBool(false)
		default:
			return errYesNo
		}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16:
		if d.form && !wholeForm.MatchString(text) || !d.form && !wholeJSON.MatchString(text) {
			return errNumber
		}
		i, err := strconv.ParseInt(ascii(text), 10, v.Type().Bits())
		if err != nil {
			return errNumber
		}
		v.SetInt(i)
	default:
		u, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
		if !ok {
			panic("web: inputs of type " + v.Type().String() + " are not read")
		}
		if err := u.UnmarshalText([]byte(text)); err != nil {
			var e *errs.Error
			if errors.As(err, &e) {
				return e
			}
			return errNumber
		}
	}
	return nil
}

// ascii drops the dots of grouped digits and makes U+2212 a plain minus.
func ascii(s string) string {
	return strings.NewReplacer(".", "", "\u2212", "-").Replace(s)
}

func (d *decoder) decimal(text string) (decimal.Decimal, error) {
	if d.form {
		if !decimalForm.MatchString(text) {
			return decimal.Decimal{}, errDecimal
		}
		text = strings.Replace(ascii(text), ",", ".", 1)
	} else if !decimalJSON.MatchString(text) {
		return decimal.Decimal{}, errDecimal
	}
	x, err := decimal.NewFromString(text)
	if err != nil {
		return x, errDecimal
	}
	return x, nil
}

var formTimes = []string{"02/01/2006 15:04", "2/1/2006 15:04", "15:04, 02/01/2006", "15:04 02/01/2006", "02/01/2006 15:04:05", "2006-01-02T15:04"}

func (d *decoder) instant(text string) (time.Time, error) {
	layouts := []string{time.RFC3339}
	if d.form {
		layouts = formTimes
	}
	for _, l := range layouts {
		if at, err := time.ParseInLocation(l, text, calendar.Zone); err == nil && at.Year() >= 1900 && at.Year() < 2200 {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errTime
}
