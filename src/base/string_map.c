#include "base/string_map.h"
#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

/* Linear probing, at most 3/4 full. A removed entry leaves no mark: the entries behind it move up.
 */
struct HyStringMapEntry {
    uint64_t hash;
    char *key; /* NULL: free */
    size_t len;
    void *value;
};

#define SMALLEST_CAPACITY ((size_t)16)

void hy_string_map_init(HyStringMap *map, HyArena *arena)
{
    *map = (HyStringMap){.arena = arena};
}

void hy_string_map_free(HyStringMap *map)
{
    if (!map->arena) {
        for (size_t i = 0; i < map->capacity; i++)
            free(map->entries[i].key);
        free(map->entries);
    }
    *map = (HyStringMap){.arena = map->arena};
}

/* The slot of the key, or the free one where it would go. The table has a free slot. */
static size_t find_slot(const HyStringMap *map, uint64_t hash, const char *key, size_t len)
{
    size_t mask = map->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        const HyStringMapEntry *entry = &map->entries[i];
        if (!entry->key)
            return i;
        if (entry->hash == hash && entry->len == len && memcmp(entry->key, key, len) == 0)
            return i;
    }
}

void *hy_string_map_get(const HyStringMap *map, const char *key, size_t len)
{
    if (map->count == 0)
        return NULL;
    return map->entries[find_slot(map, hy_hash_bytes(key, len), key, len)].value;
}

static HyStatus resize(HyStringMap *map, size_t capacity)
{
    size_t bytes = hy_array_bytes(sizeof(HyStringMapEntry), capacity);
    HyStringMapEntry *entries =
        map->arena ? hy_arena_zalloc(map->arena, bytes) : calloc(capacity, sizeof *entries);
    if (!entries)
        return hy_error_oom(bytes);
    HyStringMap old = *map;
    map->entries = entries;
    map->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        const HyStringMapEntry *entry = &old.entries[i];
        if (entry->key)
            entries[find_slot(map, entry->hash, entry->key, entry->len)] = *entry;
    }
    if (!map->arena)
        free(old.entries);
    return HY_OK;
}

static char *copy_key(HyArena *arena, const char *key, size_t len)
{
    if (arena)
        return hy_arena_strndup(arena, key, len);
    char *copy = malloc(len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, key, len);
    copy[len] = 0;
    return copy;
}

HyStatus hy_string_map_put(HyStringMap *map, const char *key, size_t len, void *value)
{
    if (map->count >= map->capacity / 4 * 3)
        HY_TRY(resize(map, map->capacity ? map->capacity * 2 : SMALLEST_CAPACITY));
    uint64_t hash = hy_hash_bytes(key, len);
    HyStringMapEntry *entry = &map->entries[find_slot(map, hash, key, len)];
    if (!entry->key) {
        char *copy = copy_key(map->arena, key, len);
        if (!copy)
            return hy_error_oom(len + 1);
        *entry = (HyStringMapEntry){.hash = hash, .key = copy, .len = len};
        map->count++;
    }
    entry->value = value;
    return HY_OK;
}

void *hy_string_map_remove(HyStringMap *map, const char *key, size_t len)
{
    if (map->count == 0)
        return NULL;
    size_t mask = map->capacity - 1;
    size_t hole = find_slot(map, hy_hash_bytes(key, len), key, len);
    if (!map->entries[hole].key)
        return NULL;
    void *value = map->entries[hole].value;
    if (!map->arena)
        free(map->entries[hole].key);
    map->count--;
    /* An entry may fill the hole unless its home lies cyclically behind the hole. */
    for (size_t i = (hole + 1) & mask; map->entries[i].key; i = (i + 1) & mask) {
        size_t home = map->entries[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->entries[hole] = map->entries[i];
            hole = i;
        }
    }
    map->entries[hole] = (HyStringMapEntry){0};
    return value;
}

bool hy_string_map_next(
    const HyStringMap *map, size_t *pos, const char **key, size_t *len, void **value)
{
    while (*pos < map->capacity) {
        const HyStringMapEntry *entry = &map->entries[(*pos)++];
        if (!entry->key)
            continue;
        if (key)
            *key = entry->key;
        if (len)
            *len = entry->len;
        *value = entry->value;
        return true;
    }
    return false;
}
