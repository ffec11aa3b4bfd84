/* The search path of a session, and what it means for the names of relations: what casts to and
 * from regclass and the functions on sessions ask (HyObjectNames, HySessionQuestions). */
#ifndef HY_SESSION_NAMES_H
#define HY_SESSION_NAMES_H

#include "session/session.h"

/* Reads search_path again when it has changed; at the start of each statement. */
HyStatus hy_session_read_search_path(HySession *session) HY_MUST_CHECK;
void hy_session_free_search_path(HySession *session);
/* Lets text in and out know the session's relations. */
void hy_session_init_names(HySession *session);

/* The database in which unqualified names are looked up: the first attached one of
 * schema_search_path, or the only one; NULL when that is undecided. alias may be NULL. */
HyDatabase *hy_session_default_database(const HySession *session, const char **alias);
/* The schema in which unqualified names are created: the first of the search path that there is;
 * NULL when there is none. */
const char *hy_session_default_schema(const HySession *session, HyDatabase *database);

/* A name, in quotes where it needs them. */
HyStatus hy_session_append_name(HyBuffer *out, const char *name) HY_MUST_CHECK;
/* define_key of HySessionQuestions: session/definitions.c. */
HyStatus hy_session_define_key(
    void *session, uint32_t oid, int64_t part, HyArena *arena, const char **out) HY_MUST_CHECK;

extern const HySessionQuestions hy_session_questions;

#endif
