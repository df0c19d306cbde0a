package identity

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
)

const many = 32

// confirmers are the two ways to confirm: staff by a code, an applicant by password. Each is signed in, with a good
// code of the present.
func confirmers(h *house) map[string]func() (u *User, cookie, code string) {
	return map[string]func() (*User, string, string){
		"code": func() (*User, string, string) {
			u := h.person("hanh"+uuid.NewString()[:8], access.ProgrammeOfficer)
			cookie, _ := h.enter(u)
			return u, cookie, h.code(u, 0)
		},
		"password": func() (*User, string, string) {
			u, _, err := h.AddUser(h.ctx, NewUser{Login: "dung" + uuid.NewString()[:8], Name: "Ngô Anh Dũng", Password: password, Unit: access.UnitScience})
			h.must(err)
			h.must(insertGrant(h.ctx, h.db, u.ID, NewGrant{Role: access.Applicant, Organisation: uuid.New()}, uuid.Nil))
			cookie, err := h.SignIn(h.ctx, u.Login, password, "", Client{})
			h.must(err)
			return u, cookie, password
		},
	}
}

// TestOneProofManyTimes proves one act 32 times at once with one code: all are good, the session has one new id, no
// attempt is counted, and the code is good for nothing else.
func TestOneProofManyTimes(t *testing.T) {
	h := open(t)
	for name, make := range confirmers(h) {
		t.Run(name, func(t *testing.T) {
			u, cookie, code := make()
			sub, err := h.Load(h.ctx, cookie)
			h.must(err)
			var wg sync.WaitGroup
			got, failed := [many]access.Subject{}, [many]error{}
			for i := range many {
				wg.Go(func() { got[i], failed[i] = h.Prove(h.ctx, sub, "payment.approve /payments/1", "digest", code) })
			}
			wg.Wait()
			for i := range many {
				if failed[i] != nil || got[i].Proved.IsZero() || got[i].Renewed == "" || got[i].Renewed != got[0].Renewed {
					t.Fatalf("%d of %d at once: %+v, %v", i, many, got[i], failed[i])
				}
			}
			if now, err := h.Load(h.ctx, got[0].Renewed); err != nil || now.ID != u.ID {
				t.Errorf("the new id: %v, %v", now.ID, err)
			}
			var counted int
			h.must(h.db.NewRaw("SELECT count(*) FROM attempts WHERE key = ?", "code:"+u.ID.String()).Scan(t.Context(), &counted))
			if counted != 0 {
				t.Errorf("%d windows of wrong attempts", counted)
			}
			if again, err := h.Prove(h.ctx, sub, "payment.approve /payments/1", "digest", "000000"); err != nil || again.Renewed != "" {
				t.Errorf("the same act with another code gives the id %q, %v", again.Renewed, err)
			}
			if name == "code" {
				for i := range many {
					wg.Go(func() { _, failed[i] = h.Prove(h.ctx, got[0], "payment.approve /payments/2", "digest", code) })
				}
				wg.Wait()
				for _, err := range failed {
					if !errors.Is(err, ErrCodeUsed) {
						t.Fatalf("the code for another act: %v", err)
					}
				}
			}
			h.now.Advance(period * time.Second)
			next := func() string {
				if name == "code" {
					return h.code(u, 0)
				}
				return password
			}
			last, err := h.Prove(h.ctx, got[0], "payment.approve /payments/3", "digest", next())
			h.must(err)
			h.now.Advance(period * time.Second)
			for i := range byCode.count + 1 {
				want := error(ErrCode)
				if i == byCode.count {
					want = ErrTooMany
				}
				if _, err := h.Prove(h.ctx, last, "payment.approve /payments/4", "digest", "00000x"); !errors.Is(err, want) {
					t.Errorf("wrong code %d: %v", i+1, err)
				}
			}
		})
	}
}

// TestSameFormTwice posts one form with its code 32 times at once over HTTP: it is done once, and every answer is the
// one of the first.
func TestSameFormTwice(t *testing.T) {
	h := open(t)
	var done atomic.Int64
	w := webtest.With(t, web.Options{DB: h.db, Access: h.access, Sessions: h.Service, Clock: h.now}, func(rt *web.Router) {
		web.Command(rt, "/payments/:id/approve", web.SignedIn, "", "", func(ctx context.Context, r web.Req, in struct {
			Version int `form:"version" json:"version"`
		}) (web.Done, struct{}, error) {
			if access.From(ctx).Proved.IsZero() {
				return web.Done{}, struct{}{}, access.ErrStepUp
			}
			done.Add(1)
			return web.Done{Location: "/payments/" + r.Param("id")}, struct{}{}, nil
		})
	})
	for name, make := range confirmers(h) {
		t.Run(name, func(t *testing.T) {
			_, cookie, code := make()
			key, before := uuid.NewString(), done.Load()
			send := func(code string) *webtest.Answer {
				form := url.Values{"_csrf": {web.CSRFToken(cookie)}, "_key": {key}, "version": {"1"}, "_code": {code}}
				return w.Raw(t.Context(), http.MethodPost, "/payments/"+name+"/approve", []byte(form.Encode()),
					map[string]string{"Cookie": "kb=" + cookie, "Content-Type": "application/x-www-form-urlencoded"})
			}
			var wg sync.WaitGroup
			var answers [many]*webtest.Answer
			for i := range many {
				wg.Go(func() { answers[i] = send(code) })
			}
			wg.Wait()
			renewed := ""
			for _, a := range answers {
				a.Location("/payments/" + name)
				if _, rest, ok := strings.Cut(a.Header.Get("Set-Cookie"), "kb="); ok {
					id, _, _ := strings.Cut(rest, ";")
					if renewed != "" && renewed != id {
						t.Errorf("two new ids")
					}
					renewed = id
				}
			}
			if n := done.Load() - before; n != 1 {
				t.Errorf("done %d times", n)
			}
			if renewed == "" {
				t.Error("no answer gave the new id")
			}
			send("00000x").Location("/payments/" + name) // a repeat needs no code any more
		})
	}
}
