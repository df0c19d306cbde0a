package proposal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
)

// agency is the code of the office in national dossier codes. Source: Nghị định 61/2018/NĐ-CP (M: to confirm).
const agency = "H05.08"

const serials = 10_000 // numbers of one day

// ErrDayFull is a day that has given all its numbers.
var ErrDayFull = errs.New(errs.Unavailable, "proposal.day_full")

// permute mixes a serial of a day into another number of 0..9999, one to one under a secret key: a Feistel network
// of eight rounds over two digits each.
func permute(key []byte, day calendar.Date, serial int) int {
	left, right := serial/100, serial%100
	for round := range 8 {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s/%d/%d", day, round, right)
		left, right = right, (left+int(binary.BigEndian.Uint32(mac.Sum(nil))%100))%100
	}
	return left*100 + right
}

// codeOf is the dossier code of a serial: H05.08-yymmdd-nnnn.
func codeOf(key []byte, day calendar.Date, serial int) string {
	return fmt.Sprintf("%s-%02d%02d%02d-%04d", agency, day.Year()%100, day.Month(), day.Day(), permute(key, day, serial))
}

// nextCode takes the next code of a day; the day's row stays locked until the transaction ends.
func nextCode(ctx context.Context, tx bun.IDB, day calendar.Date) (string, error) {
	var serial int
	err := tx.NewRaw(`INSERT INTO proposal_serials AS s (day, last) VALUES (?, 0)
		ON CONFLICT (day) DO UPDATE SET last = s.last + 1 WHERE s.last < ? RETURNING last`, day, serials-1).Scan(ctx, &serial)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrDayFull
	}
	if err != nil {
		return "", fmt.Errorf("next serial of %s: %w", day, err)
	}
	var key []byte
	if err := tx.NewRaw("SELECT key FROM proposal_code_key").Scan(ctx, &key); err != nil {
		return "", fmt.Errorf("read the key of codes: %w", err)
	}
	return codeOf(key, day, serial), nil
}
