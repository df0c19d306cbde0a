package identity

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
)

func TestRegister(t *testing.T) {
	h := open(t)
	h.opts.Demo = true
	in := SignUp{Name: "Ngô Anh Dũng", Email: "Dung@SongCau.example", Password: password}
	token, err := h.Register(t.Context(), in, Client{})
	h.must(err)
	if _, err := h.SignIn(t.Context(), in.Email, password, "", Client{}); !errors.Is(err, ErrConfirm) {
		t.Errorf("before confirming: %v", err)
	}
	// Somebody else types the same address with a password of their own.
	thief, err := h.Register(t.Context(), SignUp{Name: "X Y", Email: in.Email, Password: "another password"}, Client{})
	h.must(err)
	h.must(h.Confirm(t.Context(), token))
	for name, bad := range map[string]string{"used": token, "unknown": random(), "of the other": thief} {
		if err := h.Confirm(t.Context(), bad); !errors.Is(err, ErrLink) {
			t.Errorf("link %s: %v", name, err)
		}
	}
	if _, err := h.SignIn(t.Context(), in.Email, "another password", "", Client{}); !errors.Is(err, ErrSignIn) {
		t.Errorf("the other password: %v", err)
	}
	cookie, err := h.SignIn(t.Context(), in.Email, password, "", Client{})
	h.must(err)
	sub, err := h.Load(t.Context(), cookie)
	h.must(err)
	if sub.Name != in.Name || !sub.Has(access.Applicant) {
		t.Errorf("signed in as %+v", sub)
	}
	proved, err := h.Prove(t.Context(), sub, "proposal.submit", "digest", password)
	if err != nil || proved.Proved.IsZero() {
		t.Errorf("people without a factor confirm by password: %v", err)
	}
	if f, err := h.Factor(t.Context(), sub); err != nil || !f.Password {
		t.Errorf("factor: %+v, %v", f, err)
	}
	h.now.Advance(2*time.Hour - time.Second)
	if s, err := h.Load(t.Context(), proved.Renewed); err != nil || s.ID == uuid.Nil {
		t.Errorf("an applicant after just under two hours: %v", err)
	}
	// A known address gets the same answer, and a mail that says so.
	again, err := h.Register(t.Context(), in, Client{})
	h.must(err)
	if len(again) != len(token) {
		t.Errorf("a known address answers %q", again)
	}
	var known int
	h.must(h.db.NewRaw("SELECT count(*) FROM messages WHERE code = 'identity.mail_known'").Scan(t.Context(), &known))
	if known != 1 {
		t.Errorf("%d mails to the owner", known)
	}
	late, err := h.Register(t.Context(), SignUp{Name: "Dương Thị Hiền", Email: "hien@songcau.example", Password: password}, Client{})
	h.must(err)
	h.now.Advance(linkLife)
	if err := h.Confirm(t.Context(), late); !errors.Is(err, ErrLink) {
		t.Errorf("a link of yesterday: %v", err)
	}
}

