// Package demo holds what a newcomer provisions with before there is anything
// of their own: a sample directory, and a demonstration application that
// receives it.
//
// The application is a strict SCIM 2.0 server (RFC 7644) that accepts only
// access tokens of its own OAuth 2.0 authorization server, as a real one does. It
// keeps everything in memory and is meant for one machine: its authorize page
// asks nobody for a password.
package demo
