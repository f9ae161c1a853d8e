package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphcli"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

func (p *program) keysCommand() *cobra.Command {
	parent := group("keys", "Rotate the keys that seal the stored secrets")
	for _, one := range []struct {
		use, short, long string
		args             cobra.PositionalArgs
		run              func(*rotation, context.Context, []string) error
	}{
		{"list", "List the sealing keys and how many values each has sealed", "", none, (*rotation).list},
		{"rotate", "Seal with a new key from now on, and everything stored anew", `Adds a new key to the file of the sealing keys and seals every stored secret anew with
it, while the service runs: each process reads the file again when it meets a value of a
key that it does not have. Processes on other machines need the new file before they
meet such a value: copy it there within moments, or mount one file everywhere. The old
key stays in the file and opens what it has sealed, until ` + "`provisor keys retire`" + `.`, none, (*rotation).rotate},
		{"reseal", "Seal anew what older keys have sealed", `Goes on with a rotation that was interrupted, and finds what processes with the old file
have sealed since.`, none, (*rotation).reseal},
		{"retire ID", "Remove a key with which nothing is sealed any more", `Removes an old key from the file. Refused while a stored value needs it. A backup of the
database from before the rotation needs it as well: keep it with that backup.`, oneKey, (*rotation).retire},
	} {
		cmd := &cobra.Command{Use: one.use, Short: one.short, Long: one.long, Args: one.args, RunE: func(cmd *cobra.Command, args []string) error {
			return p.rotating(cmd, args, one.run)
		}}
		register(cmd.Flags(), "data", "database", "sealing-key-file")
		parent.AddCommand(cmd)
	}
	return parent
}

func oneKey(_ *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return &graphcli.UsageError{Message: "the ID of one key is expected", Next: "`provisor keys list` shows them"}
}

// rotation works on the sealing keys of an installation.
type rotation struct {
	base   *base
	path   string // of the keys
	ring   *keyring.Keyring
	screen *terminal.Screen
	show   func(done, total int64)
	now    func() time.Time
}

// rotating opens the installation, keeps other rotations away, and runs one step.
func (p *program) rotating(cmd *cobra.Command, args []string, run func(*rotation, context.Context, []string) error) error {
	ctx := cmd.Context()
	c, err := resolve(cmd.Flags(), p.getenv)
	if err != nil {
		return err
	}
	if c.SealingKey != "" {
		return &graphcli.UsageError{
			Message: "the keys come from PROVISOR_SEALING_KEY, which a running process cannot read anew",
			Next:    "put them into a file, start every process with --sealing-key-file, and rotate then",
		}
	}
	base, err := openExisting(ctx, c, sqlstore.Options{Logger: p.quietLog()})
	if err != nil {
		return err
	}
	defer func() { _ = base.close() }() // everything that was promised is committed
	path := base.dir.keysFile(c)
	ring, err := readKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.Invalid, "SealingKeys", "There are no sealing keys at %s. The first start of the service makes them.", path)
	}
	if err != nil {
		return err
	}
	r := &rotation{base: base, path: path, ring: ring, screen: terminal.New(p.stdout, p.getenv), now: p.now}
	r.show = terminal.New(p.stderr, p.getenv).Progress("Seal anew", p.now).Set
	return r.alone(ctx, func() error {
		if err := r.ring.Refresh(); err != nil { // while it waited, another rotation may have changed them
			return err
		}
		return run(r, ctx, args)
	})
}

// alone keeps other rotations and first starts waiting.
func (r *rotation) alone(ctx context.Context, fn func() error) error {
	holder := uuid.NewString()
	fence, err := acquire(ctx, r.base.store, holder, r.now)
	if err != nil {
		return err
	}
	err = fn()
	return errors.Join(err, r.base.store.ReleaseLease(context.WithoutCancel(ctx), startLease, holder, fence))
}

