package party

import (
	"errors"
	"testing"
)

func TestCheckTaxCode(t *testing.T) {
	for _, c := range []struct {
		code string
		warn bool
		want error
	}{
		{code: "0100109106"},
		{code: "0100 109 106"},
		{code: "0100109106-001"},
		{code: "0100109106001"},
		{code: "0100109105", want: ErrTaxCodeCheck},
		{code: "0100109107", want: ErrTaxCodeCheck},
		{code: "0100109116", want: ErrTaxCodeCheck},    // one digit of the number changed
		{code: "1000109106", want: ErrTaxCodeCheck},    // two digits swapped
		{code: "0100109105001", want: ErrTaxCodeCheck}, // a branch carries its parent's check
		{code: "0000000000", warn: true},               // sum 0: the formula gives 10
		{code: "0000000009", warn: true},
		{code: "2401000000"}, // 2·31 + 4·29 + 1·19 = 197, 197 mod 11 = 10, check 0
		{code: "2401000008", want: ErrTaxCodeCheck},
		{code: "", want: ErrTaxCodeForm},
		{code: "010010910", want: ErrTaxCodeForm},   // 9
		{code: "01001091061", want: ErrTaxCodeForm}, // 11
		{code: "010010910612", want: ErrTaxCodeForm},
		{code: "01001091060011", want: ErrTaxCodeForm}, // 14
		{code: "0100109106-01", want: ErrTaxCodeForm},
		{code: "01001091-06001", want: ErrTaxCodeForm},
		{code: "0100109106--01", want: ErrTaxCodeForm},
		{code: "010010910A", want: ErrTaxCodeForm},
		{code: "٠١٠٠١٠٩١٠٦", want: ErrTaxCodeForm}, // digits of another script
		{code: "-010010910", want: ErrTaxCodeForm},
	} {
		warn, err := CheckTaxCode(c.code)
		if warn != c.warn || !errors.Is(err, c.want) {
			t.Errorf("%q: got %v, %v; want %v, %v", c.code, warn, err, c.warn, c.want)
		}
	}
}
