package identity

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"

	"kinhbac/internal/errs"
)

// User is an account (tài khoản). Two accounts of one natural person share PersonID, and duties are kept apart by
// person. Origin is public for the form anybody may fill, office for accounts an administrator made.
type User struct {
	bun.BaseModel     `bun:"table:users,alias:us"`
	ID                uuid.UUID `bun:",pk,type:uuid"`
	PersonID          uuid.UUID `bun:",type:uuid"`
	Login             string
	Name              string
	UnitID            *uuid.UUID `bun:",type:uuid"`
	Origin            string
	PasswordHash      string
	PasswordChangedAt time.Time
	ConfirmedAt       bun.NullTime
	DisabledAt        bun.NullTime
	CreatedAt         time.Time `bun:",nullzero"`
	Version           int
}

// AccessKind is user.
func (u *User) AccessKind() string { return "user" }

// AccessID is the id of the account.
func (u *User) AccessID() uuid.UUID { return u.ID }

// Disabled says that nobody signs in with the account.
func (u *User) Disabled() bool { return !u.DisabledAt.IsZero() }

// Words of what must be mended in a form.
const (
	codeLogin    = "identity.login_syntax"
	codeEmail    = "identity.email_syntax"
	codeName     = "identity.name_needed"
	codePassword = "identity.password_rule"
)

// Fold is a login as it is stored and compared: NFC, lower case, without the space around it.
func Fold(login string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(login))) }

// checkLogin takes a short name or a mail address of 2 to 254 characters.
func checkLogin(login string) error {
	if n := utf8.RuneCountInString(login); n < 2 || n > 254 || strings.ContainsFunc(login, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}) {
		return errs.FieldError("login", codeLogin)
	}
	return nil
}

// checkEmail takes what a mail can be sent to, loosely: the confirmation is the true test.
func checkEmail(address string) error {
	name, host, ok := strings.Cut(address, "@")
	if checkLogin(address) != nil || !ok || name == "" || !strings.Contains(host, ".") || strings.ContainsAny(address, "<>,;:\"()[]\\") ||
		strings.Contains(host, "@") || strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") {
		return errs.FieldError("email", codeEmail)
	}
	return nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(name)); n < 2 || n > 200 {
		return errs.FieldError("name", codeName)
	}
	return nil
}

// checkPassword wants 10 to 128 characters, not the login and not one repeated character. No other composition rule:
// length is what counts (ASVS 6.2).
func checkPassword(field, password, login string) error {
	n := utf8.RuneCountInString(password)
	first, _ := utf8.DecodeRuneInString(password)
	if n < 10 || n > 128 || strings.EqualFold(password, login) || strings.Trim(password, string(first)) == "" || common[strings.ToLower(password)] {
		return errs.FieldError(field, codePassword)
	}
	return nil
}

// common are passwords of ten characters and more that guessing starts with.
var common = map[string]bool{"1234567890": true, "0123456789": true, "12345678910": true, "0987654321": true, "password123": true,
	"qwertyuiop": true, "1q2w3e4r5t": true, "matkhau123": true, "matkhau1234": true, "abcdefghij": true, "iloveyou123": true,
	"anhyeuem123": true, "password1234": true, "123456789a": true, "123123123123": true, "kinhbac2026": true, "bacninh2026": true}
