/* The result of every operation that can fail: NULL for success, else an error object with what the
 * user needs to act on it (SQLSTATE, message, detail, hint, position in the SQL text).
 *
 * An error is owned by whoever holds it: free it once (hy_error_free) or return it. Errors are
 * plain heap objects without links to a session, so they may cross threads. */
#ifndef HY_BASE_STATUS_H
#define HY_BASE_STATUS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define HY_MUST_CHECK   __attribute__((warn_unused_result))
#define HY_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define HY_LIKELY(x)    __builtin_expect(!!(x), 1)
#define HY_UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define HY_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define HY_UNUSED       __attribute__((unused))

typedef struct HyError {
    char sqlstate[6]; /* five characters and a zero byte */
    char *message;    /* never NULL; lower case, no full stop */
    char *detail;     /* or NULL */
    char *hint;       /* or NULL */
    int64_t position; /* byte offset in the SQL text of the statement, or -1 */
} HyError;

typedef HyError *HyStatus;
#define HY_OK ((HyStatus)NULL)

#define HY_TRY(expr) /* return the failure: for functions that hold nothing */                     \
    do {                                                                                           \
        HyStatus st_ = (expr);                                                                     \
        if (HY_UNLIKELY(st_ != NULL))                                                              \
            return st_;                                                                            \
    } while (0)
#define HY_GO(expr) /* st = failure, goto done: for functions that hold something */               \
    do {                                                                                           \
        st = (expr);                                                                               \
        if (HY_UNLIKELY(st != NULL))                                                               \
            goto done;                                                                             \
    } while (0)

/* Tells the compiler too, which then sees that outputs are set whenever a status is NULL. */
#define HY_NEVER_NULL __attribute__((returns_nonnull))

/* A new error. Never returns NULL: when memory is exhausted, a static out-of-memory error. */
HyStatus hy_error(const char *sqlstate, const char *format, ...)
    HY_PRINTF(2, 3) HY_MUST_CHECK HY_NEVER_NULL;

/* The error for a failed allocation of `bytes` bytes (53200). */
HyStatus hy_error_oom(size_t bytes) HY_MUST_CHECK HY_NEVER_NULL;

/* The error for a failed system call: 58030, or 58P01 for ENOENT, 53100 for ENOSPC. `what` names
 * the action and object, e.g. "could not read file \"x\""; the text of `errnum` is appended. */
HyStatus hy_error_errno(int errnum, const char *format, ...)
    HY_PRINTF(2, 3) HY_MUST_CHECK HY_NEVER_NULL;

/* Sets or replaces one field of `err` and returns it, so that calls can be chained:
 *     return hy_error_hint(hy_error("42703", "unknown column '%s'", name), "did you mean ...");
 *
 * `err` may be NULL (success), which is passed through. */
HyStatus hy_error_detail(HyStatus err, const char *format, ...) HY_PRINTF(2, 3) HY_MUST_CHECK;
HyStatus hy_error_hint(HyStatus err, const char *format, ...) HY_PRINTF(2, 3) HY_MUST_CHECK;
/* Keeps a position that is already set: the innermost place is the most exact one. */
HyStatus hy_error_at(HyStatus err, int64_t position) HY_MUST_CHECK;

void hy_error_free(HyError *err);

#endif
