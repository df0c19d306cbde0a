package audit

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"kinhbac/internal/dbtest"
)

func TestCanonIsWhatPostgresWrites(t *testing.T) {
	db := dbtest.New(t)
	id := uuid.MustParse("5c1e0000-0000-4000-8000-000000000001")
	at := time.Date(2026, 11, 24, 10, 0, 0, 123456000, time.UTC)
	var c Canon
	c.Raw("v.1").Text("Đợt|1\"{}").Int(-7).Number(decimal.RequireFromString("100.5000")).Day("2026-11-24").Instant(at).ID(id).None().Text("")
	var want []byte
	err := db.NewRaw(`SELECT array_send(ARRAY['v.1', 't' || 'Đợt|1"{}', 'i' || (-7)::bigint, 'n' || trim_scale(100.5000), 'd' || date '2026-11-24',
		audit.instant(?::timestamptz), 'u' || ?::uuid, 't' || NULL::text, 't' || ''])`, at, id).Scan(t.Context(), &want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.Bytes(), want) {
		t.Errorf("one row:\n%x\n%x", c.Bytes(), want)
	}
	var two Canon
	two.Int(1).Text("a").Int(2).None()
	if err := db.NewRaw("SELECT array_send(ARRAY[ARRAY['i1', 'ta'], ARRAY['i2', NULL]])").Scan(t.Context(), &want); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(two.Rows(2), want) {
		t.Errorf("two rows:\n%x\n%x", two.Rows(2), want)
	}
}

func TestRowsNeverEncodeAlike(t *testing.T) {
	seen := map[string]int{}
	for i, c := range []*Canon{
		new(Canon).Text("a").Text("b"), new(Canon).Text("ab"), new(Canon).Text("a").Text("b").None(), new(Canon).None().Text("ab"),
		new(Canon).Text("").Text("ab"), new(Canon).Text("1"), new(Canon).Int(1), new(Canon).Day("1"), new(Canon).Raw("1"), new(Canon).None(), {},
	} {
		if j, twice := seen[string(c.Bytes())]; twice {
			t.Errorf("rows %d and %d encode alike", i, j)
		}
		seen[string(c.Bytes())] = i
	}
}
