// Package http1 is an HTTP/1.1 client transport (RFC 9112) whose requests are written
// and whose answers are read by the goroutine that asks. net/http has two goroutines for
// each connection and hands every request and answer from one to the other, which serves
// any use; a cycle sends hundreds of thousands of short requests to one target, waits for
// each answer anyway, and pays for the hand-overs with a quarter of its processor time.
//
// Messages are written and read by net/http ([http.Request.Write],
// [http.ReadResponse]); only the connections are kept here.
package http1
