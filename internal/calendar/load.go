package calendar

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Load reads the table of holidays. It changes a few times a year: the program loads it at start.
func Load(ctx context.Context, db bun.IDB) (Holidays, error) {
	var rows []Holiday
	if err := db.NewRaw("SELECT day, kind FROM holidays").Scan(ctx, &rows); err != nil {
		return Holidays{}, fmt.Errorf("load holidays: %w", err)
	}
	return NewHolidays(rows), nil
}
