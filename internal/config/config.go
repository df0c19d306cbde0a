// Package config reads the environment once, at start. Flags of the command line win over it.
//
// # Decisions
//
// 2026-11-24: no configuration file. What differs between machines is a handful of values, and the environment is
// where systemd, containers and shells all put them. Secrets come from here only, never from a flag that ps shows.
package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is everything that the environment may say. The zero values suit one machine with a private database.
type Config struct {
	Data        string   `env:"KINHBAC_DATA" help:"data folder: private database, uploaded files, keys"`
	Addr        string   `env:"KINHBAC_ADDR" envDefault:"127.0.0.1:8080" help:"address to listen on"`
	BaseURL     string   `env:"KINHBAC_BASE_URL" help:"public address such as https://kinhbac.bacninh.gov.vn; https means TLS in front of us: __Host- cookies, HSTS"`
	Proxies     []string `env:"KINHBAC_PROXIES" help:"addresses of proxies whose X-Forwarded-For is believed, by commas"`
	DatabaseURL string   `env:"DATABASE_URL" help:"server to use instead of the private database, as role kinhbac_app; must say sslmode"`
	MigrateURL  string   `env:"MIGRATE_DATABASE_URL" help:"the same database as role kinhbac_migrate; needed while migrations are pending"`
	KeyFile     string   `env:"KINHBAC_KEY_FILE" help:"Ed25519 key of receipts and sealed heads; else keys/ed25519 in the data folder; needed with DATABASE_URL"`
	SMTPURL     string   `env:"SMTP_URL" help:"mail server, smtp://user:password@host:587; without it letters wait (kinhbac mail list)"`
	MailFrom    string   `env:"KINHBAC_MAIL_FROM" help:"sender of letters"`
	PGBin       string   `env:"KINHBAC_PG_BIN" help:"bin folder of the PostgreSQL to run as private database"` // read by pgserver, also in tests
	LogLevel    string   `env:"KINHBAC_LOG" envDefault:"info" help:"debug, info, warn or error"`
}

// Load reads the environment.
func Load() (Config, error) {
	c, err := env.ParseAs[Config]()
	if err != nil {
		return Config{}, fmt.Errorf("environment: %w", err)
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		return Config{}, fmt.Errorf("environment: KINHBAC_LOG is %q, not debug, info, warn or error", c.LogLevel)
	}
	if c.BaseURL != "" && !strings.HasPrefix(c.BaseURL, "http://") && !strings.HasPrefix(c.BaseURL, "https://") {
		return Config{}, fmt.Errorf("environment: KINHBAC_BASE_URL %q does not start with https:// or http://", c.BaseURL)
	}
	return c, nil
}

// Secure says that TLS stands in front of the program.
func (c Config) Secure() bool { return strings.HasPrefix(c.BaseURL, "https://") }

// Help lists the environment for --help, one variable a line.
func Help() string {
	var b strings.Builder
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		fmt.Fprintf(&b, "  %-21s %s", tag.Get("env"), tag.Get("help"))
		if d := tag.Get("envDefault"); d != "" {
			fmt.Fprintf(&b, " (default %s)", d)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
