package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
	"unicode/utf8"
)

// By lower-cased extension; anything else is application/octet-stream. The C# twin has the same table.
var mediaTypes = map[string]string{
	".txt":  "text/plain",
	".md":   "text/markdown",
	".html": "text/html",
	".htm":  "text/html",
	".css":  "text/css",
	".js":   "text/javascript",
	".json": "application/json",
	".xml":  "application/xml",
	".gz":   "application/gzip",
	".pdf":  "application/pdf",
	".png":  "image/png",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".svg":  "image/svg+xml",
}

// list gives the relative paths of all regular files below root in the order of their bytes.
func list(ctx context.Context, root string) ([]string, error) {
	// The root itself may be a link; nothing below it is followed.
	if info, err := os.Stat(root); err != nil {
		return nil, fmt.Errorf("can't read the root folder: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", root)
	}
	prefix := strings.TrimSuffix(root, "/") + "/"
	var paths []string
	err := filepath.Walk(prefix+".", func(path string, info os.FileInfo, err error) error {
		if err != nil {
			if errors.Is(err, os.ErrNotExist) && path != root {
				return nil
			}
			return err
		}
		if info.Mode().IsRegular() {
			relative := strings.TrimPrefix(path, prefix)
			if utf8.ValidString(relative) && !strings.ContainsRune(relative, utf8.RuneError) {
				paths = append(paths, relative)
			}
		}
		return ctx.Err()
	})
	sort.Strings(paths)
	return paths, err
}

// describe reads a file. It returns nil when the file has gone since it was listed.
func describe(root, relative string) (*DataObject, error) {
	path := strings.TrimSuffix(root, "/") + "/" + relative
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if err != nil {
		return nil, err
	}
	return &DataObject{
		RemoteId:     relative,
		ResourceName: "file",
		Uri:          "file://" + path,
		Metadata: fmt.Sprintf(`{"size":%d,"mtime":"%s","sha256":"%s","media_type":"%s"}`, size,
			time.Unix(info.ModTime().Unix(), 0).UTC().Format(time.RFC3339), hex.EncodeToString(hash.Sum(nil)), mediaType(relative)),
	}, nil
}

func mediaType(path string) string {
	if known, ok := mediaTypes[strings.ToLower(filepath.Ext(path))]; ok {
		return known
	}
	return "application/octet-stream"
}
