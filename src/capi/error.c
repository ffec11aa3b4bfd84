/* Errors of the hyper_* interface. */
#include "capi/capi_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KIND_INTEGER, KIND_STRING, KIND_POINTER, KIND_UNSIGNED };

/* The codes of gRPC that errors are given. */
enum {
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_NOT_FOUND = 5,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_UNAVAILABLE = 14
};

struct hyper_error_t {
    int category;
    int code;
    int severity;
    int source;
    int grpc_status;
    uint32_t context_id;
    char sqlstate[6];
    char *message; /* NULL stands for "" in these three */
    char *hint;
    char *detail;
    hyper_error_t *cause;
    bool is_static; /* there was no memory for it */
};

static hyper_error_t out_of_memory = {.category = HYPER_ERROR_CATEGORY_SQLSTATE,
    .code = 8540640, /* 53200 in base 36 */
    .grpc_status = GRPC_RESOURCE_EXHAUSTED,
    .context_id = 1,
    .sqlstate = "53200",
    .is_static = true};

static int sqlstate_code(const char *sqlstate)
{
    int64_t code = 0;
    for (const char *p = sqlstate; *p; p++) {
        int digit = *p >= '0' && *p <= '9' ? *p - '0' : *p >= 'A' && *p <= 'Z' ? *p - 'A' + 10 : 0;
        code = code * 36 + digit;
    }
    return (int)code;
}

static int grpc_of_sqlstate(const char *sqlstate)
{
    if (strcmp(sqlstate, "58S01") == 0 || strcmp(sqlstate, "58P01") == 0)
        return GRPC_NOT_FOUND;
    if (strcmp(sqlstate, "57014") == 0)
        return GRPC_CANCELLED;
    if (strncmp(sqlstate, "0A", 2) == 0)
        return GRPC_UNIMPLEMENTED;
    if (strncmp(sqlstate, "53", 2) == 0)
        return GRPC_RESOURCE_EXHAUSTED;
    if (strncmp(sqlstate, "08", 2) == 0)
        return GRPC_UNAVAILABLE;
    if (strncmp(sqlstate, "XX", 2) == 0)
        return GRPC_UNKNOWN;
    return GRPC_INVALID_ARGUMENT;
}

/* A number for the place that raised an error: the same for the same SQLSTATE and class of text,
 * never 0. FNV-1a. */
static uint32_t context_of(const char *sqlstate, const char *message)
{
    uint32_t h = UINT32_C(2166136261);
    for (const char *p = sqlstate; *p; p++)
        h = (h ^ (uint8_t)*p) * UINT32_C(16777619);
    for (const char *p = message; *p && *p != '\'' && *p != '"' && *p != ':'; p++)
        h = (h ^ (uint8_t)*p) * UINT32_C(16777619);
    return h ? h : 1;
}

hyper_error_t *hyper_error_create(uint32_t context_id)
{
    hyper_error_t *error = calloc(1, sizeof *error);
    if (!error)
        return NULL;
    error->category = HYPER_ERROR_CATEGORY_SQLSTATE;
    error->context_id = context_id;
    memcpy(error->sqlstate, "00000", sizeof error->sqlstate);
    return error;
}

void hyper_error_destroy(hyper_error_t *error)
{
    while (error && !error->is_static) {
        hyper_error_t *cause = error->cause;
        free(error->message);
        free(error->hint);
        free(error->detail);
        free(error);
        error = cause;
    }
}

/* The message ends with the detail, in which the place in the SQL text stands. */
static char *full_message(const HyError *st)
{
    HyBuffer text = {0};
    HyStatus failure = hy_buffer_append_str(&text, st->message);
    if (!failure && st->detail && *st->detail)
        failure = hy_buffer_printf(&text, ": %s", st->detail);
    char *taken = failure ? NULL : hy_buffer_take(&text);
    hy_error_free(failure);
    hy_buffer_free(&text);
    return taken;
}

hyper_error_t *hy_capi_error(HyStatus st)
{
    if (!st)
        return NULL;
    hyper_error_t *error = hyper_error_create(context_of(st->sqlstate, st->message));
    if (error) {
        memcpy(error->sqlstate, st->sqlstate, sizeof error->sqlstate);
        error->code = sqlstate_code(st->sqlstate);
        error->grpc_status = grpc_of_sqlstate(st->sqlstate);
        if (strncmp(st->sqlstate, "08", 2) == 0) /* connections are the system's */
            error->source = HYPER_ERROR_SOURCE_SYSTEM;
        error->message = full_message(st);
        error->hint = st->hint ? strdup(st->hint) : NULL;
        error->detail = st->detail ? strdup(st->detail) : NULL;
    }
    hy_error_free(st);
    return error ? error : &out_of_memory;
}

void hy_capi_restate(hyper_error_t *error, const char *from, const char *to)
{
    if (!error || error->is_static || strcmp(error->sqlstate, from) != 0)
        return;
    snprintf(error->sqlstate, sizeof error->sqlstate, "%s", to);
    error->code = sqlstate_code(to);
}

hyper_error_t *hy_capi_system_error(HyStatus st, hyper_error_t *cause)
{
    hyper_error_t *error = hy_capi_error(st);
    if (error && !error->is_static) {
        error->source = HYPER_ERROR_SOURCE_SYSTEM;
        error->cause = cause;
    } else {
        hyper_error_destroy(cause);
    }
    return error;
}

/* An error that has no SQLSTATE. */
static hyper_error_t *plain_error(int category, int code, HyStatus text)
{
    hyper_error_t *error = hy_capi_error(text);
    if (error->is_static)
        return error;
    error->category = category;
    error->code = code;
    error->sqlstate[0] = 0;
    error->grpc_status = GRPC_UNKNOWN;
    return error;
}

