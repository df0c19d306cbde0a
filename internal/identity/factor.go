package identity

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"github.com/uptrace/bun"
)

const (
	period     = 30 // seconds of one code
	window     = 1  // steps before and after that are good too
	demoWindow = 40
)

var codeOptions = totp.ValidateOpts{Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// factor is a second factor as stored.
type factor struct {
	UserID      uuid.UUID
	Secret      string
	ConfirmedAt bun.NullTime
}

func (s *Service) seal(user uuid.UUID, secret string) (string, error) {
	aead, err := s.aead()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return "v1:" + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(secret), user[:])), nil
}

func (s *Service) unseal(user uuid.UUID, sealed string) (string, error) {
	aead, err := s.aead()
	if err != nil {
		return "", err
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(sealed, "v1:"))
	if err != nil || len(raw) < aead.NonceSize() {
		return "", fmt.Errorf("factor of %s: stored text is damaged", user)
	}
	secret, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], user[:])
	if err != nil {
		return "", fmt.Errorf("factor of %s: sealed under another key: %w", user, err)
	}
	return string(secret), nil
}

func (s *Service) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.opts.Key)
	if err != nil {
		return nil, fmt.Errorf("key of second factors: %w", err)
	}
	return cipher.NewGCM(block)
}

// enrol gives a person a new secret, replacing the old one, and the address an authenticator reads from a QR code.
func (s *Service) enrol(ctx context.Context, db bun.IDB, u *User, confirmed bool) (uri string, err error) {
	raw := make([]byte, 20)
	rand.Read(raw)
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	sealed, err := s.seal(u.ID, secret)
	if err != nil {
		return "", err
	}
	at := bun.NullTime{}
	if confirmed {
		at.Time = s.clock.Now()
	}
	if _, err := db.NewRaw(`INSERT INTO user_factors (user_id, secret, confirmed_at) VALUES (?, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET secret = EXCLUDED.secret, confirmed_at = EXCLUDED.confirmed_at`, u.ID, sealed, at).Exec(ctx); err != nil {
		return "", fmt.Errorf("enrol factor of %s: %w", u.ID, err)
	}
	return provisioning(u.Login, secret), nil
}

// provisioning is the otpauth address of a secret.
func provisioning(login, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {"Kinh Bắc"}, "period": {"30"}, "digits": {"6"}, "algorithm": {"SHA1"}}
	return "otpauth://totp/" + url.PathEscape("Kinh Bắc:"+login) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// factorOf gives the factor of a person; nil when there is none.
func factorOf(ctx context.Context, db bun.IDB, user uuid.UUID) (*factor, error) {
	f := &factor{UserID: user}
	err := db.NewRaw("SELECT secret, confirmed_at FROM user_factors WHERE user_id = ?", user).Scan(ctx, &f.Secret, &f.ConfirmedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read factor of %s: %w", user, err)
	}
	return f, nil
}

// takeCode says whether a code is right, and whether it was unused, and uses it up. Two requests with one code: one
// wins.
func (s *Service) takeCode(ctx context.Context, db bun.IDB, f *factor, code string) (right, fresh bool, err error) {
	secret, err := s.unseal(f.UserID, f.Secret)
	if err != nil {
		return false, false, err
	}
	code = strings.ReplaceAll(code, " ", "")
	if len(code) != 6 {
		return false, false, nil
	}
	now, found := s.step(), int64(0)
	for d := -s.window(); d <= s.window(); d++ {
		want, err := codeAt(secret, now+d)
		if err != nil {
			return false, false, err
		}
		if subtle.ConstantTimeCompare([]byte(code), []byte(want)) == 1 && (found == 0 || abs(d) < abs(found-now)) {
			found = now + d
		}
	}
	if found == 0 {
		return false, false, nil
	}
	res, err := db.NewRaw("INSERT INTO used_codes (user_id, step) VALUES (?, ?) ON CONFLICT DO NOTHING", f.UserID, found).Exec(ctx)
	if err != nil {
		return false, false, fmt.Errorf("use code of %s: %w", f.UserID, err)
	}
	n, err := res.RowsAffected()
	return true, n == 1, err
}

// freshCode is the unused code nearest to now: what the person's device shows, or would show next.
func (s *Service) freshCode(ctx context.Context, db bun.IDB, f *factor) (string, error) {
	secret, err := s.unseal(f.UserID, f.Secret)
	if err != nil {
		return "", err
	}
	var used []int64
	now := s.step()
	if err := db.NewRaw("SELECT step FROM used_codes WHERE user_id = ? AND step >= ?", f.UserID, now-s.window()).Scan(ctx, &used); err != nil {
		return "", fmt.Errorf("codes used by %s: %w", f.UserID, err)
	}
	gone := map[int64]bool{}
	for _, step := range used {
		gone[step] = true
	}
	for d := range s.window() + 1 {
		for _, step := range []int64{now + d, now - d} {
			if !gone[step] {
				return codeAt(secret, step)
			}
		}
	}
	return codeAt(secret, now)
}

func (s *Service) step() int64 { return s.clock.Now().Unix() / period }

func (s *Service) window() int64 {
	if s.opts.Demo {
		return demoWindow
	}
	return window
}

func codeAt(secret string, step int64) (string, error) {
	code, err := totp.GenerateCodeCustom(secret, time.Unix(step*period, 0), codeOptions)
	if err != nil {
		return "", fmt.Errorf("one-time code: %w", err)
	}
	return code, nil
}

func abs(n int64) int64 { return max(n, -n) }
