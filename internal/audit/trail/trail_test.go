package trail

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/audit"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/ledger"
	"kinhbac/internal/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type key struct{ ed25519.PrivateKey }

func (k key) Sign(message []byte) []byte { return ed25519.Sign(k.PrivateKey, message) }
func (k key) Public() ed25519.PublicKey  { return k.PrivateKey.Public().(ed25519.PublicKey) }

func TestPages(t *testing.T) {
	db, acc := dbtest.New(t), accesstest.New(t)
	w := webtest.New(t, db, acc, New(db, acc, nil, append(audit.Probes(), ledger.Probes()...)).Routes)
	auditor := accesstest.As(t, t.Context(), db, accesstest.Person{Roles: []access.Role{access.Auditor}})
	officer := accesstest.As(t, t.Context(), db, accesstest.Person{Name: "Hoàng Thị Mai", Roles: []access.Role{access.FinanceOfficer}})
	w.Get(auditor, "/audit").Status(200).Has("Không có bản ghi nào")

	object := uuid.New()
	for i := range 30 {
		e := audit.Event{Act: "disbursement_request.check", Actor: access.From(officer).ID, Role: "finance_officer", Object: object,
			Label: fmt.Sprintf("GN-2026-%04d", i), Reason: "làm tròn", Before: map[string]string{"amount": "400000000"}, After: map[string]string{"amount": "392000000"}}
		if i == 7 {
			e.Act, e.Object = "call.publish_refused", uuid.New()
		}
		if err := audit.Record(t.Context(), db, e); err != nil {
			t.Fatal(err)
		}
	}
	for left := 1; left > 0; { // the sealer waits for transactions of other tests on the same server
		if _, err := audit.Seal(t.Context(), db, key{ed25519.NewKeyFromSeed(make([]byte, 32))}); err != nil {
			t.Fatal(err)
		}
		if err := db.NewRaw(`SELECT count(*) FROM audit_log a WHERE NOT EXISTS (SELECT FROM seal_leaves s WHERE s.tree = 'audit' AND s.row_id = a.id)`).Scan(t.Context(), &left); err != nil {
			t.Fatal(err)
		}
	}

	// 32: the page was read in both languages before.
	list := w.Get(auditor, "/audit").Status(200).Has("Hoàng Thị Mai").Has("Kiểm tra đề nghị giải ngân").Has("Đã niêm phong").Has("32 bản ghi").Has("after=")
	w.Get(auditor, "/audit?size=50&resource=call").Status(200).Has("Bị từ chối: Công bố đợt tuyển chọn").Has("GN-2026-0007")
	w.Get(auditor, "/audit?q=gn-2026-0012").Status(200).Has("GN-2026-0012")
	w.Get(auditor, "/audit?from=01/01/2020&to=02/01/2020").Status(200).Has("Không có bản ghi nào")
	w.Get(auditor, "/audit/"+object.String()).Status(200).Has("GN-2026-0029")
	name := list.Body[strings.Index(list.Body, "record=")+len("record="):][:22]
	w.Get(auditor, "/audit?record="+name).Status(200).Has("Thay đổi").Has("<del>400000000</del>").Has("<ins>392000000</ins>")
	w.Get(auditor, "/audit?record=zz").Status(404)
	next := list.Body[strings.Index(list.Body, "after=")+len("after="):][:22]
	w.Get(auditor, "/audit?after="+next).Status(200).Has("before=").Has("GN-2026-0000")
	w.Get(auditor, "/audit.csv").Status(200).Has("disbursement_request.check")
	w.Get(auditor, "/audit/proof").Status(200).Has("Mọi phép kiểm tra đều khớp")
	w.Get(officer, "/audit").Status(403)
	w.Get(t.Context(), "/audit").Status(401)
	w.Get(access.With(t.Context(), access.Subject{ID: uuid.New(), Grants: []access.Grant{{Role: access.SecurityOfficer}}}), "/audit").Status(403)
}

