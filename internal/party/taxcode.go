package party

import (
	"strings"

	"kinhbac/internal/errs"
)

// Refusals of a tax code; each says what to type.
var (
	ErrTaxCodeForm  = errs.New(errs.Invalid, "party.tax_code_form")
	ErrTaxCodeCheck = errs.New(errs.Invalid, "party.tax_code_check")
	ErrTaxCodeTaken = errs.New(errs.Invalid, "party.tax_code_taken")
)

var taxWeights = [9]int{31, 29, 23, 19, 17, 13, 7, 5, 3}

// PlainTaxCode takes a tax code (mã số thuế) as typed and gives its digits: 10, or 13 for a branch. Spaces are
// ignored; one hyphen may stand after the tenth digit. Anything else is ErrTaxCodeForm.
func PlainTaxCode(s string) (string, error) {
	s = strings.Join(strings.Fields(s), "")
	if head, tail, branch := strings.Cut(s, "-"); branch {
		if len(head) != 10 || len(tail) != 3 {
			return "", ErrTaxCodeForm
		}
		s = head + tail
	}
	if len(s) != 10 && len(s) != 13 {
		return "", ErrTaxCodeForm
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "", ErrTaxCodeForm
		}
	}
	return s, nil
}

// CheckTaxCode judges a tax code as typed. A wrong check digit is ErrTaxCodeCheck, a wrong form ErrTaxCodeForm;
// warn says that the formula gives no one-digit check for this code, so that a person should look at it.
//
// The tenth digit is 10 − (Σ dᵢ·wᵢ mod 11) with w = 31, 29, 23, 19, 17, 13, 7, 5, 3; a branch has the check of its
// parent. Source: several public implementations, agreed on 109 real codes (tag S).
func CheckTaxCode(s string) (warn bool, err error) {
	s, err = PlainTaxCode(s)
	if err != nil {
		return false, err
	}
	sum := 0
	for i, w := range taxWeights {
		sum += int(s[i]-'0') * w
	}
	switch check := 10 - sum%11; {
	case check == 10:
		return true, nil
	case check != int(s[9]-'0'):
		return false, ErrTaxCodeCheck
	}
	return false, nil
}
