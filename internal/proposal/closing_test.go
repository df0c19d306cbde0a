package proposal

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
)

// crowd copies a filled draft until the call has n of them, all of one applicant.
func (w *world) crowd(n int) []uuid.UUID {
	w.t.Helper()
	p := w.draft()
	all, ids := make([]Proposal, n-1), []uuid.UUID{p.ID}
	for i := range all {
		all[i] = *p
		all[i].ID = uuid.New()
		ids = append(ids, all[i].ID)
	}
	if _, err := w.owner.NewInsert().Model(&all).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for table, key := range map[string]string{"proposal_members": "id", "proposal_costs": "id", "proposal_files": "id"} {
		w.exec(`INSERT INTO `+table+` SELECT (x.r).* FROM (SELECT jsonb_populate_record(r, jsonb_build_object('`+key+`', gen_random_uuid(), 'proposal_id', c.id)) AS r
			FROM `+table+` r, proposals c WHERE r.proposal_id = ?0 AND c.id <> ?0) x`, p.ID)
	}
	w.exec(`INSERT INTO access_ties SELECT (x.t).* FROM (SELECT jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'object_id', c.id)) AS t
		FROM access_ties t, proposals c WHERE t.object_id = ?0 AND c.id <> ?0) x`, p.ID)
	return ids
}

// A thousand dossiers are sent while the call closes: each is whole on the side of the instant where PostgreSQL's clock saw
// it, with its receipt, or is the draft it was.
func TestThousandSubmissionsRoundTheClosing(t *testing.T) {
	w := newWorld(t)
	const sent, before = 1000, 400
	ids := w.crowd(sent)
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	queue := make(chan uuid.UUID, sent)
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	var accepted atomic.Int64
	var mu sync.Mutex
	verdicts := map[uuid.UUID]error{}
	var closing sync.Once
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for id := range queue {
				_, err := w.svc.Submit(w.applicant, id, Confirmations{Version: w.get(id).Version, Truth: true, NoDouble: true})
				mu.Lock()
				verdicts[id] = err
				mu.Unlock()
				if err == nil && accepted.Add(1) >= before {
					closing.Do(func() {
						w.exec("UPDATE calls SET closes_at = clock_timestamp() + interval '300 milliseconds' WHERE id = ?", w.call.ID)
					})
				}
			}
		})
	}
	wg.Wait()
	var rows []struct {
		ID            uuid.UUID
		Status        Status
		Code          *string
		SubmittedAt   *time.Time
		ClosesAt      time.Time
		Receipts      int
		Versions      int
		Late          bool
		Digest, Given *string
	}
	must(t, w.db.NewRaw(`SELECT p.id, p.status, p.code, p.submitted_at, c.closes_at, p.digest, r.digest AS given, p.submitted_at >= c.closes_at AS late,
		(SELECT count(*) FROM receipts x WHERE x.subject_id = p.id AND x.code = p.code) AS receipts, (SELECT count(*) FROM proposal_versions v WHERE v.proposal_id = p.id) AS versions
		FROM proposals p JOIN calls c ON c.id = p.call_id LEFT JOIN receipts r ON r.subject_id = p.id`).Scan(t.Context(), &rows))
	codes := map[string]bool{}
	in, out := 0, 0
	for _, r := range rows {
		switch err := verdicts[r.ID]; {
		case err == nil:
			in++
			if r.Status != Submitted || r.Code == nil || codes[*r.Code] || r.Late || r.Receipts != 1 || r.Versions != 1 || *r.Digest != *r.Given {
				t.Errorf("accepted, but %+v", r)
				continue
			}
			codes[*r.Code] = true
		case errors.Is(err, access.ErrDeadline), errors.Is(err, ErrLate):
			out++
			if r.Status != Draft || r.Code != nil || r.SubmittedAt != nil || r.Receipts != 0 || r.Versions != 0 {
				t.Errorf("late, but %+v", r)
			}
		default:
			t.Errorf("%s: %v", r.ID, err)
		}
	}
	if in+out != sent || in < before || out == 0 {
		t.Errorf("%d accepted, %d late of %d", in, out, sent)
	}
	t.Logf("%d accepted, %d late", in, out)
}
