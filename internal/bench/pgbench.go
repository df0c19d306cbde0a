package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kinhbac/internal/pgserver"
	"kinhbac/internal/storage"
)

// ErrNoPGBench says that only Debian's package of the server carries the load generator.
var ErrNoPGBench = errors.New("pgbench is missing: the bench needs Debian's package, type: apt-get install postgresql")

// generator is pgbench on the cluster.
type generator struct {
	program string
	cluster *pgserver.Cluster
	folder  string
}

func newGenerator(c *pgserver.Cluster, folder string) (*generator, error) {
	g := &generator{filepath.Join(c.Bin, "pgbench"), c, folder}
	if _, err := os.Stat(g.program); err != nil {
		return nil, ErrNoPGBench
	}
	return g, nil
}

// raw is what pgbench reports.
type raw struct {
	perSecond float64
	count     int
}

var (
	processed = regexp.MustCompile(`actually processed: (\d+)`)
	tps       = regexp.MustCompile(`tps = ([0-9.]+) \(without`)
)

// run calls one statement from so many connections, prepared once per connection, as the role of the server.
func (g *generator) run(ctx context.Context, script string, connections int, length time.Duration) (raw, error) {
	f, err := os.CreateTemp(g.folder, "*.pgbench")
	if err != nil {
		return raw{}, err
	}
	defer os.Remove(f.Name())
	if _, err := f.WriteString(script); err != nil {
		return raw{}, err
	}
	if err := f.Close(); err != nil {
		return raw{}, err
	}
	seconds := max(1, int(length.Round(time.Second)/time.Second))
	out, err := exec.CommandContext(ctx, g.program, "--no-vacuum", "--protocol=prepared", "--client="+strconv.Itoa(connections),
		"--jobs="+strconv.Itoa(min(2, connections)), "--time="+strconv.Itoa(seconds), "--file="+f.Name(),
		"--host="+g.cluster.Run, "--username="+storage.App, pgserver.Database).CombinedOutput()
	if err != nil {
		return raw{}, fmt.Errorf("pgbench: %w\n%s", err, out)
	}
	n, rate := processed.FindSubmatch(out), tps.FindSubmatch(out)
	if n == nil || rate == nil {
		return raw{}, fmt.Errorf("pgbench says nothing we can read:\n%s", out)
	}
	var r raw
	if r.count, err = strconv.Atoi(string(n[1])); err != nil {
		return raw{}, err
	}
	r.perSecond, err = strconv.ParseFloat(string(rate[1]), 64)
	return r, err
}

// commitment is the statement of the plain act on one line of a range of control lines, one đồng each.
func commitment(from, to int64, actor, approver, object uuid.UUID) string {
	return fmt.Sprintf(`\set line random(%d, %d)
SELECT * FROM ledger.commitment(:line, 1, 'pgbench/' || gen_random_uuid(), '%s', '%s', 'finance_officer', '%s', 'commitment',
	gen_random_uuid(), '12/HĐ', '');
`, from, to, actor, approver, object)
}
