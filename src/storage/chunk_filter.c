/* Predicates on encoded rows. The constant is translated once per call into the domain of the
 * codes, the truncated differences or the raw values; then one vectorized loop makes a mask, and
 * the mask a selection. Text that is not in a dictionary, and the rare rest, is tested row by row.
 */
#include "storage/chunk_filter_internal.h"
#include "storage/chunk_zones.h"

/* More values than this in an IN list: every row searches the list. */
#define MAX_IN_PASSES 16

HyKeyRange hy_key_range(HyCompareOp op, HyUint128 key)
{
    const HyUint128 top = ~(HyUint128)0;
    switch (op) {
    case HY_CMP_EQ:
        return (HyKeyRange){key, key, false, false};
    case HY_CMP_NE:
        return (HyKeyRange){key, key, false, true};
    case HY_CMP_LT:
        return (HyKeyRange){0, key - 1, key == 0, false};
    case HY_CMP_LE:
        return (HyKeyRange){0, key, false, false};
    case HY_CMP_GT:
        return (HyKeyRange){key + 1, top, key == top, false};
    case HY_CMP_GE:
        return (HyKeyRange){key, top, false, false};
    }
    return (HyKeyRange){0, 0, true, false};
}

void hy_key_range_clamp(HyKeyRange *range, HyUint128 low, HyUint128 high)
{
    range->low = range->low < low ? low : range->low;
    range->high = range->high > high ? high : range->high;
    range->is_empty |= range->low > range->high;
}

/* ---- Selections ---- */

static uint32_t select_from(const uint8_t *mask, uint32_t base, uint32_t n, uint32_t *sel)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = sel[i];
        sel[k] = row;
        k += mask[row - base];
    }
    return k;
}

static void keep_all(bool sel_is_all, uint32_t *sel, uint32_t n)
{
    if (sel_is_all)
        for (uint32_t i = 0; i < n; i++)
            sel[i] = i;
}

/* ---- Masks ---- */

/* The rows under test: [first, first + n), a window of the selection. */
typedef struct Window {
    const HyChunk *chunk;
    const HyChunkKernels *kernels;
    size_t first, n;
    const void *in; /* codes, differences or values of the rows */
    unsigned width; /* index of their width; 4: 16 bytes */
    uint8_t *buf;   /* n + 8 */
} Window;

static void mask_codes(const Window *w, uint64_t low, uint64_t high, bool invert, uint8_t *mask)
{
    w->kernels->in_range[w->width](mask, w->in, w->n, low, high - low, invert);
    if (invert && w->chunk->encoding->nulls)
        w->kernels->and_differs[w->width](mask, w->in, w->n, 0);
}

/* No value passes: with invert every one that is not null. */
static void mask_constant(const Window *w, bool invert, uint8_t *mask)
{
    if (invert)
        hy_chunk_valid_mask(w->chunk, w->first, w->n, w->buf, mask);
    else
        memset(mask, 0, w->n);
}

static void mask_truncated(const Window *w, HyKeyRange range, uint8_t *mask)
{
    unsigned bits = w->chunk->encoding->bits;
    uint64_t top = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    unsigned shift = w->chunk->encoding->nulls; /* difference 0 is null */
    HyUint128 min = hy_fixed_key(w->chunk->physical, w->chunk->min.bytes);
    HyUint128 largest = min + (top - shift);
    hy_key_range_clamp(&range, min, largest < min ? ~(HyUint128)0 : largest);
    if (range.is_empty)
        mask_constant(w, range.invert, mask);
    else
        mask_codes(w, (uint64_t)(range.low - min) + shift, (uint64_t)(range.high - min) + shift,
            range.invert, mask);
}

static bool is_signed(HyPhysical physical)
{
    return physical == HY_PHYS_I16 || physical == HY_PHYS_I32 || physical == HY_PHYS_I64;
}

static void and_validity(const Window *w, uint8_t *mask)
{
    uint8_t valid[HY_VECTOR_SIZE];
    if (!w->chunk->has_nulls)
        return;
    if (w->chunk->shape == HY_SHAPE_RAW && w->width < 4) {
        w->kernels->and_differs[w->width](mask, w->in, w->n, w->chunk->mark.u64);
        return;
    }
    hy_chunk_valid_mask(w->chunk, w->first, w->n, w->buf, valid);
    w->kernels->and_mask(mask, valid, w->n);
}

