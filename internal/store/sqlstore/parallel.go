package sqlstore

import (
	"runtime"
	"sync"
)

// inParallel calls work for every i in [0, n), a stretch on each processor. Few
// are done at once.
func inParallel(n int, work func(i int)) {
	const least = 64
	share := max(least, (n+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	stretch := func(start int) {
		for i := start; i < min(start+share, n); i++ {
			work(i)
		}
	}
	if n <= share {
		stretch(0)
		return
	}
	var group sync.WaitGroup
	for start := 0; start < n; start += share {
		group.Go(func() { stretch(start) })
	}
	group.Wait()
}
