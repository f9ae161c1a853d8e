package issuer

// cheap is the least that a digest can cost.
func cheap() passwordCost { return passwordCost{passes: 1, memory: 8} }

// CheapPasswords lets a server take digests of [CheapPasswordDigest], and no others: tests
// sign in hundreds of times.
func CheapPasswords(s *Server) { s.passwords.cost = cheap() }

// CheapPasswordDigest is NewPasswordDigest at hardly any cost.
func CheapPasswordDigest(password string) []byte { return cheap().digest(password) }
