package graphcli

import (
	"slices"
	"strings"
)

// parameter is one parameter of a cmdlet.
type parameter struct {
	name    string
	aliases []string
	arity   arity
	common  bool   // one that every cmdlet has; yields to the cmdlet's own when a prefix fits both
	outside fate   // what becomes of it outside PowerShell
	instead string // what to use in its stead
}

// arity tells how many words belong to a parameter.
type arity uint8

const (
	one  arity = iota
	flag       // a switch; a value only after a colon
	many       // every word up to the next parameter
)

// fate tells what becomes of a parameter that works within PowerShell only.
type fate uint8

const (
	bound   fate = iota // it works here
	ignored             // it is passed over with a warning
	refused             // the command would not do what was asked
)

// The parameters that select a parameter set.
const (
	inputObject          = "InputObject"
	bodyParameter        = "BodyParameter"
	credentials          = "Credentials"
	additionalProperties = "AdditionalProperties"
)

// parameters lists those of a cmdlet; id is the name of the first.
func parameters(id string) []parameter {
	return []parameter{
		{name: id},
		{name: credentials, arity: many},
		{name: bodyParameter},
		{name: inputObject},
		{name: additionalProperties},
		{name: "Headers"},
		{name: "PassThru", arity: flag},
		{name: "ResponseHeadersVariable", aliases: []string{"RHV"}, outside: ignored},
		{name: "Break", arity: flag, outside: ignored},
		{name: "HttpPipelineAppend", outside: refused},
		{name: "HttpPipelinePrepend", outside: refused},
		{name: "Proxy", outside: refused, instead: "set HTTPS_PROXY"},
		{name: "ProxyCredential", outside: refused, instead: "put the credential into HTTPS_PROXY"},
		{name: "ProxyUseDefaultCredentials", arity: flag, outside: refused, instead: "put the credential into HTTPS_PROXY"},
		{name: "WhatIf", aliases: []string{"wi"}, arity: flag, common: true},
		{name: "Confirm", aliases: []string{"cf"}, arity: flag, common: true},
		{name: "Verbose", aliases: []string{"vb"}, arity: flag, common: true},
		{name: "ErrorAction", aliases: []string{"ea"}, common: true},
		{name: "Debug", aliases: []string{"db"}, arity: flag, common: true, outside: ignored},
		{name: "WarningAction", aliases: []string{"wa"}, common: true, outside: ignored},
		{name: "InformationAction", aliases: []string{"infa"}, common: true, outside: ignored},
		{name: "ProgressAction", aliases: []string{"proga"}, common: true, outside: ignored},
		{name: "ErrorVariable", aliases: []string{"ev"}, common: true, outside: ignored},
		{name: "WarningVariable", aliases: []string{"wv"}, common: true, outside: ignored},
		{name: "InformationVariable", aliases: []string{"iv"}, common: true, outside: ignored},
		{name: "OutVariable", aliases: []string{"ov"}, common: true, outside: ignored},
		{name: "OutBuffer", aliases: []string{"ob"}, common: true, outside: ignored},
		{name: "PipelineVariable", aliases: []string{"pv"}, common: true, outside: ignored},
	}
}

// find returns the parameter that a name stands for: the name or an alias in any
// case, or a prefix that fits only one. When a prefix fits one of the cmdlet's own
// parameters and otherwise common ones, the own is meant, as in PowerShell.
func find(all []parameter, name string) (parameter, error) {
	var fits, own []parameter
	for _, p := range all {
		names := append([]string{p.name}, p.aliases...)
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return p, nil
		}
		if slices.ContainsFunc(names, func(n string) bool { return hasPrefixFold(n, name) }) {
			fits = append(fits, p)
			if !p.common {
				own = append(own, p)
			}
		}
	}
	switch {
	case len(fits) == 0 && strings.ContainsFunc(name, notLetter):
		return parameter{}, usagef("A parameter cannot be found: a word that begins with a dash is no parameter name. It is not shown, for it may be a value.").
			next("put a value after a colon, as in -%s:VALUE, when it begins with a dash", all[0].name)
	case len(fits) == 0:
		return parameter{}, usagef("A parameter cannot be found that matches parameter name '%s'.", name)
	case len(fits) == 1:
		return fits[0], nil
	case len(own) == 1:
		return own[0], nil
	}
	possible := make([]string, len(fits))
	for i, p := range fits {
		possible[i] = "-" + p.name
	}
	return parameter{}, usagef("Parameter cannot be processed because the parameter name '%s' is ambiguous. Possible matches include: %s.", name, strings.Join(possible, " "))
}

func notLetter(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }

func hasPrefixFold(text, prefix string) bool {
	return prefix != "" && len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}
