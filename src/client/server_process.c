#include "client/server_process.h"

#include "base/buffer.h"
#include "server/auth.h"
#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TIMEOUT_MS 60000
#define STEP_MS          5
#define MAX_OUTPUT       ((size_t)4096)
#define MAX_ARGUMENTS    128

extern char **environ;

struct HyServerProcess {
    pid_t pid;            /* 0: not started */
    pthread_mutex_t lock; /* guards has_ended, exit_code */
    bool has_ended;
    int exit_code;
    int callback_fd; /* it ends when this is closed */
    int output_fd;   /* what it prints: a file in memory */
    HyListener callback;
    char folder[64]; /* of its sockets, made by us; or "" */
    char endpoint[HY_ENDPOINT_MAX];
};

/* ---- Its command line ---- */

typedef struct Command {
    char *arguments[MAX_ARGUMENTS + 1];
    size_t n;
} Command;

static void free_command(Command *command)
{
    for (size_t i = 0; i < command->n; i++)
        free(command->arguments[i]);
}

static HyStatus add_argument(Command *command, const char *format, ...) HY_PRINTF(2, 3);
static HyStatus add_argument(Command *command, const char *format, ...)
{
    va_list args;
    if (command->n == MAX_ARGUMENTS)
        return hy_error("54000", "too many parameters for a server");
    va_start(args, format);
    int n = vasprintf(&command->arguments[command->n], format, args);
    va_end(args);
    if (n < 0)
        return hy_error_oom(0);
    command->n++;
    return HY_OK;
}

static const char *setting(const HyInstanceSetting *settings, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(settings[i].key, key) == 0)
            return settings[i].value;
    return NULL;
}

static bool says_where(const char *key)
{
    return strcmp(key, "domain_socket_dir") == 0 || strcmp(key, "use_tcp_port") == 0 ||
           strcmp(key, "listen_connection") == 0 || strcmp(key, "callback_connection") == 0;
}

static int compare_settings(const void *a, const void *b)
{
    const HyInstanceSetting *x = a;
    const HyInstanceSetting *y = b;
    return strcmp(x->key, y->key);
}

static HyStatus add_settings(Command *command, const HyInstanceSetting *settings, size_t n)
{
    HyInstanceSetting *sorted = malloc((n + 1) * sizeof *sorted);
    HyStatus st = HY_OK;
    if (!sorted)
        return hy_error_oom(n * sizeof *sorted);
    if (n)
        memcpy(sorted, settings, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_settings);
    for (size_t i = 0; i < n && !st; i++) {
        if (says_where(sorted[i].key))
            continue;
        st = add_argument(command, "--%s=%s", sorted[i].key, sorted[i].value);
        for (char *p = st ? NULL : command->arguments[command->n - 1] + 2; p && *p && *p != '=';
             p++)
            if (*p == '_')
                *p = '-';
    }
    free(sorted);
    /* A log only where somebody has said where. */
    if (!st && !setting(settings, n, "log_config"))
        st = add_argument(command, "--log-config=%s",
            setting(settings, n, "log_dir") ? "file,json,all,hyperd,0" : "");
    return st;
}

/* ---- Where it listens and calls back ---- */

static HyStatus random_name(char out[33])
{
    uint8_t bytes[16];
    if (!hy_random_bytes(bytes, sizeof bytes))
        return hy_error("58000", "no randomness for a name");
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return HY_OK;
}

static HyStatus make_folder(HyServerProcess *process)
{
    char name[33];
    HY_TRY(random_name(name));
    (void)snprintf(process->folder, sizeof process->folder, "/tmp/%s", name);
    if (mkdir(process->folder, 0700) == 0)
        return HY_OK;
    HyStatus st = hy_error_errno(errno, "could not create folder \"%s\"", process->folder);
    process->folder[0] = 0;
    return st;
}

static HyStatus add_connections(
    HyServerProcess *process, Command *command, const HyInstanceSetting *settings, size_t n)
{
    const char *listen = setting(settings, n, "listen_connection");
    const char *port = setting(settings, n, "use_tcp_port");
    const char *folder = setting(settings, n, "domain_socket_dir");
    char name[33];
    char callback[HY_ENDPOINT_MAX];
    bool is_tcp = !listen && port && *port;
    HY_TRY(random_name(name));
    if (is_tcp) {
        (void)snprintf(callback, sizeof callback, "tab.tcp://localhost:auto");
    } else {
        if (!folder || !*folder) {
            HY_TRY(make_folder(process));
            folder = process->folder;
        }
        (void)snprintf(callback, sizeof callback, "tab.domain://%s/domain/%s", folder, name);
    }
    HY_TRY(hy_listener_open(callback, &process->callback));
    HY_TRY(add_argument(command, "--listen-connection"));
    if (listen)
        HY_TRY(add_argument(command, "%s", listen));
    else if (is_tcp)
        HY_TRY(add_argument(command, "tab.tcp://localhost:%s", port));
    else
        HY_TRY(add_argument(command, "tab.domain://%s/domain/auto", folder));
    HY_TRY(add_argument(command, "--callback-connection"));
    return add_argument(command, "%s", process->callback.endpoint);
}

