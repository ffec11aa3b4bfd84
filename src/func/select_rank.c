#include "func/select_rank.h"
#include "base/bytes.h"
#include "types/compare.h"

#include <math.h>
#include <stdlib.h>

#define DEFINE_SELECT(name, T)                                                                     \
    static T middle_##name(T a, T b, T c)                                                          \
    {                                                                                              \
        if (a < b)                                                                                 \
            return b < c ? b : a < c ? c : a;                                                      \
        return a < c ? a : b < c ? c : b;                                                          \
    }                                                                                              \
    static void select_##name(T *v, uint64_t n, uint64_t k)                                        \
    {                                                                                              \
        int64_t low = 0, high = (int64_t)n - 1, rank = (int64_t)k;                                 \
        while (low < high) {                                                                       \
            T pivot = middle_##name(v[low], v[low + (high - low) / 2], v[high]);                   \
            int64_t i = low, j = high;                                                             \
            while (i <= j) {                                                                       \
                while (v[i] < pivot)                                                               \
                    i++;                                                                           \
                while (pivot < v[j])                                                               \
                    j--;                                                                           \
                if (i > j)                                                                         \
                    break;                                                                         \
                T swapped = v[i];                                                                  \
                v[i++] = v[j];                                                                     \
                v[j--] = swapped;                                                                  \
            }                                                                                      \
            if (rank <= j)                                                                         \
                high = j;                                                                          \
            else if (rank >= i)                                                                    \
                low = i;                                                                           \
            else                                                                                   \
                return;                                                                            \
        }                                                                                          \
    }

DEFINE_SELECT(i16, int16_t)
DEFINE_SELECT(i32, int32_t)
DEFINE_SELECT(u32, uint32_t)
DEFINE_SELECT(i64, int64_t)
DEFINE_SELECT(i128, HyInt128)
DEFINE_SELECT(f64, double)

/* Moves NaN behind the numbers; returns how many there are of those. */
static uint64_t numbers_first(double *v, uint64_t n)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < n; i++) {
        double x = v[i];
        if (isnan(x))
            continue;
        v[i] = v[kept];
        v[kept++] = x;
    }
    return kept;
}

static int compare_values(const void *a, const void *b, void *type)
{
    return hy_compare_payload(*(const HyType *)type, a, b);
}

void hy_select_rank(HyType type, char *values, uint64_t n, uint64_t k)
{
    void *v = values;
    switch (hy_type_physical(type)) {
    case HY_PHYS_I16:
        select_i16(v, n, k);
        break;
    case HY_PHYS_I32:
        select_i32(v, n, k);
        break;
    case HY_PHYS_U32:
        select_u32(v, n, k);
        break;
    case HY_PHYS_I64:
        select_i64(v, n, k);
        break;
    case HY_PHYS_I128:
        select_i128(v, n, k);
        break;
    case HY_PHYS_F64: {
        uint64_t n_numbers = numbers_first(v, n);
        if (k < n_numbers)
            select_f64(v, n_numbers, k);
        break;
    }
    default:
        qsort_r(values, n, hy_physical_size(hy_type_physical(type)), compare_values, &type);
        break;
    }
}

void hy_select_next_rank(HyType type, char *values, uint64_t n, uint64_t k)
{
    hy_select_rank(type, values + k * hy_physical_size(hy_type_physical(type)), n - k, 0);
}
