/* What the files of the hyper_* interface share: its objects, and the ways from the engine's errors
 * and texts to its own. The functions are declared in include/hyperapi.h. */
#ifndef HY_CAPI_CAPI_INTERNAL_H
#define HY_CAPI_CAPI_INTERNAL_H

#include "hyperapi.h"

#include "client/client_instance.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- Errors: error.c ---- */

/* Takes the error over; NULL is NULL. */
hyper_error_t *hy_capi_error(HyStatus st) HY_MUST_CHECK;
/* Gives an error another SQLSTATE if it has `from`; NULL is fine. */
void hy_capi_restate(hyper_error_t *error, const char *from, const char *to);
/* The same as hy_capi_error, but of source system (connections, instances), with a cause that is
 * taken over. */
hyper_error_t *hy_capi_system_error(HyStatus st, hyper_error_t *cause) HY_MUST_CHECK;
/* Category process exit code. */
hyper_error_t *hy_capi_exit_code(int exit_code) HY_MUST_CHECK;
/* Category generic, EINVAL: a NULL or an unknown number for the named argument. */
hyper_error_t *hy_capi_invalid(const char *argument) HY_MUST_CHECK;
/* Category system, with an errno. */
hyper_error_t *hy_capi_errno(int errnum, const char *path) HY_MUST_CHECK;

/* ---- Parameters: parameters.c ---- */

typedef struct CapiParameter {
    char *key;
    char *value;
} CapiParameter;

struct hyper_parameters_t {
    CapiParameter *items; /* in the order of their first setting */
    size_t n;
    size_t room;
};

/* NULL when it is not set. */
const char *hy_capi_parameter(const hyper_parameters_t *parameters, const char *key);

/* ---- Instances and connections: instance.c, connection.c ---- */

struct hyper_instance_t {
    HyClientInstance *engine; /* in this process, or a server that it has started */
    char *endpoint;
    char *listen; /* the endpoint, while the engine does not listen there; or NULL */
    char *folder; /* from which relative paths count; NULL: the server knows */
    hyper_instance_t *next;
    hyper_connection_t *connections;
    size_t n_connecting; /* sessions being opened: shutdown waits for them */
    bool is_closed;
};

typedef struct CapiStatusText {
    char *name;
    char *value;
} CapiStatusText;

struct hyper_connection_t {
    /* Of instance.c, guarded by its lock. */
    hyper_instance_t *instance; /* NULL once that is gone */
    hyper_connection_t *next;
    hyper_connection_t *previous;
    bool is_being_closed; /* by the end of the instance: disconnect waits */

    pthread_mutex_t lock;        /* held by every call but cancel */
    pthread_mutex_t cancel_lock; /* held while `client` changes or is cancelled */
    HyClient *client;            /* NULL once the engine is gone */
    HyClientInstance *server;    /* of somebody else, to which it is connected; or NULL */
    char *folder;                /* as the instance's */
    hyper_rowset_t *rowset;      /* open, or NULL */
    hyper_inserter_t *inserter;  /* open, or NULL */
    HyClientCopy *copy;          /* COPY FROM STDIN between its row set and hyper_copy_end */
    size_t chunk_rows;           /* 0: all */
    hyper_notice_receiver_t receiver;
    void *receiver_context;
    hyper_rowset_async_callback_t callback;
    void *callback_context;
    void *trace; /* FILE *, or NULL */
    char session_id[24];
    CapiStatusText *status_texts; /* given out */
    size_t n_status_texts;
};

/* The engine of an endpoint, which cannot end until hy_instance_joined. NULL: there is none. */
hyper_instance_t *hy_instance_join(const char *endpoint);
/* Makes the connection one of the instance's; connection NULL: it came to nothing. False: the
 * instance has been closed meanwhile. */
bool hy_instance_joined(hyper_instance_t *instance, hyper_connection_t *connection);
/* Before a connection is freed: afterwards no end of an instance looks at it. */
void hy_instance_leave(hyper_connection_t *connection);
/* Ends the session; row set, inserter and COPY are told. The caller holds no lock. */
HyStatus hy_connection_sever(hyper_connection_t *connection) HY_MUST_CHECK;

