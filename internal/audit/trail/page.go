package trail

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"kinhbac/internal/errs"
	"kinhbac/internal/web"
)

// place is where a record stands in the log as people see it: its instant, then its digest, because the records of
// one transaction share their instant. It also names the record in links.
type place struct {
	At     time.Time
	Digest []byte // the first eight bytes
}

func (r *Record) place() place { return place{r.At, r.Digest[:8]} }

// String is the place in a link.
func (p place) String() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(p.At.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(b, p.Digest...))
}

func parsePlace(s string) (place, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 16 {
		return place{}, errs.ErrNotFound
	}
	return place{time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC(), b[8:]}, nil
}

// fetch reads one page of q in the list's order, newest first unless Sort says "at", and sets its neighbours. The log
// pages by itself: the index on the instant carries it, and its rows have no uuid for web.Fetch.
func fetch(ctx context.Context, l *web.List, q *bun.SelectQuery, rows *[]Record) error {
	back := l.Before != ""
	down := (l.Sort != "at") != back
	op, dir := ">", " ASC"
	if down {
		op, dir = "<", " DESC"
	}
	if at := l.After + l.Before; at != "" && l.Size > 0 {
		p, err := parsePlace(at)
		if err != nil {
			return err
		}
		q = q.Where("(al.at, substr(al.digest, 1, 8)) "+op+" (?, ?)", p.At, p.Digest)
	}
	q = q.OrderExpr("al.at" + dir + ", substr(al.digest, 1, 8)" + dir).Limit(50000)
	if l.Size > 0 {
		q = q.Limit(int64(l.Size) + 1)
	}
	if err := q.Scan(ctx); err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	more := l.Size > 0 && len(*rows) > l.Size
	if more {
		*rows = (*rows)[:l.Size]
	}
	if back {
		slices.Reverse(*rows)
	}
	l.Next, l.Prev, l.Shown = "", "", len(*rows)
	if len(*rows) == 0 {
		return nil
	}
	if more || back {
		l.Next = (*rows)[len(*rows)-1].place().String()
	}
	if back && more || !back && l.After != "" {
		l.Prev = (*rows)[0].place().String()
	}
	return nil
}
