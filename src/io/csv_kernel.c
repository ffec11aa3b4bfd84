/* Each block of 64 bytes becomes bit masks, one per interesting character, as in Langdale & Lemire,
 * "Parsing Gigabytes of JSON per Second" (VLDB Journal 2019). */
#include "io/csv_kernel.h"
#include "base/bytes.h"

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

#define INLINE __attribute__((always_inline)) static inline

/* ---- Masks ---- */

#if defined(__AVX512BW__)
typedef struct Block {
    __m512i part[1];
} Block;
INLINE Block load_block(const char *p)
{
    return (Block){{_mm512_loadu_si512(p)}};
}
INLINE uint64_t match(const Block *block, char c)
{
    return _mm512_cmpeq_epi8_mask(block->part[0], _mm512_set1_epi8(c));
}
INLINE uint64_t high_bits(const Block *block)
{
    return _mm512_movepi8_mask(block->part[0]);
}

#elif defined(__AVX2__)
typedef struct Block {
    __m256i part[2];
} Block;
INLINE Block load_block(const char *p)
{
    return (Block){{_mm256_loadu_si256((const __m256i *)(const void *)p),
        _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))}};
}
INLINE uint64_t two_masks(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}
INLINE uint64_t match(const Block *block, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    return two_masks(
        _mm256_cmpeq_epi8(block->part[0], wanted), _mm256_cmpeq_epi8(block->part[1], wanted));
}
INLINE uint64_t high_bits(const Block *block)
{
    return two_masks(block->part[0], block->part[1]);
}

#elif defined(__SSE2__)
typedef struct Block {
    __m128i part[4];
} Block;
INLINE Block load_block(const char *p)
{
    Block block;
    for (int i = 0; i < 4; i++)
        block.part[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    return block;
}
INLINE uint64_t match(const Block *block, char c)
{
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block->part[i], wanted))
                << 16 * i;
    return mask;
}
INLINE uint64_t high_bits(const Block *block)
{
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(block->part[i]) << 16 * i;
    return mask;
}

#else
#define LOW_BITS UINT64_C(0x0101010101010101)
#define SEVEN    UINT64_C(0x7F7F7F7F7F7F7F7F)
typedef struct Block {
    uint64_t part[8];
} Block;
INLINE Block load_block(const char *p)
{
    Block block;
    memcpy(block.part, p, sizeof block.part);
    return block;
}
/* The high bit of each byte, gathered into the low eight bits. */
INLINE uint64_t gather_high(uint64_t w)
{
    return ((w & ~SEVEN) >> 7) * UINT64_C(0x0102040810204080) >> 56;
}
INLINE uint64_t match(const Block *block, char c)
{
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t x = block->part[i] ^ (LOW_BITS * (uint8_t)c);
        mask |= gather_high(~(((x & SEVEN) + SEVEN) | x)) << 8 * i;
    }
    return mask;
}
INLINE uint64_t high_bits(const Block *block)
{
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++)
        mask |= gather_high(block->part[i]) << 8 * i;
    return mask;
}
#endif

/* Bit i of the result: the parity of bits 0..i. */
INLINE uint64_t prefix_xor(uint64_t x)
{
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    return x ^ x << 32;
}

/* ---- Quoting ---- */

#define TOP_BIT (UINT64_C(1) << 63)

/* Which bytes of the block have no meaning; and which are quotes or escapes that make a field
 * special. `valid` has the bits of bytes that belong to the data. */
typedef struct Meaning {
    uint64_t dead;
    uint64_t special;
} Meaning;

INLINE Meaning doubled_quotes(uint64_t quotes, HyCsvState *state)
{
    uint64_t carry = state->in_quotes ? UINT64_MAX : 0;
    if (quotes == 0)
        return (Meaning){carry, 0};
    uint64_t inside = prefix_xor(quotes) ^ carry;
    state->in_quotes = inside >> 63;
    return (Meaning){inside, quotes};
}

/* `last` is the highest bit that belongs to the data. */
static Meaning escaped_quotes(uint64_t quotes, uint64_t escapes, uint64_t last, HyCsvState *state)
{
    uint64_t todo = quotes | escapes, toggles = 0, special = 0;
    uint64_t carry = state->in_quotes ? UINT64_MAX : 0;
    if (state->is_escaped)
        todo &= ~UINT64_C(1);
    state->is_escaped = false;
    while (todo) {
        uint64_t bit = todo & (0 - todo);
        todo ^= bit;
        if (state->in_quotes && (escapes & bit)) {
            special |= bit;
            todo &= ~(bit << 1);
            state->is_escaped = bit == last;
        } else if (quotes & bit) {
            toggles |= bit;
            state->in_quotes = !state->in_quotes;
        }
    }
    return (Meaning){prefix_xor(toggles) ^ carry, special | toggles};
}

