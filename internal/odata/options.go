package odata

import (
	"slices"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// MaxTop is the largest page that Graph's directory serves.
const MaxTop = 999

// Option is the name of a system query option, with its dollar sign.
type Option string

// The system query options.
const (
	FilterOption    Option = "$filter"
	OrderByOption   Option = "$orderby"
	SelectOption    Option = "$select"
	ExpandOption    Option = "$expand"
	TopOption       Option = "$top"
	SkipOption      Option = "$skip"
	CountOption     Option = "$count"
	SearchOption    Option = "$search"
	SkipTokenOption Option = "$skiptoken"
	// DeltaTokenOption says how far a reader of changes has come.
	DeltaTokenOption Option = "$deltatoken"
	formatOption     Option = "$format"
)

// Options are the system query options of one request. The zero Options asks for
// nothing in particular.
type Options struct {
	Filter    Expr     // nil: everything
	FilterRaw string   // the text that Filter was read from
	OrderBy   []Order  // nil: the resource's own order
	Select    []string // nil: the resource's default properties
	Expand    []Expand
	Top       int // 0: the default page size
	Skip      int
	Count     bool
	Search    string // the words to find in displayName; empty: everything
	// Sought is a $search of several clauses or of other properties: calls of [Search],
	// joined. Nil: none. It and Search are not there together.
	Sought    Expr
	SkipToken string // what Token.Resume checks
	// DeltaToken is what [ResumeDeltaToken] checks, or latest.
	DeltaToken string
}

// Expand is one member of $expand.
type Expand struct {
	Name   string
	Select []string // nil: all
	Levels int      // how often the same is expanded again inside; zero: once
}

// MaxLevels is what $levels=max asks for.
const MaxLevels = 1000

// ParseOptions reads the query of a request. Names are read with or without the
// dollar sign, ignoring case; a name that is no system query option, such as
// api-version, is left to others. An option that allowed does not list is an
// errs.Invalid error that names it, as is one that is repeated.
func ParseOptions(query map[string][]string, allowed ...Option) (Options, error) {
	var o Options
	seen := map[Option]bool{}
	for name, values := range query {
		option, known := lookUp(name)
		switch {
		case !known:
			continue
		case option == formatOption:
			continue // only JSON is spoken; a client that asks for it in the query gets it
		case !slices.Contains(allowed, option):
			return Options{}, unsupported(string(option))
		case seen[option] || len(values) != 1:
			return Options{}, errs.New(errs.Invalid, "BadRequest", "The query option '%s' is given more than once.", option)
		}
		seen[option] = true
		if err := o.set(option, values[0]); err != nil {
			return Options{}, err
		}
	}
	return o, nil
}

func unsupported(name string) error {
	return errs.New(errs.Invalid, "Request_UnsupportedQuery", "The query option '%.64s' is not supported on this resource.", name)
}

// lookUp finds the option that name spells. An unknown name with a dollar sign is
// an option all the same: one that nothing allows.
func lookUp(name string) (Option, bool) {
	lower := strings.ToLower(name)
	dollared := Option("$" + strings.TrimPrefix(lower, "$"))
	switch dollared {
	case FilterOption, OrderByOption, SelectOption, ExpandOption, TopOption, SkipOption,
		CountOption, SearchOption, SkipTokenOption, DeltaTokenOption, formatOption:
		return dollared, true
	default:
		return Option(lower), strings.HasPrefix(lower, "$")
	}
}

func (o *Options) set(option Option, value string) error {
	var err error
	switch option {
	case FilterOption:
		o.FilterRaw = value
		o.Filter, err = ParseFilter(value)
	case OrderByOption:
		o.OrderBy, err = ParseOrderBy(value)
	case SelectOption:
		o.Select, err = parseSelect(value)
	case ExpandOption:
		o.Expand, err = parseExpand(value)
	case TopOption:
		o.Top, err = parsePageSize(value)
	case SkipOption:
		o.Skip, err = parseCount(SkipOption, value, 1<<31-1)
	case CountOption:
		o.Count, err = parseBool(CountOption, value)
	case SearchOption:
		o.Search, o.Sought, err = parseSearch(value)
	case SkipTokenOption:
		o.SkipToken = value
	case DeltaTokenOption:
		o.DeltaToken = value
	case formatOption:
	}
	return err
}

func parsePageSize(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > MaxTop {
		return 0, errs.New(errs.Invalid, "Request_UnsupportedQuery",
			"Invalid page size specified: '%.20s'. Must be between 1 and %d inclusive.", value, MaxTop)
	}
	return n, nil
}

func parseCount(option Option, value string, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		return 0, errs.New(errs.Invalid, "BadRequest", "The query option '%s' is '%.20s'; it must be a whole number from 0 to %d.", option, value, most)
	}
	return n, nil
}

