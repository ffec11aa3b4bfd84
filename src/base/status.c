#include "base/status.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What hy_error gives when there is no memory left for an error. It is never freed or changed, so
 * any number of threads may hold it. */
static HyError out_of_memory = {
    .sqlstate = "53200",
    .message = (char[]){"out of memory"},
    .position = -1,
};

/* A formatted heap string, or NULL when out of memory. `args` is used up. */
static char *format_text(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        return NULL;
    return text;
}

/* Takes ownership of `message`, which may be NULL (out of memory). */
static HyStatus make_error(const char *sqlstate, char *message)
{
    HyError *err = message ? calloc(1, sizeof *err) : NULL;
    if (!err) {
        free(message);
        return &out_of_memory;
    }
    memcpy(err->sqlstate, sqlstate, strnlen(sqlstate, 5));
    err->message = message;
    err->position = -1;
    return err;
}

HyStatus hy_error(const char *sqlstate, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = format_text(format, args);
    va_end(args);
    return make_error(sqlstate, message);
}

HyStatus hy_error_oom(size_t bytes)
{
    return hy_error("53200", "out of memory: could not allocate %zu bytes", bytes);
}

static const char *sqlstate_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
        return "58P01";
    case ENOSPC:
    case EDQUOT:
        return "53100";
    case ENOMEM:
        return "53200";
    default:
        return "58030";
    }
}

HyStatus hy_error_errno(int errnum, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *what = format_text(format, args);
    va_end(args);
    if (!what)
        return &out_of_memory;
    char reason[128];
    HyStatus st = hy_error(
        sqlstate_of_errno(errnum), "%s: %s", what, strerror_r(errnum, reason, sizeof reason));
    free(what);
    return st;
}

/* Replaces an optional text of an error; keeps the old one when out of memory. */
static void replace_text(char **field, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void replace_text(char **field, const char *format, va_list args)
{
    char *text = format_text(format, args);
    if (!text)
        return;
    free(*field);
    *field = text;
}

HyStatus hy_error_detail(HyStatus err, const char *format, ...)
{
    if (!err || err == &out_of_memory)
        return err;
    va_list args;
    va_start(args, format);
    replace_text(&err->detail, format, args);
    va_end(args);
    return err;
}

HyStatus hy_error_hint(HyStatus err, const char *format, ...)
{
    if (!err || err == &out_of_memory)
        return err;
    va_list args;
    va_start(args, format);
    replace_text(&err->hint, format, args);
    va_end(args);
    return err;
}

HyStatus hy_error_at(HyStatus err, int64_t position)
{
    if (err && err != &out_of_memory && err->position < 0)
        err->position = position;
    return err;
}

void hy_error_free(HyError *err)
{
    if (!err || err == &out_of_memory)
        return;
    free(err->message);
    free(err->detail);
    free(err->hint);
    free(err);
}
