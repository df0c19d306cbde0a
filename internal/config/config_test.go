package config_test

import (
	"strings"
	"testing"

	"kinhbac/internal/config"
)

func TestLoad(t *testing.T) {
	t.Setenv("KINHBAC_PROXIES", "10.0.0.1,10.0.0.2")
	t.Setenv("KINHBAC_BASE_URL", "https://kinhbac.example.vn")
	c, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || len(c.Proxies) != 2 || !c.Secure() {
		t.Errorf("%+v", c)
	}
	t.Setenv("KINHBAC_LOG", "loud")
	if _, err := config.Load(); err == nil || !strings.Contains(err.Error(), "KINHBAC_LOG") {
		t.Errorf("error %v", err)
	}
}

func TestHelpNamesEveryVariable(t *testing.T) {
	for _, name := range []string{"DATABASE_URL", "MIGRATE_DATABASE_URL", "KINHBAC_KEY_FILE", "SMTP_URL", "KINHBAC_PG_BIN"} {
		if !strings.Contains(config.Help(), name) {
			t.Errorf("%s is missing", name)
		}
	}
	for line := range strings.Lines(config.Help()) {
		if len(strings.Fields(line)) < 3 {
			t.Errorf("no words for %q", line)
		}
	}
}
