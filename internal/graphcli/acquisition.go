package graphcli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// acquisition is one run of a cmdlet: one call, or one for each object that
// comes through the pipeline.
type acquisition struct {
	cmdlet   cmdlet
	options  Options
	binding  *binding
	settings settings
	client   *client // made for the first call that is sent
}

// call is one request of the cmdlet before it is sent.
type call struct {
	set  parameterSet
	path string // of the entity
	body map[string]any
}

func (a *acquisition) run(ctx context.Context) error {
	at, err := a.settings.place()
	if err != nil {
		return err
	}
	if err := refuseWhereAbsent(a.cmdlet.operation(), at); err != nil {
		return err
	}
	if err := a.checkErrorAction(); err != nil {
		return err
	}
	picked, items, err := a.resolve()
	if err != nil {
		return err
	}
	var failed []error
	for _, item := range items {
		err := a.one(ctx, picked, item)
		if err == nil {
			continue
		}
		failed = append(failed, err)
		if a.stops() || ctx.Err() != nil {
			break
		}
	}
	if len(failed) == 1 {
		return failed[0]
	}
	return errors.Join(failed...)
}

// resolve picks the parameter set and reads the pipeline when it takes part.
// Without pipeline there is one item, nil.
func (a *acquisition) resolve() (choice, []any, error) {
	g := given{
		id:          a.binding.has(a.cmdlet.id()),
		input:       a.binding.has(inputObject),
		body:        a.binding.has(bodyParameter),
		credentials: a.binding.has(credentials),
		additional:  a.binding.has(additionalProperties),
		piped:       !a.options.IsTerminal && !a.readsStdin(),
	}
	picked, err := g.resolve(a.cmdlet.id())
	if err != nil || picked.pipe == "" {
		return picked, []any{nil}, err
	}
	items, err := a.options.pipeline()
	if err != nil {
		return choice{}, nil, err
	}
	if len(items) > 0 {
		return picked, items, nil
	}
	g.piped = false
	picked, err = g.resolve(a.cmdlet.id())
	return picked, []any{nil}, err
}

// readsStdin reports whether a parameter names standard input itself.
func (a *acquisition) readsStdin() bool {
	for _, words := range a.binding.values {
		if slices.Contains(words, "-") {
			return true
		}
	}
	return false
}

func (a *acquisition) one(ctx context.Context, picked choice, item any) error {
	made, err := a.build(picked, item)
	if err != nil {
		return err
	}
	goOn, err := a.shouldProcess(made)
	if err != nil || !goOn {
		return err
	}
	if err := a.send(ctx, made); err != nil {
		return err
	}
	if a.binding.switches["PassThru"] {
		_, err = fmt.Fprintln(a.options.Stdout, "True")
	}
	return err
}

// build makes the call from the parameters and the item of the pipeline.
func (a *acquisition) build(picked choice, item any) (call, error) {
	path, err := a.entity(picked, item)
	if err != nil {
		return call{}, err
	}
	body, err := a.body(picked, item)
	if err != nil {
		return call{}, err
	}
	return call{set: picked.set, path: path, body: body}, nil
}

func (a *acquisition) entity(picked choice, item any) (string, error) {
	switch {
	case picked.set == acquire || picked.set == acquireExpanded:
		return a.cmdlet.entityPath(a.binding.first(a.cmdlet.id())), nil
	case picked.pipe == inputObject:
		return a.cmdlet.identityPath(item)
	}
	identity, err := a.options.data(inputObject, a.binding.first(inputObject))
	if err != nil {
		return "", err
	}
	return a.cmdlet.identityPath(identity)
}

func (a *acquisition) body(picked choice, item any) (map[string]any, error) {
	switch {
	case picked.set == acquireExpanded || picked.set == acquireViaIdentityExpanded:
		return a.options.expandedBody(a.binding)
	case picked.pipe == bodyParameter:
		return wholeBody(item)
	}
	value, err := a.options.data(bodyParameter, a.binding.first(bodyParameter))
	if err != nil {
		return nil, err
	}
	return wholeBody(value)
}

func (a *acquisition) send(ctx context.Context, made call) error {
	body, err := encode(made.body)
	if err != nil {
		return err
	}
	headers, err := a.headers()
	if err != nil {
		return err
	}
	if err := a.connect(ctx); err != nil {
		return err
	}
	a.client.hide(secretsIn(body)...)
	_, err = a.client.do(ctx, request{
		method:  http.MethodPost,
		path:    made.path + "/synchronization/acquireAccessToken",
		body:    body,
		headers: headers,
	})
	return err
}

func (a *acquisition) connect(ctx context.Context) error {
	if a.client != nil {
		return nil
	}
	at, err := a.settings.connect(a.options.ReadFile)
	if err != nil {
		return err
	}
	if err := refuseWhereAbsent(a.cmdlet.operation(), at.cloud); err != nil {
		return err
	}
	a.client, err = newClient(ctx, a.options, at)
	return err
}

func (a *acquisition) headers() (http.Header, error) {
	headers := http.Header{}
	if !a.binding.has("Headers") {
		return headers, nil
	}
	given, err := a.options.object("Headers", a.binding.first("Headers"))
	if err != nil {
		return nil, err
	}
	for name, value := range given {
		text, ok := value.(string)
		if !ok {
			return nil, usagef("the header %q is not text", name)
		}
		headers.Set(name, text)
	}
	return headers, nil
}

func (a *acquisition) checkErrorAction() error {
	switch strings.ToLower(a.binding.first("ErrorAction")) {
	case "", "continue", "stop", "silentlycontinue", "ignore":
		return nil
	}
	return usagef("-ErrorAction must be Continue, Stop, SilentlyContinue or Ignore")
}

func (a *acquisition) stops() bool {
	return strings.EqualFold(a.binding.first("ErrorAction"), "Stop")
}

// quieted keeps the exit code and drops the text when -ErrorAction says so.
func (a *acquisition) quieted(err error) error {
	action := strings.ToLower(a.binding.first("ErrorAction"))
	if err != nil && (action == "silentlycontinue" || action == "ignore") {
		return quietError{err}
	}
	return err
}
