/* The catalog object of the file: JSON (spec/hyper-file-format.md, section 6). Keys and entries
 * that we do not know are kept as they are. */
#ifndef HY_CATALOG_CATALOG_JSON_H
#define HY_CATALOG_CATALOG_JSON_H

#include "catalog/catalog_internal.h"

/* A relation as read: `definition` has identity, columns and keys, but no state and no database. */
typedef struct HyCatalogRelation {
    bool is_dropped;
    HyTable definition;
    const int64_t *null_counts; /* per column; NULL: the file does not say */
    uint32_t owner;
    const HyJson *raw;
    const HyJson **raw_columns;
} HyCatalogRelation;

typedef struct HyCatalogNamespace {
    bool is_dropped;
    const char *name;
    uint32_t oid;
    uint32_t owner;
    const HyJson *raw;
} HyCatalogNamespace;

typedef struct HyCatalogContent {
    const HyJson *root;
    HyCatalogNamespace *namespaces;
    size_t n_namespaces;
    HyCatalogRelation *relations;
    size_t n_relations;
    uint32_t max_oid; /* of all entries */
} HyCatalogContent;

/* Everything in `out` lives in the arena; so must `text`. Errors: XX001 with the genuine text, what
 * is wrong in the detail; 42704 unknown collation. */
HyStatus hy_catalog_json_parse(
    HyArena *arena, const char *text, size_t len, HyCatalogContent *out) HY_MUST_CHECK;

/* The catalog of a new database. */
HyStatus hy_catalog_json_new(const char *user_name, HyBuffer *out) HY_MUST_CHECK;

/* Null counts of a relation, n_columns of the table; NULL: none are known. */
typedef const int64_t *(*HyNullCountsFn)(void *context, const HyTable *table);
/* The catalog of `snapshot`. raw: the one that the file had, or NULL. */
HyStatus hy_catalog_json_format(const HySnapshot *snapshot, const HyJson *raw,
    HyNullCountsFn null_counts, void *context, HyBuffer *out) HY_MUST_CHECK;

/* "Integer", .. of a column type; 0A000 "Data type not allowed for persisted tables." */
HyStatus hy_catalog_type_name(HyType type, const char **out) HY_MUST_CHECK;

#endif
