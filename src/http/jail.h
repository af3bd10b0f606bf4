#ifndef HTTP_JAIL_H
#define HTTP_JAIL_H

/*
 * What a child process gives up. The front parses hostile bytes, so after jail_front it can only
 * use what it holds: no file is opened, no socket made (connections are accepted), no program or
 * process started.
 *
 * A system call outside the list ends the process (SIGSYS; the parent starts a new front); opening
 * a file fails with EPERM, since the C library tries that by itself. Sanitizer builds, whose run
 * time needs calls of its own, refuse the forbidden ones with EPERM and allow the rest.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* For every child: dies with the parent, writes no core, cannot be traced, gains no privileges. */
bool jail_child(int parent_pid) MUST_USE;

/* Closes every descriptor from 3 on but those two. */
void jail_close_all_but(int a, int b);

/* Call last before work begins. False: could not be set up (logged); do not go on. */
bool jail_front(void) MUST_USE;

/*
 * No socket can be made any more but those of this machine's files (EPERM): for workers, which
 * handle what people send and have no business with other machines. What is open, such as the
 * connection to a database server, stays open. False: could not be set up (logged).
 */
bool jail_no_network(void) MUST_USE;

/*
 * For a process that works on one thing that it reads from a descriptor it has: it can read, write
 * and end, nothing else, with so much memory (not in sanitizer builds) and time of the processor.
 */
bool jail_alone(size_t memory_max, unsigned seconds) MUST_USE;

#endif
