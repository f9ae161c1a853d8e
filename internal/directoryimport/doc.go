// Package directoryimport reads users, groups and memberships from the files
// that people have: the CSV that the Entra portal exports or wants for its bulk
// operations, and JSON in the shape of Graph.
//
// [Open] recognizes what it was given: encoding, separator, format, and by the
// header what the rows are. [Reader.Rows] then yields one typed [Row] after the
// other, or a [RowError] with place, value and reason; a bad row never keeps the
// rest from being read. Memory does not grow with the file, and grows with its
// largest row only.
//
// The package is pure: it applies nothing and opens nothing.
package directoryimport
