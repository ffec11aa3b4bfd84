#include "server/log.h"

#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct HyServerLog {
    int fd;
};

HyStatus hy_server_log_open(const char *dir, HyServerLog **out)
{
    char path[4096];
    HyServerLog *log = malloc(sizeof *log);
    if (!log)
        return hy_error_oom(sizeof *log);
    int n = snprintf(path, sizeof path, "%s/hyperd.log", dir);
    log->fd = n > 0 && (size_t)n < sizeof path
                  ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0660)
                  : -1;
    if (log->fd < 0) {
        int errnum = errno;
        free(log);
        return hy_error("58030",
            "Unable to open log file: open(\"%s\", %d): %s\nFileListener in error state after "
            "initial "
            "rotate()",
            path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, strerror(errnum));
    }
    *out = log;
    return HY_OK;
}

void hy_server_log_close(HyServerLog *log)
{
    if (!log)
        return;
    close(log->fd);
    free(log);
}

static HyStatus append_time(HyBuffer *line)
{
    struct timespec now;
    struct tm utc;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    HY_TRY(hy_buffer_append(line, text, n));
    return hy_buffer_printf(line, ".%06ld", now.tv_nsec / 1000);
}

static HyStatus append_line(
    HyBuffer *line, const char *severity, const char *session, const char *kind, va_list args)
{
    HY_TRY(hy_buffer_append_str(line, "{\"ts\":\""));
    HY_TRY(append_time(line));
    HY_TRY(hy_buffer_printf(line,
        "\",\"pid\":%d,\"tid\":\"%lx|hyperd\",\"sev\":\"%s\",\"req\":\"-\",\"sess\":\"%s\",\"k\":"
        "\"%s\","
        "\"v\":{",
        (int)getpid(), (unsigned long)syscall(SYS_gettid), severity, session ? session : "-",
        kind));
    const char *key;
    bool is_first = true;
    while ((key = va_arg(args, const char *))) {
        const char *value = va_arg(args, const char *);
        HY_TRY(hy_buffer_printf(line, "%s\"%s\":", is_first ? "" : ",", key));
        HY_TRY(hy_json_append_string(line, value, strlen(value)));
        is_first = false;
    }
    return hy_buffer_append_str(line, "}}\n");
}

void hy_server_log(
    HyServerLog *log, const char *severity, const char *session, const char *kind, ...)
{
    if (!log)
        return;
    HyBuffer line = {0};
    va_list args;
    va_start(args, kind);
    HyStatus st = append_line(&line, severity, session, kind, args);
    va_end(args);
    /* One write per line, so that lines of several threads do not mix. A full disk must not stop
     * the server. */
    if (!st && write(log->fd, line.data, line.len) < 0)
        st = HY_OK;
    hy_error_free(st);
    hy_buffer_free(&line);
}