func TestBadSignUps(t *testing.T) {
	h := open(t)
	for name, in := range map[string]SignUp{
		"no name":        {"", "a@b.vn", password},
		"no address":     {"Nguyễn A", "a.b.vn", password},
		"two addresses":  {"Nguyễn A", "a@b.vn,c@d.vn", password},
		"header break":   {"Nguyễn A", "a@b.vn\r\nBcc: c@d.vn", password},
		"nine letters":   {"Nguyễn A", "a@b.vn", "abcdefghi"},
		"129 letters":    {"Nguyễn A", "a@b.vn", strings.Repeat("ab", 65)},
		"one letter":     {"Nguyễn A", "a@b.vn", strings.Repeat("a", 12)},
		"its own login":  {"Nguyễn A", "nguyenvana@b.vn", "NguyenVanA@b.vn"},
		"easily guessed": {"Nguyễn A", "a@b.vn", "matkhau123"},
	} {
		if _, err := h.Register(t.Context(), in, Client{}); errs.From(err).Kind != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.Register(t.Context(), SignUp{"Nguyễn A", "a@b.vn", "abcdefghij1"}, Client{}); err != nil {
		t.Errorf("ten letters and more: %v", err)
	}
}

// TestFactorIsNeeded hides roles of the office from an account without a confirmed second factor.
func TestFactorIsNeeded(t *testing.T) {
	h := open(t)
	u, uri, err := h.AddUser(h.ctx, NewUser{Login: "binh", Name: "Hồ Thanh Bình", Password: password})
	h.must(err)
	if uri != "" {
		t.Errorf("a factor nobody asked for: %s", uri)
	}
	h.must(insertGrant(h.ctx, h.db, u.ID, NewGrant{Role: access.Reviewer}, uuid.Nil))
	cookie, err := h.SignIn(h.ctx, u.Login, password, "", Client{})
	h.must(err)
	sub, err := h.Load(h.ctx, cookie)
	h.must(err)
	if len(sub.Grants) != 0 {
		t.Errorf("counts without a factor: %v", sub.Grants)
	}
	ctx := access.With(t.Context(), sub)
	uri, err = h.StartFactor(ctx)
	h.must(err)
	if !strings.HasPrefix(uri, "otpauth://totp/") {
		t.Errorf("uri %s", uri)
	}
	if err := h.ConfirmFactor(ctx, "000000"); !errors.Is(err, ErrCode) {
		t.Errorf("wrong first code: %v", err)
	}
	h.must(h.ConfirmFactor(ctx, h.code(u, 0)))
	if sub, err = h.Load(h.ctx, cookie); err != nil || !sub.Has(access.Reviewer) {
		t.Errorf("does not count with a factor: %v", err)
	}
	if _, err := h.StartFactor(ctx); !errors.Is(err, errFactorThere) {
		t.Errorf("a second factor over the first: %v", err)
	}
	var stored string
	h.must(h.db.NewRaw("SELECT secret FROM user_factors WHERE user_id = ?", u.ID).Scan(t.Context(), &stored))
	if _, err := h.unseal(uuid.New(), stored); err == nil {
		t.Error("a sealed secret opens for another account")
	}
}

func TestGrants(t *testing.T) {
	h := open(t)
	admin, security := h.person("khanh"), h.person("van")
	for _, g := range []struct {
		login string
		role  access.Role
	}{{admin.Login, access.SystemAdmin}, {security.Login, access.SecurityOfficer}} {
		granted, err := h.Grant(h.ctx, g.login, NewGrant{Role: g.role, Unit: access.UnitScience})
		if err != nil || !granted {
			t.Fatalf("bootstrap of %s: %v, %v", g.role, granted, err)
		}
	}
	mai := h.person("mai")
	if granted, err := h.Grant(h.ctx, mai.Login, NewGrant{Role: access.FinanceOfficer}); err != nil || granted {
		t.Fatalf("the command line grants alone while a security officer is there: %v, %v", granted, err)
	}
	as := func(u *User) context.Context {
		sub, err := h.Subject(t.Context(), u.Login)
		h.must(err)
		sub.Proved = h.now.Now()
		return access.With(t.Context(), sub)
	}
	waiting := func(ctx context.Context) uuid.UUID {
		rows, err := h.Waiting(ctx)
		h.must(err)
		if len(rows) == 0 {
			t.Fatal("nothing waits")
		}
		return rows[0].ID
	}
	id := waiting(as(security))
	if err := h.Approve(as(admin), id); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("the administrator approves: %v", err)
	}
	if err := h.Approve(as(mai), id); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("the person approves their own: %v", err)
	}
	h.must(h.Approve(as(security), id))
	if err := h.Approve(as(security), id); !errors.Is(err, ErrDecided) {
		t.Errorf("twice: %v", err)
	}
	if _, err := h.Grant(as(admin), mai.Login, NewGrant{Role: access.ChiefAccountant}); err != nil {
		t.Fatal(err)
	}
	if err := h.Approve(as(security), waiting(as(security))); !errors.Is(err, ErrToxicPair) {
		t.Errorf("a toxic pair: %v", err)
	}
	h.must(h.Reject(as(security), waiting(as(security))))
	if _, err := h.Grant(as(admin), admin.Login, NewGrant{Role: access.ProvinceLeader}); err == nil {
		t.Error("somebody proposes for themselves")
	}
	if _, err := h.Grant(as(admin), mai.Login, NewGrant{Role: access.Auditor}); !errors.Is(err, ErrNoLastDay) {
		t.Errorf("an auditor for ever: %v", err)
	}
	for _, role := range []access.Role{access.Guest, access.Service, "boss"} {
		if _, err := h.Grant(as(admin), mai.Login, NewGrant{Role: role}); !errors.Is(err, ErrRole) {
			t.Errorf("%s: %v", role, err)
		}
	}
	var grant uuid.UUID
	h.must(h.db.NewRaw("SELECT id FROM role_grants WHERE user_id = ?", mai.ID).Scan(t.Context(), &grant))
	h.must(h.Revoke(as(admin), grant))
	if sub, err := h.Subject(t.Context(), mai.Login); err != nil || len(sub.Grants) != 0 {
		t.Errorf("a revoked role counts: %v, %v", sub.Grants, err)
	}
}

