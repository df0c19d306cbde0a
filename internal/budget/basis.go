package budget

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/rulebook"
)

// bases are the legal bases an act of kind may name, the first by default: the rule budget.act.<kind> and those
// below it in the rulebook, as they stand on the day of at.
func bases(ctx context.Context, db bun.IDB, kind string, at time.Time) ([]rulebook.Value, error) {
	var ids []string
	id := "budget.act." + kind
	err := db.NewRaw("SELECT r.id FROM rules r WHERE r.id = ? OR r.id LIKE ? ORDER BY r.id", id, id+".%").Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("read legal bases of %s: %w", kind, err)
	}
	list := make([]rulebook.Value, 0, len(ids))
	for _, id := range ids {
		v, err := rulebook.Get(ctx, db, id, at)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// basis is the one chosen, or the first when nothing was chosen; another rule is refused at the field.
func basis(ctx context.Context, db bun.IDB, kind, chosen string, at time.Time) (rulebook.Value, error) {
	list, err := bases(ctx, db, kind, at)
	if err != nil {
		return rulebook.Value{}, err
	}
	if len(list) == 0 {
		return rulebook.Value{}, rulebook.ErrNoRule.With("budget.act." + kind)
	}
	if chosen == "" {
		return list[0], nil
	}
	if i := slices.IndexFunc(list, func(v rulebook.Value) bool { return v.ID == chosen }); i >= 0 {
		return list[i], nil
	}
	return rulebook.Value{}, errs.FieldError("basis", "budget.basis_wrong")
}

// transferAuthority names who decides a transfer: within one branch or between two, by the rulebook.
func transferAuthority(ctx context.Context, db bun.IDB, sameBranch bool, at time.Time) (string, error) {
	v, err := rulebook.Get(ctx, db, "budget.transfer.authority", at)
	if err != nil {
		return "", err
	}
	where := "other_branch:"
	if sameBranch {
		where = "same_branch:"
	}
	for _, item := range v.List() {
		if act, ok := strings.CutPrefix(item, where); ok && (act == "transfer" || act == "transfer_across") {
			return act, nil
		}
	}
	return "", fmt.Errorf("rule %s names no act for %s: %w", v.ID, where, rulebook.ErrNoParse)
}
