// Package engine runs one cycle of one job: it reads the feed, decides by package
// plan what each object needs, writes it to the target, and records what came of
// it before it goes on.
//
// Data flows one way: a page of candidates from the store, each evaluated and
// written by one of a bounded number of workers, outcomes committed in groups,
// with each group the position up to which everything is done. What a crash interrupts is done
// again, and doing it again finds what was done: an object without a link is
// looked up before it is created, a linked one is compared before it is patched,
// and members that may have been written are read back before they are added. What
// the job is about to take on is recorded before it is sent, so that an object which
// leaves the scope meanwhile is looked for rather than forgotten.
package engine
