// Package app reads the configuration, wires the program together and runs its
// commands. It alone knows every other package, the environment and the clock.
package app
