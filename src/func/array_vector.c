/* Arrays of floating-point numbers as vectors: dot product, cosine similarity, quantization. */
#include "func/array_kernel.h"
#include "func/families.h"

#include <math.h>

static double number_of(const HyArrayReader *reader)
{
    if (reader->element_size == sizeof(float)) {
        float f;
        memcpy(&f, reader->payload, sizeof f);
        return (double)f;
    }
    double d;
    memcpy(&d, reader->payload, sizeof d);
    return d;
}

typedef struct Products {
    double dot;
    double left;  /* sum of squares */
    double right; /* sum of squares */
    bool has_null;
} Products;

static HyStatus multiply(const HyFuncCall *call, const HyVector *args, size_t row, Products *out)
{
    HyArrayRow a;
    HyArrayRow b;
    *out = (Products){0};
    HY_TRY(hy_array_row(&args[0], row, &a));
    HY_TRY(hy_array_row(&args[1], row, &b));
    if (a.reader.count != b.reader.count)
        return hy_error("22023", "mismatched array lengths for '%s': '%u' vs. '%u' (must be equal)",
            call->func->name, (unsigned)a.reader.count, (unsigned)b.reader.count);
    while (hy_array_next(&a.reader) && hy_array_next(&b.reader)) {
        double x = number_of(&a.reader);
        double y = number_of(&b.reader);
        out->has_null |= a.reader.is_null || b.reader.is_null;
        out->dot += x * y;
        out->left += x * x;
        out->right += y * y;
    }
    return HY_OK;
}

static HyStatus set_null(HyFuncEnv *env, HyVector *out, size_t n, size_t row)
{
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_clear(out->validity, row);
    return HY_OK;
}

HY_TEXT_KERNEL(dot_product, double, {
    Products p;
    HY_TRY(multiply(call, args, i, &p));
    r = p.dot;
    if (p.has_null)
        HY_TRY(set_null(env, out, n, i));
})

/* Without a direction there is no similarity. */
HY_TEXT_KERNEL(cosine_similarity, double, {
    Products p;
    HY_TRY(multiply(call, args, i, &p));
    double length = sqrt(p.left) * sqrt(p.right);
    if (p.has_null || length == 0)
        HY_TRY(set_null(env, out, n, i));
    else
        r = p.dot / length;
})

/* One bit per element, set if it is above zero or above the corresponding threshold; the first
 * element is the least significant bit of the first byte. */
static HyStatus quantize_row(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t row, HyString *out)
{
    HyArrayRow a;
    HyArrayRow b;
    char *bits;
    HY_TRY(hy_array_row(&args[0], row, &a));
    HY_TRY(hy_array_row(&args[call->n_args - 1], row, &b));
    if (a.reader.count != b.reader.count)
        return hy_error("22023", "mismatched array lengths for '%s': '%u' vs. '%u' (must be equal)",
            call->func->name, (unsigned)a.reader.count, (unsigned)b.reader.count);
    size_t len = ((size_t)a.reader.count + 7) / 8;
    HY_TRY(hy_text_room(env, len, &bits));
    memset(bits, 0, len);
    for (size_t k = 0; hy_array_next(&a.reader) && hy_array_next(&b.reader); k++) {
        double threshold = call->n_args == 2 ? number_of(&b.reader) : 0;
        if (number_of(&a.reader) > threshold)
            bits[k / 8] = (char)(bits[k / 8] | 1 << (k % 8));
    }
    *out = hy_string_view(bits, len);
    return HY_OK;
}

HY_TEXT_KERNEL(binary_quantize, HyString, HY_TRY(quantize_row(env, call, args, i, &r));)

static bool is_vector(HyType type)
{
    return type.id == HY_TYPE_ARRAY && type.element &&
           (type.element->id == HY_TYPE_FLOAT4 || type.element->id == HY_TYPE_FLOAT8);
}

static bool are_alike(const HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++)
        if (!is_vector(call->arg_types[i]) ||
            call->arg_types[i].element->id != call->arg_types[0].element->id)
            return false;
    return true;
}

static HyStatus resolve_product(HyFuncCall *call)
{
    bool is_dot = call->func->name[0] == 'd';
    if (call->n_args != 2 || !are_alike(call))
        return hy_call_requires(call, "two arguments of the same floating-point array type");
    hy_call_set(call, hy_type(HY_TYPE_FLOAT8), is_dot ? dot_product : cosine_similarity,
        HY_SIG_MAY_NULL | HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_quantize(HyFuncCall *call)
{
    if (call->n_args < 1 || call->n_args > 2 || !are_alike(call))
        return hy_call_requires(call, "a numerical array argument with non-nullable elements and "
                                      "an optional correction of the same type");
    hy_call_set(call, hy_type(HY_TYPE_BYTEA), binary_quantize, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static const HyFunc functions[] = {
    {"dot_product", HY_FUNC_SCALAR, HY_IMMUTABLE, 0, 255, resolve_product, NULL,
        "dot_product(array(real), array(real)) -> double precision",
        "The sum of the products of corresponding elements."},
    {"cosine_similarity", HY_FUNC_SCALAR, HY_IMMUTABLE, 0, 255, resolve_product, NULL,
        "cosine_similarity(array(real), array(real)) -> double precision",
        "The cosine of the angle between two vectors."},
    {"binary_quantize", HY_FUNC_SCALAR, HY_IMMUTABLE, 0, 255, resolve_quantize, NULL,
        "binary_quantize(array(real) [, thresholds array(real)]) -> bytea",
        "A bit for each element: whether it is above zero, or above its threshold."},
};
HY_DEFINE_FAMILY(array_vector, functions);
