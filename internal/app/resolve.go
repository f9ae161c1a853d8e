package app

import (
	"slices"

	"github.com/spf13/pflag"

	"github.com/provisor/provisor/internal/graphcli"
)

// register adds a flag for every setting that has one.
func register(flags *pflag.FlagSet, only ...string) {
	for _, s := range Settings() {
		if s.Name == "" || !wanted(s.Name, only) {
			continue
		}
		flags.Var(&textFlag{text: s.Default, placeholder: s.Placeholder}, s.Name, s.Usage+" ["+s.Variable+"]")
		if s.Placeholder == "true|false" || s.Placeholder == "auto|true|false" {
			flags.Lookup(s.Name).NoOptDefVal = "true"
		}
	}
}

func wanted(name string, only []string) bool {
	return len(only) == 0 || slices.Contains(only, name)
}

// textFlag keeps what was typed; the setting reads it.
type textFlag struct{ text, placeholder string }

// String returns what was typed.
func (f *textFlag) String() string { return f.text }

// Set keeps what was typed.
func (f *textFlag) Set(t string) error { f.text = t; return nil }

// Type is the placeholder in help texts.
func (f *textFlag) Type() string { return f.placeholder }

// resolve reads every setting: the flag wins over the variable, the variable
// over the default. It returns a usage error that names the flag or variable.
func resolve(flags *pflag.FlagSet, getenv func(string) string) (Config, error) {
	var c Config
	for _, s := range Settings() {
		text, from := s.Default, "the default of --"+s.Name
		if v := getenv(s.Variable); v != "" {
			text, from = v, s.Variable
		}
		if f := flags.Lookup(s.Name); f != nil && f.Changed {
			text, from = f.Value.String(), "--"+s.Name
		}
		if err := s.read(&c, text); err != nil {
			return Config{}, &graphcli.UsageError{
				Message: from + ": " + quoted(s, text) + ": " + err.Error(),
				Next:    "run `provisor serve --help`, which lists every flag with its variable",
			}
		}
	}
	return c, nil
}

// quoted shows a wrong value, unless it is a secret.
func quoted(s Setting, text string) string {
	if s.Name == "" {
		return "the value (not shown)"
	}
	return `"` + text + `" cannot be used`
}