/* ---- Starting ---- */

/* Standard input closed, the output in a file, a process group of its own; signals that we catch or
 * ignore are as for anybody. */
static HyStatus spawn(HyServerProcess *process, Command *command)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    sigset_t none;
    sigemptyset(&none);
    sigemptyset(&all);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGPIPE);
    sigaddset(&all, SIGHUP);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addclose(&actions, 0);
    posix_spawn_file_actions_adddup2(&actions, process->output_fd, 1);
    posix_spawn_file_actions_adddup2(&actions, process->output_fd, 2);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int errnum = posix_spawn(
        &process->pid, command->arguments[0], &actions, &attributes, command->arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (!errnum)
        return HY_OK;
    process->pid = 0;
    return hy_error_errno(errnum, "could not start \"%s\"", command->arguments[0]);
}

bool hy_server_process_has_ended(HyServerProcess *process, int *exit_code)
{
    int status = 0;
    pthread_mutex_lock(&process->lock);
    if (!process->has_ended) {
        pid_t pid;
        do
            pid = waitpid(process->pid, &status, WNOHANG);
        while (pid < 0 && errno == EINTR);
        if (pid != 0) { /* who ignores SIGCHLD learns only that it has ended */
            process->has_ended = true;
            process->exit_code = pid < 0               ? 0
                                 : WIFSIGNALED(status) ? WTERMSIG(status)
                                                       : WEXITSTATUS(status);
        }
    }
    bool has_ended = process->has_ended;
    if (has_ended && exit_code)
        *exit_code = process->exit_code;
    pthread_mutex_unlock(&process->lock);
    return has_ended;
}

static HyStatus ended_at_once(const HyServerProcess *process, const Command *command)
{
    char output[MAX_OUTPUT + 1];
    HyBuffer line = {0};
    HyStatus st = HY_OK;
    ssize_t n = pread(process->output_fd, output, MAX_OUTPUT, 0);
    output[n > 0 ? n : 0] = 0;
    for (size_t i = 0; i < command->n && !st; i++)
        st = hy_buffer_printf(&line, "%s\"%s\"", i ? " " : "", command->arguments[i]);
    if (!st)
        st = hy_error("HY000",
            "The Hyper server process exited during startup with exit code: %d\nCommand-line: "
            "%s\nChild process' output:\n%s\nCheck the hyperd log for more information",
            process->exit_code, line.data, output);
    hy_buffer_free(&line);
    return st;
}

static HyStatus accept_callback(HyServerProcess *process, const Command *command)
{
    struct pollfd fds[HY_LISTENER_FDS];
    size_t n = process->callback.n_fds;
    for (size_t i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = process->callback.fds[i], .events = POLLIN};
    for (int waited = 0; waited < START_TIMEOUT_MS; waited += STEP_MS) {
        int ready = poll(fds, (nfds_t)n, STEP_MS);
        for (size_t i = 0; i < n && ready > 0; i++)
            if (fds[i].revents & POLLIN) {
                process->callback_fd = accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC);
                if (process->callback_fd >= 0)
                    return HY_OK;
            }
        if (hy_server_process_has_ended(process, NULL))
            return ended_at_once(process, command);
    }
    return hy_error("HY000", "the server did not answer within a minute of its start");
}