static void mask_integers(const Window *w, HyKeyRange range, uint8_t *mask)
{
    unsigned bits = 8 * (unsigned)w->chunk->width;
    HyUint128 top = ((HyUint128)1 << bits) - 1;
    if (is_signed(w->chunk->physical)) {
        HyUint128 zero = (HyUint128)1 << 127;
        hy_key_range_clamp(&range, zero - ((HyUint128)1 << (bits - 1)), zero + (top >> 1));
    } else {
        hy_key_range_clamp(&range, 0, top);
    }
    if (range.is_empty) {
        mask_constant(w, range.invert, mask);
        return;
    }
    w->kernels->in_range[w->width](
        mask, w->in, w->n, (uint64_t)range.low, (uint64_t)(range.high - range.low), range.invert);
    and_validity(w, mask);
}

static void mask_wide(const Window *w, HyKeyRange range, uint8_t *mask)
{
    const uint8_t *values = w->in;
    bool is_reversed = w->chunk->shape == HY_SHAPE_RAW && w->chunk->physical == HY_PHYS_UUID;
    for (size_t i = 0; i < w->n; i++) {
        HyUint128 key = is_reversed ? (HyUint128)hy_load_i128(values + 16 * i)
                                    : hy_fixed_key(w->chunk->physical, values + 16 * i);
        mask[i] = (key >= range.low && key <= range.high && !range.is_empty) ^ range.invert;
    }
    and_validity(w, mask);
}

/* NaN is the largest value and equal to itself; all comparisons of C with it are false. */
static void mask_floats(const Window *w, HyCompareOp op, const HyValue *value, uint8_t *mask)
{
    HyFloatForm form = w->chunk->physical == HY_PHYS_F32   ? HY_FLOAT_SINGLE
                       : w->chunk->shape == HY_SHAPE_PLAIN ? HY_FLOAT_DOUBLE
                       : w->chunk->encoding->is_short      ? HY_FLOAT_SHORT_DOUBLE
                                                           : HY_FLOAT_DOUBLE;
    double v = w->chunk->physical == HY_PHYS_F32 ? (double)value->f32 : value->f64;
    bool is_nan = v != v;
    /* is_nan: "x <= infinity" is "x is not NaN" */
    HyFloatTest test = HY_FLOAT_LE;
    bool invert = false;
    switch (op) {
    case HY_CMP_EQ:
    case HY_CMP_NE:
        test = is_nan ? HY_FLOAT_LE : HY_FLOAT_EQ;
        invert = is_nan ? op == HY_CMP_EQ : op == HY_CMP_NE;
        break;
    case HY_CMP_LT:
    case HY_CMP_GE:
        test = is_nan ? HY_FLOAT_LE : HY_FLOAT_LT;
        invert = op == HY_CMP_GE;
        break;
    case HY_CMP_LE:
    case HY_CMP_GT:
        if (is_nan) {
            mask_constant(w, op == HY_CMP_LE, mask);
            return;
        }
        invert = op == HY_CMP_GT;
        break;
    }
    w->kernels->float_test[form][test](
        mask, w->in, w->n, is_nan ? (double)__builtin_inff() : v, invert);
    and_validity(w, mask);
}

static void mask_compare(const Window *w, HyCompareOp op, const HyValue *value, uint8_t *mask)
{
    const HyChunk *chunk = w->chunk;
    if (chunk->shape == HY_SHAPE_DICT) {
        HyCodeRange range = hy_chunk_dictionary_range(chunk, op, value);
        uint32_t shift = chunk->encoding->nulls;
        if (range.begin == range.end)
            mask_constant(w, range.invert, mask);
        else
            mask_codes(w, range.begin + shift, range.end - 1 + shift, range.invert, mask);
        return;
    }
    if (chunk->physical == HY_PHYS_F32 || chunk->physical == HY_PHYS_F64) {
        mask_floats(w, op, value, mask);
        return;
    }
    HyKeyRange range = hy_key_range(op, hy_fixed_key(chunk->physical, hy_value_payload(value)));
    if (chunk->shape == HY_SHAPE_TRUNC)
        mask_truncated(w, range, mask);
    else if (w->width == 4)
        mask_wide(w, range, mask);
    else
        mask_integers(w, range, mask);
}

