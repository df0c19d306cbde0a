package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// cost is how dear a guess is; it stands in every hash, so that it can be raised for new ones.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var (
	real  = cost{memory: 19 * 1024, passes: 2, threads: 1} // OWASP's minimum for argon2id
	cheap = cost{memory: 1024, passes: 1, threads: 1}      // demonstration databases, where the passwords are public
)

const (
	saltSize = 16
	keySize  = 32
)

// hashing bounds the hashes computed at once: each takes 19 MiB and a core, and sign-in must not be the way to
// exhaust the server.
var hashing = make(chan struct{}, max(2, runtime.NumCPU()))

func derive(password string, salt []byte, c cost) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, c.passes, c.memory, c.threads, keySize)
}

// hash gives the PHC text of a password.
func hash(password string, c cost) string {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads,
		b64.EncodeToString(salt), b64.EncodeToString(derive(password, salt, c)))
}

// matches compares in constant time; a hash it cannot read matches nothing.
func matches(password, phc string) bool {
	var (
		version       int
		c             cost
		salt64, key64 string
	)
	parts := strings.ReplaceAll(strings.TrimPrefix(phc, "$"), "$", " ") // base64 has no $
	n, err := fmt.Sscanf(parts, "argon2id v=%d m=%d,t=%d,p=%d %s %s", &version, &c.memory, &c.passes, &c.threads, &salt64, &key64)
	if n != 6 || err != nil || version != argon2.Version || c.memory == 0 || c.memory > 1<<20 || c.passes == 0 || c.passes > 100 || c.threads == 0 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(salt64)
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(key64)
	if err != nil || len(key) != keySize {
		return false
	}
	return subtle.ConstantTimeCompare(derive(password, salt, c), key) == 1
}
