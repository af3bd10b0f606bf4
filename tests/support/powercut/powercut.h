#ifndef POWERCUT_POWERCUT_H
#define POWERCUT_POWERCUT_H

/*
 * A power cut for the files of one folder: only what was flushed remains.
 *
 * A test program that links powercut.c gets its own fsync and fdatasync: they note the file's bytes
 * (or, for the folder itself, its list of names) as durable in DIR.durable, for all processes that
 * were forked from it. powercut_cut, called when all writers are dead, puts every file back to what
 * was durable: unflushed bytes are gone, files whose name was never flushed are gone, and so is
 * shared memory. The kernel's page cache plays the disk's part, so nothing has to be pulled out.
 */

#include <stdbool.h>
#include <stdint.h>

/* From now on; what lies in dir already counts as durable. Asserts. */
void powercut_watch(const char *dir);
/*
 * Cuts. With a seed other than 0, each 512-byte sector that was written but not flushed survives or
 * not by chance, as on a real disk; with 0 all of them are lost.
 */
void powercut_cut(uint64_t seed);
/* Stops watching and removes DIR.durable. */
void powercut_end(void);
/* What the next fsync or fdatasync of a watched file does instead, in this process. */
enum powercut_fault { POWERCUT_NONE, POWERCUT_ERROR, POWERCUT_DIE };
void powercut_next(enum powercut_fault fault);
/* Flushes noted since powercut_watch, by this process. */
int powercut_flushes(void);

#endif
