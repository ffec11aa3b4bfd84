/* Any bytes: the check and the parser agree, and strings that come out survive being written and
 * read again. */
#include "base/json.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void round_trip(HyArena *arena, const HyJson *value)
{
    for (size_t i = 0; i < value->n_items; i++)
        round_trip(arena, value->items[i]);
    if (value->kind != HY_JSON_STRING)
        return;
    HyBuffer buf = {0};
    HyJson *again = NULL;
    require(hy_json_append_string(&buf, value->text, value->text_len) == HY_OK);
    require(hy_json_parse(arena, buf.data, buf.len, &again) == HY_OK);
    require(again->kind == HY_JSON_STRING && again->text_len == value->text_len);
    require(memcmp(again->text, value->text, value->text_len) == 0);
    hy_buffer_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HyArena *arena = hy_arena_create();
    HyJson *root = NULL;
    HyStatus st = hy_json_parse(arena, (const char *)data, size, &root);
    require((st == HY_OK) == hy_json_is_valid((const char *)data, size));
    if (!st)
        round_trip(arena, root);
    hy_error_free(st);
    hy_arena_destroy(arena);
    return 0;
}
