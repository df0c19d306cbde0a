package budget

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"kinhbac/internal/calendar"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
	"kinhbac/internal/web"
)

// estimateRoutes puts estimates, code lists and imports on the web.
func (h handler) estimateRoutes(rt *web.Router) {
	h.codeRoutes(rt)
	h.importRoutes(rt)
	const page, noun = "/estimates/:year/:round", "budget_estimate"
	rt.Desk(h.ways)
	web.Page(rt, "/estimates", noun, "read", "budget/estimates", h.estimates)
	web.Page(rt, "/estimates/:year", noun, "read", "budget/estimates", h.estimates)
	web.Page(rt, "/estimates/new", noun, "draft", "budget/estimate_new", h.newEstimate)
	web.Download(rt, "/estimates.csv", noun, "read", h.estimatesCSV)
	web.Page(rt, page, noun, "read", "budget/estimate", h.estimate("rows"))
	web.Page(rt, page+"/mine", noun, "draft", "budget/estimate", h.estimate("mine"))
	web.Page(rt, page+"/appraisal", noun, "appraise", "budget/estimate", h.estimate("appraisal"))
	web.Page(rt, page+"/files", noun, "read", "budget/estimate", h.estimate("files"))
	web.Page(rt, page+"/versions", noun, "read", "budget/estimate", h.estimate("versions"))
	web.Page(rt, page+"/compare", noun, "read", "budget/estimate_compare", h.compared)
	web.Page(rt, page+"/rows/new", noun, "draft", "budget/estimate_row", h.rowForm)
	web.Page(rt, page+"/rows/:row", noun, "draft", "budget/estimate_row", h.rowForm)
	web.Page(rt, page+"/import", noun, "draft", "budget/estimate_import", h.rowsImportForm)
	web.Download(rt, page+"/rows.csv", noun, "read", h.rowsFile(false))
	web.Download(rt, page+"/rows.xlsx", noun, "read", h.rowsFile(true))
	web.Download(rt, page+"/compare.csv", noun, "read", h.comparisonFile(false))
	web.Download(rt, page+"/compare.xlsx", noun, "read", h.comparisonFile(true))
	web.Download(rt, page+"/files/:file", noun, "read", h.estimateFile)
	web.JSON(rt, "/estimates", noun, "read", h.apiEstimates)
	web.JSON(rt, page, noun, "read", h.apiEstimate)
	web.JSON(rt, page+"/compare", noun, "read", h.apiCompare)
	web.Command(rt, "/estimates", noun, "draft", "/estimates/new", h.postEstimate)
	web.Command(rt, page+"/rows", noun, "draft", page+"/rows/new", h.postRow)
	web.Command(rt, page+"/rows/:row/change", noun, "draft", page+"/rows/:row", h.postRowChange)
	web.Command(rt, page+"/rows/:row/remove", noun, "draft", "", h.postRowRemove)
	web.Command(rt, page+"/import", noun, "draft", page+"/import", h.postRowsImport)
	web.Command(rt, page+"/files", noun, "draft", page+"/files", h.postEstimateFile)
	web.Command(rt, page+"/files/:file/remove", noun, "draft", "", h.postEstimateFileRemove)
	web.Command(rt, page+"/consolidate", noun, "consolidate", page, h.postConsolidate)
	web.Command(rt, page+"/appraise", noun, "appraise", page+"/appraisal", h.postAppraise)
	web.Command(rt, page+"/confirm-appraisal", noun, "confirm_appraisal", page, h.postConfirm)
	web.Command(rt, page+"/assign", noun, "assign", page, h.postAssign)
	web.Command(rt, page+"/return-draft", noun, "appraise", page, h.sendBack(EstimateConsolidated))
	web.Command(rt, page+"/return-appraisal", noun, "confirm_appraisal", page, h.sendBack(EstimateAppraised))
	web.Command(rt, page+"/return-confirmed", noun, "assign", page, h.sendBack(EstimateConfirmed))
}

// mayReadEstimates says whether the reader has a role that opens estimates.
func (h handler) mayReadEstimates(ctx context.Context) bool {
	_, err := h.access.RequireRole(ctx, "budget_estimate", "read")
	return err == nil
}

// ways leads to the budget and the estimates from the first page: some who read them have no room for them in their row.
func (h handler) ways(ctx context.Context, d *web.Desk) error {
	if h.mayReadEstimates(ctx) {
		d.Ways = append(d.Ways, web.Link{Href: "/budgets", Label: i18n.T(ctx, "web.nav.budgets")}, web.Link{Href: "/estimates", Label: i18n.T(ctx, "web.nav.estimates")})
	}
	return nil
}