func TestOrganisationGrants(t *testing.T) {
	h := open(t)
	u := h.person("dung")
	firm := uuid.New()
	give := func(roles ...access.Role) error {
		return Grants{}.GrantOrganisation(t.Context(), h.db, u.ID, firm, roles...)
	}
	h.must(give(access.Applicant, access.OrgSignatory))
	h.must(give(access.Applicant)) // held already
	if err := give(access.ProgrammeOfficer); !errors.Is(err, ErrRole) {
		t.Errorf("an office role by registering a firm: %v", err)
	}
	sub, err := h.Subject(t.Context(), u.Login)
	h.must(err)
	if len(sub.Grants) != 2 || sub.Grants[0].Organisation != firm {
		t.Errorf("grants %v", sub.Grants)
	}
	h.must(Grants{}.RevokeOrganisation(t.Context(), h.db, u.ID, firm))
	if sub, err = h.Subject(t.Context(), u.Login); err != nil || len(sub.Grants) != 0 {
		t.Errorf("after leaving: %v, %v", sub.Grants, err)
	}
}

func TestChangePassword(t *testing.T) {
	h := open(t)
	u := h.person("hanh", access.ProgrammeOfficer)
	other, _ := h.enter(u)
	mine, sub := h.enter(u)
	ctx := access.With(t.Context(), sub)
	if err := h.ChangePassword(ctx, "wrong", "một mật khẩu mới"); !errors.Is(err, ErrPassword) {
		t.Errorf("without the old one: %v", err)
	}
	h.must(h.ChangePassword(ctx, password, "một mật khẩu mới"))
	if s, _ := h.Load(h.ctx, other); s.ID != uuid.Nil {
		t.Error("another device stays signed in")
	}
	if s, _ := h.Load(h.ctx, mine); s.ID != u.ID {
		t.Error("this device was signed out")
	}
	if _, err := h.SignIn(h.ctx, u.Login, password, h.code(u, 0), Client{}); !errors.Is(err, ErrSignIn) {
		t.Errorf("the old password: %v", err)
	}
}

