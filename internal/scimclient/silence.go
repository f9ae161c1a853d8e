package scimclient

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// silence is why a target gave no answer: the error code of the provisioning log, and
// what to do about it.
//
// Microsoft documents Timeout and WebExceptionProtocolError. The latter is the member
// ProtocolError of .NET's WebExceptionStatus behind a prefix; the other codes are formed
// in the same way from the other members.
type silence struct{ code, remedy string }

func (e *Error) silence() silence {
	for _, one := range []struct {
		is  func(error) bool
		why silence
	}{
		{unnamed, silence{"WebExceptionNameResolutionFailure", "The host of the tenant URL (BaseAddress) has no address: correct the name, or the DNS that this service asks."}},
		{untrusted, silence{"WebExceptionTrustFailure", "The certificate of the application is not trusted: give it one with its host name from an authority that this service trusts, or make this service trust the authority (SSL_CERT_FILE)."}},
		{unsecured, silence{"WebExceptionSecureChannelFailure", "No TLS connection came about: correct the scheme and the port of the tenant URL (BaseAddress), or let the application speak TLS 1.2 or newer."}},
		{late, silence{"Timeout", "The application took too long: see in its own log whether it is overloaded, and whether a firewall drops what is sent to it."}},
		{unconnected, silence{"WebExceptionConnectFailure", "Nothing takes connections at the address of the application: start it, or correct the tenant URL (BaseAddress) or the firewall between."}},
		{closed, silence{"WebExceptionConnectionClosed", "The application, or a proxy before it, closed the connection without an answer: see their logs."}},
	} {
		if one.is(e.cause) {
			return one.why
		}
	}
	return silence{"WebExceptionProtocolError", "What answered does not speak HTTP as it should: correct the scheme and the port of the tenant URL (BaseAddress), or see the application's own log."}
}

// Remedy says what to do about a target that gave no answer. It is empty for every other
// error.
func Remedy(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Class == Unavailable && e.Status == 0 {
		return e.silence().remedy
	}
	return ""
}

// Unreached reports whether err came of a target that was not to be reached at all: no
// part of the request was sent.
func Unreached(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class != Unavailable || e.Status != 0 {
		return false
	}
	dial, ok := errors.AsType[*net.OpError](e.cause)
	return unnamed(e.cause) || untrusted(e.cause) || ok && dial.Op == "dial"
}

func unnamed(err error) bool {
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

func untrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// unsecured reports whether the TLS handshake failed: an alert of either side, or
// something that is no TLS.
func unsecured(err error) bool {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	alert, ok := errors.AsType[*net.OpError](err)
	return ok && (alert.Op == "remote error" || alert.Op == "local error") || err != nil && strings.HasPrefix(err.Error(), "tls: ")
}

// late reports whether the answer was not waited for any longer.
func late(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func unconnected(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED)
}

func closed(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