/* For a call that needs the engine: locks, or fails without the lock with 08006 (the engine is
 * gone) or 55006 (busy). */
hyper_error_t *hy_connection_begin(hyper_connection_t *connection) HY_MUST_CHECK;
/* Also while something is open on it. */
hyper_error_t *hy_connection_begin_busy(hyper_connection_t *connection) HY_MUST_CHECK;
void hy_connection_end(hyper_connection_t *connection);
hyper_error_t *hy_connection_busy(void) HY_MUST_CHECK;
/* Runs a statement on a locked connection; *out may be NULL when nobody wants the result. */
HyStatus hy_connection_run(
    hyper_connection_t *connection, const char *sql, HyResult **out) HY_MUST_CHECK;
void hy_connection_tell_notices(hyper_connection_t *connection, const HyResult *result);
void hy_connection_trace(const hyper_connection_t *connection, const char *sql);
/* Locks, runs, unlocks. */
hyper_error_t *hy_connection_command(hyper_connection_t *connection, const char *sql) HY_MUST_CHECK;
/* The path as an absolute one; NULL without memory. */
char *hy_connection_path(const hyper_connection_t *connection, const char *path);

/* ---- Definitions and types: table_definition.c ---- */

typedef struct CapiColumn {
    char *name;
    char *collation; /* "": binary */
    hyper_type_tag_t tag;
    uint32_t oid;
    uint32_t modifier;
    bool nullable;
} CapiColumn;

struct hyper_table_definition_t {
    char *database;
    char *schema;
    char *table;
    hyper_table_persistence_t persistence;
    CapiColumn *columns;
    size_t n_columns;
    size_t room;
};

hyper_type_tag_t hy_capi_tag_of_oid(uint32_t oid);
/* A column of any OID; false without memory. */
bool hy_definition_add(hyper_table_definition_t *definition, const char *name, uint32_t oid,
    uint32_t modifier, const char *collation, bool nullable);
/* The SQL type of a column: "numeric(10,2)". Errors: 0A000 for a type without a name. */
HyStatus hy_definition_type_text(const CapiColumn *column, HyBuffer *out) HY_MUST_CHECK;

/* ---- SQL text: quote.c ---- */

HyStatus hy_capi_identifier(HyBuffer *out, const char *name) HY_MUST_CHECK;
HyStatus hy_capi_literal(HyBuffer *out, const char *text) HY_MUST_CHECK;
/* "database"."schema"."name", the first two where they are given and not empty. */
HyStatus hy_capi_qualified(
    HyBuffer *out, const char *database, const char *schema, const char *name) HY_MUST_CHECK;

/* Whether a text begins with COPY, behind blanks and comments: rowset.c. */
bool hy_capi_is_copy(const char *sql);

/* ---- Results: rowset.c, rowset_chunk.c ---- */

/* A result that its row set and chunks share. */
typedef struct CapiResult {
    atomic_size_t references;
    HyResult *result;
    HyTextStyle style; /* at the time of the statement */
} CapiResult;

void hy_capi_result_unref(CapiResult *result);

typedef enum CapiForm {
    CAPI_FORM_TEXT = 0,
    CAPI_FORM_POSTGRES = 1,
    CAPI_FORM_HYPER_BINARY = 2
} CapiForm;

typedef struct CapiRange { /* rows of a result */
    size_t piece;
    size_t row; /* in the piece */
    size_t n_rows;
} CapiRange;

HyStatus hy_chunk_create(
    CapiResult *result, CapiForm form, CapiRange range, hyper_rowset_chunk_t **out) HY_MUST_CHECK;
/* Appends the bytes of one value in one of the forms that are not just memory: texts, PostgreSQL's
 * binary, arrays. cell_form.c. */
HyStatus hy_cell_append(const CapiResult *result, CapiForm form, HyType type, const void *value,
    HyBuffer *out) HY_MUST_CHECK;

/* Both are called with the connection locked. */
void hy_rowset_orphan(hyper_rowset_t *rowset);
void hy_inserter_orphan(hyper_inserter_t *inserter);

#endif
