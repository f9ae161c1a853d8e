// Package graphcli holds the client commands: Graph's synchronization API from a
// shell, against Provisor and against the real clouds.
//
// Two spellings lead to the same requests. The first has the shape of Graph's
// own command line, words that follow the path and a verb that comes last:
//
//	provisor service-principals synchronization jobs list --service-principal-id ID
//	provisor applications synchronization acquire-access-token post --application-id ID --body JSON
//
// The second is the cmdlet of Microsoft.Graph PowerShell, by its name and with
// its parameters:
//
//	provisor Get-MgServicePrincipalSynchronizationAccessToken -ServicePrincipalId ID -Credentials '@{key="…";value="…"}'
//
// [Commands] builds the cobra commands, [CanonicalArgs] lets the cmdlet names be
// typed in any case. A command never prints its own error: the caller prints it
// with [Report] and ends with [ExitCode].
//
// What goes where: answers and what -WhatIf and -PassThru say go to standard
// output; questions, waiting, warnings and errors go to standard error. Secrets go to
// neither.
package graphcli
