package demo

import (
	"encoding/json"
	"fmt"
	"strings"
)

// SampleDomain is the domain of every name in the sample directory. RFC 2606
// keeps it for examples.
const SampleDomain = "example.com"

// SampleSize is the number of people in the sample directory.
const SampleSize = 300

// leadsPerDivision is how many people of a department lead a team of it.
const leadsPerDivision = 4

// Person is one user of the sample directory, in the shape of Graph's user.
// Every person is invented.
type Person struct {
	Type              string   `json:"@odata.type"`
	ID                string   `json:"id"`
	UserPrincipalName string   `json:"userPrincipalName"`
	AccountEnabled    bool     `json:"accountEnabled"`
	DisplayName       string   `json:"displayName"`
	GivenName         string   `json:"givenName"`
	Surname           string   `json:"surname"`
	Mail              string   `json:"mail"`
	MailNickname      string   `json:"mailNickname"`
	EmployeeID        string   `json:"employeeId"`
	JobTitle          string   `json:"jobTitle"`
	Department        string   `json:"department"`
	CompanyName       string   `json:"companyName"`
	OfficeLocation    string   `json:"officeLocation"`
	StreetAddress     string   `json:"streetAddress"`
	City              string   `json:"city"`
	State             string   `json:"state,omitempty"`
	PostalCode        string   `json:"postalCode"`
	Country           string   `json:"country"`
	PreferredLanguage string   `json:"preferredLanguage"`
	BusinessPhones    []string `json:"businessPhones"`
	MobilePhone       string   `json:"mobilePhone"`
	// Manager refers to the manager by id; nil for the one person without.
	Manager *Reference `json:"manager,omitempty"`
}

// Team is one group of the sample directory, in the shape of Graph's group.
type Team struct {
	Type            string      `json:"@odata.type"`
	ID              string      `json:"id"`
	DisplayName     string      `json:"displayName"`
	Description     string      `json:"description"`
	MailEnabled     bool        `json:"mailEnabled"`
	MailNickname    string      `json:"mailNickname"`
	SecurityEnabled bool        `json:"securityEnabled"`
	Members         []Reference `json:"members"`
}

// Reference names another object of the sample directory by its id.
type Reference struct {
	ID string `json:"id"`
}

// Sample is a directory of invented people who form one tree of managers, and
// of the groups they belong to: one for each department, office and project,
// one for everyone, and two by rank.
type Sample struct {
	People []Person
	Teams  []Team
}

// NewSample builds the sample directory. It is the same every time, ids included,
// so importing it twice changes nothing.
func NewSample() Sample {
	s := Sample{People: make([]Person, 0, SampleSize)}
	for i := range SampleSize {
		s.People = append(s.People, person(i))
	}
	s.Teams = teams(s.People)
	return s
}

// JSON returns the directory as one Graph collection, people before groups.
func (s Sample) JSON() ([]byte, error) {
	var c struct {
		Value []any `json:"value"`
	}
	for _, p := range s.People {
		c.Value = append(c.Value, p)
	}
	for _, t := range s.Teams {
		c.Value = append(c.Value, t)
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the sample directory cannot be written as JSON: %w", err)
	}
	return text, nil
}

// place is where person i stands in the tree: person 0 runs the company, the
// next ones each head a department, the next ones lead its teams.
type place struct {
	division int
	title    string
	manager  int // -1 for none
}

func placeOf(i int) place {
	all := divisions()
	n := len(all)
	if i == 0 {
		return place{division: n - 1, title: "Chief Executive Officer", manager: -1}
	}
	d, rank := (i-1)%n, (i-1)/n
	switch {
	case rank == 0:
		return place{division: d, title: all[d].head}
	case rank <= leadsPerDivision:
		return place{division: d, title: all[d].lead, manager: 1 + d}
	default:
		lead := 1 + rank%leadsPerDivision
		return place{division: d, title: all[d].member, manager: 1 + d + lead*n}
	}
}

func person(i int) Person {
	given, family := givenNames(), surnames()
	first, last := given[i*7%len(given)], family[i*11%len(family)]
	at := placeOf(i)
	site := offices()[i%len(offices())]
	nick := ascii(first + "." + last)
	p := Person{
		Type:              "#microsoft.graph.user",
		ID:                personID(i),
		UserPrincipalName: nick + "@" + SampleDomain,
		AccountEnabled:    i < 50 || i%50 != 48,
		DisplayName:       first + " " + last,
		GivenName:         first,
		Surname:           last,
		Mail:              nick + "@" + SampleDomain,
		MailNickname:      nick,
		EmployeeID:        fmt.Sprintf("E%05d", 10001+i),
		JobTitle:          at.title,
		Department:        divisions()[at.division].name,
		CompanyName:       "Example Corporation",
		OfficeLocation:    site.name,
		StreetAddress:     site.street,
		City:              site.city,
		State:             site.state,
		PostalCode:        site.postalCode,
		Country:           site.country,
		PreferredLanguage: site.language,
		BusinessPhones:    []string{fmt.Sprintf(site.phone, i/len(offices()))},
		MobilePhone:       fmt.Sprintf(site.mobile, i/len(offices())),
	}
	if at.manager >= 0 {
		p.Manager = &Reference{ID: personID(at.manager)}
	}
	return p
}

func teams(people []Person) []Team {
	var all []Team
	add := func(name, description string, belongs func(int, Person) bool) {
		t := Team{
			Type: "#microsoft.graph.group", ID: teamID(len(all)), DisplayName: name, Description: description,
			MailNickname: ascii(name), SecurityEnabled: true, Members: []Reference{},
		}
		for i, p := range people {
			if belongs(i, p) {
				t.Members = append(t.Members, Reference{ID: p.ID})
			}
		}
		all = append(all, t)
	}
	n := len(divisions())
	add("Everyone", "All people of the company", func(int, Person) bool { return true })
	add("Leadership", "The chief executive and the heads of department", func(i int, _ Person) bool { return i <= n })
	add("Team Leads", "People who lead a team", func(i int, _ Person) bool { return i > n && i <= n*(1+leadsPerDivision) })
	for _, d := range divisions() {
		add(d.name, "The department "+d.name, func(_ int, p Person) bool { return p.Department == d.name })
	}
	for _, o := range offices() {
		add(o.name+" Office", "Everyone whose office is in "+o.city, func(_ int, p Person) bool { return p.OfficeLocation == o.name })
	}
	for k, name := range projects() {
		add("Project "+name, "People across departments who work on "+name, func(i int, _ Person) bool { return i%13 == k*3 })
	}
	return all
}

// The ids are valid version 4 GUIDs that nobody mistakes for real ones.
func personID(i int) string { return fmt.Sprintf("5a3b1e00-0000-4000-8000-%012d", i+1) }
func teamID(i int) string   { return fmt.Sprintf("5a3b1e00-0000-4000-9000-%012d", i+1) }

// ascii makes the lower-case local part of an address out of a name.
func ascii(name string) string {
	plain := strings.NewReplacer(" & ", ".", " ", ".", "é", "e").Replace(name)
	return strings.ToLower(plain)
}
