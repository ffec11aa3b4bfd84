#include "storage/deletes.h"
#include "base/bytes.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_LEAF_RANGES 100 /* the genuine server misreads larger leaves */
#define MAX_INNER_KEYS  64
#define MAX_TREE_DEPTH  32

/* The bitmap of one block, shared by maps. */
typedef struct DeleteBits {
    atomic_uint n_refs;
    uint32_t count;
    uint64_t words[HY_ROW_SET_WORDS];
} DeleteBits;

struct HyDeleteMap {
    atomic_uint n_refs;
    int64_t total;
    size_t n_blocks;
    DeleteBits *blocks[];
};

void hy_row_set_free(HyRowSet *set)
{
    for (size_t i = 0; i < set->n_blocks; i++)
        free(set->blocks[i]);
    free(set->blocks);
    *set = (HyRowSet){0};
}

static HyStatus need_block(HyRowSet *set, size_t block)
{
    if (block >= set->n_blocks) {
        size_t n = block + 1 > set->n_blocks * 2 ? block + 1 : set->n_blocks * 2;
        uint64_t **grown = realloc(set->blocks, n * sizeof *grown);
        if (!grown)
            return hy_error_oom(n * sizeof *grown);
        memset(grown + set->n_blocks, 0, (n - set->n_blocks) * sizeof *grown);
        set->blocks = grown;
        set->n_blocks = n;
    }
    if (!set->blocks[block]) {
        set->blocks[block] = calloc(HY_ROW_SET_WORDS, 8);
        if (!set->blocks[block])
            return hy_error_oom(HY_ROW_SET_WORDS * 8);
    }
    return HY_OK;
}

HyStatus hy_row_set_add(HyRowSet *set, int64_t row_id, bool *was_added)
{
    assert(row_id >= 0);
    size_t block = (size_t)(row_id / HY_BLOCK_ROWS);
    size_t position = (size_t)(row_id % HY_BLOCK_ROWS);
    if (HY_UNLIKELY(block >= set->n_blocks || !set->blocks[block]))
        HY_TRY(need_block(set, block));
    *was_added = !hy_bitmap_get(set->blocks[block], position);
    hy_bitmap_set(set->blocks[block], position);
    set->count += *was_added;
    return HY_OK;
}

HyStatus hy_row_set_add_word(HyRowSet *set, size_t block, size_t w, uint64_t rows)
{
    if (HY_UNLIKELY(block >= set->n_blocks || !set->blocks[block]))
        HY_TRY(need_block(set, block));
    uint64_t *word = &set->blocks[block][w];
    set->count += __builtin_popcountll(rows & ~*word);
    *word |= rows;
    return HY_OK;
}

HyStatus hy_row_set_add_block(HyRowSet *set, size_t block, const uint64_t *words)
{
    HY_TRY(need_block(set, block));
    uint64_t *own = set->blocks[block];
    for (size_t w = 0; w < HY_ROW_SET_WORDS; w++) {
        set->count += __builtin_popcountll(words[w] & ~own[w]);
        own[w] |= words[w];
    }
    return HY_OK;
}

bool hy_row_set_has(const HyRowSet *set, int64_t row_id)
{
    size_t block = (size_t)(row_id / HY_BLOCK_ROWS);
    return block < set->n_blocks && set->blocks[block] &&
           hy_bitmap_get(set->blocks[block], (size_t)(row_id % HY_BLOCK_ROWS));
}

void hy_row_set_subtract(HyRowSet *set, const HyRowSet *other)
{
    for (size_t b = 0; b < set->n_blocks && b < other->n_blocks; b++) {
        uint64_t *own = set->blocks[b];
        const uint64_t *their = other->blocks[b];
        if (!own || !their)
            continue;
        uint64_t left = 0;
        for (size_t w = 0; w < HY_ROW_SET_WORDS; w++) {
            if (their[w]) {
                set->count -= __builtin_popcountll(own[w] & their[w]);
                own[w] &= ~their[w];
            }
            left |= own[w];
        }
        if (left == 0) {
            free(own);
            set->blocks[b] = NULL;
        }
    }
}

