#include "file_damage.h"

#include "base/crc32c.h"

#include <lz4.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE       4096u
#define SLOT_BYTES 48u
#define UNIT       65536u
#define CATALOG    2u
#define BLOCK      4u

uint64_t dice_roll(Dice *dice)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return dice->state;
}

size_t dice_below(Dice *dice, size_t n)
{
    return n ? (size_t)(dice_roll(dice) % n) : 0;
}

static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n); /* little-endian machines only, as all of the engine */
    return v;
}

static void store(unsigned char *p, size_t n, uint64_t v)
{
    memcpy(p, &v, n);
}

static void *allocate(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
    return p;
}

/* ---- The container ---- */

typedef struct Directory {
    unsigned char *header, *slots;
    size_t n_slots;
    uint64_t offset, length;
    uint32_t seed;
} Directory;

/* False when earlier damage has made the way to the directory impassable. */
static bool find_directory(DamagedFile *file, Directory *d)
{
    if (file->len < 2 * PAGE)
        return false;
    bool second = load(file->bytes + PAGE + 0x30, 8) > load(file->bytes + 0x30, 8);
    d->header = file->bytes + (second ? PAGE : 0);
    d->seed = load(d->header + 0x0a, 2) == 0 ? 0 : 0x1234;
    d->offset = load(d->header + 0x40, 8);
    d->length = load(d->header + 0x48, 8);
    if (d->offset > file->len || d->length > file->len - d->offset || d->length < 8 ||
        d->length + 4 > file->len - d->offset)
        return false;
    uint64_t bits = load(file->bytes + d->offset, 8);
    if (bits > 20 || (UINT64_C(1) << bits) * SLOT_BYTES > d->length - 8)
        return false;
    d->n_slots = (size_t)1 << bits;
    d->slots = file->bytes + d->offset + 8;
    return true;
}

static bool slot_is_live(const DamagedFile *file, const unsigned char *slot)
{
    uint64_t length = load(slot + 16, 8);
    uint64_t offset = load(slot + 24, 8);
    return slot[40] == 1 && offset <= file->len && length <= file->len - offset &&
           file->len - offset - length >= 4;
}

/* The checksum of every object that `at` lies in. */
static void mend_object(DamagedFile *file, size_t at)
{
    Directory d;
    if (!find_directory(file, &d))
        return;
    for (size_t i = 0; i < d.n_slots; i++) {
        const unsigned char *slot = d.slots + i * SLOT_BYTES;
        if (!slot_is_live(file, slot))
            continue;
        uint64_t length = load(slot + 16, 8);
        uint64_t offset = load(slot + 24, 8);
        if (at >= offset && at < offset + length)
            store(file->bytes + offset + length, 4,
                hy_crc32c(d.seed, file->bytes + offset, (size_t)length));
    }
}

static void mend(DamagedFile *file)
{
    Directory d;
    if (find_directory(file, &d)) {
        uint32_t crc = hy_crc32c(d.seed, file->bytes + d.offset, (size_t)d.length);
        store(file->bytes + d.offset + d.length, 4, crc);
    }
    for (size_t page = 0; page < 2 && file->len >= 2 * PAGE; page++) {
        unsigned char *header = file->bytes + page * PAGE;
        store(header + 0xffc, 4, hy_crc32c(0, header, 0xffc));
    }
}

static unsigned char *pick_slot(DamagedFile *file, Dice *dice, Directory *d)
{
    if (!find_directory(file, d))
        return NULL;
    for (int tries = 0; tries < 20000; tries++) {
        unsigned char *slot = d->slots + SLOT_BYTES * dice_below(dice, d->n_slots);
        if (slot_is_live(file, slot))
            return slot;
    }
    return NULL;
}

/* The object's content after decompression; NULL if it is not understood. */
static unsigned char *read_object(
    const DamagedFile *file, const unsigned char *slot, size_t room, size_t *len)
{
    const unsigned char *stored = file->bytes + load(slot + 24, 8);
    size_t length = (size_t)load(slot + 16, 8);
    size_t size = slot[41] == 1 && length >= 4 ? (size_t)load(stored, 4) : length;
    if (slot[41] > 1 || size > (size_t)64 << 20)
        return NULL;
    unsigned char *content = allocate(size + room);
    if (slot[41] == 0)
        memcpy(content, stored, size);
    else if (LZ4_decompress_safe((const char *)stored + 4, (char *)content, (int)(length - 4),
                 (int)size) != (int)size) {
        free(content);
        return NULL;
    }
    *len = size;
    return content;
}

