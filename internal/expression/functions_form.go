package expression

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
)

// formDefinitions are the functions that change how a text is written.
func formDefinitions() []definition {
	return []definition{
		{"ToLower", toLowerFunction},
		{"ToUpper", toUpperFunction},
		{"PCase", pCaseFunction},
		{"NormalizeDiacritics", normalizeDiacriticsFunction},
		{"ConvertToBase64", convertToBase64Function},
		{"ConvertToUTF8Hex", convertToUTF8HexFunction},
		{"CStr", cStrFunction},
		{"Redact", redactFunction},
		{"RandomString", randomStringFunction},
		{"Guid", guidFunction},
	}
}

func toLowerFunction() Function {
	return Function{
		Name:       "ToLower",
		Parameters: []Parameter{source(), optional("culture", TypeString)},
		Summary: "The source in lower case, by the rules of the culture (such as tr-TR) or, without one, by rules that " +
			"are the same everywhere. Null stays null.",
		Example: Example{`ToLower([mail])`, map[string]any{"mail": "Anna.Berg@Contoso.COM"}, nil, "anna.berg@contoso.com"},
		compose: func(c *call) code { return composeCase(c, toLower, lowerASCII) },
	}
}

func toUpperFunction() Function {
	return Function{
		Name:       "ToUpper",
		Parameters: []Parameter{source(), optional("culture", TypeString)},
		Summary: "The source in upper case, by the rules of the culture (such as tr-TR) or, without one, by rules that " +
			"are the same everywhere. Null stays null.",
		Example: Example{`ToUpper([country])`, map[string]any{"country": "se"}, nil, "SE"},
		compose: func(c *call) code { return composeCase(c, toUpper, upperASCII) },
	}
}

func composeCase(c *call, change func(text, culture string) string, ascii func([]byte)) code {
	source, culture := c.arg(0), c.arg(1)
	if culture == nil {
		invariant := func(text string) string { return change(text, "") }
		return mapped(source, invariant, func(buf []byte, start int) []byte {
			if !isASCII(buf[start:]) {
				return append(buf[:start], invariant(string(buf[start:]))...)
			}
			ascii(buf[start:])
			return buf
		})
	}
	if name, ok := culture.literal(); ok && !isCulture(name) {
		culture.invalid(culture.badCulture(name))
	}
	return code{eval: caseOfCulture(source, culture, change)}
}

func caseOfCulture(source, culture *operand, change func(text, culture string) string) evaluator {
	return func(env *Environment) (Value, *Error) {
		text, ok, err := source.text(env)
		if err != nil || !ok {
			return Value{}, err
		}
		name, err := culture.textOr(env, "")
		if err == nil && !isCulture(name) {
			err = culture.badCulture(name)
		}
		return StringValue(change(text, name)), err
	}
}

func (o *operand) badCulture(name string) *Error {
	return o.fail(BadArguments, "%s is no culture; write a language and a country, such as \"en-US\"", o.show(name))
}

func pCaseFunction() Function {
	return Function{
		Name:       "PCase",
		Parameters: []Parameter{source(), optional("wordSeparators", TypeString)},
		Summary: "The source in lower case with the first letter of each word in upper case. Words end at the characters of " +
			"wordSeparators or, without them, at any blank, control character, punctuation mark or symbol. Null stays null.",
		Example: Example{`PCase([displayName], " '-")`, map[string]any{"displayName": "PINTO-DE'SILVA"}, nil, "Pinto-De'Silva"},
		compile: func(c *call) evaluator {
			source, separators := c.arg(0), c.arg(1)
			if separators == nil {
				return mapText(source, titleCase)
			}
			return func(env *Environment) (Value, *Error) {
				text, ok, err := source.text(env)
				if err != nil || !ok {
					return Value{}, err
				}
				set, err := separators.textOr(env, "")
				return StringValue(properCase(text, func(r rune) bool { return strings.ContainsRune(set, r) })), err
			}
		},
	}
}

func normalizeDiacriticsFunction() Function {
	return Function{
		Name:       "NormalizeDiacritics",
		Parameters: []Parameter{source()},
		Summary: "The source with plain Latin letters in place of those with marks, oe for ø and œ, ae for æ, ss for ß. Other " +
			"scripts are left as they are. Null stays null.",
		Example: Example{`NormalizeDiacritics([givenName])`, map[string]any{"givenName": "Zoë Łucja Søren"}, nil, "Zoe Lucja Soeren"},
		compose: func(c *call) code { return composeNormalizeDiacritics(c.arg(0)) },
	}
}

