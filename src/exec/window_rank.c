/* Window functions of position: they need places, peers and frames, but no states. */
#include "exec/window_internal.h"

/* ---- Numbers ---- */

static HyStatus row_numbers(HyWinGroup *group, int64_t *out)
{
    for (size_t p = 0; p < group->n_partitions; p++) {
        int64_t base = p == 0 ? (int64_t)group->base_rows : 0;
        for (uint32_t i = group->starts[p]; i < group->starts[p + 1]; i++)
            out[i] = base + (int64_t)(i - group->starts[p]) + 1;
    }
    return HY_OK;
}

static HyStatus ranks(HyWinGroup *group, HyWindowFunction function, int64_t *out)
{
    HY_TRY(hy_win_peers(group));
    for (size_t p = 0; p < group->n_partitions; p++) {
        uint32_t start = group->starts[p];
        int64_t base = p == 0 ? (int64_t)group->base_rows : 0;
        int64_t dense = p == 0 ? (int64_t)group->base_peers : 0;
        for (uint32_t i = start; i < group->starts[p + 1]; i++) {
            dense += group->peer_start[i] == i;
            if (function == HY_WIN_RANK)
                out[i] = base + (int64_t)(group->peer_start[i] - start) + 1;
            else if (function == HY_WIN_DENSE_RANK)
                out[i] = dense;
            else /* the place of the last peer */
                out[i] = base + (int64_t)(group->peer_end[i] - start);
        }
    }
    return HY_OK;
}

static HyStatus relative_ranks(HyWinGroup *group, HyWindowFunction function, double *out)
{
    HY_TRY(hy_win_peers(group));
    for (size_t p = 0; p < group->n_partitions; p++) {
        uint32_t start = group->starts[p], n = group->starts[p + 1] - start;
        for (uint32_t i = start; i < start + n; i++) {
            if (function == HY_WIN_CUME_DIST)
                out[i] = (double)(group->peer_end[i] - start) / (double)n;
            else
                out[i] = n > 1 ? (double)(group->peer_start[i] - start) / (double)(n - 1) : 0;
        }
    }
    return HY_OK;
}

static int64_t integer_at(const HyVector *v, size_t row)
{
    const void *values = v->data;
    switch (hy_type_physical(v->type)) {
    case HY_PHYS_I16:
        return ((const int16_t *)values)[row];
    case HY_PHYS_I32:
        return ((const int32_t *)values)[row];
    default:
        return ((const int64_t *)values)[row];
    }
}

static void put_integer(HyVector *v, size_t row, int64_t value)
{
    if (hy_type_physical(v->type) == HY_PHYS_I32)
        ((int32_t *)v->data)[row] = (int32_t)value;
    else
        ((int64_t *)v->data)[row] = value;
}

static HyStatus set_null(HyWinGroup *group, HyVector *v, size_t row)
{
    HY_TRY(hy_vector_need_validity(group->arena, v, group->n_rows));
    hy_bitmap_clear(v->validity, row);
    return HY_OK;
}

/* The first of the buckets are one row larger when the rows do not divide evenly. */
/* Row i of n goes to bucket i * k / n: larger buckets are spread, not first. */
static HyStatus ntile(HyWinGroup *group, const HyWinItem *item, HyVector *out)
{
    HyVector buckets;
    HY_TRY(hy_win_column(group, item->args[0], &buckets));
    for (size_t p = 0; p < group->n_partitions; p++) {
        uint32_t start = group->starts[p];
        int64_t n = (int64_t)(group->starts[p + 1] - start);
        for (uint32_t i = start; i < group->starts[p + 1]; i++) {
            if (hy_vector_is_null(&buckets, i)) {
                HY_TRY(set_null(group, out, i));
                continue;
            }
            int64_t k = integer_at(&buckets, i), at = (int64_t)(i - start);
            if (k <= 0)
                return hy_error("22014", "argument of ntile must be greater than zero");
            put_integer(out, i, at * (k < n ? k : n) / n + 1);
        }
    }
    return HY_OK;
}

/* ---- Values of other rows ---- */

#define NO_ROW UINT32_MAX

/* out[i] = v[from[i]]; NO_ROW gives null. */
static HyStatus take_rows(
    HyWinGroup *group, const HyVector *v, uint32_t *from, HyType type, HyVector *out)
{
    uint8_t *is_missing;
    HY_WIN_NEW(group, is_missing, group->n_rows);
    for (uint32_t i = 0; i < group->n_rows; i++) {
        is_missing[i] = from[i] == NO_ROW;
        if (is_missing[i])
            from[i] = i;
    }
    HY_TRY(hy_vector_gather(group->arena, v, from, group->n_rows, out));
    out->type = type;
    for (uint32_t i = 0; i < group->n_rows; i++)
        if (is_missing[i])
            HY_TRY(set_null(group, out, i));
    return HY_OK;
}