/* Puts a new content behind the end of the file and lets the slot and both headers know. */
static void replace_object(
    DamagedFile *file, size_t slot_at, const unsigned char *content, size_t len, bool compress)
{
    size_t at = file->len;
    size_t bound = 4 + (size_t)LZ4_compressBound((int)len);
    size_t grown = (at + bound + 4 + UNIT) / UNIT * UNIT;
    unsigned char *bytes = realloc(file->bytes, grown);
    if (!bytes)
        exit(2);
    memset(bytes + at, 0, grown - at);
    file->bytes = bytes;
    file->len = grown;
    size_t length = len;
    if (compress) {
        store(bytes + at, 4, len);
        length = 4 + (size_t)LZ4_compress_default(
                         (const char *)content, (char *)bytes + at + 4, (int)len, (int)(bound - 4));
    } else {
        memcpy(bytes + at, content, len);
    }
    Directory d;
    if (!find_directory(file, &d))
        return;
    store(bytes + at + length, 4, hy_crc32c(d.seed, bytes + at, length));
    unsigned char *slot = bytes + slot_at;
    store(slot + 16, 8, length);
    store(slot + 24, 8, at);
    store(slot + 32, 8, (length + 4 + 63) / 64 * 64);
    slot[41] = compress;
    store(bytes + 0x38, 8, grown);
    store(bytes + PAGE + 0x38, 8, grown);
}

/* ---- Contents ---- */

static uint64_t strange_number(Dice *dice, uint64_t old, size_t len)
{
    static const uint64_t numbers[] = {0, 1, 2, 15, 16, 100, 127, 128, 255, 256, 32767, 65535,
        131071, 131072, 131073, INT32_MAX, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_MAX,
        UINT64_MAX - 15, UINT64_C(0xFFFFFFFFFFFFFFD0)};
    switch (dice_below(dice, 5)) {
    case 0:
        return old + 1;
    case 1:
        return old - 1;
    case 2:
        return old ^ UINT64_C(1) << dice_below(dice, 64);
    case 3:
        return len - dice_below(dice, 64);
    default:
        return numbers[dice_below(dice, sizeof numbers / sizeof *numbers)];
    }
}

/* Where a block has its numbers: the header, the words behind the index, the codes, the heap. */
static size_t place_in_block(Dice *dice, const unsigned char *content, size_t len)
{
    uint64_t a = len >= 48 ? load(content + 8, 8) + 48 : 0;
    uint64_t b = len >= 48 ? load(content + 16, 8) + 48 : 0;
    size_t at = 0;
    switch (dice_below(dice, 6)) {
    case 0:
        return dice_below(dice, len < 96 ? len : 96);
    case 1:
        at = (size_t)a - dice_below(dice, 64);
        break;
    case 2:
        at = (size_t)a + dice_below(dice, 64);
        break;
    case 3:
        at = (size_t)b + dice_below(dice, 64);
        break;
    case 4:
        at = len - 1 - dice_below(dice, 64);
        break;
    default:
        at = dice_below(dice, len);
        for (int tries = 0; tries < 200 && content[at] == 0; tries++)
            at = dice_below(dice, len);
        break;
    }
    return at < len ? at : dice_below(dice, len);
}

static void damage_block(Dice *dice, unsigned char *content, size_t *len)
{
    static const size_t widths[] = {1, 2, 4, 4, 8, 8};
    if (*len == 0)
        return;
    if (dice_below(dice, 12) == 0) {
        *len = dice_below(dice, *len + 1);
        return;
    }
    size_t at = place_in_block(dice, content, *len);
    size_t width = widths[dice_below(dice, 6)];
    if (dice_below(dice, 4))
        at -= at % width;
    if (width > *len - at)
        width = 1;
    store(content + at, width, strange_number(dice, load(content + at, width), *len));
}

/* The start of a number or of a text of the catalog, from a random place on; its length. */
static size_t find_token(Dice *dice, const unsigned char *text, size_t len, bool number, size_t *at)
{
    for (size_t i = dice_below(dice, len); i < len; i++) {
        bool starts = number ? text[i] >= '0' && text[i] <= '9' : text[i] == '"';
        if (!starts)
            continue;
        size_t end = i + 1;
        while (end < len && (number ? text[end] >= '0' && text[end] <= '9' : text[end] != '"'))
            end++;
        *at = i;
        return number ? end - i : end + 1 - i;
    }
    *at = 0;
    return 0;
}

/* Numbers become strange, texts others of the same catalog (types change that way), members go. */
static void damage_catalog(Dice *dice, unsigned char *text, size_t *len, size_t room)
{
    unsigned char put[256];
    size_t at, from;
    size_t n_put = 0;
    size_t n = find_token(dice, text, *len, dice_below(dice, 2), &at);
    if (dice_below(dice, 8) == 0) {
        n = 1 + dice_below(dice, 40);
    } else if (n && text[at] != '"') {
        n_put = (size_t)snprintf((char *)put, sizeof put, "%s%llu", dice_below(dice, 4) ? "" : "-",
            (unsigned long long)strange_number(dice, 0, *len));
    } else if (n) {
        n_put = find_token(dice, text, *len, false, &from);
        n_put = n_put < sizeof put ? n_put : 0;
        memcpy(put, text + from, n_put);
    }
    if (n > *len - at || n_put > room)
        return;
    memmove(text + at + n_put, text + at + n, *len - at - n);
    memcpy(text + at, put, n_put);
    *len = *len - n + n_put;
}

