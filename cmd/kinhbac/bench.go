package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kinhbac/internal/bench"
)

func benchmarks() *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "Measure this program against PostgreSQL on this machine", Args: cobra.NoArgs}
	cmd.AddCommand(benchLedger())
	return cmd
}

func benchLedger() *cobra.Command {
	var asJSON bool
	var o bench.Options
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Posting, import, sums and proof of the ledger, beside pgbench calling the same function",
		Long: `Posting, import, sums and proof of the ledger, beside pgbench calling the same function.

Runs on a cluster of its own in an empty folder, which it removes; give --data to keep it. Needs Debian's PostgreSQL
package for pgbench. Trust the ratios: absolute rates move with what else the machine does.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f := cmd.Flags().Lookup("data"); f != nil && f.Changed {
				o.Data = f.Value.String()
			}
			o.Say = say(cmd)
			r, err := bench.Ledger(cmd.Context(), o)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
			fmt.Fprintln(w, "case\tprogram/s\tpgbench/s\tratio\tCPU ratio\tp50 ms\tp99 ms\tretries\tgoal\t")
			for _, c := range r.Cases {
				fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t%.2f\t%.1f\t%.1f\t%d\t%s\t\n", c.Name, c.HTTP, c.PGBench, c.Ratio, c.CPURatio, c.P50, c.P99, c.Retries, c.Verdict())
			}
			fmt.Fprintf(w, "flush %.2f ms, drift %d, %.0f s\t\n", r.FlushMS, r.Drift, r.Seconds)
			return w.Flush()
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	f.DurationVar(&o.Length, "length", 4*time.Second, "of one cell")
	f.IntVar(&o.Repetitions, "repetitions", 3, "of each case; the median counts")
	return cmd
}
