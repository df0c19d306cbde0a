package web_test

import (
	"context"
	"net/http"
	"testing"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestOwnPages(t *testing.T) {
	db := dbtest.New(t)
	w := webtest.New(t, db, accesstest.New(t))
	guest := context.Background()
	w.Get(guest, "/").Status(http.StatusOK).Has("Vốn công cho ý tưởng", "Chưa có đợt nào")
	w.Get(guest, "/inbox").Status(http.StatusUnauthorized).Has("Cần đăng nhập")
	w.Get(guest, "/nothing").Status(http.StatusNotFound)
	w.Get(guest, "/en/nothing").Status(http.StatusNotFound).Has("Not found")
	officer := accesstest.As(t, guest, db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	w.Get(officer, "/inbox").Status(http.StatusOK).Has("Việc cần làm", "Không có việc nào")
	w.API(officer, http.MethodGet, "/session", nil, nil).Status(http.StatusOK)
}
