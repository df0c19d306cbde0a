package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	"kinhbac/internal/errs"
	"kinhbac/internal/ledger"
)

func export() *cobra.Command {
	var e ledger.Extract
	var names []string
	for _, d := range ledger.Dialects {
		names = append(names, string(d))
	}
	cmd := &cobra.Command{
		Use:   "export hledger|beancount|ledger",
		Short: "Write the books in a plain-text accounting language to standard output",
		Long: `Write the books in a plain-text accounting language to standard output, all of them or one, all years or one. Every account
and currency is declared, every journal carries its number and document, every leg its dimensions, and the kept balances are
asserted at the end of each period: a program that knows nothing of ours recomputes them.

    kinhbac export hledger > books.journal && hledger -f books.journal check --strict`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			if e.Year != 0 && (e.Year < 2000 || e.Year > 2199) {
				return errors.New("--year takes a year from 2000 to 2199")
			}
			e.Dialect = ledger.Dialect(args[0])
			o := options(cmd, c)
			o.Statement = time.Hour
			base, err := app.OpenBase(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer base.Close()
			err = ledger.Export(cmd.Context(), base.DB, cmd.OutOrStdout(), e)
			if errors.Is(err, errs.ErrNotFound) {
				var books []string
				if err := base.DB.NewRaw("SELECT code FROM ledger.books ORDER BY id").Scan(cmd.Context(), &books); err != nil {
					return err
				}
				slices.Sort(books)
				return fmt.Errorf("there is no book %s; there are %v", e.Book, books)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&e.Book, "book", "", "one book only: BUDGET, CONTRACT, ACTUAL or FUND/<code>")
	cmd.Flags().IntVar(&e.Year, "year", 0, "one calendar year only, from its opening balances")
	return cmd
}
