/* What aggregate families share: how an update loop walks rows, groups and nulls. */
#ifndef HY_FUNC_AGGREGATE_H
#define HY_FUNC_AGGREGATE_H

#include "func/function.h"

/* The body of an update function over one argument of C type T and states of type S:
 *
 *     HY_EACH_ROW(int32_t, SumState, { s->sum += x; s->count++; });
 *
 * runs the block for each row that is not null, with `x` the value and `s` its group's state. The
 * common case (flat, no nulls) is a loop of its own, so that ungrouped sums vectorize. */
#define HY_EACH_ROW(T, S, BLOCK)                                                                   \
    do {                                                                                           \
        const T *values_ = hy_vector_values(&args[0]);                                             \
        S *all_ = states;                                                                          \
        if (args[0].kind == HY_VECTOR_FLAT && !args[0].validity) {                                 \
            for (size_t i_ = 0; i_ < n; i_++) {                                                    \
                const T x = values_[i_];                                                           \
                S *s = &all_[groups ? groups[i_] : 0];                                             \
                BLOCK                                                                              \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t i_ = 0; i_ < n; i_++) {                                                    \
                if (hy_vector_is_null(&args[0], i_))                                               \
                    continue;                                                                      \
                const T x = values_[hy_vector_index(&args[0], i_)];                                \
                S *s = &all_[groups ? groups[i_] : 0];                                             \
                BLOCK                                                                              \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* The parts of an update function's signature. */
#define HY_UPDATE_ARGS                                                                             \
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED, const HyVector *args HY_UNUSED,    \
        size_t n, const uint32_t *groups, void *states, HyArena *heap HY_UNUSED
#define HY_COMBINE_ARGS                                                                            \
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED, void *into_, const void *from_,    \
        HyArena *heap HY_UNUSED
#define HY_FINALIZE_ARGS                                                                           \
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, void *states, size_t n, HyVector *out
#define HY_REMOVE_ARGS                                                                             \
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED, const HyVector *args HY_UNUSED,    \
        size_t n, void *state, HyArena *heap HY_UNUSED

/* Marks result i of n null. */
HyStatus hy_aggregate_null(HyFuncEnv *env, HyVector *out, size_t n, size_t i) HY_MUST_CHECK;

/* For resolvers: aggregates of one argument give null for no rows unless they count. */
void hy_call_set_aggregate(HyFuncCall *call, HyType result, const HyAggregate *aggregate);
/* An argument without type (NULL) becomes text, as a column made of it would. */
void hy_call_default_unknown(HyFuncCall *call);

#endif
