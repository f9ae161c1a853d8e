// Package benchmark compares the mapping language with two general expression
// languages for Go, on mappings that mean the same in all three. It is a module of
// its own, so that nobody who builds the program downloads what it is compared
// with.
package benchmark
