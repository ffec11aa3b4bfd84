/* The families of functions that make up the registry: each is an array in a file of its own, in
 * any order. A new family is one more line in HY_FUNC_FAMILIES. */
#ifndef HY_FUNC_FAMILIES_H
#define HY_FUNC_FAMILIES_H

#include "func/function.h"

#define HY_FUNC_FAMILIES(X)                                                                        \
    X(aggregate_basic)                                                                             \
    X(aggregate_collect)                                                                           \
    X(aggregate_list)                                                                              \
    X(aggregate_logic)                                                                             \
    X(aggregate_minmax)                                                                            \
    X(aggregate_shape)                                                                             \
    X(aggregate_sketch)                                                                            \
    X(aggregate_statistics)                                                                        \
    X(arithmetic)                                                                                  \
    X(array_edit)                                                                                  \
    X(array_lambda)                                                                                \
    X(array_search)                                                                                \
    X(array_text)                                                                                  \
    X(array_vector)                                                                                \
    X(bytes)                                                                                       \
    X(cast_call)                                                                                   \
    X(datetime_make)                                                                               \
    X(datetime_part)                                                                               \
    X(datetime_trunc)                                                                              \
    X(format_number)                                                                               \
    X(greatest)                                                                                    \
    X(json)                                                                                        \
    X(like)                                                                                        \
    X(math)                                                                                        \
    X(math_integer)                                                                                \
    X(math_round)                                                                                  \
    X(operators)                                                                                   \
    X(refused)                                                                                     \
    X(regexp)                                                                                      \
    X(system_catalog)                                                                              \
    X(system_session)                                                                              \
    X(system_type)                                                                                 \
    X(table_series)                                                                                \
    X(table_unnest)                                                                                \
    X(text_basic)                                                                                  \
    X(text_code)                                                                                   \
    X(text_part)                                                                                   \
    X(to_char)                                                                                     \
    X(to_date)                                                                                     \
    X(window)
typedef struct HyFuncFamily {
    const HyFunc *items;
    size_t n;
} HyFuncFamily;

#define HY_DECLARE_FAMILY(name) extern const HyFuncFamily hy_family_##name;
HY_FUNC_FAMILIES(HY_DECLARE_FAMILY)
#undef HY_DECLARE_FAMILY

/* Defines hy_family_<name> over an array of HyFunc in the same file. */
#define HY_DEFINE_FAMILY(name, array)                                                              \
    const HyFuncFamily hy_family_##name = {(array), sizeof(array) / sizeof((array)[0])}

#endif
