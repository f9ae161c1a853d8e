package directoryimport

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding/unicode"
)

// decoded returns r as UTF-8 without byte order mark. UTF-16 is recognized by
// its mark, as Excel writes it.
func decoded(r io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(r, bufferSize)
	mark, _ := buffered.Peek(3) // a failure shows again when the text is read
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, _ = buffered.Discard(3)
	case bytes.HasPrefix(mark, []byte("\xff\xfe")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(buffered)
	case bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(buffered)
	}
	return buffered
}
