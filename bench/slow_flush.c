/*
 * Preloaded by bench/creates.py: each flush of a file takes a millisecond more, as on the disks of
 * laptops. The flush itself is still done.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MORE_NS 1000000L

static int slowly(long call, int fd)
{
    const struct timespec more = { .tv_nsec = MORE_NS };

    (void)nanosleep(&more, NULL);
    return (int)syscall(call, fd);
}

int fdatasync(int fd)
{
    return slowly(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return slowly(SYS_fsync, fd);
}
