//go:build linux || darwin

package site

import "syscall"

// disk says how many bytes of the disk with the folder are free for us, and how many it has.
func disk(folder string) (free, all uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return 0, 0, err
	}
	size := uint64(st.Bsize)
	return st.Bavail * size, st.Blocks * size, nil
}
