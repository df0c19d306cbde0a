package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// compressFrom is the size from which an answer is worth compressing; compressLevel keeps a page of 25 kB under half a
// millisecond.
const (
	compressFrom  = 1 << 10
	brotliLevel   = fasthttp.CompressBrotliBestSpeed
	compressLevel = fasthttp.CompressBestSpeed
)

// compress sends text over 1 kB in the best coding the client takes. The tokens of forms are masked anew in every
// answer, so that its size tells nothing about them; files go out as they are.
func compress(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	res := c.Response()
	kind := string(res.Header.ContentType())
	text := strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/json") || strings.HasPrefix(kind, problemJSON)
	if !text || res.IsBodyStream() || len(res.Header.Peek(fiber.HeaderContentEncoding)) > 0 || len(res.Body()) < compressFrom {
		return nil
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	switch accepted := c.Get(fiber.HeaderAcceptEncoding); {
	case takes(accepted, "br"):
		res.SetBodyRaw(fasthttp.AppendBrotliBytesLevel(nil, res.Body(), brotliLevel))
		res.Header.SetContentEncoding("br")
	case takes(accepted, "gzip"):
		res.SetBodyRaw(fasthttp.AppendGzipBytesLevel(nil, res.Body(), compressLevel))
		res.Header.SetContentEncoding("gzip")
	}
	return nil
}

// takes says that a client's list of codings has the coding with a weight above 0.
func takes(accepted, coding string) bool {
	for _, part := range strings.Split(accepted, ",") {
		name, more, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		_, weight, given := strings.Cut(more, "q=")
		if !given {
			return true
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 32)
		return err == nil && q > 0
	}
	return false
}

// masked is a form's token as it stands in one answer: a random pad and the token under it.
func masked(token string) string {
	pad := make([]byte, 32)
	rand.Read(pad)
	return padded(pad, token)
}

// steady is masked with a pad that belongs to the token, for answers that show nothing of what was asked for.
func steady(token string) string {
	pad := sha256.Sum256([]byte("steady " + token))
	return padded(pad[:], token)
}

func padded(pad []byte, token string) string {
	raw, err := hex.DecodeString(token)
	if err != nil || len(raw) != len(pad) {
		return token
	}
	for i := range raw {
		raw[i] ^= pad[i]
	}
	return hex.EncodeToString(pad) + hex.EncodeToString(raw)
}

// unmasked is the token of a form's field, masked or, from a program, plain.
func unmasked(typed string) string {
	both, err := hex.DecodeString(typed)
	if err != nil || len(both) != 64 {
		return typed
	}
	for i := range 32 {
		both[32+i] ^= both[i]
	}
	return hex.EncodeToString(both[32:])
}
