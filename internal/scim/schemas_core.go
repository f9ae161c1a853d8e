package scim

// text is a string attribute with the defaults of RFC 7643 section 2.2.
func text(name, description string) Attribute {
	return Attribute{
		Name: name, Type: StringType, Description: description,
		Mutability: ReadWrite, Returned: ReturnDefault, Uniqueness: UniqueNone,
	}
}

func typed(t AttributeType, name, description string) Attribute {
	a := text(name, description)
	a.Type = t
	return a
}

func complexOf(name, description string, subs ...Attribute) Attribute {
	a := typed(ComplexType, name, description)
	a.SubAttributes = subs
	return a
}

// plural is a multi-valued attribute with the sub-attributes of RFC 7643 section
// 2.4: value, display, type and primary.
func plural(name, description string, canonicalTypes ...string) Attribute {
	kind := text("type", "The function of the value.")
	kind.CanonicalValues = canonicalTypes
	a := complexOf(name, description,
		text("value", "The value."),
		text("display", "A name for people."),
		kind,
		typed(BooleanType, "primary", "Whether this is the preferred value; at most one is."),
	)
	a.MultiValued = true
	return a
}

// referenceTo is a $ref sub-attribute.
func referenceTo(types ...string) Attribute {
	a := typed(ReferenceType, "$ref", "The URI of the resource.")
	a.ReferenceTypes = types
	a.CaseExact = true
	return a
}

func immutable(a Attribute) Attribute {
	a.Mutability = Immutable
	return a
}

func readOnly(a Attribute) Attribute {
	a.Mutability = ReadOnly
	for i := range a.SubAttributes {
		a.SubAttributes[i].Mutability = ReadOnly
	}
	return a
}

func caseExact(a Attribute) Attribute {
	a.CaseExact = true
	return a
}

// commonAttributes are those of every resource (RFC 7643 section 3.1).
func commonAttributes() []Attribute {
	id := readOnly(caseExact(text("id", "The identifier that the service provider gave.")))
	id.Returned, id.Uniqueness = ReturnAlways, UniqueInServer
	schemas := typed(ReferenceType, "schemas", "The URIs of the schemas in use.")
	schemas.MultiValued, schemas.Returned = true, ReturnAlways
	return []Attribute{
		id,
		schemas,
		caseExact(text("externalId", "The identifier that the client gave.")),
		readOnly(complexOf("meta", "Metadata of the resource.",
			caseExact(text("resourceType", "The name of the resource type.")),
			typed(DateTimeType, "created", "When the resource was added."),
			typed(DateTimeType, "lastModified", "When the resource was last changed."),
			caseExact(typed(ReferenceType, "location", "The URI of the resource.")),
			caseExact(text("version", "The version of the resource, as in the ETag.")),
		)),
	}
}

// UserSchema returns the core schema of users (RFC 7643 section 4.1).
func UserSchema() Schema {
	return Schema{ID: UserURN, Name: UserType, Description: "User Account", Attributes: userAttributes()}
}

func userAttributes() []Attribute {
	userName := text("userName", "The name with which the user signs in.")
	userName.Required, userName.Uniqueness = true, UniqueInServer
	password := text("password", "The password in clear text; never returned.")
	password.Mutability, password.Returned, password.CaseExact = WriteOnly, ReturnNever, true
	profile := caseExact(typed(ReferenceType, "profileUrl", "The URL of the user's page."))
	profile.ReferenceTypes = []string{"external"}
	singular := []Attribute{
		userName,
		userNameParts(),
		text("displayName", "The name shown to people."),
		text("nickName", "The casual name."),
		profile,
		text("title", "The title in the organisation."),
		text("userType", "The relation to the organisation."),
		text("preferredLanguage", "Languages as in the header Accept-Language."),
		text("locale", "The location for formats, such as en-US."),
		text("timezone", "The time zone in the Olson format."),
		typed(BooleanType, "active", "Whether the account may be used."),
		password,
	}
	return append(singular, userPlurals()...)
}

func userNameParts() Attribute {
	return complexOf("name", "The parts of the name.",
		text("formatted", "The whole name as shown."),
		text("familyName", "The family name."),
		text("givenName", "The given name."),
		text("middleName", "The middle names."),
		text("honorificPrefix", "Titles before the name."),
		text("honorificSuffix", "Suffixes behind the name."),
	)
}

func userPlurals() []Attribute {
	address := complexOf("addresses", "Postal addresses.",
		text("formatted", "The whole address as on a letter."),
		text("streetAddress", "Street and number."),
		text("locality", "City."),
		text("region", "State or region."),
		text("postalCode", "Postal code."),
		text("country", "Country as in ISO 3166-1 alpha 2."),
		text("type", "The function of the address."),
		typed(BooleanType, "primary", "Whether this is the preferred address; at most one is."),
	)
	address.MultiValued = true
	groups := complexOf("groups", "Groups of which the user is a member.",
		text("value", "The id of the group."),
		referenceTo(UserType, GroupType),
		text("display", "A name for people."),
		text("type", "direct or indirect."),
	)
	groups.MultiValued = true
	certificates := plural("x509Certificates", "Certificates issued to the user.")
	certificates.SubAttributes[0] = caseExact(typed(BinaryType, "value", "The certificate, DER in base64."))
	photos := plural("photos", "URLs of photos.", "photo", "thumbnail")
	photos.SubAttributes[0] = caseExact(typed(ReferenceType, "value", "The URL of the photo."))
	return []Attribute{
		plural("emails", "E-mail addresses.", "work", "home", "other"),
		plural("phoneNumbers", "Telephone numbers.", "work", "home", "mobile", "fax", "pager", "other"),
		plural("ims", "Addresses for instant messages."),
		photos,
		address,
		readOnly(groups),
		plural("entitlements", "Entitlements of the user."),
		plural("roles", "Roles of the user."),
		certificates,
	}
}

// GroupSchema returns the core schema of groups (RFC 7643 section 4.2).
func GroupSchema() Schema {
	name := text("displayName", "The name shown to people.")
	name.Required = true
	members := complexOf("members", "The members of the group.",
		immutable(caseExact(text("value", "The id of the member."))),
		immutable(referenceTo(UserType, GroupType)),
		immutable(text("type", "User or Group.")),
		readOnly(text("display", "A name for people.")),
	)
	members.MultiValued = true
	return Schema{ID: GroupURN, Name: GroupType, Description: "Group", Attributes: []Attribute{name, members}}
}

// EnterpriseUserSchema returns the enterprise extension (RFC 7643 section 4.3).
func EnterpriseUserSchema() Schema {
	return Schema{
		ID: EnterpriseUserURN, Name: "EnterpriseUser", Description: "Enterprise User",
		Attributes: []Attribute{
			text("employeeNumber", "The number that the organisation gave."),
			text("costCenter", "The cost centre."),
			text("organization", "The organisation."),
			text("division", "The division."),
			text("department", "The department."),
			complexOf("manager", "The user's manager.",
				caseExact(text("value", "The id of the manager.")),
				referenceTo(UserType),
				readOnly(text("displayName", "The manager's name shown to people.")),
			),
		},
	}
}
