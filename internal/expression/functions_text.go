package expression

import (
	"strings"
	"unicode/utf8"
)

// textDefinitions are the functions that put texts together and take them apart.
func textDefinitions() []definition {
	return []definition{
		{"Append", appendFunction},
		{"Prepend", prependFunction},
		{"Join", joinFunction},
		{"Split", splitFunction},
		{"Left", leftFunction},
		{"Mid", midFunction},
		{"Word", wordFunction},
		{"Len", lenFunction},
		{"InStr", inStrFunction},
		{"Replace", replaceFunction},
		{"StripSpaces", stripSpacesFunction},
	}
}

func appendFunction() Function {
	return Function{
		Name:       "Append",
		Parameters: []Parameter{source(), required("suffix", TypeString)},
		Summary:    "The source followed by the suffix. A null is taken as nothing; two nulls are null.",
		Example:    Example{`Append([mailNickname], "@contoso.com")`, map[string]any{"mailNickname": "anna"}, nil, "anna@contoso.com"},
		compose:    func(c *call) code { return joinTwo(c.arg(0), c.arg(1)) },
	}
}

func prependFunction() Function {
	return Function{
		Name:       "Prepend",
		Parameters: []Parameter{required("prefix", TypeString), source()},
		Summary:    "The prefix followed by the source. A null is taken as nothing; two nulls are null.",
		Example:    Example{`Prepend("smtp:", [mail])`, map[string]any{"mail": "anna@contoso.com"}, nil, "smtp:anna@contoso.com"},
		compose:    func(c *call) code { return joinTwo(c.arg(0), c.arg(1)) },
	}
}

func splitFunction() Function {
	return Function{
		Name:       "Split",
		Parameters: []Parameter{source(), optional("delimiter", TypeString)},
		Summary: "The parts of the source between the delimiters, as a list, without the blanks around them and without " +
			"empty parts. The delimiter is a comma when it is not given. Null stays null.",
		Example: Example{
			`Split([extensionAttribute5], ",")`,
			map[string]any{"extensionAttribute5": "Readers, Writers"},
			nil,
			[]string{"Readers", "Writers"},
		},
		compile: func(c *call) evaluator {
			source, delimiter := c.arg(0), c.arg(1)
			return func(env *Environment) (Value, *Error) {
				text, ok, err := source.text(env)
				if err != nil || !ok {
					return Value{}, err
				}
				between, err := delimiter.textOr(env, ",")
				return ListValue(split(text, between)), err
			}
		},
	}
}

func split(text, delimiter string) []string {
	all := []string{text}
	if delimiter != "" {
		all = strings.Split(text, delimiter)
	}
	parts := make([]string, 0, len(all))
	for _, part := range all {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func leftFunction() Function {
	return Function{
		Name:       "Left",
		Parameters: []Parameter{required("string", TypeString), required("numChars", TypeInteger)},
		Summary:    "The first characters. A negative number gives the whole text, null gives an empty text.",
		Example:    Example{`Left("John Doe", 3)`, nil, nil, "Joh"},
		compose:    composeLeft,
	}
}

func composeLeft(c *call) code {
	source, count := c.arg(0), c.arg(1)
	end := func(env *Environment, text int) (int, *Error) {
		n, err := count.position(env)
		if n < 0 {
			n = text
		}
		return n, err
	}
	return code{
		eval: func(env *Environment) (Value, *Error) {
			text, err := source.textOr(env, "")
			if err != nil {
				return Value{}, err
			}
			n, err := end(env, len(text))
			return StringValue(text[:offset(text, n)]), err
		},
		write: func(env *Environment, buf []byte) ([]byte, bool, *Error) {
			start := len(buf)
			buf, _, err := source.appendText(env, buf)
			if err != nil {
				return buf, false, err
			}
			n, err := end(env, len(buf)-start)
			return buf[:start+offset(buf[start:], n)], true, err
		},
	}
}

func midFunction() Function {
	length := required("length", TypeInteger)
	length.omissible = true
	return Function{
		Name:       "Mid",
		Parameters: []Parameter{source(), required("start", TypeInteger), length},
		Summary: "The part of the source that begins at start, counted from 1, and has at most length characters; without " +
			"length, to the end. A start behind the end gives an empty text, one below 1 is an error. Null stays null.",
		Example: Example{`Mid([surname], 1, 5)`, map[string]any{"surname": "Lindström"}, nil, "Linds"},
		compose: composeMid,
	}
}

func composeMid(c *call) code {
	source, start, length := c.arg(0), c.arg(1), c.arg(2)
	return code{
		eval: func(env *Environment) (Value, *Error) {
			text, ok, err := source.text(env)
			if err != nil || !ok {
				return Value{}, err
			}
			from, count, err := midSpan(env, start, length, len(text))
			if err != nil {
				return Value{}, err
			}
			return StringValue(mid(text, from, count)), nil
		},
		write: func(env *Environment, buf []byte) ([]byte, bool, *Error) {
			at := len(buf)
			buf, ok, err := source.appendText(env, buf)
			if err != nil || !ok {
				return buf, ok, err
			}
			from, count, err := midSpan(env, start, length, len(buf)-at)
			if err != nil {
				return buf, false, err
			}
			return append(buf[:at], mid(buf[at:], from, count)...), true, nil
		},
	}
}

// midSpan evaluates the start and the length of Mid; without a length it is most.
func midSpan(env *Environment, start, length *operand, most int) (int, int, *Error) {
	from, err := start.position(env)
	if err != nil {
		return 0, 0, err
	}
	if from < 1 {
		return 0, 0, start.fail(OutOfRange, "the first character has number 1; %d is before it", from)
	}
	count := most
	if length != nil {
		if count, err = length.position(env); err != nil {
			return 0, 0, err
		}
	}
	if count < 0 {
		return 0, 0, length.fail(OutOfRange, "a length cannot be negative; it is %d", count)
	}
	return from, count, nil
}

// mid cuts text in UTF-16 units, as .NET counts; start is from 1. A character
// of two units belongs to the piece in which its second unit lies.
func mid[T string | []byte](text T, start, length int) T {
	return text[offset(text, start-1):offset(text, start-1+length)]
}

// offset returns where in text the first units UTF-16 units end, in bytes.
func offset[T string | []byte](text T, units int) int {
	at := 0
	for at < len(text) && units > 0 {
		if text[at] < utf8.RuneSelf {
			at++
			units--
			continue
		}
		r, size := utf8.DecodeRuneInString(string(text[at:min(at+utf8.UTFMax, len(text))]))
		if units -= utf16Width(r); units < 0 {
			break
		}
		at += size
	}
	return at
}

func utf16Width(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

func utf16Len(text string) int {
	units := 0
	for _, r := range text {
		units += utf16Width(r)
	}
	return units
}

func wordFunction() Function {
	return Function{
		Name: "Word",
		Parameters: []Parameter{
			required("string", TypeString), required("wordNumber", TypeInteger), required("delimiters", TypeString),
		},
		Summary: "The word of that number, counted from 1, where any character of delimiters ends a word. An empty text " +
			"where there is no such word.",
		Example: Example{`Word("The quick brown fox", 3, " ")`, nil, nil, "brown"},
		compile: func(c *call) evaluator {
			source, number, delimiters := c.arg(0), c.arg(1), c.arg(2)
			return func(env *Environment) (Value, *Error) {
				text, err := source.textOr(env, "")
				if err != nil {
					return Value{}, err
				}
				n, err := number.position(env)
				if err != nil {
					return Value{}, err
				}
				between, err := delimiters.textOr(env, "")
				return StringValue(word(text, n, between)), err
			}
		},
	}
}

func word(text string, number int, delimiters string) string {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(delimiters, r) }) {
		number--
		if number == 0 {
			return part
		}
	}
	return ""
}

func lenFunction() Function {
	return Function{
		Name:       "Len",
		Parameters: []Parameter{source()},
		Summary:    "How many characters the text has, counted in UTF-16 units as .NET does. Null has 0.",
		Example:    Example{`Len("John Doe")`, nil, nil, int64(8)},
		compile: func(c *call) evaluator {
			source := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				text, err := source.textOr(env, "")
				return IntegerValue(int64(utf16Len(text))), err
			}
		},
	}
}

