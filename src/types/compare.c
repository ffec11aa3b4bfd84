#include "types/compare.h"
#include "base/utf8.h"
#include "types/array.h"
#include "types/collation.h"
#include "types/interval.h"
#include "types/kernels.h"

#define COMPARE_AS(T)                                                                              \
    do {                                                                                           \
        T x, y;                                                                                    \
        memcpy(&x, a, sizeof x);                                                                   \
        memcpy(&y, b, sizeof y);                                                                   \
        return (x > y) - (x < y);                                                                  \
    } while (0)

static int compare_doubles(double x, double y)
{
    if (x != x || y != y)
        return (x != x) - (y != y);
    return (x > y) - (x < y);
}

static int compare_arrays(HyType element, const void *a, const void *b)
{
    HyString sa, sb;
    memcpy(&sa, a, sizeof sa);
    memcpy(&sb, b, sizeof sb);
    HyArrayReader ra, rb;
    HyStatus st = hy_array_open(element, &sa, &ra);
    if (!st)
        st = hy_array_open(element, &sb, &rb);
    if (st) { /* no array at all: any order that is one */
        hy_error_free(st);
        return hy_string_compare(&sa, &sb);
    }
    while (ra.index < ra.count && rb.index < rb.count) {
        hy_array_next(&ra);
        hy_array_next(&rb);
        int c = ra.is_null - rb.is_null;
        if (c == 0 && !ra.is_null)
            c = hy_compare_payload(element, ra.payload, rb.payload);
        if (c != 0)
            return c;
    }
    return (ra.count > rb.count) - (ra.count < rb.count);
}

static HyString char1_string(const void *payload)
{
    uint32_t code;
    memcpy(&code, payload, 4);
    char bytes[4];
    return hy_string_view(bytes, code ? hy_utf8_encode(code, bytes) : 0);
}

int hy_compare_payload(HyType type, const void *a, const void *b)
{
    switch (hy_type_physical(type)) {
    case HY_PHYS_U8:
        COMPARE_AS(uint8_t);
    case HY_PHYS_I16:
        COMPARE_AS(int16_t);
    case HY_PHYS_I32:
        COMPARE_AS(int32_t);
    case HY_PHYS_U32:
        if (type.id == HY_TYPE_CHAR1 && type.collation) {
            HyString x = char1_string(a), y = char1_string(b);
            return hy_collation_compare(type.collation, &x, &y);
        }
        COMPARE_AS(uint32_t);
    case HY_PHYS_I64:
        COMPARE_AS(int64_t);
    case HY_PHYS_U64:
        COMPARE_AS(uint64_t);
    case HY_PHYS_I128:
        COMPARE_AS(HyInt128);
    case HY_PHYS_F32:
        return compare_doubles((double)hy_load_f32(a), (double)hy_load_f32(b));
    case HY_PHYS_F64:
        return compare_doubles(hy_load_f64(a), hy_load_f64(b));
    case HY_PHYS_INTERVAL: {
        HyInterval x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return hy_interval_compare(x, y);
    }
    case HY_PHYS_UUID:
        return memcmp(a, b, 16);
    case HY_PHYS_STRING:
        break;
    }
    if (type.id == HY_TYPE_ARRAY && type.element)
        return compare_arrays(*type.element, a, b);
    HyString x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return hy_collation_compare(type.collation, &x, &y);
}

int hy_compare_value(const HyValue *a, const HyValue *b)
{
    return hy_compare_payload(a->type, hy_value_payload(a), hy_value_payload(b));
}

/* Rows are brought into flat form this many at a time, on the stack. */
#define CHUNK_ROWS 256

typedef union Chunk {
    HyString strings[CHUNK_ROWS];
    uint64_t words[2 * CHUNK_ROWS];
} Chunk;

static HyCompareKernel pick_kernel(HyPhysical physical, HyCompareOp op, bool constant_b)
{
    return HY_KERNEL_PICK(hy_compare_kernel)(physical, op, constant_b);
}

static bool outcome(HyCompareOp op, int c)
{
    switch (op) {
    case HY_CMP_EQ:
        return c == 0;
    case HY_CMP_NE:
        return c != 0;
    case HY_CMP_LT:
        return c < 0;
    case HY_CMP_LE:
        return c <= 0;
    case HY_CMP_GT:
        return c > 0;
    case HY_CMP_GE:
        return c >= 0;
    }
    return false;
}

static HyCompareOp mirrored(HyCompareOp op)
{
    static const HyCompareOp other[] = {[HY_CMP_EQ] = HY_CMP_EQ,
        [HY_CMP_NE] = HY_CMP_NE,
        [HY_CMP_LT] = HY_CMP_GT,
        [HY_CMP_LE] = HY_CMP_GE,
        [HY_CMP_GT] = HY_CMP_LT,
        [HY_CMP_GE] = HY_CMP_LE};
    return other[op];
}

