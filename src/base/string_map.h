/* A map from strings to pointers: names of columns, tables, settings. Case-exact; keys are any
 * bytes. One writer at a time; readers may share it while nobody writes. */
#ifndef HY_BASE_STRING_MAP_H
#define HY_BASE_STRING_MAP_H

#include "base/arena.h"

typedef struct HyStringMapEntry HyStringMapEntry;

typedef struct HyStringMap {
    HyArena *arena; /* where keys and table live; NULL: on the heap */
    HyStringMapEntry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} HyStringMap;

/* `arena` may be NULL; {0} is a valid empty map on the heap. */
void hy_string_map_init(HyStringMap *map, HyArena *arena);
/* Empties the map; the values are the caller's. Needless with an arena. */
void hy_string_map_free(HyStringMap *map);

/* The value, or NULL when the key is absent. */
void *hy_string_map_get(const HyStringMap *map, const char *key, size_t len);
/* Adds or replaces; the key is copied. `value` must not be NULL. Errors: 53200. */
HyStatus hy_string_map_put(
    HyStringMap *map, const char *key, size_t len, void *value) HY_MUST_CHECK;
/* Removes the key and returns its value, or NULL when it is absent. */
void *hy_string_map_remove(HyStringMap *map, const char *key, size_t len);

/* Visits all entries in no particular order: start with *pos = 0; false at the end. `key`
 * (zero-terminated) and `len` may be NULL. The map must not change meanwhile. */
bool hy_string_map_next(
    const HyStringMap *map, size_t *pos, const char **key, size_t *len, void **value);

#endif
