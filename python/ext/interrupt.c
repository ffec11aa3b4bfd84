/* Ctrl-C during a statement. Python only notes the signal and acts on it when its interpreter runs
 * again, which would be after the statement. So for the time of a statement on the main thread a
 * handler stands before Python's: it cancels the statement, which then ends within moments, and
 * passes the signal on. That costs two system calls a statement and no thread. */
#include "engine.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

static _Atomic(openhyper_connection *) target;
static atomic_int handlers_running;
static struct sigaction previous; /* written only while target is NULL */
static bool is_installed;         /* main thread only */

static void handle_interrupt(int number, siginfo_t *info, void *context)
{
    atomic_fetch_add(&handlers_running, 1);
    openhyper_connection *connection = atomic_load(&target);
    if (connection)
        openhyper_cancel(connection); /* a store to an atomic flag */
    atomic_fetch_sub(&handlers_running, 1);
    if (previous.sa_flags & SA_SIGINFO)
        previous.sa_sigaction(number, info, context);
    else
        previous.sa_handler(number);
}

static bool is_main_thread(void)
{
#ifdef __linux__
    static _Thread_local int known; /* 0: not asked yet, 1: yes, 2: no */
    if (!known)
        known = syscall(SYS_gettid) == getpid() ? 1 : 2;
    return known == 1;
#else
    return pthread_main_np() != 0;
#endif
}

void interrupt_begin(openhyper_connection *connection)
{
    struct sigaction action;
    if (!is_main_thread() || is_installed)
        return;
    if (sigaction(SIGINT, NULL, &previous) != 0)
        return;
    /* Without a handler Ctrl-C ends the process or is ignored: that stays so. */
    if (!(previous.sa_flags & SA_SIGINFO) &&
        (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN))
        return;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle_interrupt;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | (previous.sa_flags & SA_RESTART);
    action.sa_mask = previous.sa_mask;
    atomic_store(&target, connection);
    is_installed = sigaction(SIGINT, &action, NULL) == 0;
    if (!is_installed)
        atomic_store(&target, NULL);
}

void interrupt_end(void)
{
    if (!is_main_thread() || !is_installed)
        return;
    (void)sigaction(SIGINT, &previous, NULL);
    is_installed = false;
    atomic_store(&target, NULL);
    /* Another thread may be in the handler and about to use the connection. */
    while (atomic_load(&handlers_running))
        sched_yield();
}

int interrupt_check(void)
{
    return PyErr_CheckSignals();
}

int engine_call_check(openhyper_error *error)
{
    if (interrupt_check() < 0) {
        if (error)
            openhyper_error_free(error);
        return -1;
    }
    if (error)
        raise_engine_error(error);
    return error ? -1 : 0;
}
