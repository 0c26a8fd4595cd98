package app

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// giveBack tells the system that the program's own pages are not needed now. They are the file's and unchanged, so
// those that are still used come back from the system's cache at their next use; those that only the start needed
// (most of them: it reads every course, message and asset that the program carries) stay out of the process.
func giveBack() {
	exe, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		f := strings.Fields(line) // 00400000-01a2b000 r-xp 00000000 08:01 1234 /usr/bin/greenroom
		if len(f) != 6 || f[5] != exe || !strings.HasPrefix(f[1], "r") || f[1][1] == 'w' {
			continue
		}
		low, high, _ := strings.Cut(f[0], "-")
		from, err := strconv.ParseUint(low, 16, 64)
		if err != nil {
			continue
		}
		to, err := strconv.ParseUint(high, 16, 64)
		if err != nil || to <= from {
			continue
		}
		// A refusal costs nothing but the memory.
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(from), uintptr(to-from), syscall.MADV_DONTNEED)
	}
}
