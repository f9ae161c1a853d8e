package app

// The values of --graph-on-demand-answer.
const (
	onDemandDocumented = "documented"
	onDemandLive       = "live"
)

// compatibilitySettings choose where the original service and its documentation
// differ, or where this one does better.
func compatibilitySettings() []Setting {
	return []Setting{
		{
			Name: "graph-strict-schema-patch", Placeholder: "true|false", Default: "false",
			Usage: "answer PATCH of a schema with 404 as the original service does, instead of replacing the schema",
			read:  func(c *Config, t string) error { return readBool(&c.StrictSchemaPatch, t) },
		},
		{
			Name: "graph-on-demand-answer", Placeholder: "documented|live", Default: onDemandDocumented,
			Usage: "shape of the answer to provisionOnDemand: as its documentation shows it, or as the original service has been seen to answer, with an array",
			read: func(c *Config, t string) error {
				return readOneOf(&c.OnDemandAnswer, t, onDemandDocumented, onDemandLive)
			},
		},
	}
}
