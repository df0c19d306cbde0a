// Package money is the one type for amounts.
//
// # Decisions
//
// An Amount is a decimal with a currency whose scale is fixed (VND 0, USD 2). The zero Amount is 0 đồng.
// Rounding is half away from zero and happens once, at the document line, through Round. Splits use the
// largest remainder, ties to the lowest index; the caller orders the lines. No float is accepted or given.
package money

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/shopspring/decimal"

	"kinhbac/internal/errs"
)

// Amount is a sum of money in whole đồng. Negative amounts exist only inside books and differences.
// Compare with Cmp, Equal or Sign, never with ==.
type Amount struct{ d decimal.Decimal }

// Errors of Parse; each says what to type.
var (
	ErrSyntax   = errs.New(errs.Invalid, "money.syntax")
	ErrTooLarge = errs.New(errs.Invalid, "money.too_large")
)

// Max is the largest amount accepted anywhere, in đồng.
var Max = VND(999_999_999_999_999)

// VND makes an amount of n đồng.
func VND(n int64) Amount { return Amount{decimal.NewFromInt(n)} }

// FromDecimal takes an already rounded whole number of đồng; a fraction is an error.
func FromDecimal(d decimal.Decimal) (Amount, error) {
	if !d.Equal(d.Truncate(0)) {
		return Amount{}, ErrSyntax
	}
	if d.Abs().GreaterThan(Max.d) {
		return Amount{}, ErrTooLarge
	}
	return Amount{d.Truncate(0)}, nil
}

// Round makes whole đồng of d, half away from zero. Call it once, at the document line.
func Round(d decimal.Decimal) Amount { return Amount{d.Round(0)} }

// Parse reads what a person or a program typed for whole đồng: digits, optionally grouped in threes by
// one kind of separator (dot or space, no mix), e.g. 1234567, 1.234.567 or 1 234 567. Signs, exponents,
// decimal commas and everything else are refused with ErrSyntax; more than Max with ErrTooLarge.
func Parse(s string) (Amount, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
	if s == "" || len(s) > 40 {
		return Amount{}, ErrSyntax
	}
	sep := byte(0)
	digits := make([]byte, 0, len(s))
	group := 0 // digits since the last separator
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
			group++
		case c == '.' || c == ' ':
			if sep == 0 {
				if group == 0 || group > 3 {
					return Amount{}, ErrSyntax
				}
				sep = c
			} else if c != sep || group != 3 {
				return Amount{}, ErrSyntax
			}
			group = 0
		default:
			return Amount{}, ErrSyntax
		}
	}
	if sep != 0 && group != 3 || len(digits) > 1 && digits[0] == '0' {
		return Amount{}, ErrSyntax
	}
	if len(digits) > 15 {
		return Amount{}, ErrTooLarge
	}
	d, err := decimal.NewFromString(string(digits))
	if err != nil {
		return Amount{}, ErrSyntax
	}
	return Amount{d}, nil
}

// Add is a + b.
func (a Amount) Add(b Amount) Amount { return Amount{a.d.Add(b.d)} }

// Sub is a − b.
func (a Amount) Sub(b Amount) Amount { return Amount{a.d.Sub(b.d)} }

// Neg is −a.
func (a Amount) Neg() Amount { return Amount{a.d.Neg()} }

// Times is a × n, exact.
func (a Amount) Times(n int64) Amount { return Amount{a.d.Mul(decimal.NewFromInt(n))} }

// Cmp is −1, 0 or +1.
func (a Amount) Cmp(b Amount) int { return a.d.Cmp(b.d) }

// Equal says a = b.
func (a Amount) Equal(b Amount) bool { return a.d.Equal(b.d) }

// Sign is −1, 0 or +1.
func (a Amount) Sign() int { return a.d.Sign() }

// IsZero says a = 0.
func (a Amount) IsZero() bool { return a.d.IsZero() }

// Decimal is the number itself, for ratios and rates.
func (a Amount) Decimal() decimal.Decimal { return a.d }

// Sum adds up; the empty sum is 0 đồng.
func Sum(as ...Amount) (s Amount) {
	for _, a := range as {
		s = s.Add(a)
	}
	return s
}

// String is plain digits with a sign, as in JSON and SQL: -1234567.
func (a Amount) String() string { return a.d.StringFixed(0) }

// Format groups by dots without a unit: 1.234.567; a negative has U+2212 in front; zero is "0".
func (a Amount) Format() string {
	s := a.d.Abs().StringFixed(0)
	var b strings.Builder
	if a.Sign() < 0 {
		b.WriteRune('\u2212')
	}
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Value gives SQL the exact digits.
func (a Amount) Value() (driver.Value, error) { return a.String(), nil }

// Scan reads a numeric column; NULL is refused, use *Amount for it.
func (a *Amount) Scan(src any) error {
	var s string
	switch v := src.(type) {
	case []byte:
		s = string(v)
	case string:
		s = v
	case int64:
		*a = VND(v)
		return nil
	default:
		return fmt.Errorf("money: cannot scan %T", src)
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return fmt.Errorf("money: scan %q: %w", s, err)
	}
	*a = Amount{d}
	return nil
}

// MarshalJSON writes a string, so that no reader makes a float of it.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.String()) }

// UnmarshalJSON takes a string of plain digits, nothing else.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return ErrSyntax
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return ErrSyntax
		}
	}
	p, err := Parse(s)
	if err != nil {
		return err
	}
	*a = p
	return nil
}

func fromBig(n *big.Int) Amount { return Amount{decimal.NewFromBigInt(n, 0)} }