static void damage_object(DamagedFile *file, Dice *dice)
{
    enum { ROOM = 1024 };
    Directory d;
    unsigned char *slot = pick_slot(file, dice, &d);
    for (int tries = 0; slot && load(slot + 6, 2) != BLOCK && tries < 2; tries++)
        slot = pick_slot(file, dice, &d); /* blocks have most to get wrong */
    size_t len;
    unsigned char *content = slot ? read_object(file, slot, ROOM, &len) : NULL;
    if (!content)
        return;
    bool is_catalog = load(slot + 6, 2) == CATALOG;
    for (size_t n = 1 + dice_below(dice, 3), i = 0; i < n; i++) {
        if (is_catalog && dice_below(dice, 10))
            damage_catalog(dice, content, &len, ROOM / 4);
        else
            damage_block(dice, content, &len);
    }
    replace_object(
        file, (size_t)(slot - file->bytes), content, len, slot[41] == 1 && dice_below(dice, 2));
    free(content);
}

/* ---- Directory and header ---- */

static void swap_objects(DamagedFile *file, Dice *dice)
{
    Directory d;
    unsigned char *a = pick_slot(file, dice, &d);
    unsigned char *b = a ? pick_slot(file, dice, &d) : NULL;
    if (!b)
        return;
    /* all but the keys; or what lies there twice, as a copy */
    unsigned char kept[SLOT_BYTES - 16];
    memcpy(kept, a + 16, sizeof kept);
    memcpy(a + 16, b + 16, sizeof kept);
    if (dice_below(dice, 4))
        memcpy(b + 16, kept, sizeof kept);
}

static void damage_slot(DamagedFile *file, Dice *dice)
{
    Directory d;
    unsigned char *slot = pick_slot(file, dice, &d);
    if (!slot)
        return;
    size_t field = dice_below(dice, 6);
    if (field == 5)
        slot[40 + dice_below(dice, 3)] = (unsigned char)dice_below(dice, 4);
    else
        store(slot + 8 * field, 8, strange_number(dice, load(slot + 8 * field, 8), file->len));
}

static void damage_header(DamagedFile *file, Dice *dice)
{
    static const struct {
        size_t at, width;
    } fields[] = {{0x05, 1}, {0x08, 2}, {0x0a, 2}, {0x30, 8}, {0x38, 8}, {0x40, 8}, {0x48, 8},
        {0x50, 8}, {0x58, 8}};
    if (file->len < 2 * PAGE)
        return;
    size_t f = dice_below(dice, sizeof fields / sizeof *fields);
    unsigned char *at = file->bytes + PAGE * dice_below(dice, 2) + fields[f].at;
    store(at, fields[f].width,
        f == 2 ? dice_below(dice, 6) : strange_number(dice, load(at, fields[f].width), file->len));
}

/* ---- Bytes ---- */

static void damage_bytes(DamagedFile *file, Dice *dice)
{
    size_t len = file->len;
    size_t at = dice_below(dice, dice_below(dice, 4) || len < 2 * PAGE ? len : 2 * PAGE);
    for (int tries = 0; tries < 200 && file->bytes[at] == 0; tries++)
        at = dice_below(dice, len);
    size_t n = dice_below(dice, 4) ? 1 : 1 + dice_below(dice, 64);
    n = n < len - at ? n : len - at;
    if (dice_below(dice, 3) == 0)
        memset(file->bytes + at, dice_below(dice, 2) ? 0xff : 0, n);
    else if (dice_below(dice, 2))
        memmove(file->bytes + at, file->bytes + dice_below(dice, len - n), n);
    else
        for (size_t i = 0; i < n; i++)
            file->bytes[at + i] = (unsigned char)dice_roll(dice);
    if (dice_below(dice, 2))
        mend_object(file, at);
}

void damage_file(DamagedFile *file, Dice *dice)
{
    size_t kind = dice_below(dice, 20);
    if (file->len == 0)
        return;
    if (kind < 4)
        damage_bytes(file, dice);
    else if (kind < 14)
        damage_object(file, dice);
    else if (kind < 16)
        swap_objects(file, dice);
    else if (kind < 18)
        damage_slot(file, dice);
    else if (kind < 19)
        damage_header(file, dice);
    else
        file->len = dice_below(dice, file->len + 1);
    if (kind >= 4 || dice_below(dice, 2))
        mend(file);
}