/* Text with a collation, and arrays. */
static void compare_slowly(
    HyCompareOp op, const HyVector *a, const HyVector *b, size_t n, uint8_t *out)
{
    size_t width = hy_physical_size(hy_type_physical(a->type));
    const char *va = hy_vector_values(a), *vb = hy_vector_values(b);
    HyType type = a->type;
    if (!type.collation)
        type.collation = b->type.collation;
    for (size_t i = 0; i < n; i++) {
        int c = 0;
        if (!hy_vector_is_null(a, i) && !hy_vector_is_null(b, i))
            c = hy_compare_payload(
                type, va + hy_vector_index(a, i) * width, vb + hy_vector_index(b, i) * width);
        out[i] = outcome(op, c);
    }
}

static bool is_slow(HyCompareOp op, HyType type)
{
    if (type.id == HY_TYPE_ARRAY)
        return true;
    if (!type.collation)
        return false;
    bool equality = op == HY_CMP_EQ || op == HY_CMP_NE;
    return !equality || !hy_collation_is_exact(type.collation);
}

/* Address of the rows [start, start + n) in flat form. */
static const void *flat_rows(
    const HyVector *v, size_t width, size_t start, size_t n, Chunk *scratch)
{
    if (v->kind == HY_VECTOR_FLAT)
        return (const char *)v->data + start * width;
    const char *values = v->dict->values;
    const uint32_t *codes = (const uint32_t *)v->data + start;
    switch (width) { /* fixed sizes let memcpy become a move */
    case 4:
        for (size_t i = 0; i < n; i++)
            memcpy((char *)scratch + i * 4, values + (size_t)codes[i] * 4, 4);
        break;
    case 8:
        for (size_t i = 0; i < n; i++)
            memcpy((char *)scratch + i * 8, values + (size_t)codes[i] * 8, 8);
        break;
    case 16:
        for (size_t i = 0; i < n; i++)
            memcpy((char *)scratch + i * 16, values + (size_t)codes[i] * 16, 16);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            memcpy((char *)scratch + i * width, values + (size_t)codes[i] * width, width);
        break;
    }
    return scratch;
}

/* A small dictionary against a constant: compare its entries once, then look the codes up. */
static void compare_dictionary(
    HyCompareKernel kernel, const HyVector *a, const HyVector *b, size_t n, uint8_t *out)
{
    uint8_t flags[HY_VECTOR_SIZE];
    const uint32_t *codes = a->data;
    kernel(a->dict->values, b->data, a->dict->size, flags);
    for (size_t i = 0; i < n; i++)
        out[i] = flags[codes[i]];
}

/* Equality looks at all elements for a difference, order only up to the first one. */
HyStatus hy_compare_arrays(
    HyCompareOp op, HyType element, const HyString *a, const HyString *b, bool *out, bool *is_known)
{
    HyArrayReader ra, rb;
    bool is_equality = op == HY_CMP_EQ || op == HY_CMP_NE;
    HY_TRY(hy_array_open(element, a, &ra));
    HY_TRY(hy_array_open(element, b, &rb));
    int c = is_equality ? ra.count != rb.count : 0;
    *is_known = true;
    while (c == 0 && (is_equality || *is_known) && ra.index < ra.count && rb.index < rb.count) {
        hy_array_next(&ra);
        hy_array_next(&rb);
        if (ra.is_null || rb.is_null)
            *is_known = false;
        else
            c = hy_compare_payload(element, ra.payload, rb.payload);
    }
    if (is_equality && c != 0)
        *is_known = true;
    if (c == 0)
        c = (ra.count > rb.count) - (ra.count < rb.count);
    *out = outcome(op, c);
    return HY_OK;
}

HyStatus hy_compare_vectors(
    HyCompareOp op, const HyVector *a, const HyVector *b, size_t n, uint8_t *out)
{
    if (n == 0)
        return HY_OK;
    if (is_slow(op, a->type) || is_slow(op, b->type)) {
        compare_slowly(op, a, b, n, out);
        return HY_OK;
    }
    if (a->kind == HY_VECTOR_CONSTANT) {
        const HyVector *swap = a;
        a = b;
        b = swap;
        op = mirrored(op);
    }
    HyPhysical physical = hy_type_physical(a->type);
    bool constant_b = b->kind == HY_VECTOR_CONSTANT;
    HyCompareKernel kernel = pick_kernel(physical, op, constant_b);
    if (a->kind == HY_VECTOR_CONSTANT) { /* both */
        kernel(a->data, b->data, 1, out);
        memset(out, out[0], n);
        return HY_OK;
    }
    if (a->kind == HY_VECTOR_DICTIONARY && constant_b && a->dict->size <= n &&
        a->dict->size <= HY_VECTOR_SIZE) {
        compare_dictionary(kernel, a, b, n, out);
        return HY_OK;
    }
    size_t width = hy_physical_size(physical);
    if (a->kind == HY_VECTOR_FLAT && (constant_b || b->kind == HY_VECTOR_FLAT)) {
        kernel(a->data, b->data, n, out);
        return HY_OK;
    }
    Chunk left, right;
    for (size_t start = 0; start < n; start += CHUNK_ROWS) {
        size_t rows = n - start < CHUNK_ROWS ? n - start : CHUNK_ROWS;
        const void *rows_a = flat_rows(a, width, start, rows, &left);
        const void *rows_b = constant_b ? b->data : flat_rows(b, width, start, rows, &right);
        kernel(rows_a, rows_b, rows, out + start);
    }
    return HY_OK;
}