/* A bit per code; fits the largest dictionary of a block, with null. */
static void mask_in_dictionary(const Window *w, const HyChunkTest *test, uint8_t *mask)
{
    const HyChunk *chunk = w->chunk;
    uint64_t wanted[HY_BLOCK_ROWS / 64 + 1];
    uint32_t shift = chunk->encoding->nulls;
    memset(wanted, 0, 8 * hy_bitmap_words((size_t)chunk->dict.size + shift));
    HyCodeRange range = {0, 0, false};
    for (size_t i = 0; i < test->n_values; i++) {
        range = hy_chunk_dictionary_next(chunk, &test->values[i], range.end);
        for (uint32_t code = range.begin; code < range.end; code++)
            hy_bitmap_set(wanted, code + shift);
    }
    for (size_t i = 0; i < w->n; i++)
        mask[i] = hy_bitmap_get(wanted, hy_chunk_code(w->in, 8u << w->width, i));
}

static void mask_in_rows(const Window *w, const HyChunkTest *test, uint8_t *mask)
{
    for (size_t i = 0; i < w->n; i++) {
        HyPayload value;
        mask[i] = hy_chunk_value(w->chunk, w->first + i, &value) &&
                  hy_chunk_test_payload(w->chunk, test, value.bytes);
    }
}

static void mask_in(const Window *w, const HyChunkTest *test, uint8_t *mask)
{
    bool is_dict = w->chunk->shape == HY_SHAPE_DICT;
    if (is_dict && test->n_values > 1 && w->chunk->dict.size < HY_BLOCK_ROWS) {
        mask_in_dictionary(w, test, mask);
        return;
    }
    if (test->n_values > MAX_IN_PASSES) {
        mask_in_rows(w, test, mask);
        return;
    }
    uint8_t one[HY_VECTOR_SIZE];
    memset(mask, 0, w->n);
    for (size_t i = 0; i < test->n_values; i++) {
        mask_compare(w, HY_CMP_EQ, &test->values[i], one);
        w->kernels->or_equals[0](mask, one, w->n, 1);
    }
}

static void make_mask(const Window *w, const HyChunkTest *test, uint8_t *mask)
{
    switch (test->kind) {
    case HY_CHUNK_COMPARE:
        mask_compare(w, test->op, &test->values[0], mask);
        break;
    case HY_CHUNK_IN:
        mask_in(w, test, mask);
        break;
    case HY_CHUNK_IS_NULL:
    case HY_CHUNK_IS_NOT_NULL:
        hy_chunk_valid_mask(w->chunk, w->first, w->n, w->buf, mask);
        if (test->kind == HY_CHUNK_IS_NULL)
            for (size_t i = 0; i < w->n; i++)
                mask[i] ^= 1;
        break;
    }
}

/* ---- Row by row ---- */

/* Equality of raw text, the commonest of its predicates, without making views of rows that differ
 * in length. */
static bool raw_text_equals(const HyChunk *chunk, size_t row, const HyString *text)
{
    uint32_t len =
        chunk->encoding->is_short ? chunk->values[4 * row] : hy_load_u32(chunk->values + 8 * row);
    if (len != (chunk->encoding->is_short ? text->len & 0xFF : text->len))
        return false;
    bool is_null;
    HyString s = hy_chunk_raw_text(chunk, row, &is_null);
    return !is_null && hy_string_equal(&s, text);
}

static bool is_plain_text(HyTypeId id)
{
    return id == HY_TYPE_TEXT || id == HY_TYPE_VARCHAR;
}

/* The first eight bytes of a text as a number of the same order. */
static inline uint64_t text_head(const char *data, uint32_t len, size_t room)
{
    uint64_t head = 0;
    if (room >= 8)
        memcpy(&head, data, 8);
    else
        memcpy(&head, data, len < 8 ? len : 8);
    head = __builtin_bswap64(head);
    return len >= 8 ? head : len == 0 ? 0 : head >> (64 - 8 * len) << (64 - 8 * len);
}

