package graphcli

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// credentialList reads the words of -Credentials: hashtables, JSON, and
// Key=Value, one after the other.
func (o Options) credentialList(words []string) ([]any, error) {
	pairs := []any{}
	for _, word := range words {
		if word = strings.Trim(word, ", \t"); word == "" {
			continue
		}
		if key, value, ok := keyValue(word); ok {
			pairs = append(pairs, map[string]any{"key": key, "value": value})
			continue
		}
		value, err := o.data(credentials, word)
		if err != nil {
			return nil, err
		}
		list, isList := value.([]any)
		if !isList {
			list = []any{value}
		}
		pairs = append(pairs, list...)
	}
	for i := range pairs {
		checked, err := checkedPair(pairs[i], i+1)
		if err != nil {
			return nil, err
		}
		pairs[i] = checked
	}
	return pairs, nil
}

// keyValue splits Key=Value, when the key is a word.
func keyValue(word string) (string, string, bool) {
	key, value, ok := strings.Cut(word, "=")
	ok = ok && key != "" && !strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return key, value, ok
}

// checkedPair wants an object with key and value; both may be missing, as in
// Graph's published example.
func checkedPair(value any, number int) (map[string]any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, usagef("entry %d of -Credentials is no pair", number).
			next(`write each as '@{key="…";value="…"}', {"key":"…","value":"…"} or Key=Value`)
	}
	object = renamed(object, "key", "value", "@odata.type")
	for name, member := range object {
		_, isText := member.(string)
		switch {
		case name != "key" && name != "value" && name != "@odata.type":
			return nil, usagef("entry %d of -Credentials has the member %q; only key and value are known", number, name)
		case !isText && member != nil:
			return nil, usagef("the %s of entry %d of -Credentials is not text", name, number).next("put quotes around it")
		}
	}
	return object, nil
}

// expandedBody builds the body from -Credentials and -AdditionalProperties.
func (o Options) expandedBody(b *binding) (map[string]any, error) {
	body := map[string]any{}
	if b.has(additionalProperties) {
		additional, err := o.object(additionalProperties, b.first(additionalProperties))
		if err != nil {
			return nil, err
		}
		if _, both := pick(additional, "credentials"); both && b.has(credentials) {
			return nil, usagef("-AdditionalProperties holds credentials, and -Credentials is given too").next("give them once")
		}
		body = renamed(additional, "credentials")
	}
	if !b.has(credentials) {
		return body, nil
	}
	pairs, err := o.credentialList(b.values[credentials])
	if err != nil {
		return nil, err
	}
	body["credentials"] = pairs
	return body, nil
}

// wholeBody takes a body as it is, but spells the known members as Graph does.
func wholeBody(value any) (map[string]any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, usagef("-BodyParameter must be a JSON object or a hashtable @{…}")
	}
	body := renamed(object, "credentials")
	pairs, isList := body["credentials"].([]any)
	if single, isOne := body["credentials"].(map[string]any); isOne {
		pairs, isList = []any{single}, true
	}
	if !isList {
		return body, nil
	}
	spelled := make([]any, len(pairs))
	for i, one := range pairs {
		spelled[i] = one
		if object, ok := one.(map[string]any); ok {
			spelled[i] = renamed(object, "key", "value")
		}
	}
	body["credentials"] = spelled
	return body, nil
}

// encode writes a body with sorted members, and with the characters of a secret
// as they are.
func encode(body map[string]any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, usagef("the body cannot be written as JSON")
	}
	return bytes.TrimSpace(text.Bytes()), nil
}

// keysIn names the credentials of a body, without their values.
func keysIn(body map[string]any) string {
	pairs, _ := body["credentials"].([]any)
	var keys []string
	for _, one := range pairs {
		object, _ := one.(map[string]any)
		key, _ := object["key"].(string)
		keys = append(keys, firstOf(key, "(no key)"))
	}
	if len(keys) == 0 {
		return "no credentials: what is stored is used"
	}
	return "the credentials " + strings.Join(keys, ", ") + " (values not shown)"
}
