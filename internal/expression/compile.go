package expression

import (
	"slices"
	"time"
)

// Options say how a text is compiled. The zero Options are usable.
type Options struct {
	// Symbols numbers the attributes; nil means a table of the program's own.
	Symbols *Symbols
	// Attributes are the names that the source object has. An expression with
	// another one does not compile. Nil allows every name.
	Attributes []string
	// MatchTimeout bounds the work of one regular expression on one value. Zero
	// means DefaultMatchTimeout.
	MatchTimeout time.Duration
}

// DefaultMatchTimeout is how long one regular expression may work on one value.
const DefaultMatchTimeout = 500 * time.Millisecond

// Traits are what a caller must know of a program without running it.
type Traits struct {
	Redacted bool // the value must not be shown
	Random   bool // every evaluation gives another value, so evaluate at creation only
	Clock    bool // the value depends on the current time
	Unique   bool // the target is asked; not for matching attributes
	Domain   bool // the tenant's default domain is part of the value
}

// Program is a compiled expression. It is immutable and safe for concurrent use.
type Program struct {
	text       string
	root       *node
	run        evaluator
	symbols    *Symbols
	attributes []string
	traits     Traits
	warnings   []Warning
}

// evaluator computes a value for one environment.
type evaluator func(env *Environment) (Value, *Error)

// Compile reads a text. The error is an [Errors] with every fault that was
// found.
func Compile(text string, options Options) (*Program, error) {
	n, err := analyse(text, options.Attributes)
	if err != nil {
		return nil, err
	}
	if options.Symbols == nil {
		options.Symbols = NewSymbols()
	}
	if options.MatchTimeout == 0 {
		options.MatchTimeout = DefaultMatchTimeout
	}
	c := &compiler{text: text, options: options}
	run := c.node(n).eval
	if len(c.errs) > 0 {
		c.errs.sort()
		return nil, c.errs
	}
	c.survey(n)
	return &Program{
		text: text, root: n, run: run,
		symbols: options.Symbols, attributes: c.attributes, traits: c.traits, warnings: c.warnings,
	}, nil
}

// Eval computes the value for one object. The error is an [*Error]; it concerns
// this object only. The result is a flow marker when a branch that is one of
// the Ignore keywords was taken.
func (p *Program) Eval(env *Environment) (Value, error) {
	v, err := p.run(env)
	if err != nil {
		if err.flow == KindNull {
			return Value{}, err
		}
		v = Value{kind: err.flow}
	}
	v.redacted = v.redacted || p.traits.Redacted
	return v, nil
}

// Attributes returns the names of the attributes that the program reads, each
// once, in the order of the text. The slice must not be changed.
func (p *Program) Attributes() []string { return p.attributes }

// Symbols returns the table that numbers the attributes.
func (p *Program) Symbols() *Symbols { return p.symbols }

// Traits returns what a caller must know before it evaluates.
func (p *Program) Traits() Traits { return p.traits }

// Warnings returns what compiles and runs, but not as in the Entra service or
// not as one may expect.
func (p *Program) Warnings() []Warning { return p.warnings }

// Source returns the tree that Graph keeps.
func (p *Program) Source() *Source { return p.root.source() }

// String returns the text in Graph's form.
func (p *Program) String() string { return render(p.root) }

// compiler turns resolved nodes into evaluators.
type compiler struct {
	text       string
	options    Options
	attributes []string
	traits     Traits
	warnings   []Warning
	errs       Errors
}

func (c *compiler) node(n *node) code {
	switch n.kind {
	case attributeNode:
		return code{eval: c.attribute(n)}
	case callNode:
		return c.call(&call{compiler: c, node: n})
	case operatorNode:
		return c.operator(n)
	case textNode, numberNode, keywordNode, emptyNode, badNode:
	}
	return code{eval: constant(n.constant())}
}

func (c *compiler) call(made *call) code {
	if fn := made.node.fn; fn.compose != nil {
		return fn.compose(made)
	}
	return code{eval: made.node.fn.compile(made)}
}

// attribute reads a slot.
func (c *compiler) attribute(n *node) evaluator {
	if !slices.Contains(c.attributes, n.name) {
		c.attributes = append(c.attributes, n.name)
	}
	slot := c.options.Symbols.Slot(n.name)
	return func(env *Environment) (Value, *Error) {
		if slot < len(env.Slots) {
			return env.Slots[slot], nil
		}
		return Value{}, nil
	}
}

func constant(v Value) evaluator {
	return func(*Environment) (Value, *Error) { return v, nil }
}

// constant returns the value of a literal or a keyword.
func (n *node) constant() Value {
	switch {
	case n.kind == numberNode && n.name[0] == '&':
		number, _ := parseInteger(n.name)
		return IntegerValue(number)
	case n.kind == numberNode:
		return numberValue(n.name)
	case n.kind == keywordNode && n.name == keywordIgnoreAttribute:
		return Value{kind: KindIgnoreAttributeFlow}
	case n.kind == keywordNode && n.name == keywordIgnoreObject:
		return Value{kind: KindIgnoreObjectFlow}
	default:
		return StringValue(n.name)
	}
}