/* Rows of raw text in binary order against one text: its head decides nearly always. */
static uint32_t select_raw_text(const HyChunk *chunk, const HyChunkTest *test, uint32_t first,
    bool sel_is_all, uint32_t *sel, uint32_t n)
{
    const HyString *bound = &test->values[0].string;
    uint64_t bound_head = text_head(hy_string_data(bound), bound->len, bound->len);
    bool takes_less = hy_compare_op_holds(test->op, -1);
    bool takes_greater = hy_compare_op_holds(test->op, 1);
    const char *heap_end = (const char *)chunk->heap + chunk->heap_len;
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = sel_is_all ? i : sel[i];
        bool is_null, passes;
        if (i + HY_TEXT_LOOKAHEAD < n)
            hy_chunk_prefetch_text(
                chunk, first + (sel_is_all ? i + HY_TEXT_LOOKAHEAD : sel[i + HY_TEXT_LOOKAHEAD]));
        HyString s = hy_chunk_raw_text(chunk, first + row, &is_null);
        const char *data = hy_string_data(&s);
        size_t room = s.len > HY_STRING_INLINE ? (size_t)(heap_end - data) : sizeof s - 4;
        uint64_t head = text_head(data, s.len, room);
        if (head != bound_head)
            passes = head < bound_head ? takes_less : takes_greater;
        else
            passes = hy_compare_op_holds(test->op, hy_string_compare(&s, bound));
        sel[k] = row;
        k += passes && !is_null;
    }
    return k;
}

static uint32_t select_rows(const HyChunk *chunk, const HyChunkTest *test, uint32_t first,
    bool sel_is_all, uint32_t *sel, uint32_t n)
{
    bool is_raw_text = chunk->shape == HY_SHAPE_RAW && chunk->physical == HY_PHYS_STRING;
    bool is_raw_equality = is_raw_text && !chunk->type.collation &&
                           test->kind == HY_CHUNK_COMPARE && test->op == HY_CMP_EQ;
    uint32_t k = 0;
    if (is_raw_text && !is_raw_equality && !chunk->type.collation &&
        test->kind == HY_CHUNK_COMPARE && is_plain_text(chunk->type.id))
        return select_raw_text(chunk, test, first, sel_is_all, sel, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = sel_is_all ? i : sel[i];
        HyPayload value;
        if (is_raw_text && i + HY_TEXT_LOOKAHEAD < n)
            hy_chunk_prefetch_text(
                chunk, first + (sel_is_all ? i + HY_TEXT_LOOKAHEAD : sel[i + HY_TEXT_LOOKAHEAD]));
        bool passes = is_raw_equality ? raw_text_equals(chunk, first + row, &test->values[0].string)
                                      : hy_chunk_value(chunk, first + row, &value) &&
                                            hy_chunk_test_payload(chunk, test, value.bytes);
        sel[k] = row;
        k += passes;
    }
    return k;
}

static bool needs_rows(const HyChunk *chunk, const HyChunkTest *test)
{
    if (test->kind == HY_CHUNK_IS_NULL || test->kind == HY_CHUNK_IS_NOT_NULL)
        return false;
    switch (chunk->shape) {
    case HY_SHAPE_DICT:
        return !hy_chunk_dictionary_is_ordered(chunk);
    case HY_SHAPE_TRUNC:
        return chunk->physical ==
               HY_PHYS_INTERVAL; /* differences do not have the order of values */
    case HY_SHAPE_RAW:
    case HY_SHAPE_PLAIN:
        return chunk->physical == HY_PHYS_STRING;
    case HY_SHAPE_SINGLE:
    case HY_SHAPE_ALL_NULL:
        break;
    }
    return false;
}

/* The mask of the rows [first, first + n). */
static void mask_window(
    const HyChunk *chunk, const HyChunkTest *test, size_t first, uint32_t n, uint8_t *mask)
{
    uint8_t buf[HY_VECTOR_SIZE + 8];
    uint8_t codes[HY_VECTOR_SIZE + 8];
    Window w = {.chunk = chunk, .kernels = hy_chunk_kernels(), .first = first, .n = n, .buf = buf};
    if (chunk->shape == HY_SHAPE_DICT || chunk->shape == HY_SHAPE_TRUNC) {
        w.in = hy_chunk_code_bytes(chunk, w.first, n, codes, &w.width);
    } else {
        size_t width = chunk->shape == HY_SHAPE_RAW
                           ? hy_chunk_entry_bytes(chunk->physical, chunk->encoding->is_short)
                           : chunk->width;
        w.in = chunk->values + w.first * width;
        w.width = width == 16 ? 4 : hy_width_index(width);
    }
    make_mask(&w, test, mask);
}