func parseBool(option Option, value string) (bool, error) {
	switch strings.ToLower(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, errs.New(errs.Invalid, "BadRequest", "The query option '%s' is '%.20s'; it must be true or false.", option, value)
	}
}

// ParseOrderBy reads a $orderby: properties, each with asc or desc after it.
func ParseOrderBy(text string) ([]Order, error) {
	const most = 8
	var orders []Order
	for item := range strings.SplitSeq(text, ",") {
		words := strings.Fields(item)
		if len(words) == 0 || len(words) > 2 || len(orders) == most {
			return nil, invalidOrder(item)
		}
		for segment := range strings.SplitSeq(words[0], "/") {
			if !isIdentifier(segment) {
				return nil, invalidOrder(item)
			}
		}
		order := Order{Property: Property(words[0])}
		if len(words) == 2 {
			order.Descending = strings.EqualFold(words[1], "desc")
			if !order.Descending && !strings.EqualFold(words[1], "asc") {
				return nil, invalidOrder(item)
			}
		}
		orders = append(orders, order)
	}
	return orders, nil
}

func invalidOrder(item string) error {
	return errs.New(errs.Invalid, "BadRequest",
		"Invalid orderby clause: '%.64s' is not a property with asc or desc after it.", strings.TrimSpace(item))
}

func parseSelect(text string) ([]string, error) {
	const most = 128
	names := strings.Split(text, ",")
	if len(names) > most {
		return nil, errs.New(errs.Invalid, "BadRequest", "Parsing OData Select failed: more than %d properties are named.", most)
	}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if name != "*" && !isSelectable(name) {
			return nil, errs.New(errs.Invalid, "BadRequest", "Parsing OData Select failed: '%.64s' is not the name of a property.", name)
		}
		names[i] = name
	}
	if slices.Contains(names, "*") {
		return nil, nil
	}
	return names, nil
}

// isSelectable reports whether name is an identifier or a path of them.
func isSelectable(name string) bool {
	for segment := range strings.SplitSeq(name, "/") {
		if !isIdentifier(segment) {
			return false
		}
	}
	return true
}

// parseExpand reads navigation properties, each with options in parentheses.
// Among the options $select and $levels are understood.
func parseExpand(text string) ([]Expand, error) {
	var all []Expand
	for _, item := range splitOutside(text, ',') {
		name, options, nested := strings.Cut(strings.TrimSpace(item), "(")
		if !isIdentifier(name) || nested != strings.HasSuffix(options, ")") {
			return nil, errs.New(errs.Invalid, "BadRequest", "Parsing OData Expand failed: '%.64s' is not a navigation property.", item)
		}
		expand := Expand{Name: name}
		if nested {
			if err := expand.parse(strings.TrimSuffix(options, ")")); err != nil {
				return nil, err
			}
		}
		all = append(all, expand)
	}
	return all, nil
}

// parse reads the options inside of one member of $expand.
func (e *Expand) parse(text string) error {
	for option := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(option, "=")
		known, _ := lookUp(strings.TrimSpace(name))
		var err error
		switch {
		case known == SelectOption:
			e.Select, err = parseSelect(value)
		case known == "$levels" && strings.EqualFold(value, "max"):
			e.Levels = MaxLevels
		case known == "$levels":
			e.Levels, err = parseCount("$levels", value, MaxLevels)
		default:
			err = errs.New(errs.Invalid, "BadRequest", "Parsing OData Expand failed: '%.64s' is not supported inside $expand; $select and $levels are.", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// splitOutside splits at sep where no parenthesis is open.
func splitOutside(text string, sep byte) []string {
	var parts []string
	depth, start := 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == sep && depth == 0:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}
