package graphcli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/synchronization"
)

// maxInput bounds what is read from a file or standard input, in bytes.
const maxInput = 16 << 20

// text returns what an argument stands for: itself, the content of the file
// after @, or standard input when it is a dash.
func (o Options) text(name, argument string) ([]byte, error) {
	file, isFile := strings.CutPrefix(argument, "@")
	switch {
	case argument == "-":
		return o.standardInput(name)
	case !isFile:
		return []byte(argument), nil
	}
	text, err := o.ReadFile(file)
	if err != nil {
		return nil, usagef("%s cannot be read: %v", name, err)
	}
	return text, nil
}

func (o Options) standardInput(name string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(o.Stdin, maxInput+1))
	if err != nil {
		return nil, usagef("%s cannot be read from standard input: %v", name, err)
	}
	if len(text) > maxInput {
		return nil, usagef("%s is larger than %d MiB", name, maxInput>>20)
	}
	return text, nil
}

// jsonBody returns the body of an operation, compact.
func (o Options) jsonBody(op operation, argument string) ([]byte, error) {
	switch {
	case op.body == noBody:
		return nil, nil
	case argument == "" && op.body == needsBody:
		return nil, usagef("--body is missing").next("for example --body '%s', or --body @FILE, or --body - to read standard input", firstOf(op.example, "{…}"))
	case argument == "":
		return []byte("{}"), nil
	}
	text, err := o.text("--body", argument)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, usagef("--body is not a JSON object: %s", jsonFault(err))
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, usagef("--body is not a JSON object: %s", jsonFault(err))
	}
	return compact.Bytes(), nil
}

// jsonFault says where JSON goes wrong without repeating it: it may hold secrets.
func jsonFault(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "it goes wrong at byte " + strconv.FormatInt(syntax.Offset, 10)
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "it is a JSON " + kind.Value
	}
	return "it ends too early"
}

// secretsIn returns the secret values of the key and value pairs of a body, so
// that no message repeats them. A pair with an unknown key counts as secret.
func secretsIn(body []byte) []string {
	var pairs struct {
		Credentials []pair `json:"credentials"`
		Value       []pair `json:"value"`
	}
	if json.Unmarshal(body, &pairs) != nil {
		return nil
	}
	var secrets []string
	for _, p := range append(pairs.Credentials, pairs.Value...) {
		if known, err := synchronization.ParseSecret(p.Key); err != nil || known.Sensitive() {
			secrets = append(secrets, p.Value)
		}
	}
	return secrets
}

// pair is Graph's synchronizationSecretKeyStringValuePair, as far as it is read here.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
