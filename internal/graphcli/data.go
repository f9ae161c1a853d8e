package graphcli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// data reads the value of a parameter: a hashtable or array in PowerShell's
// spelling, JSON, or a file or standard input that holds either.
func (o Options) data(name, word string) (any, error) {
	text := []byte(word)
	if !isLiteral(word) {
		var err error
		if text, err = o.text("-"+name, word); err != nil {
			return nil, err
		}
	}
	items, err := parseData(text)
	switch {
	case err != nil:
		return nil, usagef("-%s cannot be read: %s", name, err)
	case len(items) != 1:
		return nil, usagef("-%s must hold one JSON value or hashtable, and holds %d", name, len(items))
	}
	return items[0], nil
}

// parseData returns the values in text: one literal of PowerShell, or JSON values
// one after the other.
func parseData(text []byte) ([]any, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if isLiteral(string(text)) {
		value, err := parseLiteral(string(text))
		return []any{value}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var items []any
	for {
		var item any
		err := decoder.Decode(&item)
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return nil, errors.New("it is neither JSON nor a hashtable: " + jsonFault(err))
		}
		items = append(items, item)
	}
}

// object reads a value that must be one object.
func (o Options) object(name, word string) (map[string]any, error) {
	value, err := o.data(name, word)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, usagef("-%s must be a JSON object or a hashtable @{…}", name)
	}
	return object, nil
}

// pipeline returns what is piped into the command, a list item by item.
func (o Options) pipeline() ([]any, error) {
	text, err := o.standardInput("the pipeline")
	if err != nil {
		return nil, err
	}
	values, err := parseData(text)
	if err != nil {
		return nil, usagef("the pipeline cannot be read: %s", err)
	}
	var items []any
	for _, value := range values {
		if list, ok := value.([]any); ok {
			items = append(items, list...)
		} else {
			items = append(items, value)
		}
	}
	return items, nil
}

// pick returns the member of that name in any case, as PowerShell does.
func pick(object map[string]any, name string) (any, bool) {
	if value, ok := object[name]; ok {
		return value, true
	}
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return nil, false
}

// renamed returns a copy of object in which members that differ from one of the
// names in case only are spelled like it, unless that name is there as well.
func renamed(object map[string]any, names ...string) map[string]any {
	renamed := make(map[string]any, len(object))
	for key, value := range object {
		renamed[spelledLike(object, key, names)] = value
	}
	return renamed
}

func spelledLike(object map[string]any, key string, names []string) string {
	for _, name := range names {
		if _, taken := object[name]; !taken && strings.EqualFold(key, name) {
			return name
		}
	}
	return key
}
