package graphcli

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// binding is what was typed after a cmdlet's name, by parameter.
type binding struct {
	values   map[string][]string // words of a parameter, by its full name
	switches map[string]bool
	flags    []string // the double-dash flags, which say where Graph is
	warnings []string
	help     bool
}

func (b *binding) has(name string) bool { return len(b.values[name]) > 0 }

// first returns the only word of a parameter that takes one.
func (b *binding) first(name string) string {
	if !b.has(name) {
		return ""
	}
	return b.values[name][0]
}

// binder reads the words one after the other.
type binder struct {
	all     []parameter
	flags   *pflag.FlagSet // knows which double-dash flags take a word
	words   []string
	binding binding
}

// bind sorts the words of a command line. Parameters begin with one dash, have
// a name in any case, and take their value after a blank or a colon.
func bind(all []parameter, flags *pflag.FlagSet, words []string) (*binding, error) {
	b := &binder{all: all, flags: flags, words: words, binding: binding{values: map[string][]string{}, switches: map[string]bool{}}}
	for position := 1; len(b.words) > 0; position++ {
		word := b.next()
		name, isParameter := parameterName(word)
		var err error
		switch {
		case isHelp(word):
			b.binding.help = true
		case strings.HasPrefix(word, "--"):
			err = b.doubleDash(word)
		case isParameter:
			err = b.parameter(name)
		default:
			err = usagef("A positional parameter cannot be found: a word stands where a parameter name such as -%s must stand.", all[0].name).
				next("put quotes around values with blanks; all parameters are named")
		}
		if err != nil {
			return nil, err
		}
	}
	return &b.binding, nil
}

func (b *binder) next() string {
	word := b.words[0]
	b.words = b.words[1:]
	return word
}

func isHelp(word string) bool {
	switch strings.ToLower(word) {
	case "-?", "-h", "-help", "--help":
		return true
	}
	return false
}

// parameterName returns what follows the dash of a parameter. A dash alone is a
// value: standard input. The dashes of a word processor count, as in PowerShell.
func parameterName(word string) (string, bool) {
	dash, size := utf8.DecodeRuneInString(word)
	if !strings.ContainsRune("-–—―", dash) || len(word) == size {
		return "", false
	}
	name := word[size:]
	first, _ := utf8.DecodeRuneInString(name)
	return name, unicode.IsLetter(first) || first == '?'
}

// doubleDash keeps a flag, with its word when it takes one.
func (b *binder) doubleDash(word string) error {
	b.binding.flags = append(b.binding.flags, word)
	name, _, hasValue := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	known := b.flags.Lookup(name)
	if known == nil {
		return usagef("there is no flag --%s here", name).next("parameters of the cmdlet begin with one dash; --help shows both kinds")
	}
	if !hasValue && known.NoOptDefVal == "" && len(b.words) > 0 {
		b.binding.flags = append(b.binding.flags, b.next())
	}
	return nil
}

func (b *binder) parameter(text string) error {
	name, inline := text, ""
	if colon := strings.IndexByte(text, ':'); colon >= 0 {
		name, inline = text[:colon], text[colon:]
	}
	p, err := find(b.all, name)
	if err != nil {
		return err
	}
	if _, twice := b.binding.switches[p.name]; twice || b.binding.has(p.name) {
		return usagef("Cannot bind parameter because parameter '%s' is specified more than once.", p.name).
			next("give several values after one name, with blanks or commas between them")
	}
	if err := b.outside(p); err != nil {
		return err
	}
	if p.arity == flag {
		return b.bindSwitch(p, inline)
	}
	return b.bindValue(p, strings.TrimPrefix(inline, ":"))
}

// outside deals with a parameter that works within PowerShell only.
func (b *binder) outside(p parameter) error {
	switch p.outside {
	case refused:
		return usagef("-%s works within PowerShell only", p.name).next("%s", firstOf(p.instead, "leave it off"))
	case ignored:
		b.binding.warnings = append(b.binding.warnings, "-"+p.name+" has no effect outside PowerShell.")
	case bound:
	}
	return nil
}

// bindSwitch sets a switch. What follows its name is nothing or a colon and a
// value; PowerShell lets the value be a word of its own.
func (b *binder) bindSwitch(p parameter, inline string) error {
	if inline == ":" && len(b.words) > 0 && strings.HasPrefix(b.words[0], "$") {
		inline += b.next()
	}
	switch strings.ToLower(inline) {
	case "", ":$true", ":true", ":1":
		b.binding.switches[p.name] = true
	case ":$false", ":false", ":0":
		b.binding.switches[p.name] = false
	case ":":
		return usagef("-%s: has no value; the shell may have taken $true or $false for a variable of its own", p.name).
			next("quote it, as in '-%s:$true'", p.name)
	default:
		return usagef("-%s is a switch: its value can only be $true or $false", p.name)
	}
	return nil
}

func (b *binder) bindValue(p parameter, inline string) error {
	var words []string
	if inline != "" {
		words = append(words, inline)
	}
	for len(b.words) > 0 && (p.arity == many || len(words) == 0) {
		if _, isParameter := parameterName(b.words[0]); isParameter || strings.HasPrefix(b.words[0], "--") {
			break
		}
		words = append(words, b.next())
	}
	if len(words) == 0 || words[0] == "" {
		return usagef("Missing an argument for parameter '%s'.", p.name)
	}
	b.binding.values[p.name] = words
	return nil
}
