"""How a process of ours can end, as its exit code; sysexits.h where it has a word for it. 128+n: ended by signal n."""

DONE, BUG, USAGE, DIVERGED = 0, 1, 2, 3
BAD_DATA, OUT_OF_MEMORY, INPUT_OUTPUT, LOCKED = 65, 71, 74, 75
