package ledger

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun/driver/pgdriver"

	"kinhbac/internal/money"
)

// refusal turns an error of the kernel into the one people see; the kernel's own words stay in the chain.
func refusal(err error) error {
	var e pgdriver.Error
	if !errors.As(err, &e) {
		return err
	}
	r := refused(e.Field('C'), e.Field('D'), e.Field('n'))
	switch {
	case r == nil:
		return err
	case errors.Is(r, ErrUnbalanced), errors.Is(r, ErrMove):
		return fmt.Errorf("%w: %w", r, err)
	}
	return r
}

// refused is the refusal of a SQLSTATE with its detail, or of a check by its name; nil when it is none of ours.
func refused(state, detail, check string) error {
	switch state {
	case "KB010":
		return insufficient(detail)
	case "KB011":
		return ErrClosed.With(detail)
	case "KB012":
		year, state, _ := strings.Cut(detail, " ")
		if state == "adjusting" {
			return ErrYearAdjusts.With(year)
		}
		return ErrYearClosed.With(year)
	case "KB013":
		return ErrKeyReused
	case "KB014":
		return ErrUnbalanced
	case "KB015":
		return ErrMove
	case "KB016":
		return ErrSecondPerson
	case "KB017":
		if check == "journals_reverses_id_key" {
			return ErrReversed
		}
		return ErrTooMuch
	case "KB018":
		return ErrCode.With(detail)
	case "KB020":
		return ErrOrder.With(detail)
	case "KB021":
		return ErrYearHeld.With(detail)
	case "KB022":
		return ErrDrift.With(detail)
	case "KB023":
		return ErrUnsealed.With(detail)
	}
	switch check {
	case "journals_same_person", "state_changes_same_person":
		return ErrSamePerson
	case "journals_second_person", "state_changes_second_person":
		return ErrSecondPerson
	case "journals_reason", "state_changes_reason":
		return ErrReason
	case "journals_basis":
		return ErrBasis
	case "journals_reverses_id_key":
		return ErrReversed
	}
	return nil
}

// insufficient reads "line stage has asked" as the kernel writes it.
func insufficient(detail string) error {
	f := strings.Fields(detail)
	if len(f) != 4 {
		return ErrInsufficient.With("?", "?")
	}
	return ErrInsufficient.With(grouped(f[2]), grouped(f[3]))
}

func grouped(digits string) string {
	d, err := decimal.NewFromString(digits)
	if err != nil {
		return digits
	}
	return money.Round(d).Format()
}