// Whoever reads for a stated purpose only leaves a record of each reading, with the case; others leave none.
func TestReadingForAPurposeIsRecorded(t *testing.T) {
	db, acc := dbtest.New(t), accesstest.New(t)
	w := webtest.New(t, db, acc, New(db, acc, nil, audit.Probes()).Routes)
	auditor := accesstest.As(t, t.Context(), db, accesstest.Person{Roles: []access.Role{access.Auditor}})
	object := uuid.New()
	w.Get(auditor, "/audit/"+object.String()).Status(200) // in both languages
	w.Get(auditor, "/audit/proof").Status(200)            // needs no purpose
	w.Get(auditor, "/audit?record=zz").Status(404)
	var got []struct {
		Act, Role, Label, Reason string
		ActorID, ObjectID        uuid.UUID
	}
	if err := db.NewRaw("SELECT act, role, label, reason, actor_id, object_id FROM audit_log").Scan(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	s := access.From(auditor)
	if len(got) != 2 || got[0] != got[1] || got[0].Act != "audit_log.read" || got[0].Role != "auditor" || got[0].Reason != s.Purpose || s.Purpose == "" ||
		got[0].ActorID != s.ID || got[0].ObjectID != object || got[0].Label != "/audit/"+object.String() {
		t.Errorf("recorded %+v", got)
	}
	w.Get(auditor, "/audit").Status(200).Has("Xem nhật ký")
}

// TestConflictHidesRecords keeps what a reader is in conflict with out of the log, its export, its history and its
// single record, be it the object itself or what belongs to it.
func TestConflictHidesRecords(t *testing.T) {
	db, acc := dbtest.New(t), accesstest.New(t)
	acc.Register(access.Noun{Kind: "role_grant", Table: "role_grants", Alias: "rg", Conflict: []access.Link{{Kind: "user", ID: "rg.user_id"}}})
	w := webtest.New(t, db, acc, New(db, acc, nil, audit.Probes()).Routes)
	auditor := accesstest.As(t, t.Context(), db, accesstest.Person{Roles: []access.Role{access.Auditor}})
	other := accesstest.As(t, t.Context(), db, accesstest.Person{Roles: []access.Role{access.Auditor}})
	officer := access.From(accesstest.As(t, t.Context(), db, accesstest.Person{Roles: []access.Role{access.FinanceOfficer}})).ID
	var grant uuid.UUID
	if err := db.NewRaw("SELECT id FROM role_grants WHERE user_id = ?", officer).Scan(t.Context(), &grant); err != nil {
		t.Fatal(err)
	}
	for _, e := range []audit.Event{{Kind: "user", Object: officer, Label: "TAI-KHOAN-1"}, {Kind: "role_grant", Object: grant, Label: "QUYEN-1"},
		{Kind: "call", Object: uuid.New(), Label: "BN-2026-09"}} {
		e.Act, e.Actor = "user.disable", access.From(auditor).ID
		if err := audit.Record(t.Context(), db, e); err != nil {
			t.Fatal(err)
		}
	}
	w.Get(auditor, "/audit").Status(200).Has("TAI-KHOAN-1", "QUYEN-1", "BN-2026-09")
	if err := access.AddTie(t.Context(), db, access.Tie{Kind: "conflict", Who: access.From(auditor).ID, Object: access.Ref{Kind: "user", ID: officer}, Reason: "người thân"}); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"/audit", "/audit.csv", "/audit?q=-1", "/audit/" + grant.String(), "/audit/" + officer.String()} {
		w.Get(auditor, page).Status(200).Lacks("TAI-KHOAN-1", "QUYEN-1")
	}
	w.Get(auditor, "/audit").Status(200).Has("BN-2026-09")
	w.Get(other, "/audit").Status(200).Has("TAI-KHOAN-1", "QUYEN-1")
	var rows []Record
	if err := db.NewSelect().Model(&rows).Column("at", "digest", "label").Where("label IN ('QUYEN-1', 'BN-2026-09')").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		status := map[string]int{"QUYEN-1": 404, "BN-2026-09": 200}[r.Label]
		w.Get(auditor, "/audit?record="+r.Name()).Status(status)
		w.Get(other, "/audit?record="+r.Name()).Status(200)
	}
}
