/* Single bytes and bits of bytea, and how alike two are. */
#include "func/families.h"
#include "func/text_kernel.h"

static int32_t arg_int4(const HyVector *v, size_t row)
{
    return ((const int32_t *)hy_vector_values(v))[hy_vector_index(v, row)];
}

static HyStatus check_position(const char *what, int64_t position, uint64_t count)
{
    return position >= 0 && (uint64_t)position < count
               ? HY_OK
               : hy_error("22023", "invalid %s position '%lld'", what, (long long)position);
}

HY_TEXT_KERNEL(get_byte, int32_t, {
    HyString s = hy_arg_string(&args[0], i);
    int32_t at = arg_int4(&args[1], i);
    HY_TRY(check_position("byte", at, s.len));
    r = (unsigned char)hy_string_data(&s)[at];
})

/* Bit 0 is the least significant of the first byte. */
HY_TEXT_KERNEL(get_bit, int32_t, {
    HyString s = hy_arg_string(&args[0], i);
    int32_t at = arg_int4(&args[1], i);
    HY_TRY(check_position("bit", at, (uint64_t)s.len * 8));
    r = ((unsigned char)hy_string_data(&s)[at / 8] >> (at % 8)) & 1;
})

static HyStatus copy_bytes(HyFuncEnv *env, const HyString *s, char **out)
{
    HY_TRY(hy_text_room(env, s->len, out));
    memcpy(*out, hy_string_data(s), s->len);
    return HY_OK;
}

HY_TEXT_KERNEL(set_byte, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    int32_t at = arg_int4(&args[1], i);
    char *bytes;
    HY_TRY(check_position("byte", at, s.len));
    HY_TRY(copy_bytes(env, &s, &bytes));
    bytes[at] = (char)arg_int4(&args[2], i);
    r = hy_string_view(bytes, s.len);
})

HY_TEXT_KERNEL(set_bit, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    int32_t at = arg_int4(&args[1], i);
    char *bytes;
    HY_TRY(check_position("bit", at, (uint64_t)s.len * 8));
    HY_TRY(copy_bytes(env, &s, &bytes));
    int bit = 1 << (at % 8);
    bytes[at / 8] = (char)(arg_int4(&args[2], i) ? bytes[at / 8] | bit : bytes[at / 8] & ~bit);
    r = hy_string_view(bytes, s.len);
})

static size_t count_differing_bits(const char *a, const char *b, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += (size_t)__builtin_popcount((unsigned char)(a[i] ^ b[i]));
    return n;
}

HY_TEXT_KERNEL(hamming_similarity, double, {
    HyString a = hy_arg_string(&args[0], i);
    HyString b = hy_arg_string(&args[1], i);
    if (a.len != b.len)
        return hy_error("22023", "byte length mismatch for hamming similarity: %u versus %u",
            (unsigned)a.len, (unsigned)b.len);
    if (a.len == 0) {
        HY_TRY(hy_vector_need_validity(env->arena, out, n));
        hy_bitmap_clear(out->validity, i);
    } else {
        size_t differing = count_differing_bits(hy_string_data(&a), hy_string_data(&b), a.len);
        r = 1 - (double)differing / ((double)a.len * 8);
    }
})

/* ---- Registry ---- */

#define BYTEA HY_TYPE_BYTEA
#define INT4  HY_TYPE_INT4

static const HySignature get_byte_sigs[] = {{2, {BYTEA, INT4}, INT4, get_byte, HY_SIG_CAN_FAIL}};
static const HySignature get_bit_sigs[] = {{2, {BYTEA, INT4}, INT4, get_bit, HY_SIG_CAN_FAIL}};
static const HySignature set_byte_sigs[] = {
    {3, {BYTEA, INT4, INT4}, BYTEA, set_byte, HY_SIG_CAN_FAIL}};
static const HySignature set_bit_sigs[] = {
    {3, {BYTEA, INT4, INT4}, BYTEA, set_bit, HY_SIG_CAN_FAIL}};
static const HySignature hamming_sigs[] = {
    {2, {BYTEA, BYTEA}, HY_TYPE_FLOAT8, hamming_similarity, HY_SIG_CAN_FAIL | HY_SIG_MAY_NULL}};

#define BYTES_FUNC(name, n, sigs, signature, doc)                                                  \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n, n, hy_resolve_signatures, HY_SIGNATURES(sigs),      \
            signature, doc                                                                         \
    }
static const HyFunc functions[] = {
    BYTES_FUNC("get_byte", 2, get_byte_sigs, "get_byte(bytea, position integer) -> integer",
        "The byte at a position, counted from 0."),
    BYTES_FUNC("get_bit", 2, get_bit_sigs, "get_bit(bytea, position integer) -> integer",
        "The bit at a position; 0 is the least significant of the first byte."),
    BYTES_FUNC("set_byte", 3, set_byte_sigs,
        "set_byte(bytea, position integer, value integer) -> bytea", "With one byte replaced."),
    BYTES_FUNC("set_bit", 3, set_bit_sigs,
        "set_bit(bytea, position integer, value integer) -> bytea", "With one bit replaced."),
    BYTES_FUNC("hamming_similarity", 2, hamming_sigs,
        "hamming_similarity(bytea, bytea) -> double precision",
        "The share of bits that are the same in both."),
};
HY_DEFINE_FAMILY(bytes, functions);
