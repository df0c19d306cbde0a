package budget

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"kinhbac/internal/access"
	"kinhbac/internal/errs"
	"kinhbac/internal/file"
	"kinhbac/internal/money"
	"kinhbac/internal/storage"
)

// GetEstimate reads an estimate with its rows whoever asks; none is errs.ErrNotFound.
func GetEstimate(ctx context.Context, db bun.IDB, year, round int) (*Estimate, error) {
	e := new(Estimate)
	err := one(db.NewSelect().Model(e).Where("be.year = ?", year).Where("be.round = ?", round).Scan(ctx), "budget estimate of year", uuid.Nil)
	if err != nil {
		return nil, err
	}
	return e, e.load(ctx, db)
}

func (e *Estimate) load(ctx context.Context, db bun.IDB) error {
	err := db.NewSelect().Model(&e.Rows).Where("er.estimate_id = ?", e.ID).OrderExpr("er.position, er.id").Scan(ctx)
	if err != nil {
		return fmt.Errorf("read rows of budget estimate %s: %w", e.ID, err)
	}
	return nil
}

func lockEstimate(ctx context.Context, tx bun.IDB, id uuid.UUID) (*Estimate, error) {
	e := new(Estimate)
	if err := one(tx.NewSelect().Model(e).Where("be.id = ?", id).For("UPDATE").Scan(ctx), "budget estimate", id); err != nil {
		return nil, err
	}
	return e, e.load(ctx, tx)
}

func saveEstimate(ctx context.Context, tx bun.IDB, e *Estimate) error {
	e.Version++
	_, err := tx.NewUpdate().Model(e).ExcludeColumn("id", "year", "round", "managing_unit_id", "finance_unit_id", "drafted_by", "drafted_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save budget estimate %s: %w", e.ID, err)
	}
	return nil
}

func insertRows(ctx context.Context, tx bun.IDB, rows []EstimateRow) error {
	for part := range slices.Chunk(rows, 1000) {
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return refusedRow(err)
		}
	}
	return nil
}

// refusedRow turns what the table refused into words: a code of two at once, a project or milestone that is not there.
func refusedRow(err error) error {
	switch storage.Constraint(err) {
	case "budget_estimate_rows_estimate_id_code_key":
		return ErrRowCode
	case "budget_estimate_rows_project_id_fkey":
		return errs.FieldError("project_id", "budget.no_project")
	case "budget_estimate_rows_milestone_id_fkey":
		return errs.FieldError("milestone_id", "budget.no_milestone")
	}
	return fmt.Errorf("save rows of budget estimate: %w", err)
}

// saveRows writes what a transition changed: the answers of the appraisal and the lines of the assignment.
func saveRows(ctx context.Context, tx bun.IDB, rows []EstimateRow) error {
	if len(rows) == 0 {
		return nil
	}
	for i := range rows {
		rows[i].Version++
	}
	_, err := tx.NewUpdate().With("_data", tx.NewValues(&rows)).Model((*EstimateRow)(nil)).TableExpr("_data").
		Set("appraised = _data.appraised").Set("comment = _data.comment").Set("line_id = _data.line_id").Set("version = _data.version").
		Where("er.id = _data.id").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save rows of budget estimate: %w", err)
	}
	return nil
}

// EstimateVersion is a copy of an estimate as a transition left it. Nobody changes one.
type EstimateVersion struct {
	bun.BaseModel `bun:"table:budget_estimate_versions,alias:ev"`
	EstimateID    uuid.UUID `bun:",pk,type:uuid"`
	No            int       `bun:",pk"`
	Act           string
	Status        EstimateStatus
	Note          string       // number of the document, or the reason
	Total         money.Amount `bun:"type:numeric"`
	Content       EstimateCopy `bun:"type:jsonb"`
	Digest        string       // SHA-256 of the content as PostgreSQL writes it
	MadeBy        uuid.UUID    `bun:"type:uuid"`
	MadeAt        time.Time
}

// EstimateCopy is what a version keeps.
type EstimateCopy struct {
	Title      string    `json:"title"`
	Submission string    `json:"submission,omitempty"`
	Appraisal  string    `json:"appraisal,omitempty"`
	Decision   string    `json:"decision,omitempty"`
	Rows       []RowCopy `json:"rows"`
}

