// Package scim holds the SCIM 2.0 vocabulary (RFC 7643, RFC 7644): resources,
// attribute paths, filters, PATCH operations, schemas and errors, and the dialects
// in which provisioning clients write them.
//
// It is pure: no network, no clock, no logger.  The values travel like this:
//
//   - a client builds a [Resource] with [Path.Set] or a list of [PatchOp] and lets
//     a [Dialect] write the request body;
//   - a server reads a body with [DecodeResource] or [DecodePatch], checks it with
//     [Type.Normalize] and changes a resource with [Apply].
//
// Attribute names, URNs and operators are compared without regard to case (RFC
// 7643 section 2.1); values as the attribute's caseExact says.
package scim

// Schema URIs of RFC 7643 and RFC 7644, and the one that Entra adds to groups.
const (
	UserURN                  = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN                 = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUserURN        = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	SchemaURN                = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	ResourceTypeURN          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	ServiceProviderConfigURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	ListResponseURN          = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	PatchOpURN               = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	ErrorURN                 = "urn:ietf:params:scim:api:messages:2.0:Error"
	EntraGroupURN            = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
)

// Names of the two resource types of RFC 7643 section 4.
const (
	UserType  = "User"
	GroupType = "Group"
)

// MediaType is the media type of SCIM bodies (RFC 7644 section 8.1).
const MediaType = "application/scim+json"
