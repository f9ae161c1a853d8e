package issuer

import (
	"context"
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// device is a device that waits for a person.
type device struct {
	asked

	client Client
	digest []byte // of its device code
	code   string // what the person types
}

// serveDeviceLogin is the page on which a person enters the code that a device
// shows (RFC 8628 section 3.3), signs in, and so lets the device act for them.
func (s *Server) serveDeviceLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	if err := r.ParseForm(); err != nil {
		s.showFailure(w, r, fault(invalidRequest, 9002313, "The request is malformed or longer than %d bytes.", bodyLimit))
		return
	}
	if s.cfg.Users == nil || s.cfg.Issued == nil {
		s.showFailure(w, r, notOffered())
		return
	}
	if r.Method != http.MethodPost {
		s.askCode(w, r, nil)
		return
	}
	d, err := s.device(r)
	if err != nil {
		s.askCode(w, r, err)
		return
	}
	s.askDevice(w, r, d)
}

// askCode asks for the code of a device.
func (s *Server) askCode(w http.ResponseWriter, r *http.Request, err error) {
	p := page{Title: "Sign in a device", Text: "Enter the code that the device shows.", Action: "/devicelogin", Code: true, Button: "Next"}
	status := http.StatusOK
	if err != nil {
		f := s.note(r, err)
		p.Fault, status = f.text, f.status()
	}
	s.show(w, r, status, p)
}

// device finds the device that shows the code which was sent. Who guesses is slowed
// down: a code has 2^38 forms and lives for minutes.
func (s *Server) device(r *http.Request) (*device, error) {
	guesses := limit{"/device codes/" + remote(r), triesAllowed}
	if !s.attempts.begin(s.cfg.Now(), guesses) {
		return nil, fault(invalidRequest, 50053, "Too many wrong codes were entered. Try again in a minute.")
	}
	d, err := s.deviceOf(r.Context(), r.PostForm.Get("user_code"))
	if errs.Is(err, errs.NotFound) {
		return nil, fault(invalidRequest, 70018, "The code is wrong or has expired. Check it on the device.")
	}
	s.attempts.giveBack(guesses)
	return d, err
}

// deviceOf finds the device that shows a code. NotFound when none does, or none
// does any more.
func (s *Server) deviceOf(ctx context.Context, typed string) (*device, error) {
	code := strings.ToUpper(strings.Map(func(c rune) rune {
		if c == '-' || c == ' ' {
			return -1
		}
		return c
	}, typed))
	pointer, kept, err := s.find(ctx, s.cfg.DefaultTenant, userKind, code)
	if err == nil && !s.cfg.Now().Before(kept.Expires) {
		err = errs.New(errs.NotFound, "ExpiredCode", "The code has expired.")
	}
	if err != nil {
		return nil, err
	}
	tenant := pointer.Tenant
	waiting, _, err := s.findDigest(ctx, tenant, pointer.Device)
	if err != nil {
		return nil, err
	}
	client, err := s.client(ctx, tenant, waiting.Client)
	return &device{
		asked:  asked{version: waiting.Version, tenant: tenant, scope: waiting.Scope, resource: waiting.Resource},
		client: client, digest: pointer.Device, code: code,
	}, err
}

// askDevice asks who the person is, and does what the person said.
func (s *Server) askDevice(w http.ResponseWriter, r *http.Request, d *device) {
	p := page{
		Title: "Sign in a device", Action: "/devicelogin", Hidden: []field{{"user_code", d.code}},
		Text:  "Sign in only if you are setting up " + d.client.Name + " yourself: it will act for you",
		Other: []string{"decision", "decline", "It was not me"}, Name: r.PostForm.Get(nameField),
	}
	switch {
	case r.PostForm.Get("decision") == "decline":
		if err := s.decide(r.Context(), d, func(sign *session) { sign.Declined = true }); err != nil {
			s.showFailure(w, r, err)
			return
		}
		s.show(w, r, http.StatusOK, page{Title: "Declined", Text: "The device was refused. You can close this page."})
	case r.PostForm.Get(nameField) == "":
		s.askWho(w, r, d.asked, p, nil)
	default:
		s.letIn(w, r, d, p)
	}
}

// letIn signs the person in and lets the device act.
func (s *Server) letIn(w http.ResponseWriter, r *http.Request, d *device, p page) {
	u, err := s.signIn(r, d.tenant)
	if err == nil {
		err = s.consented(r.Context(), d.tenant, d.client, u.ID, d.asked)
	}
	if err != nil {
		s.askWho(w, r, d.asked, p, err)
		return
	}
	now := s.cfg.Now()
	if err := s.decide(r.Context(), d, func(sign *session) { sign.User, sign.At = u.ID, now }); err != nil {
		s.showFailure(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, page{Title: "Signed in", Text: "You have signed in to " + d.client.Name + " on your device. You can close this page."})
}
