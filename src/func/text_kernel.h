/* What kernels over text share: reading a row's string, making a result string, and the loop around
 * a function of one row. */
#ifndef HY_FUNC_TEXT_KERNEL_H
#define HY_FUNC_TEXT_KERNEL_H

#include "base/utf8.h"
#include "func/signature.h"

/* The string of a row, whatever the vector's form. */
static inline HyString hy_arg_string(const HyVector *v, size_t row)
{
    return ((const HyString *)hy_vector_values(v))[hy_vector_index(v, row)];
}
static inline int64_t hy_arg_int8(const HyVector *v, size_t row)
{
    return ((const int64_t *)hy_vector_values(v))[hy_vector_index(v, row)];
}

/* Room for a result string of at most `len` bytes, in the batch's arena. Errors: 53200, 54000 above
 * 1 GiB. */
HyStatus hy_text_room(HyFuncEnv *env, size_t len, char **out) HY_MUST_CHECK;

/* hy_resolve_signatures, for functions whose result of char(n) is char(n) again. */
HyStatus hy_resolve_keeping_char(HyFuncCall *call) HY_MUST_CHECK;

/* Defines a kernel `name` whose BODY computes `R r` of one row that is not null, from the row
 * number `i` and the arguments `args`; the body may return an error. */
#define HY_TEXT_KERNEL(name, R, BODY)                                                              \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args HY_UNUSED, size_t n, HyVector *out)                                   \
    {                                                                                              \
        R *results = out->data;                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            R r;                                                                                   \
            memset(&r, 0, sizeof r);                                                               \
            if (!hy_vector_is_null(out, i)) {                                                      \
                BODY                                                                               \
            }                                                                                      \
            results[i] = r;                                                                        \
        }                                                                                          \
        return HY_OK;                                                                              \
    }

/* Signatures over text and bigint, the argument types of nearly all text functions. */
#define HY_T HY_TYPE_TEXT
#define HY_I HY_TYPE_INT8

#endif
