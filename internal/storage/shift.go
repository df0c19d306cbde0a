package storage

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// SetShift makes kb.now() stand behind (d negative) the clock of PostgreSQL by d. owner acts as kinhbac_owner. The
// first call takes the database into the past and marks it for ever; later ones only run forward, up to 0.
func SetShift(ctx context.Context, owner *bun.DB, d time.Duration) error {
	_, err := owner.ExecContext(ctx, "UPDATE kb.clock_shift SET shift = make_interval(secs => ?::double precision)", d.Seconds())
	return err
}

// Shift is how far kb.now() stands behind; 0 on every database that serves.
func Shift(ctx context.Context, db bun.IDB) (time.Duration, error) {
	var us int64
	err := db.NewRaw("SELECT (EXTRACT(epoch FROM shift) * 1000000)::bigint FROM kb.clock_shift").Scan(ctx, &us)
	return time.Duration(us) * time.Microsecond, err
}

// Shifted says that deciding time once differed from real time: pages say "Dữ liệu minh họa", verify prints it,
// serve refuses the database.
func Shifted(ctx context.Context, db bun.IDB) (bool, error) {
	var marked bool
	err := db.NewRaw("SELECT EXISTS (SELECT FROM kb.database_mark WHERE kind = 'shifted')").Scan(ctx, &marked)
	return marked, err
}