static uint32_t select_by_mask(const HyChunk *chunk, const HyChunkTest *test, uint32_t first,
    bool sel_is_all, uint32_t *sel, uint32_t n_sel)
{
    uint8_t mask[HY_VECTOR_SIZE];
    uint32_t base = sel_is_all ? 0 : sel[0];
    uint32_t n = sel_is_all ? n_sel : sel[n_sel - 1] - base + 1;
    mask_window(chunk, test, (size_t)first + base, n, mask);
    return sel_is_all ? hy_chunk_kernels()->mask_to_rows(sel, mask, n)
                      : select_from(mask, base, n_sel, sel);
}

HyStatus hy_chunk_filter(const HyChunk *chunk, const HyChunkTest *test, uint32_t first,
    bool sel_is_all, uint32_t *sel, uint32_t *n_sel)
{
    uint32_t n = *n_sel;
    if (n == 0)
        return HY_OK;
    /* Single values, all null and tests on nulls alone are answered for the whole chunk at once;
     * for the others this is a look at the bounds, left out where it would search the dictionary
     * twice. */
    bool is_dict = chunk->shape == HY_SHAPE_DICT && test->kind == HY_CHUNK_IN;
    switch (is_dict ? HY_MATCH_SOME : hy_chunk_match(chunk, test)) {
    case HY_MATCH_NONE:
        *n_sel = 0;
        return HY_OK;
    case HY_MATCH_ALL:
        keep_all(sel_is_all, sel, n);
        return HY_OK;
    case HY_MATCH_SOME:
        break;
    }
    uint32_t last = sel_is_all ? n - 1 : sel[n - 1];
    if (hy_chunk_zones_exclude(chunk, test, first, last + 1)) {
        *n_sel = 0;
        return HY_OK;
    }
    *n_sel = needs_rows(chunk, test) ? select_rows(chunk, test, first, sel_is_all, sel, n)
                                     : select_by_mask(chunk, test, first, sel_is_all, sel, n);
    return HY_OK;
}

/* Whether a condition is answered by a mask of its codes or values. */
static bool is_maskable(const HyChunkCondition *condition)
{
    HyChunkShape shape = condition->chunk->shape;
    return shape != HY_SHAPE_SINGLE && shape != HY_SHAPE_ALL_NULL &&
           !needs_rows(condition->chunk, &condition->test);
}

static bool is_any_set(const uint8_t *mask, uint32_t n)
{
    uint8_t any = 0;
    for (uint32_t i = 0; i < n; i++)
        any |= mask[i];
    return any != 0;
}

HyStatus hy_chunk_filter_all(
    const HyChunkCondition *conditions, size_t n, uint32_t first, uint32_t *sel, uint32_t *n_sel)
{
    uint8_t all[HY_VECTOR_SIZE], mask[HY_VECTOR_SIZE];
    uint32_t n_rows = *n_sel;
    bool has_mask = false;
    for (size_t i = 0; i < n && n_rows > 0; i++) {
        const HyChunkCondition *c = &conditions[i];
        if (!is_maskable(c))
            continue;
        if (hy_chunk_zones_exclude(c->chunk, &c->test, first, first + n_rows)) {
            *n_sel = 0;
            return HY_OK;
        }
        mask_window(c->chunk, &c->test, first, n_rows, has_mask ? mask : all);
        if (has_mask)
            hy_chunk_kernels()->and_mask(all, mask, n_rows);
        has_mask = true;
        if (!is_any_set(all, n_rows)) {
            *n_sel = 0;
            return HY_OK;
        }
    }
    if (has_mask)
        *n_sel = hy_chunk_kernels()->mask_to_rows(sel, all, n_rows);
    bool is_all = !has_mask || *n_sel == n_rows;
    for (size_t i = 0; i<n && * n_sel> 0; i++) {
        const HyChunkCondition *c = &conditions[i];
        uint32_t before = *n_sel;
        if (!is_maskable(c))
            HY_TRY(hy_chunk_filter(c->chunk, &c->test, first, is_all, sel, n_sel));
        is_all = is_all && *n_sel == before;
    }
    return HY_OK;
}
