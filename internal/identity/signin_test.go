package identity

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/clock"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const password = "cầu Long Biên 1902"

// house is a service on a fresh database with a clock that stands.
type house struct {
	*Service
	t   *testing.T
	ctx context.Context // the command line
	now *clock.Fake
}

func open(t *testing.T) *house {
	db := dbtest.New(t)
	now := clock.NewFake(time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC))
	s := New(db, accesstest.New(t), Options{Clock: now, Key: []byte(strings.Repeat("k", 32))})
	s.cost = cheap
	s.access.SetClock(now)
	return &house{s, t, access.With(t.Context(), access.System()), now}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// person makes an account of the office with a factor and roles.
func (h *house) person(login string, roles ...access.Role) *User {
	h.t.Helper()
	u, _, err := h.AddUser(h.ctx, NewUser{Login: login, Name: "Nguyễn Thị Hạnh", Password: password, Unit: access.UnitScience, Factor: true})
	h.must(err)
	for _, role := range roles {
		h.must(insertGrant(h.ctx, h.db, u.ID, NewGrant{Role: role, Unit: access.UnitScience}, uuid.Nil))
	}
	return u
}

// code is what the device of a person shows now, d steps on.
func (h *house) code(u *User, d int64) string {
	h.t.Helper()
	f, err := factorOf(h.ctx, h.db, u.ID)
	h.must(err)
	secret, err := h.unseal(u.ID, f.Secret)
	h.must(err)
	code, err := codeAt(secret, h.step()+d)
	h.must(err)
	return code
}

// enter signs a person in and gives the cookie and the subject.
func (h *house) enter(u *User) (string, access.Subject) {
	h.t.Helper()
	cookie, err := h.SignIn(h.ctx, u.Login, password, h.code(u, 0), Client{Address: "10.0.0.1"})
	h.must(err)
	sub, err := h.Load(h.ctx, cookie)
	h.must(err)
	if sub.ID != u.ID {
		h.t.Fatalf("signed in as %v", sub.ID)
	}
	h.now.Advance(period * time.Second)
	return cookie, sub
}

func TestSignIn(t *testing.T) {
	h := open(t)
	staff := h.person("hanh@khcn.bacninh.gov.vn", access.ProgrammeOfficer)
	closed := h.person("khoi@khcn.bacninh.gov.vn", access.DepartmentHead)
	h.must(h.Disable(h.ctx, closed.Login, "left"))
	for _, c := range []struct {
		name, login, password, code string
		want                        error
	}{
		{name: "right", login: " Hanh@KHCN.bacninh.gov.vn ", password: password, code: h.code(staff, 0)},
		{name: "the same code again", login: staff.Login, password: password, code: h.code(staff, 0), want: ErrSignIn},
		{name: "the code of the step before", login: staff.Login, password: password, code: h.code(staff, -1)},
		{name: "the code of the step after", login: staff.Login, password: password, code: h.code(staff, 1)},
		{name: "the code of two steps ago", login: staff.Login, password: password, code: h.code(staff, -2), want: ErrSignIn},
		{name: "no code", login: staff.Login, password: password, want: ErrSignIn},
		{name: "wrong password", login: staff.Login, password: password + "x", code: h.code(staff, 0), want: ErrSignIn},
		{name: "nobody", login: "nobody@bacninh.gov.vn", password: password, want: ErrSignIn},
		{name: "disabled", login: closed.Login, password: password, code: h.code(closed, 0), want: ErrSignIn},
	} {
		cookie, err := h.SignIn(h.ctx, c.login, c.password, c.code, Client{Address: "10.0.0.1"})
		if !errors.Is(err, c.want) || (err == nil) != (len(cookie) == 64) {
			t.Errorf("%s: %q, %v", c.name, cookie, err)
		}
	}
}