static bool receive_all(int fd, char *to, size_t len)
{
    while (len) {
        ssize_t n = recv(fd, to, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        len -= (size_t)n;
    }
    return true;
}

/* A byte with the length, then the descriptor, with or without a zero byte. */
static HyStatus read_endpoint(HyServerProcess *process, const Command *command)
{
    char text[UINT8_MAX + 1];
    uint8_t len;
    if (!receive_all(process->callback_fd, (char *)&len, 1) || !len ||
        !receive_all(process->callback_fd, text, len)) {
        if (hy_server_process_has_ended(process, NULL))
            return ended_at_once(process, command);
        return hy_error("HY000", "the server did not say where it listens");
    }
    text[len] = 0;
    (void)snprintf(process->endpoint, sizeof process->endpoint, "%s", text);
    return HY_OK;
}

static HyStatus start(
    HyServerProcess *process, Command *command, const HyInstanceSetting *settings, size_t n)
{
    HY_TRY(add_argument(command, "run"));
    HY_TRY(add_settings(command, settings, n));
    HY_TRY(add_connections(process, command, settings, n));
    process->output_fd = memfd_create("hyperd output", MFD_CLOEXEC);
    if (process->output_fd < 0)
        return hy_error_errno(errno, "no file for the output of a server");
    HY_TRY(spawn(process, command));
    HY_TRY(accept_callback(process, command));
    HY_TRY(read_endpoint(process, command));
    hy_listener_close(&process->callback);
    return HY_OK;
}

HyStatus hy_server_process_start(
    const char *folder, const HyInstanceSetting *settings, size_t n, HyServerProcess **out)
{
    Command command = {.n = 0};
    HyStatus st = HY_OK;
    HyServerProcess *process = calloc(1, sizeof *process);
    if (!process)
        return hy_error_oom(sizeof *process);
    process->callback_fd = process->output_fd = -1;
    pthread_mutex_init(&process->lock, NULL);
    HY_GO(add_argument(&command, "%s/hyperd", folder));
    if (access(command.arguments[0], F_OK) != 0)
        HY_GO(
            hy_error("58P01", "The Hyper executable \"%s\" does not exist.", command.arguments[0]));
    HY_GO(start(process, &command, settings, n));
    *out = process;
    process = NULL;
done:
    free_command(&command);
    if (process)
        hy_error_free(hy_server_process_stop(process, 0, NULL));
    return st;
}

/* ---- The end ---- */

/* False: not within the time. */
static bool wait_for_end(HyServerProcess *process, int timeout_ms)
{
    const struct timespec step = {.tv_nsec = 1000000};
    for (int64_t waited_ms = 0;; waited_ms++) {
        if (hy_server_process_has_ended(process, NULL))
            return true;
        if (timeout_ms >= 0 && waited_ms >= timeout_ms)
            return false;
        (void)nanosleep(&step, NULL);
    }
}

static HyStatus end_process(HyServerProcess *process, int timeout_ms, int *exit_code)
{
    bool had_ended = hy_server_process_has_ended(process, NULL);
    if (process->callback_fd >= 0)
        close(process->callback_fd);
    process->callback_fd = -1;
    bool in_time = timeout_ms != 0 && wait_for_end(process, timeout_ms);
    if (!in_time && !had_ended) {
        (void)kill(process->pid, SIGKILL);
        (void)wait_for_end(process, -1);
    }
    if (timeout_ms == 0 && !had_ended)
        return HY_OK;
    if (!in_time && !had_ended)
        return hy_error(
            "HY000", "The Hyper server did not shut down within %d ms and was killed.", timeout_ms);
    if (!process->exit_code)
        return HY_OK;
    if (exit_code)
        *exit_code = process->exit_code;
    return hy_error("HY000", "The Hyper server terminated with exit code %d.", process->exit_code);
}

/* What a server that was killed has left in our folder. */
static void remove_folder(const HyServerProcess *process)
{
    char path[HY_ENDPOINT_MAX + 80];
    const char *name = strstr(process->endpoint, "/domain/");
    if (name) {
        name += strlen("/domain/");
        (void)snprintf(path, sizeof path, "%s/%s", process->folder, name);
        (void)unlink(path);
        (void)snprintf(path, sizeof path, "%s/%s.pid", process->folder, name);
        (void)unlink(path);
    }
    (void)rmdir(process->folder);
}

HyStatus hy_server_process_stop(HyServerProcess *process, int timeout_ms, int *exit_code)
{
    if (exit_code)
        *exit_code = 0;
    HyStatus st = process->pid ? end_process(process, timeout_ms, exit_code) : HY_OK;
    if (process->callback_fd >= 0)
        close(process->callback_fd);
    if (process->output_fd >= 0)
        close(process->output_fd);
    hy_listener_close(&process->callback);
    if (process->folder[0])
        remove_folder(process);
    pthread_mutex_destroy(&process->lock);
    free(process);
    return st;
}

const char *hy_server_process_endpoint(const HyServerProcess *process)
{
    return process->endpoint;
}

int64_t hy_server_process_pid(const HyServerProcess *process)
{
    return (int64_t)process->pid;
}
