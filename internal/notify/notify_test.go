package notify_test

import (
	"bufio"
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/dbtest"
	"kinhbac/internal/i18n"
	"kinhbac/internal/notify"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func person(t *testing.T, db bun.IDB, login string) uuid.UUID {
	id := uuid.New()
	_, err := db.NewRaw(`INSERT INTO users (id, person_id, login, name, origin, password_hash, password_changed_at, confirmed_at)
		VALUES (?, ?, ?, 'Ngô Anh Dũng', 'public', '$argon2id$none', kb.now(), kb.now())`, id, id, login).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// server takes mails as a mail server would and keeps them; refuse answers the sender with an error.
type server struct {
	address string
	refuse  atomic.Bool
	mails   chan string
}

func listen(t *testing.T) *server {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &server{address: l.Addr().String(), mails: make(chan string, 10)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *server) talk(c net.Conn) {
	defer c.Close()
	in, say := bufio.NewScanner(c), func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 test")
	var text strings.Builder
	for reading := false; in.Scan(); {
		line := in.Text()
		switch {
		case reading && line == ".":
			reading = false
			s.mails <- text.String()
			say("250 taken")
		case reading:
			text.WriteString(line + "\r\n")
		case strings.HasPrefix(line, "EHLO"):
			say("250-test")
			say("250 8BITMIME")
		case s.refuse.Load() && strings.HasPrefix(line, "MAIL"):
			say("451 try later")
		case line == "DATA":
			reading = true
			say("354 go on")
		case line == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestDeliver(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	s := listen(t)
	dung, staff := person(t, db, "dung@songcau.example"), person(t, db, "hanh")
	send := func(who uuid.UUID) {
		if err := notify.Send(ctx, db, who, "identity.mail_confirm", "/confirm?token=x", "Ngô Anh Dũng"); err != nil {
			t.Fatal(err)
		}
	}
	send(dung)
	send(staff) // no mail address: waits in the program
	m, err := notify.NewMailer("smtp://"+s.address+"?tls=none", "no-reply@bacninh.example", "https://tai-tro.example/")
	if err != nil {
		t.Fatal(err)
	}
	s.refuse.Store(true)
	if n, err := m.Deliver(ctx, db); n != 0 || err != nil {
		t.Fatalf("a refused mail: %d, %v", n, err)
	}
	waiting, err := notify.List(ctx, db, true, 10)
	if err != nil || len(waiting) != 2 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	s.refuse.Store(false)
	if n, err := m.Deliver(ctx, db); n != 0 || err != nil {
		t.Errorf("before its time: %d, %v", n, err)
	}
	due(t, ctx, db)
	if n, err := m.Deliver(ctx, db); n != 1 || err != nil {
		t.Fatalf("delivered %d, %v", n, err)
	}
	got, err := mail.ReadMessage(strings.NewReader(<-s.mails))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != "Xác nhận địa chỉ thư · Confirm your address" {
		t.Errorf("subject %q, %v", subject, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
	for _, part := range []string{"Ngô Anh Dũng: mở đường dẫn", "https://tai-tro.example/confirm?token=x", "https://tai-tro.example/en/confirm?token=x"} {
		if err != nil || !strings.Contains(string(body), part) {
			t.Errorf("no %q in %s, %v", part, body, err)
		}
	}
	due(t, ctx, db)
	if n, err := m.Deliver(ctx, db); n != 0 || err != nil {
		t.Errorf("a second time: %d, %v", n, err)
	}
}

func due(t *testing.T, ctx context.Context, db *bun.DB) {
	if _, err := db.NewRaw("UPDATE messages SET next_try = clock_timestamp()").Exec(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestMessages(t *testing.T) {
	ctx, db := t.Context(), dbtest.New(t)
	me, other := person(t, db, "dung@songcau.example"), person(t, db, "hien@songcau.example")
	for _, who := range []uuid.UUID{me, me, other} {
		if err := notify.Send(ctx, db, who, "identity.too_many_attempts", "/", 15); err != nil {
			t.Fatal(err)
		}
	}
	mine, err := notify.Of(ctx, db, me, 10)
	if err != nil || len(mine) != 2 {
		t.Fatalf("%d of mine, %v", len(mine), err)
	}
	mine[0].Code = "identity.mail_confirm"
	if body := mine[0].Body(i18n.EN); !strings.HasPrefix(body, "15: open the link") && !strings.Contains(body, "15") {
		t.Errorf("body %q", body)
	}
	n, err := notify.Unread(ctx, db, me)
	if err != nil || n != 2 {
		t.Errorf("%d unread, %v", n, err)
	}
	if err := notify.MarkRead(ctx, db, me); err != nil {
		t.Fatal(err)
	}
	if n, err = notify.Unread(ctx, db, me); err != nil || n != 0 {
		t.Errorf("%d unread after reading, %v", n, err)
	}
	if n, err = notify.Unread(ctx, db, other); err != nil || n != 1 {
		t.Errorf("%d unread of another, %v", n, err)
	}
}

func TestMailerURL(t *testing.T) {
	for _, bad := range []string{"", "smtp://", "http://mail.example", "mail.example:25", "smtp://mail.example:port"} {
		if _, err := notify.NewMailer(bad, "a@b.vn", "https://b.vn"); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
