package expression

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxRandomLength is the longest text that RandomString makes.
const maxRandomLength = 256

func (env *Environment) random() io.Reader {
	if env.Random == nil {
		return rand.Reader
	}
	return env.Random
}

// newGUID makes a random (version 4) GUID.
func newGUID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// characterClasses are what RandomString draws from, in the order of its
// parameters. The special ones are those of the Windows password complexity rule.
func characterClasses() [4]string {
	return [4]string{
		"0123456789",
		"~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		"abcdefghijklmnopqrstuvwxyz",
	}
}

func compileRandomString(c *call) evaluator {
	at, length, avoid := c.site(), c.arg(0), c.arg(5)
	minimums := [4]*operand{c.arg(1), c.arg(2), c.arg(3), c.arg(4)}
	return func(env *Environment) (Value, *Error) {
		total, err := length.position(env)
		if err != nil {
			return Value{}, err
		}
		if total < 1 || total > maxRandomLength {
			return Value{}, length.fail(OutOfRange, "the length is from 1 to %d; %d is not", maxRandomLength, total)
		}
		without, err := avoid.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		d := &draw{random: env.random(), left: total}
		for i, class := range characterClasses() {
			if err := d.class(minimums[i], env, remove(class, without)); err != nil {
				return Value{}, err
			}
		}
		text, failure := d.finish(without)
		if failure != nil {
			return Value{}, at.fail(Unavailable, "%v", failure)
		}
		return StringValue(text), nil
	}
}

// draw is a random text while it is made.
type draw struct {
	random io.Reader
	left   int    // characters still to be drawn
	filler string // from what the rest is drawn
	drawn  []byte
	err    error
}

// class draws the least number of characters of one class.
func (d *draw) class(minimum *operand, env *Environment, characters string) *Error {
	n, err := minimum.position(env)
	switch {
	case err != nil:
		return err
	case n <= 0:
		return nil
	case n > d.left:
		return minimum.fail(OutOfRange, "the minimums add up to more than the length")
	case characters == "":
		return minimum.fail(OutOfRange, "every character of this kind is to be avoided")
	}
	d.filler += characters
	d.take(n, characters)
	return nil
}

func (d *draw) take(n int, characters string) {
	for range n {
		d.drawn = append(d.drawn, characters[d.below(len(characters))])
	}
	d.left -= n
}

// finish draws the rest and shuffles all.
func (d *draw) finish(without string) (string, error) {
	if d.filler == "" {
		classes := characterClasses()
		d.filler = remove(classes[0]+classes[2]+classes[3], without)
	}
	if d.filler == "" && d.left > 0 {
		return "", errors.New("every character is to be avoided")
	}
	d.take(d.left, d.filler)
	for i := len(d.drawn) - 1; i > 0; i-- {
		j := d.below(i + 1)
		d.drawn[i], d.drawn[j] = d.drawn[j], d.drawn[i]
	}
	return string(d.drawn), d.err
}

// below returns an unbiased random number from 0 to n-1, for n up to 256. After
// a failure of the source it returns 0; finish reports the failure.
func (d *draw) below(n int) int {
	const patience = 256 // a source that never yields a usable byte is broken
	var b [1]byte
	for range patience {
		if d.err != nil {
			return 0
		}
		_, d.err = io.ReadFull(d.random, b[:])
		if r := int(b[0]); d.err == nil && r < 256-256%n {
			return r % n
		}
	}
	d.err = errors.New("the random bytes are all alike")
	return 0
}

// remove returns characters without those in unwanted.
func remove(characters, unwanted string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(unwanted, r) {
			return -1
		}
		return r
	}, characters)
}