type estimatesPage struct {
	web.Base
	Rows     []EstimateSummary
	List     web.List
	Statuses []web.Option
	CanDraft bool
}

func (h handler) estimates(ctx context.Context, r web.Req) (*estimatesPage, error) {
	p := &estimatesPage{List: r.List("-year", "status")}
	if y := r.Param("year"); y != "" {
		if _, err := year(r, nil); err != nil {
			return nil, err
		}
		p.List.Filter["year"] = y
	}
	var err error
	if p.Rows, err = h.Estimates(ctx, &p.List); err != nil {
		return nil, err
	}
	delete(p.List.Filter, "year")
	for _, s := range EstimateStatuses {
		p.Statuses = append(p.Statuses, web.Option{Value: string(s), Label: web.StateWord(r.Lang(), "budget.estimate", string(s))})
	}
	p.CanDraft = h.canOpenEstimate(ctx)
	return p, nil
}

func (h handler) apiEstimates(ctx context.Context, r web.Req) ([]EstimateSummary, error) {
	l := r.List("-year", "status", "year")
	rows, err := h.Estimates(ctx, &l)
	if rows == nil {
		rows = []EstimateSummary{}
	}
	return rows, err
}

func (h handler) estimatesCSV(ctx context.Context, r web.Req) (web.File, error) {
	l := r.List("-year", "status").All()
	rows, err := h.Estimates(ctx, &l)
	if err != nil {
		return web.File{}, err
	}
	table := make([][]string, len(rows))
	for i, e := range rows {
		table[i] = []string{strconv.Itoa(e.Year), strconv.Itoa(e.Round), e.Title, web.StateWord(r.Lang(), "budget.estimate", string(e.Status)), strconv.Itoa(e.Rows),
			e.Asked.String(), e.Total.String(), e.Decision}
	}
	return r.CSV(ctx, "du-toan-trinh", i18n.T(ctx, "budget.estimates"), l, words(ctx, "year", "round", "estimate_title", "state", "tasks", "asked", "stands", "decision"), table), nil
}

// words are the column heads of an export.
func words(ctx context.Context, codes ...string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = i18n.T(ctx, "budget."+c)
	}
	return out
}

type newEstimatePage struct {
	web.Base
	Year int
}

func (h handler) newEstimate(ctx context.Context, _ web.Req) (*newEstimatePage, error) {
	if !h.canOpenEstimate(ctx) {
		return nil, errs.ErrNotFound
	}
	now, err := h.thisYear(ctx)
	return &newEstimatePage{Year: now + 1}, err
}

type estimateIn struct {
	Year  int    `form:"year" json:"year" kb:"required"`
	Round int    `form:"round" json:"round"`
	Title string `form:"title" json:"title" kb:"required"`
}

type estimateMade struct {
	ID    uuid.UUID `json:"id"`
	Year  int       `json:"year"`
	Round int       `json:"round"`
}

func (h handler) postEstimate(ctx context.Context, _ web.Req, in estimateIn) (web.Done, estimateMade, error) {
	e, err := h.DraftEstimate(ctx, in.Year, in.Round, in.Title)
	if err != nil {
		return web.Done{}, estimateMade{}, err
	}
	return web.Done{Location: estimateHref(e.Year, e.Round), Notice: "budget.estimate_drafted"}, estimateMade{e.ID, e.Year, e.Round}, nil
}

// which reads the estimate named in the path.
func which(r web.Req) (year, round int, err error) {
	year, err = strconv.Atoi(r.Param("year"))
	if err == nil {
		round, err = strconv.Atoi(r.Param("round"))
	}
	if err != nil || r.Param("round") != strconv.Itoa(round) || r.Param("year") != strconv.Itoa(year) {
		return 0, 0, errs.ErrNotFound
	}
	return year, round, nil
}

// addressed reads the estimate of a command: its right is asked by the service.
func (h handler) addressed(ctx context.Context, r web.Req) (*Estimate, error) {
	year, round, err := which(r)
	if err != nil {
		return nil, err
	}
	return GetEstimate(ctx, storage.Joined(ctx, h.db), year, round)
}

