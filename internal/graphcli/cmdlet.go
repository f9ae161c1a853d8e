package graphcli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// cmdlet is one of the four names under which Microsoft.Graph PowerShell offers
// acquireAccessToken.
type cmdlet struct {
	name      string
	beta      bool
	container container
}

func cmdlets() []cmdlet {
	var all []cmdlet
	for _, c := range containers() {
		entity := entityName(c)
		all = append(all,
			cmdlet{"Get-Mg" + entity + "SynchronizationAccessToken", false, c},
			cmdlet{"Get-MgBeta" + entity + "SynchronizationAccessToken", true, c})
	}
	return all
}

func entityName(c container) string {
	if c.set == "applications" {
		return "Application"
	}
	return "ServicePrincipal"
}

// id is the parameter that names the entity.
func (c cmdlet) id() string { return entityName(c.container) + "Id" }

// CanonicalArgs spells a cmdlet's name in args as the commands are registered.
// PowerShell does not tell upper from lower case; cobra does.
func CanonicalArgs(args []string) []string {
	for _, c := range cmdlets() {
		if len(args) > 0 && strings.EqualFold(args[0], c.name) {
			return append([]string{c.name}, args[1:]...)
		}
	}
	return args
}

// command makes the cobra command. It reads its parameters itself: they begin
// with one dash and have long names, which pflag does not know.
func (c cmdlet) command(o Options) *cobra.Command {
	return &cobra.Command{
		Use:                c.name,
		Aliases:            []string{strings.ToLower(c.name)},
		Short:              "Acquire an OAuth access token for provisioning, as the cmdlet of Microsoft.Graph PowerShell",
		Long:               c.help(),
		DisableFlagParsing: true,
		SilenceErrors:      true,
		SilenceUsage:       true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), o, args)
		},
	}
}

func (c cmdlet) run(ctx context.Context, o Options, args []string) error {
	var typed settings
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	registerSettings(&typed, flags, "api-version", "output")
	flags.SortFlags = false
	b, err := bind(parameters(c.id()), flags, args)
	if err != nil {
		return c.pointToHelp(err)
	}
	if b.help {
		_, err := fmt.Fprintf(o.Stdout, "%s\n\nWhere Graph is and who signs in:\n%s", c.help(), flags.FlagUsages())
		return err
	}
	if err := flags.Parse(b.flags); err != nil {
		return c.pointToHelp(usagef("%v", err))
	}
	for _, warning := range b.warnings {
		fmt.Fprintf(o.Stderr, "WARNING: %s\n", warning)
	}
	call := &acquisition{cmdlet: c, options: o, binding: b, settings: typed.over(fromEnvironment(o.Getenv))}
	call.settings.apiVersion = "v1.0"
	if c.beta {
		call.settings.apiVersion = "beta"
	}
	if b.switches["Verbose"] {
		call.settings.verbose = "true"
	}
	return call.quieted(call.run(ctx))
}

func (c cmdlet) pointToHelp(err error) error {
	if usage, ok := errors.AsType[*UsageError](err); ok && usage.Next == "" {
		return usage.next("`provisor %s -?` shows the parameters", c.name)
	}
	return err
}

// operation is the row of the table that the cmdlet calls.
func (c cmdlet) operation() operation {
	for _, op := range operations() {
		if op.method == http.MethodPost && op.name() == "acquireAccessToken" && strings.HasPrefix(op.path, "/"+c.container.set+"/") {
			return op
		}
	}
	return operation{}
}

func (c cmdlet) help() string {
	id := c.id()
	return strings.NewReplacer("{name}", c.name, "{id}", id, "{path}", c.operation().path, "{key}", lowerFirst(id)).Replace(
		`Acquire an OAuth access token that lets the service provision users into an application.

Sends POST {path}. Parameters may be shortened to an unambiguous
prefix and typed in any case; a value follows after a blank or a colon.

Parameter sets:
  AcquireExpanded             -{id} ID [-Credentials …] [-AdditionalProperties …]
  Acquire                     -{id} ID -BodyParameter …
  AcquireViaIdentityExpanded  -InputObject … [-Credentials …] [-AdditionalProperties …]
  AcquireViaIdentity          -InputObject … -BodyParameter …

Parameters:
  -{id}    object id of the entity
  -Credentials           pairs: '@{key="Oauth2ClientId";value="…"}', JSON, Key=Value, @FILE or -; several with blanks or commas
  -BodyParameter         the whole body: JSON or a hashtable, @FILE or -; also from the pipeline
  -InputObject           an identity: {"{key}":"…"}, or {"appId":"…"}; also from the pipeline
  -AdditionalProperties  further members of the body
  -Headers               further headers of the request
  -PassThru              print True when it is done
  -WhatIf (-wi)          say what would be done, and send nothing
  -Confirm (-cf)         ask first
  -ErrorAction (-ea)     Continue, Stop (at the first of several), SilentlyContinue, Ignore

Secrets typed as arguments can be seen by other users of the machine; @FILE and the pipeline keep them out of sight.

Examples:
  provisor {name} -{id} ID -PassThru
  provisor {name} -{id} ID -Credentials @credentials.json
  echo '{"appId":"…"}' | provisor {name} -Credentials Oauth2AuthorizationCode=…`)
}
