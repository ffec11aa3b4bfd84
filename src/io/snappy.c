#include "io/snappy.h"

#include "base/bytes.h"

/* ---- Decompression ---- */

static bool read_size(const uint8_t **at, const uint8_t *end, size_t *out)
{
    uint64_t size = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (*at == end)
            return false;
        uint8_t byte = *(*at)++;
        size |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = size;
            return size <= UINT32_MAX;
        }
    }
    return false;
}

/* Literals: up to 60 bytes by the tag, else 1 to 4 bytes say how long. */
static bool literal_length(const uint8_t **at, const uint8_t *end, unsigned tag, size_t *out)
{
    size_t len = tag >> 2;
    if (len >= 60) {
        size_t n = len - 59;
        if ((size_t)(end - *at) < n)
            return false;
        len = 0;
        for (size_t i = 0; i < n; i++)
            len |= (size_t)(*at)[i] << (8 * i);
        *at += n;
    }
    *out = len + 1;
    return true;
}

static bool copy_reference(
    const uint8_t **at, const uint8_t *end, unsigned tag, size_t *offset, size_t *len)
{
    size_t left = (size_t)(end - *at);
    if ((tag & 3) == 1) {
        if (left < 1)
            return false;
        *len = 4 + (tag >> 2 & 7);
        *offset = (size_t)(tag >> 5) << 8 | **at;
        *at += 1;
    } else if ((tag & 3) == 2) {
        if (left < 2)
            return false;
        *len = 1 + (tag >> 2);
        *offset = hy_load_u16(*at);
        *at += 2;
    } else {
        if (left < 4)
            return false;
        *len = 1 + (tag >> 2);
        *offset = hy_load_u32(*at);
        *at += 4;
    }
    return true;
}

/* At most 64 bytes; may write up to 15 more. */
static void copy_match(uint8_t *to, size_t offset, size_t len)
{
    const uint8_t *from = to - offset;
    if (offset >= 16) {
        for (size_t i = 0; i < len; i += 16)
            memcpy(to + i, from + i, 16);
    } else if (offset >= 8) {
        for (size_t i = 0; i < len; i += 8)
            memcpy(to + i, from + i, 8);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

bool hy_snappy_decompress(const void *src, size_t len, void *dst, size_t size)
{
    const uint8_t *at = src;
    const uint8_t *end = at + len;
    uint8_t *to = dst;
    uint8_t *start = dst;
    uint8_t *to_end = to + size;
    size_t stated;
    if (!read_size(&at, end, &stated) || stated != size)
        return false;
    while (at < end) {
        unsigned tag = *at++;
        size_t n, offset;
        if ((tag & 3) == 0) {
            if (!literal_length(&at, end, tag, &n) || n > (size_t)(end - at) ||
                n > (size_t)(to_end - to))
                return false;
            if (n <= 16 && end - at >= 16)
                memcpy(to, at, 16);
            else
                memcpy(to, at, n);
            at += n;
        } else {
            if (!copy_reference(&at, end, tag, &offset, &n) || n > (size_t)(to_end - to) ||
                offset == 0 || offset > (size_t)(to - start))
                return false;
            copy_match(to, offset, n);
        }
        to += n;
    }
    return to == to_end;
}

/* ---- Compression ---- */

#define BLOCK_BYTES 65536 /* offsets stay below, as two bytes */
#define HASH_BITS   14

size_t hy_snappy_bound(size_t len)
{
    return 32 + len + len / 6;
}

static uint8_t *put_literal(uint8_t *to, const uint8_t *from, size_t len)
{
    size_t n = len - 1;
    if (len == 0)
        return to;
    if (n < 60) {
        *to++ = (uint8_t)(n << 2);
    } else if (n < 256) {
        *to++ = 60 << 2;
        *to++ = (uint8_t)n;
    } else {
        *to++ = 61 << 2;
        hy_store_u16(to, (uint16_t)n);
        to += 2;
    }
    memcpy(to, from, len);
    return to + len;
}

static uint8_t *put_copy(uint8_t *to, size_t offset, size_t len)
{
    while (len > 0) {
        size_t n = len > 64 ? (len < 68 ? 60 : 64) : len; /* leaves at least 4 */
        *to++ = (uint8_t)((n - 1) << 2 | 2);
        hy_store_u16(to, (uint16_t)offset);
        to += 2;
        len -= n;
    }
    return to;
}

static size_t match_length(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
    size_t n = 0;
    while (end - (b + n) >= 8) {
        uint64_t differ = hy_load_u64(a + n) ^ hy_load_u64(b + n);
        if (differ)
            return n + (size_t)__builtin_ctzll(differ) / 8;
        n += 8;
    }
    while (b + n < end && a[n] == b[n])
        n++;
    return n;
}

static uint32_t hash4(const uint8_t *p)
{
    return hy_load_u32(p) * 0x1e35a7bdu >> (32 - HASH_BITS);
}

/* Greedy, with steps that grow where nothing matches. */
static uint8_t *compress_block(const uint8_t *src, size_t len, uint8_t *to, uint16_t *table)
{
    const uint8_t *end = src + len;
    const uint8_t *literal = src;
    const uint8_t *at = src;
    size_t misses = 32;
    memset(table, 0, sizeof *table << HASH_BITS);
    while (end - at >= 16) {
        uint32_t hash = hash4(at);
        const uint8_t *candidate = src + table[hash];
        table[hash] = (uint16_t)(at - src);
        if (candidate >= at || hy_load_u32(candidate) != hy_load_u32(at)) {
            at += misses++ >> 5;
            continue;
        }
        size_t n = 4 + match_length(candidate + 4, at + 4, end);
        to = put_literal(to, literal, (size_t)(at - literal));
        to = put_copy(to, (size_t)(at - candidate), n);
        at += n;
        literal = at;
        misses = 32;
        if (end - at >= 16)
            table[hash4(at - 1)] = (uint16_t)(at - 1 - src);
    }
    return put_literal(to, literal, (size_t)(end - literal));
}

size_t hy_snappy_compress(const void *src, size_t len, void *dst)
{
    uint16_t table[1 << HASH_BITS];
    uint8_t *to = dst;
    const uint8_t *from = src;
    size_t left = len;
    do {
        *to++ = (uint8_t)(left >= 0x80 ? (left & 0x7f) | 0x80 : left);
        left >>= 7;
    } while (left);
    for (size_t at = 0; at < len; at += BLOCK_BYTES) {
        size_t n = len - at < BLOCK_BYTES ? len - at : BLOCK_BYTES;
        to = compress_block(from + at, n, to, table);
    }
    return (size_t)(to - (uint8_t *)dst);
}
