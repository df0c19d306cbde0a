package trail

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

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
	for n, end := int64(0), time.Now().Add(20*time.Second); n < 32 && time.Now().Before(end); { // two: the page was read in both languages
		done, err := audit.Seal(t.Context(), db, key{ed25519.NewKeyFromSeed(make([]byte, 32))})
		if err != nil {
			t.Fatal(err)
		}
		n += done
	}

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