// TestOneCodeOnce lets one of many sign-ins with the same code pass.
func TestOneCodeOnce(t *testing.T) {
	h := open(t)
	u := h.person("hanh", access.ProgrammeOfficer)
	code := h.code(u, 0)
	var wg sync.WaitGroup
	passed := make([]error, 4)
	for i := range passed {
		wg.Go(func() { _, passed[i] = h.SignIn(h.ctx, u.Login, password, code, Client{}) })
	}
	wg.Wait()
	n := 0
	for _, err := range passed {
		if err == nil {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d sign-ins with one code: %v", n, passed)
	}
}

func TestGuessingIsLimited(t *testing.T) {
	h := open(t)
	u := h.person("hanh", access.ProgrammeOfficer)
	for _, login := range []string{u.Login, "nobody"} { // an account answers as none does
		for i := range 6 {
			_, err := h.SignIn(h.ctx, login, "wrong", "", Client{Address: "10.0.0.2"})
			want := ErrSignIn
			if i == 5 {
				want = ErrTooMany
			}
			if !errors.Is(err, want) {
				t.Errorf("%s, attempt %d: %v", login, i+1, err)
			}
		}
	}
	if _, err := h.SignIn(h.ctx, u.Login, password, h.code(u, 0), Client{Address: "10.0.0.3"}); errs.From(err).Kind != errs.TooMany {
		t.Errorf("the right password while locked: %v", err)
	}
	h.now.Advance(15 * time.Minute)
	if _, err := h.SignIn(h.ctx, u.Login, password, h.code(u, 0), Client{Address: "10.0.0.3"}); err != nil {
		t.Errorf("after the window: %v", err)
	}
	var err error
	for range byAddress.count + 1 {
		_, err = h.SignIn(h.ctx, uuid.NewString(), "wrong", "", Client{Address: "10.0.0.4"})
	}
	if !errors.Is(err, ErrTooMany) {
		t.Errorf("many accounts from one address: %v", err)
	}
}

func TestSessionEnds(t *testing.T) {
	h := open(t)
	staff := h.person("hanh", access.ProgrammeOfficer)
	for _, c := range []struct {
		name  string
		moves []time.Duration // a request after each
		alive bool
	}{
		{"at once", nil, true},
		{"just before 30 minutes idle", []time.Duration{30*time.Minute - period*time.Second - time.Second}, true},
		{"30 minutes idle", []time.Duration{30*time.Minute - period*time.Second}, false},
		{"used every 20 minutes for 11 h 40", repeat(20*time.Minute, 35), true},
		{"used every 20 minutes for 12 h", repeat(20*time.Minute, 36), false},
	} {
		cookie, _ := h.enter(staff)
		var sub access.Subject
		var err error
		sub, err = h.Load(h.ctx, cookie)
		h.must(err)
		for _, d := range c.moves {
			h.now.Advance(d)
			sub, err = h.Load(h.ctx, cookie)
			h.must(err)
		}
		if (sub.ID == staff.ID) != c.alive {
			t.Errorf("%s: %v", c.name, sub.ID)
		}
		h.now.Advance(time.Hour)
	}
}

func repeat(d time.Duration, n int) (ds []time.Duration) {
	for range n {
		ds = append(ds, d)
	}
	return ds
}

func TestSessionIsTakenAway(t *testing.T) {
	h := open(t)
	u := h.person("hanh", access.ProgrammeOfficer)
	alive := func(cookie string) bool {
		sub, err := h.Load(h.ctx, cookie)
		h.must(err)
		return sub.ID != uuid.Nil
	}
	one, sub := h.enter(u)
	two, _ := h.enter(u)
	if one == two {
		t.Error("two sign-ins share an id")
	}
	if alive(strings.Repeat("0", 64)) || alive("") {
		t.Error("an id nobody gave opens a session")
	}
	h.must(h.SignOut(access.With(t.Context(), sub)))
	if alive(one) || !alive(two) {
		t.Error("signing out ends its own session only")
	}
	three, sub := h.enter(u)
	h.must(h.SignOutEverywhere(access.With(t.Context(), sub)))
	if alive(two) || alive(three) {
		t.Error("a session outlives signing out everywhere")
	}
	four, _ := h.enter(u)
	h.must(h.Disable(h.ctx, u.Login, "left"))
	if alive(four) {
		t.Error("a session outlives its account")
	}
	var stored int
	h.must(h.db.NewRaw("SELECT count(*) FROM sessions WHERE id IN (?, ?, ?, ?)", one, two, three, four).Scan(t.Context(), &stored))
	if stored != 0 {
		t.Error("a cookie is stored as it is")
	}
}

func TestProve(t *testing.T) {
	h := open(t)
	u := h.person("hanh", access.ProgrammeOfficer)
	cookie, sub := h.enter(u)
	code := h.code(u, 0)
	proved, err := h.Prove(h.ctx, sub, "call.publish /calls/1", "digest", code)
	h.must(err)
	if proved.Proved.IsZero() || proved.Renewed == "" || proved.Renewed == cookie {
		t.Fatalf("proved %+v", proved)
	}
	for name, old := range map[string]string{"new": proved.Renewed, "old, under way": cookie} {
		if s, err := h.Load(h.ctx, old); err != nil || s.Session != proved.Session {
			t.Errorf("the %s id: %v, %v", name, s.Session, err)
		}
	}
	if again, err := h.Prove(h.ctx, proved, "call.publish /calls/1", "digest", ""); err != nil || again.Proved != proved.Proved {
		t.Errorf("the same act again: %v", err)
	}
	for name, c := range map[string][3]string{
		"another act":     {"call.cancel /calls/1", "digest"},
		"another content": {"call.publish /calls/1", "other"},
		"another object":  {"call.publish /calls/2", "digest"},
	} {
		if s, err := h.Prove(h.ctx, proved, c[0], c[1], code); !errors.Is(err, ErrCodeUsed) || !s.Proved.IsZero() && s.Proved != proved.Proved {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.Prove(h.ctx, proved, "call.cancel /calls/1", "digest", password); !errors.Is(err, ErrCode) {
		t.Errorf("a password, staff: %v", err)
	}
	h.now.Advance(time.Minute)
	if s, err := h.Load(h.ctx, cookie); err != nil || s.ID != uuid.Nil {
		t.Errorf("the old id a minute later: %v, %v", s.ID, err)
	}
	h.now.Advance(proofLife - time.Minute)
	for range byCode.count - 1 { // one was wrong before; a used code is not counted
		if _, err := h.Prove(h.ctx, proved, "call.publish /calls/1", "digest", code); !errors.Is(err, ErrCode) {
			t.Errorf("the proof after five minutes: %v", err)
		}
	}
	if _, err := h.Prove(h.ctx, proved, "call.publish /calls/1", "digest", h.code(u, 0)); !errors.Is(err, ErrTooMany) {
		t.Errorf("the sixth attempt: %v", err)
	}
	other := h.person("khoi", access.DepartmentHead)
	_, sub = h.enter(other)
	if _, err := h.Prove(h.ctx, sub, "call.publish /calls/1", "digest", h.code(u, 0)); !errors.Is(err, ErrCode) {
		t.Errorf("somebody else's code: %v", err)
	}
}