hyper_error_t *hy_capi_invalid(const char *argument)
{
    return plain_error(
        HYPER_ERROR_CATEGORY_GENERIC, EINVAL, hy_error("22023", "Invalid `%s`", argument));
}

hyper_error_t *hy_capi_exit_code(int exit_code)
{
    return plain_error(HYPER_ERROR_CATEGORY_PROCESS_EXIT_CODE, exit_code,
        hy_error("HY000", "exit code %d", exit_code));
}

hyper_error_t *hy_capi_errno(int errnum, const char *path)
{
    return plain_error(HYPER_ERROR_CATEGORY_SYSTEM, errnum,
        hy_error_errno(errnum, "could not open file \"%s\"", path));
}

/* ---- Fields ---- */

static int kind_of(hyper_error_field_key key)
{
    switch (key) {
    case HYPER_ERROR_FIELD_ERROR_CATEGORY:
    case HYPER_ERROR_FIELD_ERROR_CODE:
    case HYPER_ERROR_FIELD_SEVERITY:
    case HYPER_ERROR_FIELD_SOURCE:
    case HYPER_ERROR_GRPC_STATUS:
        return KIND_INTEGER;
    case HYPER_ERROR_FIELD_MESSAGE:
    case HYPER_ERROR_FIELD_HINT_MESSAGE:
    case HYPER_ERROR_FIELD_SQL_STATE:
    case HYPER_ERROR_FIELD_DETAIL:
        return KIND_STRING;
    case HYPER_ERROR_FIELD_CAUSE:
        return KIND_POINTER;
    case HYPER_ERROR_FIELD_CONTEXT_ID:
        return KIND_UNSIGNED;
    }
    return -1;
}

static int integer_field(const hyper_error_t *error, hyper_error_field_key key)
{
    switch ((int)key) {
    case HYPER_ERROR_FIELD_ERROR_CATEGORY:
        return error->category;
    case HYPER_ERROR_FIELD_ERROR_CODE:
        return error->code;
    case HYPER_ERROR_FIELD_SEVERITY:
        return error->severity;
    case HYPER_ERROR_FIELD_SOURCE:
        return error->source;
    default:
        return error->grpc_status;
    }
}

static const char *string_field(const hyper_error_t *error, hyper_error_field_key key)
{
    const char *text = NULL;
    if (key == HYPER_ERROR_FIELD_SQL_STATE)
        return error->sqlstate;
    if (key == HYPER_ERROR_FIELD_MESSAGE)
        text = error->is_static ? "out of memory" : error->message;
    else if (key == HYPER_ERROR_FIELD_HINT_MESSAGE)
        text = error->hint;
    else
        text = error->detail;
    return text ? text : "";
}

hyper_error_t *hyper_error_get_field(
    const hyper_error_t *error, hyper_error_field_key key, hyper_error_field_value *value)
{
    int kind = kind_of(key);
    if (kind < 0)
        return hy_capi_invalid("field");
    if (!error)
        return hy_capi_invalid("error");
    if (!value)
        return hy_capi_invalid("value");
    memset(value, 0, sizeof *value);
    value->discriminator = kind;
    if (kind == KIND_INTEGER)
        value->value.integer = integer_field(error, key);
    else if (kind == KIND_STRING)
        value->value.string = string_field(error, key);
    else if (kind == KIND_POINTER)
        value->value.pointer = error->cause;
    else
        value->value.uinteger = error->context_id;
    return NULL;
}

static hyper_error_t *set_text(char **field, const char *text)
{
    char *copy = strdup(text ? text : "");
    if (!copy)
        return hy_capi_error(hy_error_oom(0));
    free(*field);
    *field = copy;
    return NULL;
}

/* An error that holds itself would never be freed. */
static hyper_error_t *set_cause(hyper_error_t *error, hyper_error_t *cause)
{
    for (const hyper_error_t *e = cause; e; e = e->cause)
        if (e == error)
            return hy_capi_invalid("cause");
    if (error->cause != cause)
        hyper_error_destroy(error->cause);
    error->cause = cause;
    return NULL;
}

static bool is_category(int category)
{
    return category >= HYPER_ERROR_CATEGORY_GENERIC && category <= HYPER_ERROR_CATEGORY_SQLSTATE &&
           category != 2;
}

hyper_error_t *hyper_error_set_field(
    hyper_error_t *error, hyper_error_field_key key, hyper_error_field_value value)
{
    const unsigned settable = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 6 | 1u << 7;
    int kind = kind_of(key);
    if (kind < 0 || !(settable >> (unsigned)key & 1))
        return hy_capi_invalid("field");
    if (!error || error->is_static)
        return hy_capi_invalid("error");
    if (value.discriminator != kind)
        return hy_capi_invalid("discriminator");
    switch ((int)key) {
    case HYPER_ERROR_FIELD_ERROR_CATEGORY:
        if (!is_category(value.value.integer))
            return hy_capi_invalid("category");
        error->category = value.value.integer;
        return NULL;
    case HYPER_ERROR_FIELD_ERROR_CODE:
        error->code = value.value.integer;
        return NULL;
    case HYPER_ERROR_FIELD_SEVERITY:
        error->severity = value.value.integer;
        return NULL;
    case HYPER_ERROR_FIELD_MESSAGE:
        return set_text(&error->message, value.value.string);
    case HYPER_ERROR_FIELD_HINT_MESSAGE:
        return set_text(&error->hint, value.value.string);
    case HYPER_ERROR_FIELD_CAUSE:
        return set_cause(error, value.value.pointer);
    default:
        error->context_id = value.value.uinteger;
        return NULL;
    }
}
