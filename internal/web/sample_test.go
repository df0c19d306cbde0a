package web_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/access/accesstest"
	"kinhbac/internal/calendar"
	"kinhbac/internal/dbtest"
	"kinhbac/internal/errs"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
	"kinhbac/internal/web/webtest"
	"kinhbac/templates"
)

// The sample room has one form with every kind of input and a list, on a table of its own.
type sampleRoom struct {
	db    *bun.DB
	calls atomic.Int64 // times the command's body ran
	made  atomic.Int64 // times the public page was made
}

type sampleIn struct {
	Version int             `form:"version" json:"version"`
	Title   string          `form:"title" json:"title" kb:"required,max=40"`
	Text    string          `form:"text" json:"text" kb:"long"`
	Amount  money.Amount    `form:"amount" json:"amount"`
	Rate    decimal.Decimal `form:"rate" json:"rate"`
	Day     calendar.Date   `form:"day" json:"day"`
	At      time.Time       `form:"at" json:"at"`
	Owner   uuid.UUID       `form:"owner" json:"owner"`
	Agree   bool            `form:"agree" json:"agree"`
	Roles   []string        `form:"roles" json:"roles" kb:"max=3"`
	Items   []sampleItem    `form:"items" json:"items"`
}

type sampleItem struct {
	Name   string        `form:"name" json:"name"`
	Amount *money.Amount `form:"amount" json:"amount"`
}

type sampleOut struct {
	ID     uuid.UUID    `json:"id"`
	Title  string       `json:"title"`
	Amount money.Amount `json:"amount"`
	Items  int          `json:"items"`
}

