package terminal

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// lineEvery is how often progress is told where nothing can be redrawn.
const lineEvery = 10 * time.Second

// Progress shows how far something is: a bar that is redrawn in a window, and
// elsewhere a plain line now and then.
type Progress struct {
	screen *Screen
	label  string
	now    func() time.Time
	bar    *progressbar.ProgressBar
	total  int64
	told   time.Time
	begun  time.Time
}

// Progress begins one. now is the clock of the plain lines.
func (s *Screen) Progress(label string, now func() time.Time) *Progress {
	return &Progress{screen: s, label: label, now: now, told: now(), begun: now()}
}

// Set shows that done of total are done. A total of zero or less is not known yet.
func (p *Progress) Set(done, total int64) {
	if p.screen.window {
		p.draw(done, total)
		return
	}
	if p.now().Sub(p.told) < lineEvery {
		return
	}
	p.told = p.now()
	if total > 0 {
		p.screen.Say("%s: %d of %d after %s", p.label, done, total, p.elapsed())
	} else {
		p.screen.Say("%s: %d after %s", p.label, done, p.elapsed())
	}
}

// Done ends the progress and leaves one line that says how long it took.
func (p *Progress) Done(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear() // a bar that cannot be cleared is still followed by the line
	}
	p.screen.Say("%s: %s %s", p.label, fmt.Sprintf(format, args...), p.screen.Faint("("+p.elapsed()+")"))
}

func (p *Progress) elapsed() string { return Duration(p.now().Sub(p.begun)) }

func (p *Progress) draw(done, total int64) {
	if total <= 0 {
		total = -1
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.screen.w),
			progressbar.OptionSetDescription(p.label),
			progressbar.OptionSetWidth(max(10, min(40, p.screen.width-50))),
			progressbar.OptionShowCount(),
			progressbar.OptionEnableColorCodes(p.screen.colours),
			progressbar.OptionThrottle(65*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
		p.total = total
	}
	if total != p.total {
		p.bar.ChangeMax64(total)
		p.total = total
	}
	_ = p.bar.Set64(done) // progress that cannot be drawn changes nothing
}

// Duration writes d with as much precision as a person wants.
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}
