package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kinhbac/internal/app"
	"kinhbac/internal/config"
	"kinhbac/internal/errs"
	"kinhbac/internal/i18n"
)

// settings joins environment and flags.
func settings(cmd *cobra.Command) (config.Config, error) {
	c, err := config.Load()
	if err != nil {
		return c, err
	}
	if f := cmd.Flags().Lookup("data"); f != nil && f.Changed {
		c.Data = f.Value.String()
	}
	if f := cmd.Flags().Lookup("addr"); f != nil && f.Changed {
		c.Addr = f.Value.String()
	}
	return c, nil
}

// say prints progress beside the output.
func say(cmd *cobra.Command) func(string) {
	return func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) }
}

// options for opening the database.
func options(cmd *cobra.Command, c config.Config) app.Options {
	return app.Options{Data: c.Data, DatabaseURL: c.DatabaseURL, MigrateURL: c.MigrateURL, KeyFile: c.KeyFile, Say: say(cmd)}
}

func logger(c config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo // config.Load has refused every other word
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// words are what a person reads of an error: the catalogue's, in both languages, for a refusal with a code.
func words(err error) string {
	e := errs.From(err)
	if e.Kind == errs.Internal {
		return err.Error()
	}
	parts := []string{i18n.Text(i18n.VI, e.Code, e.Args...) + " / " + i18n.Text(i18n.EN, e.Code, e.Args...)}
	for _, f := range e.Fields {
		parts = append(parts, f.Name+": "+i18n.Text(i18n.VI, f.Code, f.Args...)+" / "+i18n.Text(i18n.EN, f.Code, f.Args...))
	}
	return strings.Join(parts, "\n  ")
}