func TestDemoOnly(t *testing.T) {
	h := open(t)
	u := h.person("hanh", access.ProgrammeOfficer)
	if _, err := h.Code(h.ctx, u.Login); !errors.Is(err, ErrNotDemo) {
		t.Errorf("a code: %v", err)
	}
	if _, err := h.SignInDemo(h.ctx, u.Login, Client{}); !errors.Is(err, ErrNotDemo) {
		t.Errorf("a click: %v", err)
	}
	if people, err := h.DemoPeople(h.ctx); err != nil || people != nil {
		t.Errorf("people: %v, %v", people, err)
	}
	if f, err := h.Factor(h.ctx, access.Subject{ID: u.ID}); err != nil || f.Demo != "" || f.Password {
		t.Errorf("factor: %+v, %v", f, err)
	}
	h.opts.Demo = true
	for range 20 { // a visitor in a hurry never waits for the next code
		code, err := h.Code(h.ctx, u.Login)
		h.must(err)
		if _, err := h.SignIn(h.ctx, u.Login, password, code, Client{}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSubjectsOfSessions shows the purpose and the role somebody chose at the next request.
func TestSubjectsOfSessions(t *testing.T) {
	h := open(t)
	u := h.person("trang", access.ProgrammeOfficer, access.CouncilSecretary)
	cookie, sub := h.enter(u)
	ctx := access.With(t.Context(), sub)
	if err := h.SwitchRole(ctx, access.AccountHolder); !errors.Is(err, ErrNotHeld) {
		t.Errorf("a role not held: %v", err)
	}
	h.must(h.SwitchRole(ctx, access.CouncilSecretary))
	for _, bad := range [][2]string{{"curiosity", "12/QĐ-TTr"}, {"inspection", "1"}, {"inspection", strings.Repeat("1", 61)}} {
		if err := h.GivePurpose(ctx, bad[0], bad[1]); errs.From(err).Kind != errs.Invalid {
			t.Errorf("purpose %v: %v", bad, err)
		}
	}
	h.must(h.GivePurpose(ctx, "inspection", "12/QĐ-TTr"))
	sub, err := h.Load(t.Context(), cookie)
	h.must(err)
	if sub.Active != access.CouncilSecretary || sub.Purpose != "inspection 12/QĐ-TTr" {
		t.Errorf("%+v", sub)
	}
	h.now.Advance(13*time.Hour + remember)
	h.must(h.Sweep(t.Context()))
	var left int
	h.must(h.db.NewRaw("SELECT count(*) FROM sessions").Scan(t.Context(), &left))
	if left != 0 {
		t.Errorf("%d ended sessions stay", left)
	}
}

func TestJoin(t *testing.T) {
	h := open(t)
	one, two := h.person("mai", access.FinanceOfficer), h.person("ngoc", access.ChiefAccountant)
	if err := h.Join(h.ctx, one.Login, two.Login); !errors.Is(err, ErrToxicPair) {
		t.Errorf("two accounts of one person with a toxic pair: %v", err)
	}
	three := h.person("lam")
	h.must(h.Join(h.ctx, one.Login, three.Login))
	if err := insertGrant(h.ctx, bun.IDB(h.db), three.ID, NewGrant{Role: access.ChiefAccountant}, uuid.Nil); !errors.Is(err, ErrToxicPair) {
		t.Errorf("a toxic pair through the second account: %v", err)
	}
}

func TestHash(t *testing.T) {
	stored := hash(password, cheap)
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=1024,t=1,p=1$") {
		t.Errorf("hash %s", stored)
	}
	if !matches(password, stored) || matches(password+" ", stored) || stored == hash(password, cheap) {
		t.Error("a hash matches its password only, and salts differ")
	}
	for _, bad := range []string{"", "$", "$argon2id$none", stored[:len(stored)-4], strings.Replace(stored, "t=1", "t=0", 1),
		strings.Replace(stored, "m=1024", "m=99999999", 1), strings.Replace(stored, "argon2id", "argon2i", 1)} {
		if matches(password, bad) {
			t.Errorf("matches %q", bad)
		}
	}
	// The same letters composed in another way are the same password.
	if !matches("Nguye\u0302\u0303n Va\u0306n An", hash("Nguyễn Văn An", cheap)) {
		t.Error("NFD differs from NFC")
	}
}