// sealedWith counts the stored values by the key that has sealed them.
func (r *rotation) sealedWith(ctx context.Context) (map[uint32]int, error) {
	count := map[uint32]int{}
	note := func(sealed keyring.Sealed) {
		if id, ok := sealed.KeyID(); ok {
			count[id]++
		}
	}
	setting, err := r.base.store.Setting(ctx, signingKeys)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	note(setting)
	owners, err := r.base.store.SecretOwners(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range owners {
		secrets, err := r.base.store.Secrets(ctx, o.Tenant, o.ServicePrincipal)
		if err != nil {
			return nil, err
		}
		for _, s := range secrets {
			note(s.Sealed)
		}
	}
	return count, r.subscriptionsSealed(ctx, note)
}

func (r *rotation) list(ctx context.Context, _ []string) error {
	count, err := r.sealedWith(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, id := range r.ring.Keys() {
		use := "opens"
		if id == r.ring.Primary() {
			use = "seals and opens"
		}
		rows = append(rows, []string{strconv.FormatUint(uint64(id), 10), use, strconv.Itoa(count[id])})
		delete(count, id)
	}
	for id, n := range count {
		rows = append(rows, []string{strconv.FormatUint(uint64(id), 10), r.screen.Bad("missing from the file"), strconv.Itoa(n)})
	}
	r.screen.Table([]string{"key", "what it does", "values it has sealed"}, rows)
	return nil
}

func (r *rotation) rotate(ctx context.Context, _ []string) error {
	ring, err := r.ring.Rotate()
	if err != nil {
		return err
	}
	if err := r.keep(ring); err != nil {
		return err
	}
	r.screen.Say("Key %d seals from now on.", r.ring.Primary())
	return r.reseal(ctx, nil)
}

// keep writes keys and takes them up.
func (r *rotation) keep(ring *keyring.Keyring) error {
	text, err := ring.Marshal()
	if err != nil {
		return err
	}
	if err := writeFile(r.path, text); err != nil {
		return errs.Wrap(err, errs.Invalid, "SealingKeys", "The sealing keys %s cannot be written: %s. Rotate where the file can be written, and bring the new file here.", r.path, cause(err))
	}
	return r.ring.Refresh()
}

func (r *rotation) reseal(ctx context.Context, _ []string) error {
	owners, err := r.base.store.SecretOwners(ctx)
	if err != nil {
		return err
	}
	service := credential.New(credential.Options{Secrets: r.base.store, Leases: r.base.store, Keyring: r.ring, Now: r.now})
	sealed := 0
	for i, o := range owners {
		n, err := service.Reseal(ctx, o.Tenant, o.ServicePrincipal)
		if err != nil {
			return err
		}
		sealed += n
		r.show(int64(i+1), int64(len(owners)))
	}
	n, err := r.resealSetting(ctx, signingKeys)
	if err != nil {
		return err
	}
	subscribed, err := r.ofTenants(ctx, r.courier().Reseal)
	if err != nil {
		return err
	}
	r.screen.Say("%d values were sealed anew with key %d. `provisor keys list` shows what older keys are still needed for.", sealed+n+subscribed, r.ring.Primary())
	return nil
}

// resealSetting seals a setting anew, if an older key sealed it.
func (r *rotation) resealSetting(ctx context.Context, name string) (int, error) {
	sealed, err := r.base.store.Setting(ctx, name)
	if errs.Is(err, errs.NotFound) || err == nil && !r.ring.Stale(sealed) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	plain, err := r.ring.Open(sealed, settingPlace(name))
	if err != nil {
		return 0, errs.Wrap(err, errs.Invalid, "SealingKeys", "The setting %s was sealed with a key that %s lacks. Bring the keys of this database there.", name, r.path)
	}
	anew, err := r.ring.Seal(plain, settingPlace(name))
	if err != nil {
		return 0, err
	}
	return 1, r.base.store.PutSetting(ctx, name, anew)
}

func (r *rotation) retire(ctx context.Context, args []string) error {
	id, err := strconv.ParseUint(args[0], 10, 32)
	if err != nil {
		return oneKey(nil, nil)
	}
	count, err := r.sealedWith(ctx)
	if err != nil {
		return err
	}
	if n := count[uint32(id)]; n > 0 {
		return errs.New(errs.Conflict, "KeyInUse", "%d stored values are sealed with key %d. Run `provisor keys reseal` first.", n, id)
	}
	ring, err := r.ring.Retire(uint32(id))
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "SealingKeys", "Key %d cannot be removed: it is the one that seals, or the file has no such key. `provisor keys list` shows them.", id)
	}
	if err := r.keep(ring); err != nil {
		return err
	}
	r.screen.Say("Key %s was removed.", fmt.Sprint(id))
	return nil
}
