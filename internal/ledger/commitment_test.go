package ledger

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/storage"
)

// straight is a commitment made straight on a line under a document of its own.
func straight(line, amount int64) Commitment {
	c := commitment(line, amount)
	c.Document = Ref{Kind: "commitment", ID: uuid.New(), No: "12/HĐ ngày 03/11/2026"}
	c.Key = "commitment/" + c.Document.ID.String()
	return c
}

// papers lists the documents of commitments with the voucher of each.
func papers(t *testing.T, db bun.IDB) (out []string) {
	t.Helper()
	err := db.NewRaw(`SELECT j.number || ' ' || c.document_no || ' line ' || c.line_id || ' ' || c.amount || ' ' || c.made_by || ' ' || c.signed_by
		FROM ledger.commitments c JOIN ledger.journals j ON j.id = c.journal_id AND j.document_id = c.id ORDER BY j.id`).Scan(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A commitment leaves its document whichever way it comes; what is refused or repeated leaves none.
func TestACommitmentLeavesItsDocument(t *testing.T) {
	db := dbtest.New(t)
	id := line(t, db, 100)
	one, two, three, much := straight(id, 10), straight(id, 20), straight(id, 30), straight(id, 1000)
	var want []string
	keep := func(p Posted, amount int64) {
		want = append(want, fmt.Sprintf("%s 12/HĐ ngày 03/11/2026 line %d %d %s %s", p.No, id, amount, maker, checker))
	}
	p, err := Commit(t.Context(), db, one)
	if err != nil {
		t.Fatal(err)
	}
	keep(p, 10)
	if _, err := Commit(t.Context(), db, much); err == nil {
		t.Error("more than is there was committed")
	}
	out, err := CommitBatch(t.Context(), db, []Commitment{two, one, much, three, two})
	if err != nil || out[0].Err != nil || !out[1].Posted.Replay || out[2].Err == nil || out[3].Err != nil || !out[4].Posted.Replay {
		t.Fatalf("%+v, error %v", out, err)
	}
	keep(out[0].Posted, 20)
	keep(out[3].Posted, 30)
	if p, err := Commit(t.Context(), db, one); err != nil || !p.Replay {
		t.Errorf("again: %+v, error %v", p, err)
	}
	if got := papers(t, db); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("documents:\n%q\nwant:\n%q", got, want)
	}
	if err := commit(t.Context(), db, id, 1); err != nil {
		t.Fatal(err)
	}
	if got := papers(t, db); len(got) != 3 {
		t.Errorf("a commitment of another document left one of its own: %q", got)
	}
	noDrift(t, db)
	for name, sql := range map[string]string{
		"write":  "INSERT INTO ledger.commitments SELECT gen_random_uuid(), journal_id, line_id, amount, document_no, made_by, signed_by, reason, at FROM ledger.commitments",
		"change": "UPDATE ledger.commitments SET amount = 1", "delete": "DELETE FROM ledger.commitments", "empty": "TRUNCATE ledger.commitments",
	} {
		if _, err := db.ExecContext(t.Context(), sql); storage.Code(err) != "42501" {
			t.Errorf("the app may %s documents of commitments: %v", name, err)
		}
		if _, err := dbtest.Owner(t, db).ExecContext(t.Context(), sql); name != "write" && storage.Code(err) != "KB001" {
			t.Errorf("the owner may %s documents of commitments: %v", name, err)
		}
	}
}

// Whoever forces another document behind a journal, or takes it away, is named.
func TestVerifyFindsAForgedCommitment(t *testing.T) {
	for _, c := range []struct{ name, sql, check string }{
		{"another number", "UPDATE ledger.commitments SET document_no = '13/HĐ'", "ledger.check.commitments"},
		{"another signer", "UPDATE ledger.commitments SET signed_by = gen_random_uuid()", "ledger.check.commitments"},
		{"another line", "UPDATE ledger.commitments SET line_id = line_id + 1", "ledger.check.commitments"},
		{"another day", "UPDATE ledger.commitments SET at = at - interval '1 day'", "ledger.check.commitments"},
		{"another amount", "UPDATE ledger.commitments SET amount = amount + 1", "ledger.check.documents"},
		{"no document", "DELETE FROM ledger.commitments", "ledger.check.documents"},
		{"a document of nothing", `INSERT INTO ledger.commitments SELECT gen_random_uuid(), journal_id, line_id, amount, document_no, made_by,
			signed_by, reason, at FROM ledger.commitments`, "ledger.check.documents"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			if _, err := Commit(t.Context(), db, straight(line(t, db, 100), 10)); err != nil {
				t.Fatal(err)
			}
			sql := "ALTER TABLE ledger.commitments DISABLE TRIGGER USER; " + c.sql + "; ALTER TABLE ledger.commitments ENABLE TRIGGER USER"
			if _, err := dbtest.Owner(t, db).ExecContext(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
			seal(t, db)
			checks, err := Verify(t.Context(), db, nil)
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]bool{}
			for _, one := range checks {
				found[one.Code] = one.Break != ""
			}
			if !found[c.check] {
				t.Errorf("%s holds: %v", c.check, found)
			}
		})
	}
}

// What was committed before there were documents gets them.
func TestEarlierCommitmentsGetDocuments(t *testing.T) {
	db := dbtest.Empty(t)
	if err := storage.MigrateTo(t.Context(), db, "20261124611999"); err != nil {
		t.Fatal(err)
	}
	id := line(t, db, 100)
	for n := range int64(3) {
		if _, err := Commit(t.Context(), db, straight(id, n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := storage.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if got := papers(t, db); len(got) != 3 {
		t.Errorf("documents: %q", got)
	}
	seal(t, db)
	if checks, err := Verify(t.Context(), db, nil); err != nil || broken(checks) != "" {
		t.Errorf("%s, error %v", broken(checks), err)
	}
}