static Meaning backslashes(uint64_t escapes, uint64_t last, HyCsvState *state)
{
    uint64_t todo = escapes, dead = 0, special = 0;
    if (state->is_escaped) {
        dead = 1;
        todo &= ~UINT64_C(1);
    }
    state->is_escaped = false;
    while (todo) {
        uint64_t bit = todo & (0 - todo);
        special |= bit;
        dead |= bit << 1;
        todo &= ~(bit | bit << 1);
        state->is_escaped = bit == last;
    }
    return (Meaning){dead, special};
}

INLINE Meaning find_meaning(const HyCsvDialect *dialect, HyCsvMode mode, const Block *block,
    uint64_t valid, HyCsvState *state)
{
    uint64_t last = valid ^ valid >> 1;
    switch (mode) {
    case HY_CSV_PLAIN:
        break;
    case HY_CSV_DOUBLED:
        return doubled_quotes(match(block, dialect->quote) & valid, state);
    case HY_CSV_ESCAPED:
        return escaped_quotes(match(block, dialect->quote) & valid,
            match(block, dialect->escape) & valid, last, state);
    case HY_CSV_TEXT: {
        uint64_t escapes = match(block, '\\') & valid;
        if (escapes || state->is_escaped)
            return backslashes(escapes, last, state);
        break;
    }
    }
    return (Meaning){0, 0};
}

/* Bits of the bytes at `at` that lie before `end`. */
INLINE uint64_t valid_bits(size_t at, size_t end)
{
    return end - at >= 64 ? UINT64_MAX : (UINT64_C(1) << (end - at)) - 1;
}

/* ---- Records ---- */

INLINE void split_mode(const HyCsvDialect *dialect, HyCsvMode mode, const char *data, size_t begin,
    size_t end, HyCsvSplit *split)
{
    HyCsvState state = split->state;
    uint64_t n_records = 0, last_mask = 0;
    size_t last_at = 0;
    for (size_t at = begin; at < end; at += 64) {
        uint64_t valid = valid_bits(at, end);
        Block block = load_block(data + at);
        Meaning meaning = find_meaning(dialect, mode, &block, valid, &state);
        uint64_t ends = match(&block, '\n') & valid & ~meaning.dead;
        n_records += (uint64_t)__builtin_popcountll(ends);
        last_mask = ends ? ends : last_mask;
        last_at = ends ? at : last_at;
        /* The carry of a block cut short is that of its last valid byte: bits behind it are equal
         * because no quotes follow. */
    }
    split->state = state;
    split->n_records += n_records;
    if (last_mask)
        split->last_end = last_at + 64 - (size_t)__builtin_clzll(last_mask);
}

void HY_KERNEL(hy_csv_split)(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvSplit *split)
{
    switch (dialect->mode) {
    case HY_CSV_PLAIN:
        split_mode(dialect, HY_CSV_PLAIN, data, begin, end, split);
        break;
    case HY_CSV_DOUBLED:
        split_mode(dialect, HY_CSV_DOUBLED, data, begin, end, split);
        break;
    case HY_CSV_ESCAPED:
        split_mode(dialect, HY_CSV_ESCAPED, data, begin, end, split);
        break;
    case HY_CSV_TEXT:
        split_mode(dialect, HY_CSV_TEXT, data, begin, end, split);
        break;
    }
}

/* ---- Fields ---- */

/* Of 0: any value. */
INLINE uint32_t lowest_bit(uint64_t bits)
{
#ifdef __BMI__
    return (uint32_t)_tzcnt_u64(bits);
#else
    return (uint32_t)__builtin_ctzll(bits | TOP_BIT);
#endif
}

/* Writes the offsets of the set bits; up to 7 entries more than there are bits are overwritten. */
INLINE size_t put_offsets(uint32_t *out, uint32_t base, uint64_t bits)
{
    size_t n = (size_t)__builtin_popcountll(bits);
    for (size_t i = 0; i < n; i += 8)
        for (size_t k = 0; k < 8; k++) {
            out[i + k] = base + lowest_bit(bits);
            bits &= bits - 1;
        }
    return n;
}

/* Marks the ends of the fields in which special characters stand. The field that ends in a later
 * block is marked through *carry. */
