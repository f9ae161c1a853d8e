package graphcli

import "strings"

// parameterSet is one of the four ways in which a cmdlet may be called.
type parameterSet string

// The parameter sets, by their published names.
const (
	acquireExpanded            parameterSet = "AcquireExpanded"
	acquire                    parameterSet = "Acquire"
	acquireViaIdentity         parameterSet = "AcquireViaIdentity"
	acquireViaIdentityExpanded parameterSet = "AcquireViaIdentityExpanded"
)

// choice is a parameter set, and which of its parameters the pipeline fills.
type choice struct {
	set  parameterSet
	pipe string // inputObject, bodyParameter, or empty
}

// given tells which of the parameters that matter were typed, and whether
// something comes through the pipeline.
type given struct {
	id, input, body, credentials, additional, piped bool
}

// resolve picks the parameter set. No set holds both the id and InputObject, or
// BodyParameter together with the parameters that spell the body out.
func (g given) resolve(id string) (choice, error) {
	spelled := g.credentials || g.additional
	switch {
	case g.id && g.input, g.body && spelled:
		return choice{}, g.clash(id)
	case g.id && g.body:
		return choice{set: acquire}, nil
	case g.id && g.piped && !spelled:
		return choice{set: acquire, pipe: bodyParameter}, nil
	case g.id:
		return choice{set: acquireExpanded}, nil
	case g.input && g.body:
		return choice{set: acquireViaIdentity}, nil
	case g.input && g.piped && !spelled:
		return choice{set: acquireViaIdentity, pipe: bodyParameter}, nil
	case g.input:
		return choice{set: acquireViaIdentityExpanded}, nil
	case g.piped && g.body:
		return choice{set: acquireViaIdentity, pipe: inputObject}, nil
	case g.piped:
		return choice{set: acquireViaIdentityExpanded, pipe: inputObject}, nil
	}
	return choice{}, usagef("Cannot process command because of one or more missing mandatory parameters: %s.", id).
		next("give -%s, or -InputObject, or pipe an identity such as {\"%s\":\"…\"} into the command", id, lowerFirst(id))
}

// clash names the parameters that no set holds together, and the sets.
func (g given) clash(id string) error {
	var together []string
	if g.id && g.input {
		together = append(together, "-"+id+" and -InputObject")
	}
	if g.body && g.credentials {
		together = append(together, "-BodyParameter and -Credentials")
	}
	if g.body && g.additional {
		together = append(together, "-BodyParameter and -AdditionalProperties")
	}
	return usagef("Parameter set cannot be resolved using the specified named parameters: one cannot use %s together.", strings.Join(together, ", or ")).
		next("use one of the sets: AcquireExpanded (-%[1]s [-Credentials] [-AdditionalProperties]), Acquire (-%[1]s -BodyParameter), "+
			"AcquireViaIdentityExpanded (-InputObject [-Credentials] [-AdditionalProperties]), AcquireViaIdentity (-InputObject -BodyParameter)", id)
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
