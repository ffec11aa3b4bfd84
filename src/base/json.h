/* JSON text to a tree in an arena and back: the file's catalog, the SQL type json, EXPLAIN's
 * output. */
#ifndef HY_BASE_JSON_H
#define HY_BASE_JSON_H

#include "base/arena.h"
#include "base/buffer.h"

typedef enum HyJsonKind {
    HY_JSON_NULL,
    HY_JSON_BOOL,
    HY_JSON_NUMBER,
    HY_JSON_STRING,
    HY_JSON_ARRAY,
    HY_JSON_OBJECT
} HyJsonKind;

typedef struct HyJson HyJson;
struct HyJson {
    HyJsonKind kind;
    bool boolean;
    bool is_integer; /* number without fraction and exponent that fits int64 */
    int64_t integer;
    double number;
    const char *text; /* string: UTF-8, unescaped, zero-terminated; number: as written */
    size_t text_len;
    const char *source; /* the value as it stands in the parsed text (borrowed from the input) */
    size_t source_len;
    HyJson **items;    /* array elements or object values, in the order of the text */
    const char **keys; /* object: the keys, zero-terminated, same order; duplicates are kept */
    size_t n_items;
};

/* Parses a whole text (white space around is fine). Depth limit 1,000. Errors: 22P02 "invalid JSON
 * document" with the byte offset in the detail. */
HyStatus hy_json_parse(HyArena *arena, const char *text, size_t len, HyJson **out) HY_MUST_CHECK;
/* Checks without building anything. */
bool hy_json_is_valid(const char *text, size_t len);
/* The last value with this key, or NULL (also when `object` is no object or NULL). */
const HyJson *hy_json_get(const HyJson *object, const char *key);
/* Appends a quoted, escaped string; non-ASCII stays as UTF-8. */
HyStatus hy_json_append_string(HyBuffer *buf, const char *text, size_t len) HY_MUST_CHECK;

#endif