static void mark_special(
    uint32_t *out, size_t n, uint64_t structural, uint64_t special, bool *carry)
{
    if (*carry && n > 0)
        out[0] |= HY_CSV_SPECIAL;
    *carry = *carry && n == 0;
    while (special) {
        uint64_t below = (special & (0 - special)) - 1;
        size_t field = (size_t)__builtin_popcountll(structural & below);
        if (field == n) {
            *carry = true;
            break;
        }
        out[field] |= HY_CSV_SPECIAL;
        /* on to the bits behind this field's end */
        uint64_t rest = structural & ~below;
        special &= ~((rest & (0 - rest)) | ((rest & (0 - rest)) - 1));
    }
}

/* Checks the records that end in the block; true when the index is complete. `n` is the number of
 * ends before the block. */
INLINE bool take_records(
    HyCsvIndex *index, size_t n, uint64_t structural, uint64_t ends, size_t *record_end)
{
    while (ends) {
        uint64_t below = (ends & (0 - ends)) - 1;
        size_t at = n + (size_t)__builtin_popcountll(structural & below);
        if (at != *record_end) {
            index->fault = at < *record_end ? HY_CSV_TOO_FEW : HY_CSV_TOO_MANY;
            return true;
        }
        *record_end += index->n_fields;
        if (++index->n_rows == index->max_rows)
            return true;
        ends &= ends - 1;
    }
    return false;
}

/* A carriage return that no line feed follows ends its record with an error. */
static bool take_bare_cr(HyCsvIndex *index, size_t n, uint64_t structural, uint64_t ends,
    uint64_t bare, size_t *record_end)
{
    uint64_t below = (bare & (0 - bare)) - 1;
    if (take_records(index, n, structural, ends & below, record_end))
        return true;
    size_t at = n + (size_t)__builtin_popcountll(structural & below);
    index->fault = at < *record_end   ? HY_CSV_TOO_FEW
                   : at > *record_end ? HY_CSV_TOO_MANY
                                      : HY_CSV_BARE_CR;
    return true;
}

INLINE void index_mode(const HyCsvDialect *dialect, HyCsvMode mode, const char *data, size_t begin,
    size_t end, HyCsvIndex *index)
{
    HyCsvState state = {false, false};
    uint32_t *ends = index->ends + 1;
    const size_t limit = index->max_rows * index->n_fields + index->n_fields + 1;
    size_t n = 0, record_end = index->n_fields - 1;
    uint64_t high = 0, crs = 0;
    bool is_special = false;
    for (size_t at = begin; at < end; at += 64) {
        uint64_t valid = valid_bits(at, end);
        Block block = load_block(data + at);
        Meaning meaning = find_meaning(dialect, mode, &block, valid, &state);
        uint64_t alive = valid & ~meaning.dead;
        uint64_t lf = match(&block, '\n'), cr = match(&block, '\r') & alive;
        uint64_t structural = (match(&block, dialect->delimiter) | lf) & alive;
        high |= high_bits(&block) & valid;
        size_t n_new = put_offsets(ends + n, (uint32_t)at, structural);
        if (mode != HY_CSV_PLAIN && (meaning.special || is_special))
            mark_special(ends + n, n_new, structural, meaning.special, &is_special);
        if (cr) {
            uint64_t bare = cr & ~(lf >> 1 | (data[at + 64] == '\n' ? TOP_BIT : 0));
            crs |= cr;
            if (bare) {
                (void)take_bare_cr(index, n, structural, lf & alive, bare, &record_end);
                break;
            }
        }
        if (take_records(index, n, structural, lf & alive, &record_end))
            break;
        n += n_new;
        /* A record with far too many fields must not run out of the room; what counts is only that
         * there are too many. */
        if (n > limit)
            n = limit;
    }
    index->has_high = high != 0;
    index->has_cr = crs != 0;
}

void HY_KERNEL(hy_csv_index)(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvIndex *index)
{
    index->ends[0] = (uint32_t)begin - 1;
    index->n_rows = 0;
    index->fault = HY_CSV_FINE;
    switch (dialect->mode) {
    case HY_CSV_PLAIN:
        index_mode(dialect, HY_CSV_PLAIN, data, begin, end, index);
        break;
    case HY_CSV_DOUBLED:
        index_mode(dialect, HY_CSV_DOUBLED, data, begin, end, index);
        break;
    case HY_CSV_ESCAPED:
        index_mode(dialect, HY_CSV_ESCAPED, data, begin, end, index);
        break;
    case HY_CSV_TEXT:
        index_mode(dialect, HY_CSV_TEXT, data, begin, end, index);
        break;
    }
}