// RowCopy is a row as a version keeps it; amounts in đồng.
type RowCopy struct {
	ID          uuid.UUID     `json:"id"`
	Code        string        `json:"code"`
	TaskVI      string        `json:"task_vi"`
	TaskEN      string        `json:"task_en"`
	Source      string        `json:"source"`
	Programme   string        `json:"programme,omitempty"`
	Chapter     string        `json:"chapter,omitempty"`
	Dims        Dims          `json:"dims"`
	Asked       money.Amount  `json:"asked"`
	Appraised   *money.Amount `json:"appraised,omitempty"`
	Explanation string        `json:"explanation"`
	Comment     string        `json:"comment,omitempty"`
}

// Stands is what counts of the row in its version.
func (r RowCopy) Stands() money.Amount {
	if r.Appraised != nil {
		return *r.Appraised
	}
	return r.Asked
}

// copyOf is the estimate as it stands.
func copyOf(e *Estimate) EstimateCopy {
	c := EstimateCopy{Title: e.Title, Submission: e.SubmissionNo, Appraisal: e.AppraisalNo, Decision: e.DecisionNo, Rows: []RowCopy{}}
	for i := range e.Rows {
		r := &e.Rows[i]
		c.Rows = append(c.Rows, RowCopy{ID: r.ID, Code: r.Code, TaskVI: r.TaskVI, TaskEN: r.TaskEN, Source: r.SourceCode, Programme: r.ProgrammeCode,
			Chapter: r.Chapter, Dims: r.Dims, Asked: r.Asked, Appraised: r.Appraised, Explanation: r.Explanation, Comment: r.Comment})
	}
	return c
}

// keepVersion writes the next version of e, after the act was made.
func keepVersion(ctx context.Context, tx bun.IDB, e *Estimate, act, note string, actor access.Actor) error {
	content, err := json.Marshal(copyOf(e))
	if err != nil {
		return err
	}
	_, err = tx.NewRaw(`INSERT INTO budget_estimate_versions (estimate_id, no, act, status, note, total, content, digest, made_by, made_at)
		SELECT ?, COALESCE((SELECT max(no) FROM budget_estimate_versions WHERE estimate_id = ?), 0) + 1, ?, ?, ?, ?, c.content,
			encode(sha256(convert_to(c.content::text, 'UTF8')), 'hex'), ?, ?
		FROM (SELECT ?::jsonb AS content) c`, e.ID, e.ID, act, e.Status, note, e.Total(), actor.ID, storage.Now(ctx), string(content)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep version of budget estimate %s: %w", e.ID, err)
	}
	return nil
}

// versions are the copies of an estimate without their content, newest first.
func versions(ctx context.Context, db bun.IDB, id uuid.UUID) (list []EstimateVersion, err error) {
	err = db.NewSelect().Model(&list).ExcludeColumn("content").Where("ev.estimate_id = ?", id).OrderExpr("ev.no DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read versions of budget estimate %s: %w", id, err)
	}
	return list, nil
}

func version(ctx context.Context, db bun.IDB, id uuid.UUID, no int) (*EstimateVersion, error) {
	v := new(EstimateVersion)
	return v, one(db.NewSelect().Model(v).Where("ev.estimate_id = ?", id).Where("ev.no = ?", no).Scan(ctx), "version of budget estimate", id)
}

// Attachment is a file of an estimate.
type Attachment struct {
	bun.BaseModel `bun:"table:budget_estimate_files,alias:ef"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	EstimateID    uuid.UUID `bun:"type:uuid"`
	FileID        uuid.UUID `bun:"type:uuid"`
	AddedBy       uuid.UUID `bun:"type:uuid"`
	AddedAt       time.Time
	File          *file.File `bun:"rel:belongs-to,join:file_id=id"`
}

func attachments(ctx context.Context, db bun.IDB, id uuid.UUID) (list []Attachment, err error) {
	err = db.NewSelect().Model(&list).Relation("File").Where("ef.estimate_id = ?", id).OrderExpr("ef.added_at, ef.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read files of budget estimate %s: %w", id, err)
	}
	return list, nil
}

// fingerprint is SHA-256 in hex.
func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
