#include "http/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"

#if defined(__SANITIZE_ADDRESS__)
#define JAIL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define JAIL_SANITIZED 1
#endif
#endif
#ifndef JAIL_SANITIZED
#define JAIL_SANITIZED 0
#endif

/* What the event loop, libmicrohttpd, malloc and the log use. */
static const int allowed[] = {
    SCMP_SYS(accept4),
    SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(close),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(futex),
    SCMP_SYS(getpeername),
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(madvise),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(read),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(tgkill),
    SCMP_SYS(write),
    SCMP_SYS(writev),
};

/* Refused with an error: the C library tries to open files (time zone, messages) by itself. */
static const int opening[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(newfstatat) };

/* Refused in sanitizer builds, where everything else is allowed. */
static const int forbidden[] = {
    SCMP_SYS(open),    SCMP_SYS(openat), SCMP_SYS(creat),    SCMP_SYS(openat2),  SCMP_SYS(socket),
    SCMP_SYS(connect), SCMP_SYS(bind),   SCMP_SYS(execve),   SCMP_SYS(execveat), SCMP_SYS(fork),
    SCMP_SYS(vfork),   SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),   SCMP_SYS(ptrace),
};

bool jail_child(int parent_pid)
{
    const struct rlimit none = { 0, 0 };

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0) {
        log_error("could not give up privileges: %s", strerror(errno));
        return false;
    }
    return getppid() == parent_pid; /* else the parent ended before the first call */
}

void jail_close_all_but(int a, int b)
{
    unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

    if (low > 3)
        (void)close_range(3, low - 1, 0);
    if (high > low + 1)
        (void)close_range(low + 1, high - 1, 0);
    (void)close_range(high + 1, ~0U, 0);
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int rc = calls[i] < 0 ? 0 : seccomp_rule_add(filter, action, calls[i], 0);

        if (rc != 0)
            return rc;
    }
    return 0;
}

static int add_rules(scmp_filter_ctx filter, const int *calls, size_t len)
{
    const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
    int rc;

    if (JAIL_SANITIZED)
        return add_all(filter, refuse, forbidden, sizeof(forbidden) / sizeof(forbidden[0]));
    rc = add_all(filter, SCMP_ACT_ALLOW, calls, len);
    if (rc == 0)
        rc = add_all(filter, refuse, opening, sizeof(opening) / sizeof(opening[0]));
    /* Memory, but never code: PROT_EXEC is bit 4 of the third argument. */
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
    return rc;
}

bool jail_front(void)
{
    scmp_filter_ctx filter = seccomp_init(JAIL_SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    const time_t zero = 0;
    struct tm tm;
    int rc = -ENOMEM;

    /* The first use reads the time zone's file; the log and the Date header need none later. */
    (void)gmtime_r(&zero, &tm);
    if (filter != NULL) {
        rc = add_rules(filter, allowed, sizeof(allowed) / sizeof(allowed[0]));
        if (rc == 0)
            rc = seccomp_load(filter);
        seccomp_release(filter);
    }
    if (rc != 0)
        log_error("could not confine the front: %s", strerror(-rc));
    return rc == 0;
}

bool jail_no_network(void)
{
    const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = -ENOMEM;

    if (filter != NULL) {
        rc = seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX));
        if (rc == 0) /* it makes sockets too, past this filter */
            rc = seccomp_rule_add(filter, refuse, SCMP_SYS(io_uring_setup), 0);
        if (rc == 0)
            rc = seccomp_load(filter);
        seccomp_release(filter);
    }
    if (rc != 0)
        log_error("could not keep a worker from the network: %s", strerror(-rc));
    return rc == 0;
}

/* What malloc and a picture's decoder use. */
static const int alone[] = {
    SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(futex),
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(gettid),
    SCMP_SYS(madvise),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(read),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(tgkill),
    SCMP_SYS(write),
};

static bool limit(int what, rlim_t most)
{
    const struct rlimit both = { most, most };

    return setrlimit((__rlimit_resource_t)what, &both) == 0;
}

bool jail_alone(size_t memory_max, unsigned seconds)
{
    scmp_filter_ctx filter;
    int rc = -ENOMEM;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !limit(RLIMIT_CORE, 0) ||
        !limit(RLIMIT_FSIZE, 0) || !limit(RLIMIT_CPU, seconds) ||
        (!JAIL_SANITIZED && !limit(RLIMIT_AS, memory_max)))
        return false;
    filter = seccomp_init(JAIL_SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    if (filter != NULL) {
        rc = add_rules(filter, alone, sizeof(alone) / sizeof(alone[0]));
        if (rc == 0)
            rc = seccomp_load(filter);
        seccomp_release(filter);
    }
    return rc == 0;
}
