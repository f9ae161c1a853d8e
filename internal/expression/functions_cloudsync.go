package expression

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// cloudSyncDefinitions are the functions of the cloud-sync dialect, which the
// provisioning service itself does not offer.
func cloudSyncDefinitions() []definition {
	return []definition{
		{"Contains", containsFunction},
		{"ConvertFromBase64", convertFromBase64Function},
		{"CRef", cRefFunction},
		{"DNComponent", dnComponentFunction},
		{"Error", errorFunction},
		{"StringFromSid", stringFromSidFunction},
		{"Trim", trimFunction},
	}
}

func containsFunction() Function {
	return Function{
		Name:       "Contains",
		Parameters: []Parameter{required("attribute", TypeString), required("search", TypeString)},
		Summary:    "The number, from 1, of the first value of the attribute that contains the text, case included; 0 when none does.",
		Example: Example{
			`Item([proxyAddresses], Contains([proxyAddresses], "SMTP:"))`,
			map[string]any{"proxyAddresses": []string{"smtp:b@contoso.com", "SMTP:a@contoso.com"}},
			nil, "SMTP:a@contoso.com",
		},
		compile: func(c *call) evaluator {
			attribute, search := c.arg(0), c.arg(1)
			return func(env *Environment) (Value, *Error) {
				items, _, err := attribute.list(env)
				if err != nil {
					return Value{}, err
				}
				text, err := search.textOr(env, "")
				at := slices.IndexFunc(items, func(item string) bool { return strings.Contains(item, text) })
				return IntegerValue(int64(at + 1)), err
			}
		},
	}
}

func convertFromBase64Function() Function {
	return Function{
		Name:       "ConvertFromBase64",
		Parameters: []Parameter{source(), optional("encoding", TypeString)},
		Summary:    "The text whose bytes are given in base64. The encoding is UTF8, ASCII or Unicode (UTF-16), the default. Null stays null.",
		Example:    Example{`ConvertFromBase64("SGVsbG8gd29ybGQh", UTF8)`, nil, nil, "Hello world!"},
		compile: func(c *call) evaluator {
			source, encoding := c.arg(0), c.arg(1)
			return func(env *Environment) (Value, *Error) {
				text, ok, err := source.text(env)
				if err != nil || !ok {
					return Value{}, err
				}
				raw, failure := base64.StdEncoding.DecodeString(text)
				if failure != nil {
					return Value{}, source.fail(BadArguments, "%s is not base64", source.show(text))
				}
				name, err := encoding.textOr(env, "Unicode")
				if err != nil {
					return Value{}, err
				}
				decoded, ok := decodeText(raw, name)
				if !ok {
					return Value{}, encoding.fail(BadArguments, "%s is no encoding; there are UTF8, ASCII and Unicode", encoding.show(name))
				}
				return StringValue(decoded), nil
			}
		},
	}
}

// decodeText reads bytes in an encoding; what it cannot read becomes ? in ASCII
// and U+FFFD in the others.
func decodeText(raw []byte, encoding string) (string, bool) {
	switch strings.ToUpper(encoding) {
	case "UTF8", "UTF-8":
		return strings.ToValidUTF8(string(raw), "\uFFFD"), true
	case "ASCII":
		for i, b := range raw {
			if b > 0x7f {
				raw[i] = '?'
			}
		}
		return string(raw), true
	case "UNICODE":
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(raw[2*i:])
		}
		return string(utf16.Decode(units)), true
	default:
		return "", false
	}
}

func cRefFunction() Function {
	return Function{
		Name:       "CRef",
		Parameters: []Parameter{required("value", TypeString)},
		Summary:    "The text as a reference to another object. Null stays null.",
		Example:    Example{`CRef("cn=Joe,dc=contoso,dc=com")`, nil, nil, "cn=Joe,dc=contoso,dc=com"},
		compile: func(c *call) evaluator {
			value := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				text, ok, err := value.text(env)
				if err != nil || !ok {
					return Value{}, err
				}
				return ReferenceValue(text), nil
			}
		},
	}
}

func dnComponentFunction() Function {
	return Function{
		Name:       "DNComponent",
		Parameters: []Parameter{required("dn", TypeString), required("number", TypeInteger)},
		Summary: "The value of one component of a distinguished name, counted from 1 at the left. An empty text where there is no " +
			"such component. Null stays null.",
		Example: Example{`DNComponent(CRef([dn]), 1)`, map[string]any{"dn": "cn=Berg\\, Anna,ou=Sales,dc=contoso"}, nil, "Berg, Anna"},
		compile: func(c *call) evaluator {
			dn, number := c.arg(0), c.arg(1)
			return func(env *Environment) (Value, *Error) {
				text, ok, err := dn.text(env)
				if err != nil || !ok {
					return Value{}, err
				}
				n, err := number.position(env)
				if err == nil && n < 1 {
					err = number.fail(OutOfRange, "the first component has number 1; %d is before it", n)
				}
				if err != nil {
					return Value{}, err
				}
				return StringValue(dnComponent(text, n)), nil
			}
		},
	}
}

