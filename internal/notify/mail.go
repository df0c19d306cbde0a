package notify

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/wneessen/go-mail"

	"kinhbac/internal/i18n"
)

// Mailer sends mails through one server.
type Mailer struct {
	client *mail.Client
	from   string
	base   string
}

// NewMailer reads SMTP_URL, smtp://name:password@host:587 (STARTTLS) or smtps://name:password@host:465; ?tls=none
// allows a server of the same machine without TLS. from is the sender's address, base the fixed address of the site
// that links start with.
func NewMailer(smtpURL, from, base string) (*Mailer, error) {
	u, err := url.Parse(smtpURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, fmt.Errorf("SMTP_URL must read smtp://name:password@host:587 or smtps://…:465")
	}
	options := []mail.Option{mail.WithTimeout(20 * time.Second)}
	switch {
	case u.Scheme == "smtps":
		options = append(options, mail.WithSSLPort(false))
	case u.Query().Get("tls") == "none":
		options = append(options, mail.WithTLSPortPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPortPolicy(mail.TLSMandatory))
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, fmt.Errorf("SMTP_URL: port %q", u.Port())
		}
		options = append(options, mail.WithPort(port))
	}
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(name), mail.WithPassword(password))
	}
	client, err := mail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", u.Hostname(), err)
	}
	return &Mailer{client: client, from: from, base: strings.TrimRight(base, "/")}, nil
}

// Deliver sends what waits, at most 20 messages, and says how many the server took. A refused message waits longer
// each time; one without a mail address stays in the program.
func (s *Mailer) Deliver(ctx context.Context, db *bun.DB) (sent int, err error) {
	var due []Message
	err = db.NewRaw(`UPDATE messages SET tries = tries + 1,
			next_try = clock_timestamp() + least(interval '1 day', interval '1 minute' * power(2, least(tries, 12)))
		WHERE id IN (SELECT id FROM messages WHERE sent_at IS NULL AND next_try <= clock_timestamp() AND position('@' IN address) > 1
			ORDER BY next_try LIMIT 20 FOR UPDATE SKIP LOCKED)
		RETURNING id, user_id, address, code, args, href`).Scan(ctx, &due)
	if err != nil {
		return 0, fmt.Errorf("claim messages: %w", err)
	}
	for i := range due {
		m := &due[i]
		if err := s.send(ctx, m); err != nil {
			if _, err := db.NewRaw("UPDATE messages SET last_error = ? WHERE id = ?", trim(err.Error()), m.ID).Exec(ctx); err != nil {
				return sent, err
			}
			continue
		}
		if _, err := db.NewRaw("UPDATE messages SET sent_at = clock_timestamp(), last_error = '' WHERE id = ?", m.ID).Exec(ctx); err != nil {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

func (s *Mailer) send(ctx context.Context, m *Message) error {
	msg := mail.NewMsg()
	if err := msg.FromFormat("Kinh Bắc", s.from); err != nil {
		return fmt.Errorf("sender %s: %w", s.from, err)
	}
	if err := msg.To(m.Address); err != nil {
		return fmt.Errorf("address: %w", err)
	}
	msg.Subject(m.Subject(i18n.VI) + " · " + m.Subject(i18n.EN))
	msg.SetBodyString(mail.TypeTextPlain, s.text(m, i18n.VI, m.Href)+"\n\n---\n\n"+s.text(m, i18n.EN, "/en"+m.Href))
	return s.client.DialAndSendWithContext(ctx, msg)
}

func (s *Mailer) text(m *Message, lang i18n.Lang, href string) string {
	text := m.Body(lang)
	if m.Href != "" {
		text += "\n\n" + s.base + href
	}
	return text
}

// trim keeps the reason short and on one line.
func trim(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 300 {
		return string(r[:300])
	}
	return text
}
