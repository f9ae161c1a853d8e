package benchmark_test

// contest is one mapping in three languages, and an object to try it on.
type contest struct {
	name            string
	ours, expr, cel string
	want            string
}

// object is the user on whom every contest is held.
func object() map[string]any {
	return map[string]any{
		"givenName": "Anna", "surname": "Berg", "middleName": "Maria", "department": "Sales", "country": "DE",
		"mail": "Anna.Berg@fabrikam.com", "mobile": "+46 (70) 123-45 67", "displayName": "Anna Berg",
	}
}

// contests are the mappings of every day: what most schemas are made of. Every
// text is written as one who knows the language would write it for speed.
func contests() []contest {
	return []contest{
		{
			name: "attribute", want: "Anna.Berg@fabrikam.com",
			ours: `[mail]`, expr: `mail`, cel: `mail`,
		},
		{
			name: "join of three", want: "Anna Maria Berg",
			ours: `Join(" ", [givenName], [middleName], [surname])`,
			expr: `givenName + " " + middleName + " " + surname`,
			cel:  `givenName + " " + middleName + " " + surname`,
		},
		{
			name: "join of three, as a list", want: "Anna Maria Berg",
			ours: `Join(" ", [givenName], [middleName], [surname])`,
			expr: `join([givenName, middleName, surname], " ")`,
			cel:  `[givenName, middleName, surname].join(" ")`,
		},
		{
			name: "surname and initial", want: "BERG A",
			ours: `Join(" ", ToUpper([surname]), Mid([givenName], 1, 1))`,
			expr: `upper(surname) + " " + givenName[0:1]`,
			cel:  `surname.upperAscii() + " " + givenName.substring(0, 1)`,
		},
		{
			name: "switch of five", want: "Germany",
			ours: `Switch([country], "Other", "SE", "Sweden", "NO", "Norway", "FR", "France", "DK", "Denmark", "DE", "Germany")`,
			expr: `country == "SE" ? "Sweden" : country == "NO" ? "Norway" : country == "FR" ? "France" : country == "DK" ? "Denmark" : country == "DE" ? "Germany" : "Other"`,
			cel:  `country == "SE" ? "Sweden" : country == "NO" ? "Norway" : country == "FR" ? "France" : country == "DK" ? "Denmark" : country == "DE" ? "Germany" : "Other"`,
		},
		{
			name: "address", want: "anna.berg@contoso.com",
			ours: `ToLower(Append(Join(".", [givenName], [surname]), "@contoso.com"))`,
			expr: `lower(givenName + "." + surname + "@contoso.com")`,
			cel:  `(givenName + "." + surname + "@contoso.com").lowerAscii()`,
		},
		{
			name: "nested replace", want: "+46701234567",
			ours: `Replace(Replace(Replace(Replace([mobile], " ", , , "", , ), "(", , , "", , ), ")", , , "", , ), "-", , , "", , )`,
			expr: `replace(replace(replace(replace(mobile, " ", ""), "(", ""), ")", ""), "-", "")`,
			cel:  `mobile.replace(" ", "").replace("(", "").replace(")", "").replace("-", "")`,
		},
		{
			name: "condition", want: "anna.berg@contoso.com",
			ours: `IIF([department] = "Sales", Append(Replace(ToLower([mail]), "@fabrikam.com", , , "", , ), "@contoso.com"), [mail])`,
			expr: `department == "Sales" ? replace(lower(mail), "@fabrikam.com", "") + "@contoso.com" : mail`,
			cel:  `department == "Sales" ? mail.lowerAscii().replace("@fabrikam.com", "") + "@contoso.com" : mail`,
		},
	}
}