func composeNormalizeDiacritics(source *operand) code {
	return mapped(source, normalizeDiacritics, func(buf []byte, start int) []byte {
		if isASCII(buf[start:]) {
			return buf
		}
		return append(buf[:start], normalizeDiacritics(string(buf[start:]))...)
	})
}

func convertToBase64Function() Function {
	return Function{
		Name:       "ConvertToBase64",
		Parameters: []Parameter{source()},
		Summary:    "The UTF-16 (little-endian) bytes of the source in base64. Null stays null.",
		Example:    Example{`ConvertToBase64("Hello world!")`, nil, nil, "SABlAGwAbABvACAAdwBvAHIAbABkACEA"},
		compile:    func(c *call) evaluator { return mapText(c.arg(0), toBase64) },
	}
}

func toBase64(text string) string {
	units := utf16.Encode([]rune(text))
	raw := make([]byte, 0, 2*len(units))
	for _, unit := range units {
		raw = append(raw, byte(unit), byte(unit>>8)) //nolint:gosec // the low byte, then the high byte
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func convertToUTF8HexFunction() Function {
	return Function{
		Name:       "ConvertToUTF8Hex",
		Parameters: []Parameter{source()},
		Summary:    "The UTF-8 bytes of the source in upper-case hexadecimal. Null stays null.",
		Example:    Example{`ConvertToUTF8Hex("Hello world!")`, nil, nil, "48656C6C6F20776F726C6421"},
		compile: func(c *call) evaluator {
			return mapText(c.arg(0), func(text string) string { return strings.ToUpper(hex.EncodeToString([]byte(text))) })
		},
	}
}

func cStrFunction() Function {
	return Function{
		Name:       "CStr",
		Parameters: []Parameter{required("value", TypeString)},
		Summary:    "The value as text: of a number, a reference or a boolean. Null stays null.",
		Example:    Example{`CStr([accountEnabled])`, map[string]any{"accountEnabled": true}, nil, "True"},
		compile:    func(c *call) evaluator { return mapText(c.arg(0), func(text string) string { return text }) },
	}
}

func redactFunction() Function {
	return Function{
		Name:       "Redact",
		Parameters: []Parameter{required("value", TypeString)},
		Summary: "The value itself, which is shown as [Redact] in the provisioning logs, for example an initial password. " +
			"The whole result of an expression with Redact in it is hidden.",
		Example: Example{`Redact([extensionAttribute1])`, map[string]any{"extensionAttribute1": "s3cret"}, nil, "s3cret"},
		compile: func(c *call) evaluator {
			value := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				v, err := value.value(env)
				v.redacted = true
				return v, err
			}
		},
	}
}

func randomStringFunction() Function {
	return Function{
		Name: "RandomString",
		Parameters: []Parameter{
			required("length", TypeInteger), required("minimumNumbers", TypeInteger),
			required("minimumSpecialCharacters", TypeInteger), required("minimumCapital", TypeInteger),
			required("minimumLowerCase", TypeInteger), optional("charactersToAvoid", TypeString),
		},
		Summary: "A random text of that length, at most 256, with at least so many digits, special characters, capital and " +
			"small letters. What remains is filled from the classes asked for, or from letters and digits when none is. " +
			"Another text every time: apply the mapping only during object creation.",
		Example: Example{`Len(RandomString(10, 2, 2, 2, 1, "?,"))`, nil, nil, int64(10)},
		compile: compileRandomString,
	}
}

func guidFunction() Function {
	return Function{
		Name:    "Guid",
		Summary: "A new GUID in lower case. Another one every time: apply the mapping only during object creation.",
		Example: Example{`Len(Guid())`, nil, nil, int64(36)},
		compile: func(c *call) evaluator {
			at := c.site()
			return func(env *Environment) (Value, *Error) {
				id, err := newGUID(env.random())
				if err != nil {
					return Value{}, at.fail(Unavailable, "no random bytes can be read: %v", err)
				}
				return StringValue(id), nil
			}
		},
	}
}
