package synchronization

import (
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// FlowTypes is the flags enumeration objectFlowTypes: which writes an object
// mapping permits. The zero FlowTypes is None.
type FlowTypes uint8

// The flags of objectFlowTypes.
const (
	FlowAdd    FlowTypes = 1
	FlowUpdate FlowTypes = 2
	FlowDelete FlowTypes = 4
)

// FlowAll permits every write.
const FlowAll = FlowAdd | FlowUpdate | FlowDelete

// Permits reports whether every flag of t is set in f.
func (f FlowTypes) Permits(t FlowTypes) bool { return f&t == t }

// String returns the wire form, without blanks, as the live service writes it:
// some generated clients split at commas without trimming.
func (f FlowTypes) String() string {
	var names []string
	for _, t := range []FlowTypes{FlowAdd, FlowUpdate, FlowDelete} {
		if f.Permits(t) {
			names = append(names, t.flag())
		}
	}
	if names == nil {
		return "None"
	}
	return strings.Join(names, ",")
}

func (f FlowTypes) flag() string {
	switch f { //nolint:exhaustive // FlowAll is three flags, and is asked for by one each
	case FlowAdd:
		return "Add"
	case FlowUpdate:
		return "Update"
	case FlowDelete:
		return "Delete"
	default:
		return "None"
	}
}

// MarshalText writes the wire form.
func (f FlowTypes) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the wire form, with or without blanks, ignoring case. An empty
// text means every flag, as no text does: the JavaScript SDK writes it for flags that
// it has read and cannot carry. It returns an errs.Invalid error that names an
// unknown flag.
func (f *FlowTypes) UnmarshalText(text []byte) error {
	if strings.TrimSpace(string(text)) == "" {
		*f = FlowAll
		return nil
	}
	var parsed FlowTypes
	for name := range strings.SplitSeq(string(text), ",") {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "none", "":
		case "add":
			parsed |= FlowAdd
		case "update":
			parsed |= FlowUpdate
		case "delete":
			parsed |= FlowDelete
		default:
			return errs.New(errs.Invalid, "RequestParameterInvalid",
				"flowTypes holds %q; it is a comma list of Add, Update and Delete.", name)
		}
	}
	*f = parsed
	return nil
}