/* Rows beside which there is none take the third argument. */
static HyStatus fill_defaults(
    HyWinGroup *group, const HyWinItem *item, const uint8_t *is_outside, HyVector *out)
{
    HyVector defaults;
    size_t width = hy_physical_size(hy_type_physical(out->type));
    HY_TRY(hy_win_column(group, item->args[2], &defaults));
    for (uint32_t i = 0; i < group->n_rows; i++) {
        if (!is_outside[i] || hy_vector_is_null(&defaults, i))
            continue;
        memcpy((char *)out->data + i * width, (const char *)defaults.data + i * width, width);
        if (out->validity)
            hy_bitmap_set(out->validity, i);
    }
    return HY_OK;
}

static HyStatus lag_lead(HyWinGroup *group, const HyWinItem *item, int direction, HyVector *out)
{
    HyVector v, offsets = {0};
    uint32_t *from;
    uint8_t *is_outside;
    HY_TRY(hy_win_column(group, item->args[0], &v));
    if (item->n_args > 1)
        HY_TRY(hy_win_column(group, item->args[1], &offsets));
    HY_WIN_NEW(group, from, group->n_rows);
    HY_WIN_NEW(group, is_outside, group->n_rows);
    for (size_t p = 0; p < group->n_partitions; p++) {
        int64_t start = group->starts[p], end = group->starts[p + 1];
        for (int64_t i = start; i < end; i++) {
            bool is_null = item->n_args > 1 && hy_vector_is_null(&offsets, (size_t)i);
            int64_t by = item->n_args > 1 ? integer_at(&offsets, (size_t)i) : 1;
            int64_t at;
            bool inside = !is_null && !__builtin_mul_overflow(by, direction, &by) &&
                          !__builtin_add_overflow(i, by, &at) && at >= start && at < end;
            from[i] = inside ? (uint32_t)at : NO_ROW;
            is_outside[i] = !inside && !is_null;
        }
    }
    HY_TRY(take_rows(group, &v, from, item->item->call->result, out));
    return item->n_args > 2 ? fill_defaults(group, item, is_outside, out) : HY_OK;
}

/* The k-th row (from 0) of a frame, or NO_ROW. */
static uint32_t frame_row(const HyWinRange *pieces, size_t n, uint64_t k)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t len = pieces[i].end - pieces[i].start;
        if (k < len)
            return pieces[i].start + (uint32_t)k;
        k -= len;
    }
    return NO_ROW;
}

static void pick_row(HyWindowFunction function, const HyVector *nth, uint32_t row,
    const HyWinRange *pieces, size_t n, uint32_t *out)
{
    *out = NO_ROW;
    if (n == 0)
        return;
    if (function == HY_WIN_FIRST_VALUE) {
        *out = pieces[0].start;
    } else if (function == HY_WIN_LAST_VALUE) {
        *out = pieces[n - 1].end - 1;
    } else if (!hy_vector_is_null(nth, row)) {
        int64_t k = integer_at(nth, row);
        if (k > 0)
            *out = frame_row(pieces, n, (uint64_t)k - 1);
    }
}

static HyStatus frame_values(HyWinGroup *group, const HyWinItem *item, HyVector *out)
{
    HyWindowFunction function = item->item->call->window;
    HyWinFrames frames;
    HyVector v, nth = {0};
    uint32_t *from;
    HY_TRY(hy_win_frames(group, item, &frames));
    HY_TRY(hy_win_column(group, item->args[0], &v));
    if (function == HY_WIN_NTH_VALUE)
        HY_TRY(hy_win_column(group, item->args[1], &nth));
    HY_WIN_NEW(group, from, group->n_rows);
    for (uint32_t i = 0; i < group->n_rows; i++) {
        HyWinRange pieces[3];
        size_t n = hy_win_pieces(group, item, &frames, i, pieces);
        pick_row(function, &nth, i, pieces, n, &from[i]);
    }
    return take_rows(group, &v, from, item->item->call->result, out);
}

HyStatus hy_win_position(HyWinGroup *group, const HyWinItem *item, HyVector *out)
{
    HyWindowFunction function = item->item->call->window;
    switch (function) {
    case HY_WIN_LAG:
        return lag_lead(group, item, -1, out);
    case HY_WIN_LEAD:
        return lag_lead(group, item, 1, out);
    case HY_WIN_FIRST_VALUE:
    case HY_WIN_LAST_VALUE:
    case HY_WIN_NTH_VALUE:
        return frame_values(group, item, out);
    default:
        break;
    }
    HY_TRY(hy_vector_alloc(group->arena, item->item->call->result, group->n_rows, out));
    switch (function) {
    case HY_WIN_ROW_NUMBER:
        return row_numbers(group, out->data);
    case HY_WIN_RANK:
    case HY_WIN_DENSE_RANK:
    case HY_WIN_MODIFIED_RANK:
        return ranks(group, function, out->data);
    case HY_WIN_PERCENT_RANK:
    case HY_WIN_CUME_DIST:
        return relative_ranks(group, function, out->data);
    case HY_WIN_NTILE:
        memset(out->data, 0, group->n_rows * hy_physical_size(hy_type_physical(out->type)));
        return ntile(group, item, out);
    default:
        return hy_error("XX000", "internal error: window function %d", (int)function);
    }
}