// moved answers a command on an estimate: its page, or the page of one's own rows.
func (h handler) moved(ctx context.Context, r web.Req, e *Estimate, tail, notice string) web.Done {
	to := estimateHref(e.Year, e.Round) + tail
	if !h.access.Can(ctx, storage.Joined(ctx, h.db), "budget_estimate", "read", e) {
		to = estimateHref(e.Year, e.Round) + "/mine"
	}
	return web.Done{Location: to, Notice: notice}
}

type versionIn struct {
	Version int `form:"version" json:"version" kb:"required"`
}

type estimateOut struct {
	Status  EstimateStatus `json:"status"`
	Version int            `json:"version"`
}

// run makes a command and gives the estimate as it is after it.
func (h handler) run(ctx context.Context, r web.Req, tail, notice string, do func(id uuid.UUID) error) (web.Done, estimateOut, error) {
	e, err := h.addressed(ctx, r)
	if err != nil {
		return web.Done{}, estimateOut{}, err
	}
	if err := do(e.ID); err != nil {
		return web.Done{}, estimateOut{}, err
	}
	if e, err = h.addressed(ctx, r); err != nil {
		return web.Done{}, estimateOut{}, err
	}
	return h.moved(ctx, r, e, tail, notice), estimateOut{e.Status, e.Version}, nil
}

type consolidateIn struct {
	Version      int    `form:"version" json:"version" kb:"required"`
	SubmissionNo string `form:"submission_no" json:"submission_no" kb:"required,max=60"`
}

func (h handler) postConsolidate(ctx context.Context, r web.Req, in consolidateIn) (web.Done, estimateOut, error) {
	return h.run(ctx, r, "", "budget.estimate_consolidated", func(id uuid.UUID) error {
		return h.Consolidate(ctx, id, in.Version, in.SubmissionNo)
	})
}

type appraiseIn struct {
	Version     int           `form:"version" json:"version" kb:"required"`
	From        int           `form:"from" json:"from"` // of the page that is answered
	AppraisalNo string        `form:"appraisal_no" json:"appraisal_no" kb:"max=60"`
	Lines       []appraiseRow `form:"lines" json:"lines" kb:"max=100"`
}

type appraiseRow struct {
	ID      uuid.UUID    `form:"id" json:"id" kb:"required"`
	Amount  money.Amount `form:"amount" json:"amount"`
	Comment string       `form:"comment" json:"comment" kb:"max=1000"`
}

func (h handler) postAppraise(ctx context.Context, r web.Req, in appraiseIn) (web.Done, estimateOut, error) {
	answers := make([]RowAppraisal, len(in.Lines))
	for i, l := range in.Lines {
		answers[i] = RowAppraisal{l.ID, l.Amount, l.Comment}
	}
	tail, notice := "/appraisal?from="+strconv.Itoa(in.From), "budget.estimate_answered"
	if in.AppraisalNo != "" {
		tail, notice = "", "budget.estimate_appraised"
	}
	return h.run(ctx, r, tail, notice, func(id uuid.UUID) error {
		return h.Appraise(ctx, id, in.Version, answers, in.AppraisalNo)
	})
}

func (h handler) postConfirm(ctx context.Context, r web.Req, in versionIn) (web.Done, estimateOut, error) {
	return h.run(ctx, r, "", "budget.estimate_confirmed", func(id uuid.UUID) error { return h.ConfirmAppraisal(ctx, id, in.Version) })
}

type assignIn struct {
	Version    int           `form:"version" json:"version" kb:"required"`
	DecisionNo string        `form:"decision_no" json:"decision_no" kb:"required,max=60"`
	DecidedOn  calendar.Date `form:"decided_on" json:"decided_on"`
}

func (h handler) postAssign(ctx context.Context, r web.Req, in assignIn) (web.Done, estimateOut, error) {
	return h.run(ctx, r, "", "budget.estimate_assigned", func(id uuid.UUID) error {
		return h.Assign(ctx, id, in.Version, in.DecisionNo, in.DecidedOn)
	})
}

type returnIn struct {
	Version int    `form:"version" json:"version" kb:"required"`
	Reason  string `form:"reason" json:"reason" kb:"required,max=1000"`
}

func (h handler) sendBack(from EstimateStatus) func(context.Context, web.Req, returnIn) (web.Done, estimateOut, error) {
	return func(ctx context.Context, r web.Req, in returnIn) (web.Done, estimateOut, error) {
		return h.run(ctx, r, "", "budget.estimate_returned", func(id uuid.UUID) error {
			return h.SendBack(ctx, id, in.Version, from, in.Reason)
		})
	}
}
