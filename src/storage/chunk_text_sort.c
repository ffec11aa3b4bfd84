/* Sorting texts by their bytes, eight at a time: the first eight become a number, the numbers are
 * sorted by radix, and each group of equal ones is sorted by the next eight. Common beginnings cost
 * one pass. */
#include "storage/chunk_encode_internal.h"

typedef struct Item {
    uint64_t
        key; /* eight bytes from the depth of the group on, the first one highest, zero padded */
    uint32_t id;
} Item;

typedef struct Sort {
    const HyString *texts;
    Item *items, *spare;
    uint32_t min_group; /* smaller groups of equal keys are left as they are */
} Sort;

#define RADIX_ITEMS 256
/* Deeper groups are sorted by comparing, so that the recursion stays flat. */
#define MAX_DEPTH 512u

static uint64_t key_at(const HyString *s, size_t depth)
{
    uint64_t word = 0;
    if (s->len >= depth + 8)
        word = hy_load_u64(hy_string_data(s) + depth);
    else if (s->len > depth)
        memcpy(&word, hy_string_data(s) + depth, s->len - depth);
    return __builtin_bswap64(word);
}

static void insertion_sort(Item *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        Item item = items[i];
        uint32_t k = i;
        for (; k > 0 && items[k - 1].key > item.key; k--)
            items[k] = items[k - 1];
        items[k] = item;
    }
}

static bool is_after(const Sort *sort, const Item *a, const Item *b, bool by_text)
{
    if (!by_text)
        return a->key > b->key;
    return hy_string_compare(&sort->texts[a->id], &sort->texts[b->id]) > 0;
}

/* Merges runs of growing length; runs of one at first. The result is in items. */
static void merge_sort(const Sort *sort, Item *items, Item *spare, uint32_t n, bool by_text)
{
    Item *from = items;
    Item *to = spare;
    for (uint32_t run = 1; run < n; run *= 2) {
        for (uint32_t start = 0; start < n; start += 2 * run) {
            uint32_t mid = n - start < run ? n : start + run;
            uint32_t end = n - mid < run ? n : mid + run;
            uint32_t a = start;
            uint32_t b = mid;
            for (uint32_t k = start; k < end; k++) {
                bool takes_b = a == mid || (b < end && is_after(sort, &from[a], &from[b], by_text));
                to[k] = takes_b ? from[b++] : from[a++];
            }
        }
        Item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}

static __attribute__((noinline)) void radix_sort(Item *items, Item *spare, uint32_t n)
{
    Item *result = items;
    uint64_t varying = 0;
    for (uint32_t i = 1; i < n; i++)
        varying |= items[i].key ^ items[0].key;
    Item *from = items;
    Item *to = spare;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((uint8_t)(varying >> shift) == 0)
            continue;
        uint32_t places[256] = {0};
        for (uint32_t i = 0; i < n; i++)
            places[(uint8_t)(from[i].key >> shift)]++;
        for (uint32_t b = 0, sum = 0; b < 256; b++) {
            uint32_t here = places[b];
            places[b] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < n; i++)
            to[places[(uint8_t)(from[i].key >> shift)]++] = from[i];
        Item *swap = from;
        from = to;
        to = swap;
    }
    if (from != result)
        memcpy(result, from, n * sizeof *result);
}

static void sort_keys(const Sort *sort, Item *items, Item *spare, uint32_t n)
{
    if (n <= 24)
        insertion_sort(items, n);
    else if (n < RADIX_ITEMS)
        merge_sort(sort, items, spare, n, false);
    else
        radix_sort(items, spare, n);
}

/* Texts that end within the eight bytes at `depth` are beginnings of each other when their keys are
 * equal: they come first, by length. Returns their number. */
static uint32_t split_ended(const Sort *sort, Item *items, Item *spare, uint32_t n, size_t depth)
{
    uint32_t n_ended = 0;
    uint32_t n_longer = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t len = sort->texts[items[i].id].len;
        if (len > depth + 8) {
            spare[n_longer++] = items[i];
        } else {
            items[i].key = len;
            items[n_ended++] = items[i];
        }
    }
    memcpy(items + n_ended, spare, n_longer * sizeof *items);
    sort_keys(sort, items, spare, n_ended);
    return n_ended;
}

static void sort_group(const Sort *sort, uint32_t begin, uint32_t n, size_t depth)
{
    Item *items = sort->items + begin;
    Item *spare = sort->spare + begin;
    if (depth >= MAX_DEPTH) {
        merge_sort(sort, items, spare, n, true);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        items[i].key = key_at(&sort->texts[items[i].id], depth);
    sort_keys(sort, items, spare, n);
    for (uint32_t i = 0; i < n;) {
        uint32_t end = i + 1;
        while (end < n && items[end].key == items[i].key)
            end++;
        if (end - i >= sort->min_group) {
            uint32_t n_ended = split_ended(sort, items + i, spare + i, end - i, depth);
            if (end - i - n_ended >= sort->min_group)
                sort_group(sort, begin + i + n_ended, end - i - n_ended, depth + 8);
        }
        i = end;
    }
}

HyStatus hy_text_sort(
    HyScratch *scratch, const HyString *texts, uint32_t n, uint32_t min_group, uint32_t *order)
{
    Sort sort = {.texts = texts, .min_group = min_group};
    HY_SCRATCH(scratch, sort.items, n);
    HY_SCRATCH(scratch, sort.spare, n);
    for (uint32_t i = 0; i < n; i++)
        sort.items[i].id = i;
    sort_group(&sort, 0, n, 0);
    for (uint32_t i = 0; i < n; i++)
        order[i] = sort.items[i].id;
    return HY_OK;
}
