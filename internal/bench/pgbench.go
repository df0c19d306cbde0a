package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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

// raw is what pgbench did after its connections were warm.
type raw struct {
	perSecond float64
	cpu       time.Duration // of PostgreSQL, per operation
}

// warm is how long pgbench runs before anything counts: each new connection first compiles the kernel's functions,
// which the server's have done long ago.
const warm = 2 * time.Second

var progress = regexp.MustCompile(`^progress: ([0-9.]+) s, ([0-9.]+) tps`)

// run calls one statement from so many connections, prepared once per connection, as the role of the server. used is
// the CPU time of PostgreSQL up to now.
func (g *generator) run(ctx context.Context, script string, connections int, length time.Duration, used func() (time.Duration, error)) (r raw, err error) {
	file := filepath.Join(g.folder, "script.pgbench")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, g.program, "--no-vacuum", "--protocol=prepared", "--client="+strconv.Itoa(connections),
		"--jobs="+strconv.Itoa(min(2, connections)), "--progress=1", "--time="+strconv.Itoa(int((warm+length).Seconds())), "--file="+file,
		"--host="+g.cluster.Run, "--username="+storage.App, pgserver.Database)
	words, err := cmd.StderrPipe()
	if err != nil {
		return r, err
	}
	if err := cmd.Start(); err != nil {
		return r, fmt.Errorf("pgbench: %w", err)
	}
	var said strings.Builder
	var from, to, last, done float64 // seconds; operations are rates times their intervals
	warmed := false
	var before, after time.Duration
	for lines := bufio.NewScanner(words); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		p := progress.FindStringSubmatch(lines.Text())
		if p == nil {
			continue
		}
		at, err1 := strconv.ParseFloat(p[1], 64)
		tps, err2 := strconv.ParseFloat(p[2], 64)
		if err := errors.Join(err1, err2); err != nil {
			return r, errors.Join(err, cmd.Wait())
		}
		if after, err = used(); err != nil {
			return r, errors.Join(err, cmd.Wait())
		}
		switch {
		case at < warm.Seconds()-0.5:
		case !warmed:
			warmed, from, before = true, at, after
		default:
			done, to = done+tps*(at-last), at
		}
		last = at
	}
	if err := cmd.Wait(); err != nil {
		return r, fmt.Errorf("pgbench: %w\n%s", err, said.String())
	}
	if done < 1 {
		return r, fmt.Errorf("pgbench got nothing done in %v:\n%s", length, said.String())
	}
	return raw{done / (to - from), time.Duration(float64(after-before) / done)}, nil
}

// commitment is the statement of the plain act on one line of a range of control lines, one đồng each.
func commitment(from, to int64, actor, approver, object uuid.UUID) string {
	return fmt.Sprintf(`\set line random(%d, %d)
SELECT * FROM ledger.commitment(:line, 1, 'pgbench/' || gen_random_uuid(), '%s', '%s', 'finance_officer', '%s', 'commitment',
	gen_random_uuid(), '12/HĐ', '');
`, from, to, actor, approver, object)
}
