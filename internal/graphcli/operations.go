package graphcli

import (
	"net/http"
	"strings"
)

// operation is one row of the table that the commands are made from.
type operation struct {
	words    string // of the command, below the container; the verb is last
	method   string
	path     string // below the container; {synchronization-job-id} becomes a flag of that name
	takes    takes
	body     need
	absentIn []string // names of clouds that do not offer it
	short    string
	example  string // a body, for the help page
}

// takes tells which options of a query an operation knows.
type takes uint8

const (
	nothing    takes = iota
	shape            // --select, --expand
	collection       // shape, and --filter, --orderby, --search, --top, --skip, --count, --all
	match            // --if-match
)

// need tells whether an operation has a body.
type need uint8

const (
	noBody need = iota
	needsBody
	mayHaveBody // an empty object when none is given
)

// container is one of the two entities that carry synchronization.
type container struct {
	word string // in commands
	set  string // in paths
	flag string // of its id
	noun string
}

func containers() []container {
	return []container{
		{"applications", "applications", "application-id", "application"},
		{"service-principals", "servicePrincipals", "service-principal-id", "service principal"},
	}
}

// name is the operation as Graph's reference names it, the last step of its path.
func (op operation) name() string {
	return op.path[strings.LastIndexByte(op.path, '/')+1:]
}

// containerOperations lists what is offered below /applications/{id} and
// /servicePrincipals/{id}. Words are those of Graph's own command line, with two
// additions that the service has and that command line lacks: secrets list, and
// schema put.
func containerOperations() []operation {
	const (
		sync    = "/synchronization"
		jobs    = sync + "/jobs"
		job     = jobs + "/{synchronization-job-id}"
		schema  = job + "/schema"
		pairs   = `{"credentials":[{"key":"Oauth2AuthorizationCode","value":"…"}]}`
		subject = `{"parameters":[{"ruleId":"…","subjects":[{"objectId":"…","objectTypeName":"User"}]}]}`
	)
	return []operation{
		{words: "synchronization get", method: http.MethodGet, path: sync, takes: shape, short: "Show the synchronization of {noun}"},
		{words: "synchronization acquire-access-token post", method: http.MethodPost, path: sync + "/acquireAccessToken", body: mayHaveBody, absentIn: []string{"china"}, short: "Acquire an OAuth access token that lets the service provision into {noun}", example: pairs},

		{words: "synchronization secrets list", method: http.MethodGet, path: sync + "/secrets", short: "List the credentials and settings of {noun}; secret values show as *"},
		{words: "synchronization secrets put", method: http.MethodPut, path: sync + "/secrets", body: needsBody, short: "Replace the credentials and settings of {noun}; the value * keeps what is stored", example: `{"value":[{"key":"BaseAddress","value":"https://app.example/scim"}]}`},
		{words: "synchronization secrets count get", method: http.MethodGet, path: sync + "/secrets/$count", short: "Count the credentials and settings of {noun}"},

		{words: "synchronization jobs list", method: http.MethodGet, path: jobs, takes: collection, short: "List the jobs of {noun}"},
		{words: "synchronization jobs create", method: http.MethodPost, path: jobs, body: needsBody, short: "Create a job from a template; it does not run before it is started", example: `{"templateId":"scim"}`},
		{words: "synchronization jobs get", method: http.MethodGet, path: job, takes: shape, short: "Show a job: its schedule, status and progress"},
		{words: "synchronization jobs patch", method: http.MethodPatch, path: job, body: needsBody, short: "Change the settings of a job"},
		{words: "synchronization jobs delete", method: http.MethodDelete, path: job, takes: match, short: "Delete a job with its state; accounts that it made stay"},
		{words: "synchronization jobs count get", method: http.MethodGet, path: jobs + "/$count", short: "Count the jobs of {noun}"},
		{words: "synchronization jobs start post", method: http.MethodPost, path: job + "/start", short: "Start a job, or resume it from pause or quarantine"},
		{words: "synchronization jobs pause post", method: http.MethodPost, path: job + "/pause", short: "Pause a job; start resumes where it stopped"},
		{words: "synchronization jobs restart post", method: http.MethodPost, path: job + "/restart", body: mayHaveBody, short: "Restart a job so that it looks at every object again", example: `{"criteria":{"resetScope":"Watermark, Escrows, QuarantineState"}}`},
		{words: "synchronization jobs validate-credentials post", method: http.MethodPost, path: jobs + "/validateCredentials", body: mayHaveBody, short: "Try credentials on the application before there is a job", example: `{"templateId":"scim","useSavedCredentials":true}`},
		{words: "synchronization jobs validate-credentials-by-id post", method: http.MethodPost, path: job + "/validateCredentials", body: mayHaveBody, short: "Try the credentials of a job on the application", example: `{"useSavedCredentials":true}`},
		{words: "synchronization jobs provision-on-demand post", method: http.MethodPost, path: job + "/provisionOnDemand", body: needsBody, short: "Provision some users or one group now, and say what was done", example: subject},

		{words: "synchronization jobs schema get", method: http.MethodGet, path: schema, takes: shape, short: "Show the mappings of a job"},
		{words: "synchronization jobs schema put", method: http.MethodPut, path: schema, body: needsBody, short: "Replace the mappings of a job"},
		{words: "synchronization jobs schema delete", method: http.MethodDelete, path: schema, takes: match, short: "Go back to the mappings of the template"},
		{words: "synchronization jobs schema filter-operators get", method: http.MethodGet, path: schema + "/filterOperators", takes: collection, short: "List the operators of scoping filters"},
		{words: "synchronization jobs schema functions get", method: http.MethodGet, path: schema + "/functions", takes: collection, short: "List the functions of attribute mapping expressions"},
		{words: "synchronization jobs schema parse-expression post", method: http.MethodPost, path: schema + "/parseExpression", body: needsBody, short: "Check an attribute mapping expression, and try it on an object", example: `{"expression":"Append([mailNickname], \"@app.example\")"}`},

		{words: "synchronization templates list", method: http.MethodGet, path: sync + "/templates", takes: collection, short: "List the templates that jobs are made from"},
		{words: "synchronization templates get", method: http.MethodGet, path: sync + "/templates/{synchronization-template-id}", takes: shape, short: "Show a template"},
		{words: "synchronization templates count get", method: http.MethodGet, path: sync + "/templates/$count", short: "Count the templates"},
		{words: "synchronization templates schema get", method: http.MethodGet, path: sync + "/templates/{synchronization-template-id}/schema", takes: shape, short: "Show the mappings of a template"},

		{words: "list", method: http.MethodGet, takes: collection, short: "List the {nouns}"},
		{words: "get", method: http.MethodGet, path: "", takes: shape, short: "Show {noun}"},
	}
}

// operations expands the table: every operation below both containers, and the
// provisioning log.
func operations() []operation {
	var all []operation
	for _, c := range containers() {
		for _, op := range containerOperations() {
			below := "/" + c.set
			if op.words != "list" {
				below += "/{" + c.flag + "}"
			}
			op.words = c.word + " " + op.words
			op.path = below + op.path
			op.short = strings.NewReplacer("{noun}", article(c.noun), "{nouns}", c.noun+"s").Replace(op.short)
			all = append(all, op)
		}
	}
	return append(all, operation{
		words: "audit-logs provisioning list", method: http.MethodGet, path: "/auditLogs/provisioning",
		takes: collection, short: "List what provisioning did, object by object",
	})
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// parameters returns the names in braces of the path, in order.
func (op operation) parameters() []string {
	var names []string
	for part := range strings.SplitSeq(op.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}
