// Check what we sealed with the code that the Go checksum database uses (golang.org/x/mod/sumdb).
//
//	go run check.go <folder of the log> <verifier key> <proof folder> <older checkpoint> <consistency proof>
package main

import (
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tiles reads the files of c2sp.org/tlog-tiles, whose paths lack the height that Go's have.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		content, err := os.ReadFile(filepath.Join(t.folder, "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		found = append(found, content)
	}
	return found, nil
}

func main() {
	log.SetFlags(0)
	folder, key, proof, older, consistency := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	verifier, err := note.NewVerifier(key)
	must(err)

	tree := opened(read(folder, "checkpoint"), verifier)
	reader := tlog.TileHashReader(tree, tiles{folder})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	same("the root of the tiles", root, tree.Hash)

	head, checkpoint := halves(read(proof, "entry.tlog-proof"))
	proved := opened(checkpoint, verifier)
	index, err := strconv.ParseInt(strings.TrimPrefix(head[1], "index "), 10, 64)
	must(err)
	entry := tlog.RecordHash([]byte(read(proof, "entry.json")))
	must(tlog.CheckRecord(hashes(head[2:]), proved.N, proved.Hash, index, entry))
	made, err := tlog.ProveRecord(tree.N, index, reader)
	must(err)
	same("the proof of the entry", fmt.Sprint(made), fmt.Sprint(tlog.RecordProof(hashes(head[2:]))))

	before := opened(read(older), verifier)
	head, checkpoint = halves(read(consistency))
	after := opened(checkpoint, verifier)
	must(tlog.CheckTree(hashes(head[1:]), after.N, after.Hash, before.N, before.Hash))
	grown, err := tlog.ProveTree(tree.N, before.N, reader)
	must(err)
	same("the proof of consistency", fmt.Sprint(grown), fmt.Sprint(tlog.TreeProof(hashes(head[1:]))))

	fmt.Printf("entry %d of %d, which begins with %d\n", index, tree.N, before.N)
}

func opened(text string, verifier note.Verifier) tlog.Tree {
	signed, err := note.Open([]byte(text), note.VerifierList(verifier))
	must(err)
	lines := strings.Split(signed.Text, "\n")
	same("the origin", lines[0], verifier.Name())
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	return tlog.Tree{N: size, Hash: hashes(lines[2:3])[0]}
}

func hashes(lines []string) []tlog.Hash {
	found := []tlog.Hash{}
	for _, line := range lines {
		content, err := base64.StdEncoding.DecodeString(line)
		must(err)
		if len(content) != tlog.HashSize {
			log.Fatalf("%q is no hash", line)
		}
		found = append(found, *(*tlog.Hash)(content))
	}
	return found
}

func halves(text string) ([]string, string) {
	before, after, _ := strings.Cut(text, "\n\n")
	return strings.Split(before, "\n"), after
}

func read(parts ...string) string {
	content, err := os.ReadFile(filepath.Join(parts...))
	must(err)
	return string(content)
}

func same[T comparable](what string, found, expected T) {
	if found != expected {
		log.Fatalf("%s: %v instead of %v", what, found, expected)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
