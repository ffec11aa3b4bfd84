/* The databases that a session has attached, by alias, in the order of attaching; and its temporary
 * tables. Belongs to one session and is used by one thread at a time. */
#ifndef HY_CATALOG_ATTACHMENT_H
#define HY_CATALOG_ATTACHMENT_H

#include "catalog/database.h"

typedef struct HyAttachment {
    char *alias; /* exact case */
    HyDatabase *database;
} HyAttachment;

/* Zero-initialise, then set catalog. Fields to read. */
typedef struct HyAttachments {
    HyCatalog *catalog;
    HyAttachment *items;
    size_t n_items;
    HyDatabase *temporary; /* the session's pg_temp; NULL until it is first asked for */
} HyAttachments;

/* Opens the database and attaches it. Errors: 42710 alias or file attached already,
 * hy_catalog_open's. */
HyStatus hy_attachments_add(HyAttachments *list, const char *path, const char *alias) HY_MUST_CHECK;
/* Attaches an open database (e.g. one in memory), whose reference is taken over, also on failure.
 */
HyStatus hy_attachments_add_database(
    HyAttachments *list, HyDatabase *database, const char *alias) HY_MUST_CHECK;
/* Errors: 3D000 no such alias; 58030 .. when the last flush fails (it is detached all the same). */
HyStatus hy_attachments_remove(HyAttachments *list, const char *alias) HY_MUST_CHECK;
/* NULL when there is none. Borrowed. */
HyDatabase *hy_attachments_find(const HyAttachments *list, const char *alias);
/* The only attached database, or NULL when there are none or several: schema_search_path "$single".
 */
HyDatabase *hy_attachments_single(const HyAttachments *list);
/* The store of the session's temporary tables, made at first use. Borrowed. */
HyStatus hy_attachments_temporary(HyAttachments *list, HyDatabase **out) HY_MUST_CHECK;
/* Detaches everything and drops the temporary tables; gives the first failure. */
HyStatus hy_attachments_clear(HyAttachments *list) HY_MUST_CHECK;

#endif
