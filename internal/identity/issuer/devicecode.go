package issuer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// pollEvery is how often a client may ask whether the person is done.
const pollEvery = 5 * time.Second

// serveDevice answers the device authorization endpoint (RFC 8628 section 3.1).
func (s *Server) serveDevice(v version) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := s.authorizeDevice(w, r, v)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		s.write(w, r, http.StatusOK, body)
	}
}

func (s *Server) authorizeDevice(w http.ResponseWriter, r *http.Request, v version) (any, error) {
	req, err := s.read(w, r, v)
	if err != nil {
		return nil, err
	}
	if s.cfg.Users == nil || s.cfg.Issued == nil {
		return nil, notOffered()
	}
	c, err := s.identify(r.Context(), req)
	if err != nil {
		return nil, err
	}
	if _, err := s.prove(req, c, c.Public); err != nil {
		return nil, err
	}
	if _, err := s.userTarget(req.asked); err != nil {
		return nil, err
	}
	device, user, err := s.keepDevice(r.Context(), req, c)
	if err != nil {
		return nil, err
	}
	return deviceAnswer(req, device, user), nil
}

// keepDevice stores what the two codes of a device stand for.
func (s *Server) keepDevice(ctx context.Context, r *request, c Client) (device, user string, err error) { //nolint:nonamedreturns // two texts need names
	device, user = newHandle(), newUserCode()
	expires := s.cfg.Now().Add(deviceLife)
	waiting := session{
		Kind: deviceKind, Client: c.AppID, Family: newHandle(), Version: r.version, Scope: r.scope, Resource: r.resource, RedirectKind: Native,
	}
	kept, err := issued(device, waiting, expires)
	if err != nil {
		return "", "", err
	}
	pointer := session{Kind: userKind, Client: c.AppID, Family: waiting.Family, Device: kept.Digest, Tenant: r.tenant}
	name, err := issued(user, pointer, expires)
	if err != nil {
		return "", "", err
	}
	if err := s.cfg.Issued.AddIssued(ctx, r.tenant, kept); err != nil {
		return "", "", err
	}
	return device, user, s.cfg.Issued.AddIssued(ctx, s.cfg.DefaultTenant, name)
}

// deviceAnswer is that of RFC 8628 section 3.2; v1 spells it differently.
func deviceAnswer(r *request, device, user string) map[string]any {
	page := r.base + "/devicelogin"
	seconds := int64(deviceLife / time.Second)
	a := map[string]any{
		"user_code": user, "device_code": device, "verification_uri": page, "expires_in": seconds, "interval": int64(pollEvery / time.Second),
		"message": fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", page, user),
	}
	if r.version == v1 {
		a["verification_url"] = page
		a["expires_in"], a["interval"] = strconv.FormatInt(seconds, 10), strconv.FormatInt(int64(pollEvery/time.Second), 10)
	}
	return a
}

// newUserCode returns a code that a person can type: letters without vowels, so that
// it spells no word, and none that look alike (RFC 8628 section 6.1).
func newUserCode() string {
	const letters, length = "BCDFGHJKLMNPQRSTVWXZ", 9
	var code strings.Builder
	for code.Len() < length {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails, as crypto/rand says
		if int(b[0]) < 256/len(letters)*len(letters) {
			code.WriteByte(letters[int(b[0])%len(letters)])
		}
	}
	return code.String()
}

// deviceCode is the grant of RFC 8628 section 3.4.
type deviceCode struct{ s *Server }

func (deviceCode) name() string { return "urn:ietf:params:oauth:grant-type:device_code" }
func (deviceCode) open() bool   { return true }

func (g deviceCode) permit(ctx context.Context, r *request, c Client, m authMethod) (permit, error) {
	code := r.form.Get("device_code")
	if code == "" {
		code = r.form.Get("code") // the v1 endpoint's name for it
	}
	if code == "" {
		return permit{}, missing("device_code")
	}
	sign, kept, err := g.s.find(ctx, r.tenant, deviceKind, code)
	if errs.Is(err, errs.NotFound) {
		return permit{}, fault(badVerificationCode, 70018, "Invalid verification code: the device code is unknown.")
	}
	if err != nil {
		return permit{}, err
	}
	if err := g.s.decided(c, m, sign, kept); err != nil {
		return permit{}, err
	}
	return g.s.permitUser(ctx, r, c, sign, func(t target) (string, error) { return g.s.redeem(ctx, r.tenant, kept, sign, t) })
}

// decided reports what stands between a device and its token.
func (s *Server) decided(c Client, m authMethod, sign session, kept store.IssuedGrant) error {
	switch {
	case sign.Client != c.AppID:
		return fault(invalidGrant, 700005, "The provided device code is intended to use against another client.")
	case m == byNothing && !c.Public:
		return unproven()
	case sign.Declined:
		return fault(authorizationDeclined, 70017, "The person declined the sign-in.")
	case !s.cfg.Now().Before(kept.Expires):
		return fault(expiredToken, 70020, "The provided device code has expired. Begin anew.")
	case sign.User == "":
		return fault(authorizationPending, 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
	}
	return nil
}

// decide notes on a device what the person said, unless that was decided before.
func (s *Server) decide(ctx context.Context, d *device, verdict func(*session)) error {
	return s.cfg.Issued.ChangeIssued(ctx, d.tenant, d.digest, func(g store.IssuedGrant) ([]byte, error) {
		var sign session
		if err := json.Unmarshal(g.Document, &sign); err != nil {
			return nil, err
		}
		if sign.User != "" || sign.Declined || !g.Redeemed.IsZero() {
			return nil, fault(invalidGrant, 70019, "The code was used already. Begin anew on the device.")
		}
		verdict(&sign)
		return json.Marshal(sign)
	})
}
