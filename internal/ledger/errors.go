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
	switch e.Field('C') {
	case "KB010":
		return insufficient(e.Field('D'))
	case "KB011":
		return ErrClosed.With(e.Field('D'))
	case "KB012":
		year, state, _ := strings.Cut(e.Field('D'), " ")
		if state == "adjusting" {
			return ErrYearAdjusts.With(year)
		}
		return ErrYearClosed.With(year)
	case "KB013":
		return ErrKeyReused
	case "KB014":
		return fmt.Errorf("%w: %w", ErrUnbalanced, err)
	case "KB015":
		return fmt.Errorf("%w: %w", ErrMove, err)
	case "KB016":
		return ErrSecondPerson
	case "KB017":
		if e.Field('n') == "journals_reverses_id_key" {
			return ErrReversed
		}
		return ErrTooMuch
	case "KB018":
		return ErrCode.With(e.Field('D'))
	case "KB020":
		return ErrOrder.With(e.Field('D'))
	case "KB021":
		return ErrYearHeld.With(e.Field('D'))
	case "KB022":
		return ErrDrift.With(e.Field('D'))
	case "KB023":
		return ErrUnsealed.With(e.Field('D'))
	}
	switch e.Field('n') {
	case "journals_same_person", "state_changes_same_person":
		return ErrSamePerson
	case "journals_second_person", "state_changes_second_person":
		return ErrSecondPerson
	case "journals_reverses_id_key":
		return ErrReversed
	case "journals_reason", "state_changes_reason":
		return ErrReason
	case "journals_basis":
		return ErrBasis
	}
	return err
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