type sampleRow struct {
	bun.BaseModel `bun:"table:sample_rows,alias:sr"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	Title         string
	Amount        money.Amount `bun:"type:numeric"`
}

type samplePage struct {
	web.Base
	List  web.List
	Rows  []sampleRow
	Value money.Amount
}

var errStepUpOnce = errs.New(errs.StepUp, "access.step_up")

func (s *sampleRoom) routes(rt *web.Router) {
	page := func(ctx context.Context, r web.Req) (*samplePage, error) {
		p := &samplePage{List: r.List("title"), Value: money.VND(1_350_000_000)}
		q := s.db.NewSelect().Model(&p.Rows)
		return p, web.Fetch(ctx, &p.List, q, web.Sorts{"title": "sr.title", "amount": "sr.amount"}, "sr.id")
	}
	web.Page(rt, "/samples", web.Everyone, "", "sample/list", page)
	web.Page(rt, "/samples/:id", web.SignedIn, "", "sample/list", func(context.Context, web.Req) (*samplePage, error) { return nil, errs.ErrNotFound })
	web.Page(rt, "/samples/slow", web.Everyone, "", "sample/list", func(ctx context.Context, _ web.Req) (*samplePage, error) {
		return nil, errors.New("secret dsn postgres://")
	})
	web.Command(rt, "/samples/add", web.Everyone, "", "/samples", s.add)
	web.Command(rt, "/samples/stale", web.SignedIn, "", "/samples", func(context.Context, web.Req, struct{}) (web.Done, struct{}, error) {
		return web.Done{}, struct{}{}, errs.ErrStale.Versus(errs.Difference{Label: "web.home_amount", Yours: "10 đ", Current: "<b>12 đ</b>"})
	})
	web.Command(rt, "/samples/money", web.SignedIn, "", "/samples", func(ctx context.Context, _ web.Req, in sampleIn) (web.Done, sampleOut, error) {
		if access.From(ctx).Proved.IsZero() {
			return web.Done{}, sampleOut{}, errStepUpOnce
		}
		return web.Done{Location: "/samples", Notice: "web.task_none"}, sampleOut{Title: in.Title}, nil
	})
	type edited struct {
		Version int `json:"version"`
	}
	web.Page(rt, "/samples/public", web.Everyone, "", "sample/public", func(ctx context.Context, r web.Req) (*samplePage, error) {
		s.made.Add(1)
		p := &samplePage{List: r.List("title")}
		return p, s.db.NewSelect().Model(&p.Rows).Order("sr.title").Scan(ctx)
	})
	web.JSON(rt, "/samples/edited", web.Everyone, "", func(context.Context, web.Req) (*edited, error) { return &edited{3}, nil })
	web.Command(rt, "/samples/edit", web.SignedIn, "", "/samples", func(_ context.Context, _ web.Req, in struct {
		Version int `form:"version" json:"version"`
	}) (web.Done, edited, error) {
		if in.Version != 3 {
			return web.Done{}, edited{}, errs.ErrStale
		}
		return web.Done{Location: "/samples"}, edited{4}, nil
	})
	web.Command(rt, "/samples/checked", web.SignedIn, "", "/samples", func(ctx context.Context, r web.Req, in sampleIn) (web.Done, sampleOut, error) {
		if access.From(ctx).Proved.IsZero() {
			return web.Done{}, sampleOut{}, errStepUpOnce
		}
		done, out, err := s.add(ctx, r, in)
		if err == nil && !in.Agree {
			err = errs.FieldError("agree", "web.must_agree")
		}
		return done, out, err
	})
	web.Download(rt, "/samples/all.csv", web.Everyone, "", func(ctx context.Context, r web.Req) (web.File, error) {
		return r.CSV(ctx, "bảng", "Bảng", r.List("title"), []string{"Tên", "Số tiền", "Ngày", "Lúc", "Điểm", "Năm", "MST", "Số văn bản", "Trống"}, [][]string{
			{"=1+1", "999999999999999", "30/04/2026", "30/04/2026 17:00:59", "69.5", "2026", "2401908339", "12", ""},
			{"+84", "-1", "2026-01-02", "15:04, 02/01/2026", "100", "2027", "0101234567", "07", ""},
			{"@sum", "0", "", "", "", "", "", "9999999999999999", ""},
		}, 6), nil
	})
	web.Download(rt, "/samples.csv", web.Everyone, "", func(ctx context.Context, r web.Req) (web.File, error) {
		return r.CSV(ctx, "mẫu", "Mẫu", r.List("title"), []string{"title"}, [][]string{{"=1+1"}, {"-5"}, {"@x"}, {"an, toàn"}}), nil
	})
}

func (s *sampleRoom) add(ctx context.Context, _ web.Req, in sampleIn) (web.Done, sampleOut, error) {
	s.calls.Add(1)
	row := sampleRow{ID: uuid.New(), Title: in.Title, Amount: in.Amount}
	err := storage.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	if err != nil {
		return web.Done{}, sampleOut{}, err
	}
	if in.Title == "refuse" {
		return web.Done{}, sampleOut{}, errs.New(errs.Conflict, "web.task_failed")
	}
	if in.Title == "slow" {
		return web.Done{}, sampleOut{}, fmt.Errorf("read unix socket: %w", os.ErrDeadlineExceeded)
	}
	return web.Done{Location: "/samples"}, sampleOut{row.ID, row.Title, row.Amount, len(in.Items)}, nil
}

const samplePageHTML = `{{define "title"}}Mẫu{{end}}
{{define "totals"}}<p id="totals">tổng</p>{{end}}
{{define "body"}}<div class="wrap">{{template "error-summary" $}}<h1>Mẫu {{money .Value}} {{moneyShort .Value}} {{moneyWords .Value}}</h1>
<form method="post" action="/samples/add">{{template "csrf" $}}
{{template "field" (field $ "title" "web.nav.inbox" "required" "")}}{{template "field" (field $ "amount" "web.home_amount" "money" .Value)}}
{{template "textarea" (field $ "text" "web.nav.faq" "optional" "")}}{{template "check" (field $ "agree" "web.nav.home" "" false)}}
{{template "hidden" (field $ "version" "" "" 3)}}<button class="btn">x</button></form>
<table class="tbl"><thead><tr>{{template "sort" (.List.Head "title" "Tên" "")}}{{template "sort" (.List.Head "amount" "Tiền" "n")}}</tr></thead><tbody>
{{range .Rows}}<tr><td class="row">{{.Title}}</td><td class="n">{{cell .Amount}}</td></tr>{{end}}</tbody></table>{{template "pager" .List}}</div>{{end}}`

// sample builds the room on the real templates with two more pages.
func sample(t *testing.T) (*webtest.Web, *sampleRoom) {
	t.Helper()
	db := dbtest.New(t)
	if _, err := dbtest.Owner(t, db).Exec(`SET ROLE kinhbac_owner; CREATE TABLE sample_rows (id uuid PRIMARY KEY, title text NOT NULL, amount numeric(18,0) NOT NULL);
		GRANT SELECT, INSERT ON sample_rows TO kinhbac_app; RESET ROLE`); err != nil {
		t.Fatal(err)
	}
	return process(t, db)
}

// process is one more program on the same database.
func process(t *testing.T, db *bun.DB) (*webtest.Web, *sampleRoom) {
	t.Helper()
	files := fstest.MapFS{"pages/sample/list.html": {Data: []byte(samplePageHTML)}, "pages/sample/public.html": {Data: []byte(
		`{{define "title"}}Công khai{{end}}{{define "body"}}<ul>{{range .Rows}}<li>{{.Title}}</li>{{end}}</ul>{{end}}`)}}
	err := fs.WalkDir(templates.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(templates.FS, path)
		files[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	room := &sampleRoom{db: db}
	return webtest.With(t, web.Options{DB: db, Access: accesstest.New(t), Files: files}, room.routes), room
}

func (s *sampleRoom) count(t *testing.T) int {
	t.Helper()
	n, err := s.db.NewSelect().Model((*sampleRow)(nil)).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func (s *sampleRoom) fill(t *testing.T, n int) {
	t.Helper()
	rows := make([]sampleRow, n)
	for i := range rows {
		rows[i] = sampleRow{ID: uuid.New(), Title: "dòng " + strconv.Itoa(1000+i), Amount: money.VND(int64(i / 7))}
	}
	if _, err := s.db.NewInsert().Model(&rows).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func person(t *testing.T, room *sampleRoom) context.Context {
	t.Helper()
	ctx := accesstest.As(t, context.Background(), room.db, accesstest.Person{Roles: []access.Role{access.ProgrammeOfficer}})
	s := access.From(ctx)
	s.Proved = time.Time{}
	return access.With(ctx, s)
}
