package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Canon builds the canonical encoding of a row, byte for byte what PostgreSQL's array_send gives for the text array
// of its columns. The zero Canon is empty; each method adds one element.
type Canon struct{ elems []*string }

// oidText is the type of the elements in the array's binary form.
const oidText = 25

func (c *Canon) add(s string) *Canon { c.elems = append(c.elems, &s); return c }

// Raw adds s as it is: a version mark.
func (c *Canon) Raw(s string) *Canon { return c.add(s) }

// Text adds a text.
func (c *Canon) Text(s string) *Canon { return c.add("t" + s) }

// Hex adds bytes written as hexadecimal digits.
func (c *Canon) Hex(s string) *Canon { return c.add("x" + s) }

// Int adds a whole number.
func (c *Canon) Int(n int64) *Canon { return c.add("i" + strconv.FormatInt(n, 10)) }

// Number adds a decimal number in its shortest digits.
func (c *Canon) Number(d decimal.Decimal) *Canon { return c.add("n" + d.String()) }

// Day adds a date given as yyyy-MM-dd.
func (c *Canon) Day(s string) *Canon { return c.add("d" + s) }

// Instant adds an instant, to the microsecond.
func (c *Canon) Instant(t time.Time) *Canon { return c.add("T" + strconv.FormatInt(t.UnixMicro(), 10)) }

// ID adds a uuid.
func (c *Canon) ID(id uuid.UUID) *Canon { return c.add("u" + id.String()) }

// None adds a NULL.
func (c *Canon) None() *Canon { c.elems = append(c.elems, nil); return c }

// MaybeID adds a uuid or NULL.
func (c *Canon) MaybeID(id *uuid.UUID) *Canon {
	if id == nil {
		return c.None()
	}
	return c.ID(*id)
}

// MaybeNumber adds a decimal number or NULL.
func (c *Canon) MaybeNumber(d *decimal.Decimal) *Canon {
	if d == nil {
		return c.None()
	}
	return c.Number(*d)
}

// MaybeInt adds a whole number or NULL.
func (c *Canon) MaybeInt(n *int64) *Canon {
	if n == nil {
		return c.None()
	}
	return c.Int(*n)
}

// MaybeJSON adds a JSON text, byte for byte, or NULL.
func (c *Canon) MaybeJSON(s *string) *Canon {
	if s == nil {
		return c.None()
	}
	return c.add("j" + *s)
}

// Bytes is the encoding of the elements as one row.
func (c *Canon) Bytes() []byte { return c.array(len(c.elems)) }

// Rows is the encoding of the elements as rows of width elements each: the form of a two-dimensional array.
func (c *Canon) Rows(width int) []byte { return c.array(len(c.elems)/width, width) }

func (c *Canon) array(dims ...int) []byte {
	nulls := uint32(0)
	size := 12 + 8*len(dims)
	for _, e := range c.elems {
		size += 4
		if e == nil {
			nulls = 1
		} else {
			size += len(*e)
		}
	}
	b := make([]byte, 0, size)
	b = binary.BigEndian.AppendUint32(b, uint32(len(dims)))
	b = binary.BigEndian.AppendUint32(b, nulls)
	b = binary.BigEndian.AppendUint32(b, oidText)
	for _, n := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		b = binary.BigEndian.AppendUint32(b, 1) // lower bound
	}
	for _, e := range c.elems {
		if e == nil {
			b = binary.BigEndian.AppendUint32(b, 0xffffffff)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(*e)))
		b = append(b, *e...)
	}
	return b
}

// Digest is the SHA-256 over the parts in order.
func Digest(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