HyDeleteMap *hy_delete_map_ref(HyDeleteMap *map)
{
    if (map)
        atomic_fetch_add_explicit(&map->n_refs, 1, memory_order_relaxed);
    return map;
}

static void unref_bits(DeleteBits *bits)
{
    if (bits && atomic_fetch_sub_explicit(&bits->n_refs, 1, memory_order_acq_rel) == 1)
        free(bits);
}

void hy_delete_map_unref(HyDeleteMap *map)
{
    if (!map || atomic_fetch_sub_explicit(&map->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < map->n_blocks; i++)
        unref_bits(map->blocks[i]);
    free(map);
}

/* old | added, which changes at least the owner. */
static HyStatus merge_bits(const DeleteBits *old, const uint64_t *added, DeleteBits **out)
{
    DeleteBits *bits = malloc(sizeof *bits);
    if (!bits)
        return hy_error_oom(sizeof *bits);
    atomic_init(&bits->n_refs, 1);
    bits->count = old ? old->count : 0;
    if (old)
        memcpy(bits->words, old->words, sizeof bits->words);
    else
        memset(bits->words, 0, sizeof bits->words);
    for (size_t w = 0; w < HY_ROW_SET_WORDS; w++) { /* most are 0 in a small change */
        if (added[w]) {
            bits->count += (uint32_t)__builtin_popcountll(added[w] & ~bits->words[w]);
            bits->words[w] |= added[w];
        }
    }
    *out = bits;
    return HY_OK;
}

HyStatus hy_delete_map_add(
    const HyDeleteMap *from, const HyRowSet *added, HyDeleteMap **out, int64_t *n_new)
{
    size_t n_blocks = from ? from->n_blocks : 0;
    for (size_t b = added->n_blocks; b > n_blocks; b--) {
        if (added->blocks[b - 1]) {
            n_blocks = b;
            break;
        }
    }
    HyDeleteMap *map = calloc(1, sizeof *map + n_blocks * sizeof(DeleteBits *));
    if (!map)
        return hy_error_oom(sizeof *map);
    atomic_init(&map->n_refs, 1);
    map->n_blocks = n_blocks;
    for (size_t b = 0; b < n_blocks; b++) {
        DeleteBits *old = from && b < from->n_blocks ? from->blocks[b] : NULL;
        const uint64_t *words = b < added->n_blocks ? added->blocks[b] : NULL;
        if (words) {
            HyStatus st = merge_bits(old, words, &map->blocks[b]);
            if (st) {
                hy_delete_map_unref(map);
                return st;
            }
        } else if (old) {
            atomic_fetch_add_explicit(&old->n_refs, 1, memory_order_relaxed);
            map->blocks[b] = old;
        }
        map->total += map->blocks[b] ? map->blocks[b]->count : 0;
    }
    *n_new = map->total - hy_delete_map_total(from);
    *out = map;
    return HY_OK;
}

const uint64_t *hy_delete_map_block(const HyDeleteMap *map, size_t block)
{
    if (!map || block >= map->n_blocks || !map->blocks[block] || map->blocks[block]->count == 0)
        return NULL;
    return map->blocks[block]->words;
}

uint32_t hy_delete_map_count(const HyDeleteMap *map, size_t block)
{
    return map && block < map->n_blocks && map->blocks[block] ? map->blocks[block]->count : 0;
}

int64_t hy_delete_map_total(const HyDeleteMap *map)
{
    return map ? map->total : 0;
}

/* Reading the tree. */

typedef struct TreeReader {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    int64_t row_count;
    uint64_t next_row;   /* ranges ascend: the next one begins here or later */
    uint64_t last_first; /* where the last one began */
    uint64_t last_key;   /* that separates what is read now from what was before */
    HyRowSet *out;
    HyFaultFn report; /* NULL, or told of what does no harm to us but is against the format */
    void *context;
} TreeReader;

static HyStatus bad_tree(const TreeReader *reader, const char *fault)
{
    return hy_error("XX001", "invalid list of deleted rows: %s at byte %zu", fault, reader->at);
}

static void tell(const TreeReader *reader, const char *fault)
{
    char text[128];
    if (!reader->report)
        return;
    snprintf(text, sizeof text, "list of deleted rows: %s at byte %zu", fault, reader->at);
    reader->report(reader->context, text);
}

/* Marks [first, last], cut at the row count, a block at a time. */
static HyStatus add_range(TreeReader *reader, uint64_t first, uint64_t last)
{
    uint64_t limit = (uint64_t)reader->row_count;
    uint64_t end = last >= limit ? limit : last + 1;
    while (first < end) {
        size_t block = (size_t)(first / HY_BLOCK_ROWS);
        uint64_t block_end = (uint64_t)(block + 1) * HY_BLOCK_ROWS;
        uint64_t stop = end < block_end ? end : block_end;
        HY_TRY(need_block(reader->out, block));
        uint64_t *words = reader->out->blocks[block];
        for (uint64_t row = first; row < stop;) {
            size_t position = (size_t)(row % HY_BLOCK_ROWS);
            if (position % 64 == 0 && stop - row >= 64) {
                words[position / 64] = ~UINT64_C(0);
                row += 64;
            } else {
                hy_bitmap_set(words, position);
                row++;
            }
        }
        reader->out->count += (int64_t)(stop - first);
        first = stop;
    }
    return HY_OK;
}

static HyStatus read_leaf(TreeReader *reader, uint32_t n)
{
    if ((reader->len - reader->at) / 16 < n)
        return bad_tree(reader, "leaf is cut off");
    if (n > MAX_LEAF_RANGES)
        tell(reader, "leaf of more than 100 ranges");
    for (uint32_t i = 0; i < n; i++) {
        uint64_t first = hy_load_u64(reader->bytes + reader->at);
        uint64_t last = hy_load_u64(reader->bytes + reader->at + 8);
        if (first > last || first < reader->next_row || last == UINT64_MAX)
            return bad_tree(reader, "ranges do not ascend");
        if (reader->next_row > 0 && first == reader->next_row)
            tell(reader, "ranges that touch");
        if (reader->last_key > 0 && first <= reader->last_key)
            tell(reader, "range that is not above the key before it");
        reader->next_row = last + 1;
        reader->last_first = first;
        reader->at += 16;
        HY_TRY(add_range(reader, first, last));
    }
    return HY_OK;
}

static HyStatus read_node(TreeReader *reader, int depth)
{
    if (depth > MAX_TREE_DEPTH)
        return bad_tree(reader, "tree is too deep");
    if (reader->len - reader->at < 5)
        return bad_tree(reader, "node is cut off");
    uint8_t is_leaf = reader->bytes[reader->at];
    uint32_t n = hy_load_u32(reader->bytes + reader->at + 1);
    reader->at += 5;
    if (is_leaf == 1)
        return read_leaf(reader, n);
    if (is_leaf != 0)
        return bad_tree(reader, "unknown kind of node");
    if ((reader->len - reader->at) / 8 < n)
        return bad_tree(reader, "node is cut off");
    const uint8_t *keys = reader->bytes + reader->at;
    reader->at += (size_t)n * 8;
    for (uint32_t i = 0; i <= n; i++) {
        HY_TRY(read_node(reader, depth + 1));
        if (i == n)
            break;
        /* Keys that the genuine server has left behind when ranges joined still separate. */
        uint64_t key = hy_load_u64(keys + 8 * (size_t)i);
        if (key < reader->last_first)
            tell(reader, "key below the last range before it");
        reader->last_key = key;
    }
    return HY_OK;
}

static HyStatus read_tree(TreeReader *reader)
{
    if (reader->len == 0)
        return bad_tree(reader, "no content");
    if (reader->bytes[0] == 0 || (reader->len >= 2 && reader->bytes[1] == 0))
        return HY_OK;
    if (reader->len < 2)
        return bad_tree(reader, "cut off");
    reader->at = 2;
    HY_TRY(read_node(reader, 0));
    if (reader->at < reader->len)
        tell(reader, "bytes behind the tree");
    return HY_OK;
}

HyStatus hy_deletes_parse(const uint8_t *bytes, size_t len, int64_t row_count, HyRowSet *out)
{
    TreeReader reader = {.bytes = bytes, .len = len, .row_count = row_count, .out = out};
    return read_tree(&reader);
}

HyStatus hy_deletes_verify(const uint8_t *bytes, size_t len, int64_t row_count, HyRowSet *out,
    HyFaultFn report, void *context)
{
    TreeReader reader = {.bytes = bytes,
        .len = len,
        .row_count = row_count,
        .out = out,
        .report = report,
        .context = context};
    return read_tree(&reader);
}

/* Writing it. */

typedef struct RowRange {
    uint64_t first, last;
} RowRange;

typedef struct RangeList {
    RowRange *items;
    size_t n, capacity;
} RangeList;

static HyStatus push_row_range(RangeList *list, uint64_t first, uint64_t end)
{
    if (list->n > 0 && list->items[list->n - 1].last + 1 == first) {
        list->items[list->n - 1].last = end - 1;
        return HY_OK;
    }
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        RowRange *grown = realloc(list->items, capacity * sizeof *grown);
        if (!grown)
            return hy_error_oom(capacity * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->n++] = (RowRange){.first = first, .last = end - 1};
    return HY_OK;
}

/* The runs of set bits among the first n. */
static HyStatus push_runs(RangeList *list, const uint64_t *words, uint64_t base, size_t n)
{
    size_t i = 0;
    while (i < n) {
        uint64_t rest = words[i / 64] >> (i % 64);
        if (rest == 0) {
            i = (i / 64 + 1) * 64;
            continue;
        }
        i += (size_t)__builtin_ctzll(rest);
        if (i >= n)
            break;
        size_t end = i;
        while (end < n) {
            uint64_t zeros = ~words[end / 64] >> (end % 64);
            if (zeros) {
                end += (size_t)__builtin_ctzll(zeros);
                break;
            }
            end = (end / 64 + 1) * 64;
        }
        if (end > n)
            end = n;
        HY_TRY(push_row_range(list, base + i, base + end));
        i = end;
    }
    return HY_OK;
}

/* A tree of just enough levels, filled evenly. */
static HyStatus write_node(const RowRange *ranges, size_t n, HyBuffer *out)
{
    HY_TRY(hy_buffer_append_char(out, n <= MAX_LEAF_RANGES));
    if (n <= MAX_LEAF_RANGES) {
        HY_TRY(hy_buffer_append_u32(out, (uint32_t)n));
        for (size_t i = 0; i < n; i++) {
            HY_TRY(hy_buffer_append_u64(out, ranges[i].first));
            HY_TRY(hy_buffer_append_u64(out, ranges[i].last));
        }
        return HY_OK;
    }
    size_t below = MAX_LEAF_RANGES; /* what one child holds at most */
    while (below * (MAX_INNER_KEYS + 1) < n)
        below *= MAX_INNER_KEYS + 1;
    size_t n_children = (n + below - 1) / below;
    HY_TRY(hy_buffer_append_u32(out, (uint32_t)(n_children - 1)));
    for (size_t i = 1; i < n_children; i++)
        HY_TRY(hy_buffer_append_u64(out, ranges[n * i / n_children - 1].first));
    for (size_t i = 0; i < n_children; i++) {
        size_t from = n * i / n_children;
        HY_TRY(write_node(ranges + from, n * (i + 1) / n_children - from, out));
    }
    return HY_OK;
}

HyStatus hy_deletes_format(const HyDeleteMap *map, int64_t row_count, HyBuffer *out)
{
    HyStatus st = HY_OK;
    RangeList list = {0};
    for (size_t b = 0; map && b < map->n_blocks; b++) {
        int64_t base = (int64_t)b * HY_BLOCK_ROWS;
        if (!map->blocks[b] || base >= row_count)
            continue;
        int64_t n = row_count - base < HY_BLOCK_ROWS ? row_count - base : HY_BLOCK_ROWS;
        HY_GO(push_runs(&list, map->blocks[b]->words, (uint64_t)base, (size_t)n));
    }
    if (list.n == 0) {
        HY_GO(hy_buffer_append_char(out, 0));
        goto done;
    }
    HY_GO(hy_buffer_append(out, "\1\1", 2));
    HY_GO(write_node(list.items, list.n, out));

done:
    free(list.items);
    return st;
}
