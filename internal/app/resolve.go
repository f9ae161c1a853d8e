package app

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/provisor/provisor/internal/graphcli"
)

// register adds a flag for the file with settings and one for every setting that has
// one, or for those named.
func register(flags *pflag.FlagSet, only ...string) {
	flags.String(configFlag, "", "YAML file with settings, by the names of the flags; flags and variables win ["+configVariable+"]")
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

// choice is a setting with the text that counts, and who said it.
type choice struct {
	Setting

	text, from string
}

// choose finds what counts for every setting: the flag wins over the variable, the
// variable over the file, the file over the default.
func choose(flags *pflag.FlagSet, getenv func(string) string) ([]choice, error) {
	var file configFile
	path := getenv(configVariable)
	if f := flags.Lookup(configFlag); f != nil && f.Changed {
		path = f.Value.String()
	}
	if path != "" {
		var err error
		if file, err = readConfigFile(path); err != nil {
			return nil, err
		}
	}
	var all []choice
	for _, s := range Settings() {
		c := choice{s, s.Default, "the default of --" + s.Name}
		if v, given := file.values[s.key()]; given {
			c.text, c.from = v.text, fmt.Sprintf("%s, line %d, %s", file.path, v.line, s.key())
		}
		if v := getenv(s.Variable); v != "" {
			c.text, c.from = v, s.Variable
		}
		if f := flags.Lookup(s.Name); f != nil && f.Changed {
			c.text, c.from = f.Value.String(), "--"+s.Name
		}
		all = append(all, c)
	}
	return all, nil
}

// resolve reads every setting. It returns a usage error that names the flag, the
// variable or the line of the file.
func resolve(flags *pflag.FlagSet, getenv func(string) string) (Config, error) {
	all, err := choose(flags, getenv)
	if err != nil {
		return Config{}, err
	}
	var c Config
	for _, one := range all {
		if err := one.apply(&c); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

// apply stores the text of a choice.
func (c choice) apply(to *Config) error {
	if err := c.read(to, c.text); err != nil {
		return &graphcli.UsageError{
			Message: c.from + ": " + quoted(c.Setting, c.text) + ": " + err.Error(),
			Next:    "run `provisor serve --help`, which lists every flag with its variable",
		}
	}
	return nil
}

// hidden stands for a secret.
const hidden = "(hidden)"

// quoted shows a wrong value, unless it is a secret.
func quoted(s Setting, text string) string {
	if s.Name == "" {
		return "the value (not shown)"
	}
	if s.redact != nil {
		text = s.redact(text)
	}
	return `"` + text + `" cannot be used`
}
