package demo

// The word lists behind the sample directory. Their lengths are chosen so that
// stepping through them with the strides of [person] repeats no full name.

func givenNames() []string {
	return []string{
		"Ada", "Amara", "Anton", "Aria", "Bela", "Bruno", "Carla", "Cem", "Clara", "Dalia",
		"Dario", "Edda", "Elif", "Emil", "Esra", "Farid", "Fenna", "Flora", "Gala", "Goran",
		"Hana", "Henrik", "Ida", "Ilan", "Imani", "Ines", "Ivo", "Jana", "Jonas", "Kaia",
		"Karim", "Lena", "Leo", "Linnea", "Malik", "Mara", "Milo", "Mina", "Nadia", "Nils",
		"Noor", "Odile", "Omar", "Otto", "Paula", "Piet", "Rana", "Remy", "Rosa", "Sami",
		"Selma", "Sofie", "Tariq", "Tess", "Theo", "Uma", "Vera", "Yara", "Yusuf", "Zoe", "Zora",
	}
}

func surnames() []string {
	return []string{
		"Ashford", "Bergmann", "Birch", "Brandt", "Calder", "Castell", "Corvin", "Dahl", "Devlin", "Ebner",
		"Falk", "Farrow", "Fenwick", "Galt", "Garrick", "Halden", "Hartwell", "Holm", "Ingram", "Ivers",
		"Janssen", "Keller", "Kestrel", "Lindqvist", "Lorne", "Marlow", "Meredith", "Moreau", "Nadir", "Norling",
		"Okafor", "Orsini", "Osei", "Palmer", "Pereira", "Quill", "Rahimi", "Ravn", "Renner", "Sandoval",
		"Sato", "Seidel", "Solberg", "Stroud", "Tamm", "Thorne", "Ueda", "Valen", "Varga", "Wexler",
		"Whitlock", "Yilmaz", "Zeller",
	}
}

// division is one department and the titles in it, from the head downwards.
type division struct {
	name, head, lead, member string
}

func divisions() []division {
	return []division{
		{"Engineering", "Head of Engineering", "Engineering Lead", "Software Engineer"},
		{"Product", "Head of Product", "Product Lead", "Product Manager"},
		{"Design", "Head of Design", "Design Lead", "Product Designer"},
		{"Sales", "Head of Sales", "Regional Sales Lead", "Account Executive"},
		{"Marketing", "Head of Marketing", "Campaign Lead", "Marketing Specialist"},
		{"Customer Support", "Head of Customer Support", "Support Lead", "Support Specialist"},
		{"Finance", "Head of Finance", "Finance Lead", "Financial Analyst"},
		{"People & Culture", "Head of People & Culture", "People Lead", "People Partner"},
		{"Legal", "General Counsel", "Legal Lead", "Counsel"},
		{"Operations", "Head of Operations", "Operations Lead", "Operations Analyst"},
	}
}

// office is one site. phone and mobile take a number from 0 to 99 and give a
// telephone number of a range that regulators keep for fiction: 555-0100 to
// 555-0199 in North America, 020 7946 0000 and 07700 900000 upwards in the
// United Kingdom.
type office struct {
	name, street, city, state, postalCode, country, language string
	phone, mobile                                            string
}

func offices() []office {
	return []office{
		{"London", "1 Example Street", "London", "", "EC1A 1AA", "United Kingdom", "en-GB", "+44 20 7946 00%02d", "+44 7700 9000%02d"},
		{"Boston", "100 Sample Avenue", "Boston", "MA", "02101", "United States", "en-US", "+1 617 555 01%02d", "+1 857 555 01%02d"},
		{"Denver", "200 Specimen Road", "Denver", "CO", "80201", "United States", "en-US", "+1 303 555 01%02d", "+1 720 555 01%02d"},
		{"Montréal", "300 rue Example", "Montréal", "QC", "H2X 1Y4", "Canada", "fr-CA", "+1 514 555 01%02d", "+1 438 555 01%02d"},
	}
}

func projects() []string { return []string{"Aurora", "Basalt", "Cirrus", "Delta"} }
