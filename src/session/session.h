/* A session: attached databases, settings, temporary objects, prepared statements, the open
 * transaction, and the statement that runs. Used by one thread at a time, except hy_session_cancel
 * and hy_session_progress. */
#ifndef HY_SESSION_SESSION_H
#define HY_SESSION_SESSION_H

#include "base/string_map.h"
#include "catalog/attachment.h"
#include "catalog/transaction.h"
#include "exec/exec.h"
#include "session/instance.h"
#include "session/result.h"

typedef struct HySession HySession;
typedef struct HyCopyClient HyCopyClient; /* session/copy_stream.h */
typedef struct HyParameters HyParameters; /* session/extended.h */
struct HySession {
    HyInstance *instance;
    HySession *next; /* in instance->sessions */
    HySession *previous;
    HyAttachments attachments;
    HySettings *settings;
    HyObjectNames names; /* for settings' text style */
    char **search_path;  /* the names in search_path, but "$user" */
    size_t n_search_path;
    char *search_path_text; /* what search_path was when it was read */
    HyMemory memory;
    HyStringMap prepared;       /* name -> HyPrepared, session/prepare.h */
    HyStringMap cursors;        /* name -> HyCursor, session/cursor.c */
    HyStringMap external;       /* temporary external tables: name -> HySessionExternal */
    HyTransaction *transaction; /* of an explicit BEGIN; NULL outside */
    bool in_transaction;        /* BEGIN was said and not yet COMMIT or ROLLBACK */
    bool is_aborted;            /* an error in it: only COMMIT and ROLLBACK do anything */
    uint64_t transaction_time;  /* now() of the open transaction */
    char *notice;               /* for the next result: a log was put aside; or NULL */
    bool is_busy;               /* an appender is open: other statements are 55006 */
    HyCancel cancel;
    const HyParameters *parameters; /* of the statement that runs, or NULL */
    HyCopyClient *client; /* behind STDIN and STDOUT of the statement that runs, or NULL */
    HyWatch watch;        /* of the statement that runs, for query_timeout */
    uint64_t random_state[2];
    pthread_mutex_t running_lock; /* guards running */
    HyExecContext *running;       /* for progress; NULL between statements */
};

HyStatus hy_session_open(HyInstance *instance, HySession **out) HY_MUST_CHECK;
/* Rolls back, drops temporary objects, detaches; gives the first failure, but closes in any case.
 */
HyStatus hy_session_close(HySession *session) HY_MUST_CHECK;

typedef enum HyCreateMode {
    HY_CREATE_NONE,
    HY_CREATE,
    HY_CREATE_IF_NOT_EXISTS,
    HY_CREATE_AND_REPLACE
} HyCreateMode;
/* Creates by mode, then attaches. alias NULL: the file's stem; path NULL: a database in memory. */
HyStatus hy_session_attach(
    HySession *session, const char *path, const char *alias, HyCreateMode mode) HY_MUST_CHECK;

/* To be called once a database is attached: what its opening has to tell goes with the next result.
 */
HyStatus hy_session_note_database(HySession *session, const char *alias) HY_MUST_CHECK;

/* Runs one statement of SQL. The caller destroys the result. An error carries position and detail.
 */
HyStatus hy_session_execute(
    HySession *session, const char *sql, size_t len, HyResult **out) HY_MUST_CHECK;

/* The running statement fails with 57014; without one, nothing happens. Any thread. */
void hy_session_cancel(HySession *session);
/* 0..1, or -1 without a statement. Any thread. */
double hy_session_progress(HySession *session);

#endif
