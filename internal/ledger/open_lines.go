package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Intern gives the number of a combination of dimensions, for OpenLines. It refuses with ErrCode when a code of it is
// unknown in its budget year.
func Intern(ctx context.Context, tx bun.IDB, d Dim) (int64, error) {
	id, err := intern(ctx, tx, d)
	if err != nil {
		return 0, refusal(err)
	}
	return id, nil
}

// OpenLines makes a control line with nothing authorised for each subject, dims beside them, in one statement; the
// answer is by subject. Lines that stand already are given as they are.
func OpenLines(ctx context.Context, tx bun.IDB, book string, kind LineKind, dims []int64, subjects []uuid.UUID) (map[uuid.UUID]int64, error) {
	texts := make([]string, len(subjects))
	for i, id := range subjects {
		texts[i] = id.String()
	}
	var rows []struct {
		SubjectID uuid.UUID
		LineID    int64
	}
	err := tx.NewRaw("SELECT * FROM ledger.open_lines(?, ?, ?::bigint[], ?::uuid[])", book, string(kind), pgdialect.Array(dims), pgdialect.Array(texts)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("open %d %s lines in %s: %w", len(subjects), kind, book, refusal(err))
	}
	out := make(map[uuid.UUID]int64, len(rows))
	for _, r := range rows {
		out[r.SubjectID] = r.LineID
	}
	return out, nil
}