// dnComponent returns the value of the component of that number, from 1, of a
// distinguished name.
func dnComponent(dn string, number int) string {
	for ; number > 1 && dn != ""; number-- {
		dn = strings.TrimPrefix(dn[componentEnd(dn):], ",")
	}
	_, value, _ := strings.Cut(dn[:componentEnd(dn)], "=")
	return unescapeDN(strings.TrimSpace(value))
}

// componentEnd returns where the first component ends: at a comma without a
// backslash before it.
func componentEnd(dn string) int {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return i
		}
	}
	return len(dn)
}

// unescapeDN undoes the escapes of RFC 4514, section 2.4: \, and \C3\A9.
func unescapeDN(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		i++
		if i+1 < len(value) && isHex(value[i]) && isHex(value[i+1]) {
			octet, _ := hex.DecodeString(value[i : i+2])
			b.Write(octet)
			i++
			continue
		}
		b.WriteByte(value[i])
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

func errorFunction() Function {
	return Function{
		Name:       "Error",
		Parameters: []Parameter{required("message", TypeString)},
		Summary:    "Fails the object with the message, for example where a required attribute is missing.",
		Example: Example{
			`IIF(IsPresent([accountName]), [accountName], Error("accountName is required"))`,
			map[string]any{"accountName": "anna"},
			nil, "anna",
		},
		compile: func(c *call) evaluator {
			message := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				text, err := message.textOr(env, "")
				if err != nil {
					return Value{}, err
				}
				if message.compiler.traits.Redacted {
					text = "[Redact]"
				}
				return Value{}, message.fail(Raised, "%s", text)
			}
		},
	}
}

func stringFromSidFunction() Function {
	return Function{
		Name:       "StringFromSid",
		Parameters: []Parameter{required("sid", TypeString)},
		Summary: "The security identifier in its written form S-1-…, from its bytes in base64. One that is written so already is " +
			"returned as it is. Null stays null.",
		Example: Example{`StringFromSid([objectSid])`, map[string]any{"objectSid": "AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAA6AMAAA=="}, nil, "S-1-5-21-1-2-3-1000"},
		compile: func(c *call) evaluator {
			sid := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				text, ok, err := sid.text(env)
				if err != nil || !ok {
					return Value{}, err
				}
				written, ok := sidText(text)
				if !ok {
					return Value{}, sid.fail(BadArguments, "%s is no security identifier in base64", sid.show(text))
				}
				return StringValue(written), nil
			}
		},
	}
}

// sidText decodes [MS-DTYP] 2.4.2.2: revision, number of sub-authorities, six
// bytes of authority (big-endian), and the sub-authorities (little-endian).
func sidText(text string) (string, bool) {
	if strings.HasPrefix(text, "S-1-") {
		return text, true
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) < 8 || len(raw) != 8+4*int(raw[1]) {
		return "", false
	}
	authority := binary.BigEndian.Uint64(append([]byte{0, 0}, raw[2:8]...))
	written := fmt.Appendf(nil, "S-%d-%d", raw[0], authority)
	for rest := raw[8:]; len(rest) > 0; rest = rest[4:] {
		written = fmt.Appendf(written, "-%d", binary.LittleEndian.Uint32(rest))
	}
	return string(written), true
}

func trimFunction() Function {
	return Function{
		Name:       "Trim",
		Parameters: []Parameter{source()},
		Summary:    "The text without white space at its ends; of a list, each value. Null stays null.",
		Example:    Example{`Trim([displayName])`, map[string]any{"displayName": " Anna Berg "}, nil, "Anna Berg"},
		compile: func(c *call) evaluator {
			value := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				v, err := value.value(env)
				if err == nil && v.kind == KindList {
					trimmed := make([]string, len(v.more.list))
					for i, item := range v.more.list {
						trimmed[i] = strings.TrimSpace(item)
					}
					return ListValue(trimmed), nil
				}
				text, ok, err := value.convert(v, err)
				if err != nil || !ok {
					return Value{}, err
				}
				return StringValue(strings.TrimSpace(text)), nil
			}
		},
	}
}
