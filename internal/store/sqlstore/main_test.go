package sqlstore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestMain runs the tests, or, with -child, one of the processes that a test
// starts beside itself.
func TestMain(m *testing.M) {
	child := flag.String("child", "", "what to do as a child process: open, write or count")
	path := flag.String("path", "", "address of the child's database")
	name := flag.String("name", "", "name of the child")
	flag.Parse()
	if *child == "" {
		goleak.VerifyTestMain(suite{m})
		return
	}
	if err := runChild(*child, *path, *name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// suite stops the servers after the tests.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	for _, server := range []*pgtest.Shared{&postgres, &measured} {
		if err := server.Stop(backgroundContext()); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return code
}

func runChild(task, path, name string) error {
	ctx := backgroundContext()
	db, err := sqlstore.Open(ctx, path, sqlstore.Options{})
	if err != nil {
		return err
	}
	switch task {
	case "write":
		err = writeUsers(ctx, db, name, os.Stdout)
	case "count":
		err = count(ctx, db, name)
	}
	return errors.Join(err, db.Close())
}

// backgroundContext is the context of a process that has no test around it.
func backgroundContext() context.Context {
	return context.Background() //nolint:forbidigo // a process of its own has no caller
}

// usersOfChild is how many users each writer of a child creates.
const usersOfChild = 400

// writeUsers creates users from several goroutines and prints the id of each when
// its creation was acknowledged.
func writeUsers(ctx context.Context, db *sqlstore.DB, name string, acknowledged io.Writer) error {
	var (
		work sync.WaitGroup
		mu   sync.Mutex
		all  error
	)
	for w := range 4 {
		work.Go(func() {
			for i := range usersOfChild {
				id := fmt.Sprintf("%s-%d-%d", name, w, i)
				_, err := db.CreateObject(ctx, tenant, directory.Object{
					ID: directory.ObjectID(id), Kind: directory.User, Created: instant(), Attributes: directory.Attributes{"userPrincipalName": id},
				})
				mu.Lock()
				if err == nil {
					_, err = fmt.Fprintln(acknowledged, id)
				}
				all = errors.Join(all, err)
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	work.Wait()
	return all
}

// increments is how often each process of the counting test counts.
const increments = 40

// count raises a number by reading and writing it, which only the holder of a
// lease may do.
func count(ctx context.Context, db *sqlstore.DB, holder string) error {
	for range increments {
		fence, err := waitForLease(ctx, db, holder)
		if err != nil {
			return err
		}
		number := 0
		value, err := db.Setting(ctx, "number")
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if err == nil {
			if number, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
		if err := db.PutSetting(ctx, "number", []byte(strconv.Itoa(number+1))); err != nil {
			return err
		}
		if err := db.ReleaseLease(ctx, "counting", holder, fence); err != nil {
			return err
		}
	}
	return nil
}

func waitForLease(ctx context.Context, db *sqlstore.DB, holder string) (int64, error) {
	for {
		fence, ok, err := db.AcquireLease(ctx, "counting", holder, instant(), time.Hour)
		if err != nil || ok {
			return fence, err
		}
	}
}