func inStrFunction() Function {
	return Function{
		Name: "InStr",
		Parameters: []Parameter{
			required("value1", TypeString), required("value2", TypeString),
			optional("start", TypeInteger), optional("compareType", TypeString),
		},
		Summary: "Where value2 occurs in value1 from start on, counted from 1, or 0. The compare type vbTextCompare " +
			"ignores case; vbBinaryCompare, the default, does not.",
		Example: Example{`InStr("repEated", "e", 3, vbBinaryCompare)`, nil, nil, int64(7)},
		compile: compileInStr,
	}
}

func compileInStr(c *call) evaluator {
	text, sought, start, how := c.arg(0), c.arg(1), c.arg(2), c.arg(3)
	return func(env *Environment) (Value, *Error) {
		where, err := text.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		what, err := sought.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		from := 1
		if start != nil {
			if from, err = start.position(env); err != nil {
				return Value{}, err
			}
		}
		if from < 1 {
			return Value{}, start.fail(OutOfRange, "the first character has number 1; %d is before it", from)
		}
		mode, err := how.textOr(env, keywordBinaryCompare)
		if strings.EqualFold(mode, keywordTextCompare) || mode == "1" {
			where, what = strings.Map(foldRune, where), strings.Map(foldRune, what)
		}
		return IntegerValue(int64(inStr(where, what, from))), err
	}
}

func inStr(where, what string, from int) int {
	start := offset(where, from-1)
	at := strings.Index(where[start:], what)
	if at < 0 || utf16Len(where) < from-1 {
		return 0
	}
	return utf16Len(where[:start+at]) + 1
}

func stripSpacesFunction() Function {
	return Function{
		Name:       "StripSpaces",
		Parameters: []Parameter{source()},
		Summary:    "The source without its blanks (U+0020), wherever they are. Null stays null.",
		Example:    Example{`StripSpaces("Anna Maria Berg")`, nil, nil, "AnnaMariaBerg"},
		compose: func(c *call) code {
			return mapped(c.arg(0), stripSpaces, func(buf []byte, start int) []byte {
				return appendReplaced(buf, start, " ", "")
			})
		},
	}
}

func stripSpaces(text string) string { return strings.ReplaceAll(text, " ", "") }

// mapText is a function of one text; null stays null.
func mapText(source *operand, f func(string) string) evaluator {
	return func(env *Environment) (Value, *Error) {
		text, ok, err := source.text(env)
		if err != nil || !ok {
			return Value{}, err
		}
		return StringValue(f(text)), nil
	}
}
