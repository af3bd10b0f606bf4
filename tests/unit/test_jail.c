/* What a worker may no more do once it is kept from the network. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/jail.h"

static bool refused(int family)
{
    return socket(family, SOCK_STREAM, 0) < 0 && errno == EPERM;
}

/* In a child, for the filter cannot be taken off again; each fault is a bit of its exit status. */
static int faults_of_a_worker(void)
{
    int pair[2];
    int faults = 0;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !jail_no_network())
        return 1;
    faults |= refused(AF_INET) ? 0 : 2;
    faults |= refused(AF_INET6) ? 0 : 4;
    faults |= refused(AF_NETLINK) && refused(AF_PACKET) ? 0 : 8;
    faults |= syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == EPERM ? 0 : 16;
    faults |= socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 ? 0 : 32;
    faults |= socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 64;
    return faults;
}

static void a_worker_makes_no_socket_of_the_network(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(faults_of_a_worker());
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_makes_no_socket_of_the_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
