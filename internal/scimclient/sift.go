package scimclient

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// small is up to which size an answer is read as it is: there is nothing to spare.
const small = 64 << 10

// sifting is a transport that takes something out of every success while it comes, so
// that only the rest of it is held in memory.
type sifting struct {
	http.RoundTripper

	sift func(*http.Response) error
}

// RoundTrip implements [http.RoundTripper].
func (t sifting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	if err != nil || resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp, err
	}
	if err := t.sift(resp); err != nil {
		_ = resp.Body.Close() // given up
		return nil, err
	}
	return resp, nil
}

// through returns c with a transport that sifts. Pace and pauses are common to both.
func (c *Client) through(sift func(*http.Response) error) *Client {
	sifted := *c
	sifted.transport = sifting{c.transport, sift}
	return &sifted
}

// sparing returns c for answers in which attributes are of no interest, each given by
// the names that lead to it. Targets that send them nevertheless may send a lot.
func (c *Client) sparing(paths ...[]string) *Client {
	return c.through(func(resp *http.Response) error {
		head, err := io.ReadAll(io.LimitReader(resp.Body, small))
		if err != nil {
			return err
		}
		body := io.Reader(bytes.NewReader(head))
		if len(head) < small {
			return replace(resp, head)
		}
		rest, err := sift(io.MultiReader(body, resp.Body), paths, ignore{})
		if err != nil {
			return err
		}
		return replace(resp, rest)
	})
}

// replace gives an answer another body. The former one was read to its end.
func replace(resp *http.Response, body []byte) error {
	err := resp.Body.Close()
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return err
}

// taker is given what is taken out of a document.
type taker interface {
	// shown says that the document has the attribute of a path, and it is not null.
	shown(path int)
	// take is given each value of the attribute.
	take(path int, value any) error
}

// ignore lets go of everything.
type ignore struct{}

func (ignore) shown(int) {}

func (ignore) take(int, any) error { return nil }

// longestWord bounds what is kept of an answer that is not JSON, to say what it was.
const longestWord = 1 << 10

// sift reads a JSON document to its end, hands on the values of some attributes, and
// returns the document without them. What is no JSON is returned as it begins: who asked
// finds that it is none. The error is that of reading, or of who takes.
func sift(body io.Reader, paths [][]string, to taker) ([]byte, error) {
	source := &watched{Reader: body, left: maxBody}
	buffered := bufio.NewReaderSize(source, 32<<10)
	head, _ := buffered.Peek(longestWord) // an error comes again when it is read
	head = bytes.Clone(head)
	s := sifter{source: source, decoder: json.NewDecoder(buffered), to: to}
	s.decoder.UseNumber()
	err := s.document(paths)
	switch {
	case source.err != nil:
		return nil, source.err
	case errors.Is(err, errNotJSON):
		return append(head, "…"...), nil // cut, so that it is not taken for a document
	default:
		return s.rest.Bytes(), err
	}
}

// watched remembers the error that ended reading. It gives out no more than is left,
// which bounds every single value.
type watched struct {
	io.Reader

	left int
	err  error
}

// Read implements [io.Reader].
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if w.left -= n; w.left < 0 {
		return 0, errNotJSON
	}
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// errNotJSON is an answer that is none, or that is larger than can be held without what
// is taken out of it.
var errNotJSON = errors.New("the answer is not JSON")

// sifter copies a JSON document value by value.
type sifter struct {
	source  *watched
	decoder *json.Decoder
	rest    bytes.Buffer
	to      taker
}

// document copies the whole text, which must be one value.
func (s *sifter) document(paths [][]string) error {
	if err := s.value(positions(paths)); err != nil {
		return err
	}
	if _, err := s.decoder.Token(); !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return nil
}

// ahead is what is left of a path, and which one it was.
type ahead struct {
	path  int
	names []string
}

func positions(paths [][]string) []ahead {
	all := make([]ahead, len(paths))
	for i, names := range paths {
		all[i] = ahead{i, names}
	}
	return all
}

// value copies the next value. Lists are passed through: each of their values is where
// the list was.
func (s *sifter) value(looking []ahead) error {
	token, err := s.token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return s.object(looking)
	case json.Delim('['):
		s.rest.WriteByte('[')
		for separator := ""; s.decoder.More(); separator = "," {
			s.rest.WriteString(separator)
			if err := s.value(looking); err != nil {
				return err
			}
		}
		return s.end(']')
	default:
		return s.write(token)
	}
}

// object copies an object whose beginning was read, without what is taken out of it.
func (s *sifter) object(looking []ahead) error {
	s.rest.WriteByte('{')
	separator := ""
	for s.decoder.More() {
		token, err := s.token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // a name is a text
		further, path := follow(looking, name)
		if path >= 0 {
			if err := s.takeOut(path); err != nil {
				return err
			}
			continue
		}
		s.rest.WriteString(separator)
		separator = ","
		if err := s.write(name); err != nil {
			return err
		}
		s.rest.WriteByte(':')
		if err := s.member(further); err != nil {
			return err
		}
	}
	return s.end('}')
}

// follow returns what is left of paths behind a name, and the path that ends with it, or
// a negative number. Names are compared without regard to case (RFC 7643 section 2.1).
func follow(looking []ahead, name string) ([]ahead, int) {
	var further []ahead
	for _, a := range looking {
		switch {
		case !strings.EqualFold(a.names[0], name):
		case len(a.names) == 1:
			return nil, a.path
		default:
			further = append(further, ahead{a.path, a.names[1:]})
		}
	}
	return further, -1
}

// member copies the value of a member. One of no interest is copied as it stands.
func (s *sifter) member(looking []ahead) error {
	if len(looking) > 0 {
		return s.value(looking)
	}
	var text json.RawMessage
	if err := s.decoder.Decode(&text); err != nil {
		return errNotJSON
	}
	return s.add(text)
}

// takeOut hands on the values of an attribute.
func (s *sifter) takeOut(path int) error {
	token, err := s.token()
	if err != nil || token == nil {
		return err
	}
	s.to.shown(path)
	if token != json.Delim('[') {
		value, err := s.whole(token)
		if err != nil {
			return err
		}
		return s.to.take(path, value)
	}
	for s.decoder.More() {
		var value any
		if err := s.decoder.Decode(&value); err != nil {
			return errNotJSON
		}
		if err := s.to.take(path, value); err != nil {
			return err
		}
		s.source.left = maxBody
	}
	_, err = s.token()
	return err
}

// whole returns the value that begins with a token and is no list: an object or a scalar.
func (s *sifter) whole(token json.Token) (any, error) {
	if token != json.Delim('{') {
		return token, nil
	}
	object := map[string]any{}
	for s.decoder.More() {
		token, err := s.token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // a name is a text
		var value any
		if err := s.decoder.Decode(&value); err != nil {
			return nil, errNotJSON
		}
		object[name] = value
	}
	_, err := s.token()
	return object, err
}

func (s *sifter) token() (json.Token, error) {
	token, err := s.decoder.Token()
	if err != nil {
		return nil, errNotJSON
	}
	return token, nil
}

// end reads the end of a list or an object, and copies it.
func (s *sifter) end(delimiter byte) error {
	if _, err := s.token(); err != nil {
		return err
	}
	s.rest.WriteByte(delimiter)
	return nil
}

func (s *sifter) write(scalar any) error {
	text, err := json.Marshal(scalar)
	if err != nil {
		return errNotJSON
	}
	return s.add(text)
}

func (s *sifter) add(text []byte) error {
	if s.rest.Len()+len(text) > maxBody {
		return errNotJSON
	}
	s.rest.Write(text)
	return nil
}
