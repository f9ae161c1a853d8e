package scim_test

import (
	"fmt"

	"github.com/provisor/provisor/internal/scim"
)

func ExamplePath_Set() {
	r := scim.Resource{}
	for path, value := range map[string]any{
		"userName":                       "ann@example.com",
		`emails[type eq "work"].value`:   "ann@example.com",
		enterprise + ":department":       "Tours",
		`roles[primary eq "True"].value`: "Admin",
	} {
		p, err := scim.ParsePath(path)
		if err != nil {
			fmt.Println(err)
		}
		if err := p.Set(r, value); err != nil {
			fmt.Println(err)
		}
	}
	body, err := scim.RFC7644.EncodeCreate(scim.UserType, r)
	fmt.Println(string(body), err)
	// Output:
	// {"emails":[{"type":"work","value":"ann@example.com"}],"roles":[{"primary":true,"value":"Admin"}],"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Tours"},"userName":"ann@example.com"} <nil>
}

func ExampleEqual() {
	userName, err := scim.ParsePath("userName")
	fmt.Println(scim.Equal(userName, `the "quoted" \ name`), err)
	// Output:
	// userName eq "the \"quoted\" \\ name" <nil>
}

func ExampleDialect_EncodePatch() {
	ops := []scim.PatchOp{scim.RemoveMembers("2819c223")}
	for _, d := range []scim.Dialect{scim.Entra, scim.RFC7644} {
		body, err := d.EncodePatch(ops)
		fmt.Println(string(body), err)
	}
	// Output:
	// {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Remove","path":"members","value":[{"value":"2819c223"}]}]} <nil>
	// {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"2819c223\"]"}]} <nil>
}
