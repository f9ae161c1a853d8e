// Package synchronization holds the resource types of Microsoft Graph's
// synchronization API and the rules that need nothing but those types: the
// orders a job takes, the secret keys, the default schema of a template.
package synchronization
