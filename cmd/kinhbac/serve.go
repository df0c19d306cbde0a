package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	"kinhbac/internal/config"
	"kinhbac/internal/storage"
)

// errIllustration keeps a demonstration from being taken for the province's books.
var errIllustration = errors.New("this database was filled by the demo (its clock was shifted once): serve refuses it. Run kinhbac demo, or choose another --data")

func serve() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server on real data",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := settings(cmd)
			if err != nil {
				return err
			}
			if c.DatabaseURL != "" && c.KeyFile == "" {
				return app.ErrNoKey
			}
			o := options(cmd, c)
			o.Serve = true
			base, err := app.OpenBase(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer base.Close()
			marked, err := storage.Shifted(cmd.Context(), base.DB)
			if err != nil {
				return err
			}
			if marked {
				return errIllustration
			}
			a, err := app.Build(cmd.Context(), app.Parts{DB: base.DB, Data: base.Data, Key: c.KeyFile})
			if err != nil {
				return err
			}
			return a.Serve(cmd.Context(), listen(cmd, c), base.Died)
		},
	}
	addAddr(cmd)
	return cmd
}

func addAddr(cmd *cobra.Command) {
	cmd.Flags().String("addr", "", "address to listen on (default 127.0.0.1:8080)")
}

func listen(cmd *cobra.Command, c config.Config) app.Listen {
	return app.Listen{
		Addr: c.Addr, Secure: c.Secure(), Proxies: c.Proxies, SMTPURL: c.SMTPURL, MailFrom: c.MailFrom, BaseURL: c.BaseURL, Log: logger(c),
		Ready: func(url string) { fmt.Fprintln(cmd.OutOrStdout(), "kinhbac answers at", url) },
	}
}
