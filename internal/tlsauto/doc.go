// Package tlsauto serves TLS without anybody's help: it makes a certificate
// authority for this installation once, and from it the server's certificate, which
// it renews by itself.
//
// People and programs trust the authority by its certificate file, see
// [Certificates.CAFile]. In the folder:
//
//	ca.pem         the authority's certificate, ten years, for everybody
//	ca-key.pem     its private key, mode 0600: who has it can pose as any server
//	               towards those who trust the authority
//	server.pem     the server's certificate, ninety days
//	server-key.pem its private key, mode 0600
//
// The authority is never replaced behind the back of those who trust it: when its
// files are damaged or it has expired, [Open] fails and says what to do. The
// server's files may be deleted at any time.
package tlsauto
