/* Frames: for each row the range of rows of its partition that a call sees. */
#include "exec/window_internal.h"
#include "types/datetime.h"
#include "types/interval.h"

/* ---- RANGE with offsets: sort values as numbers ---- */

/* A sort value or a bound, comparable with others of the same column. */
typedef struct Point {
    bool is_float;
    bool is_interval;
    HyInt128 i;
    double f;
    HyInterval interval;
} Point;

static int compare_points(const Point *a, const Point *b)
{
    if (a->is_interval)
        return hy_interval_compare(a->interval, b->interval);
    if (!a->is_float)
        return (a->i > b->i) - (a->i < b->i);
    bool nan_a = a->f != a->f, nan_b = b->f != b->f;
    if (nan_a || nan_b)
        return (int)nan_a - (int)nan_b;
    return (a->f > b->f) - (a->f < b->f);
}

/* Dates count in microseconds when the offset is an interval. */
static Point point_of(HyType type, const void *payload, bool dates_as_timestamps)
{
    Point p = {0};
    switch (hy_type_physical(type)) {
    case HY_PHYS_I16:
        p.i = *(const int16_t *)payload;
        break;
    case HY_PHYS_I32:
        p.i = *(const int32_t *)payload;
        if (dates_as_timestamps)
            p.i *= HY_MICROS_PER_DAY;
        break;
    case HY_PHYS_U32:
        p.i = *(const uint32_t *)payload;
        break;
    case HY_PHYS_I64:
        p.i = *(const int64_t *)payload;
        break;
    case HY_PHYS_U64:
        p.i = *(const uint64_t *)payload;
        break;
    case HY_PHYS_I128:
        memcpy(&p.i, payload, sizeof p.i);
        break;
    case HY_PHYS_F32:
        p.is_float = true;
        p.f = (double)*(const float *)payload;
        break;
    case HY_PHYS_F64:
        p.is_float = true;
        p.f = *(const double *)payload;
        break;
    case HY_PHYS_INTERVAL:
        p.is_interval = true;
        memcpy(&p.interval, payload, sizeof p.interval);
        break;
    default:
        break;
    }
    return p;
}

/* The timestamp moved by an interval; beyond the calendar it stays at its edge. */
static HyInt128 move_timestamp(
    const HyWorker *worker, HyType type, HyInt128 at, HyInterval by, int sign)
{
    uint64_t moved;
    uint64_t from = at < 0 ? 0 : (uint64_t)at;
    bool ok = type.id == HY_TYPE_TIMESTAMPTZ ? hy_timestamptz_add_interval(from, by, sign,
                                                   worker->env.style->time_zone, &moved)
                                             : hy_timestamp_add_interval(from, by, sign, &moved);
    if (ok)
        return moved;
    return sign > 0 ? (HyInt128)HY_TIMESTAMP_MAX : (HyInt128)HY_TIMESTAMP_MIN;
}

/* A point moved by the offset; sign -1: down. */
static Point move_point(
    const HyWorker *worker, HyType type, Point p, const HyValue *offset, int sign)
{
    if (offset->type.id == HY_TYPE_INTERVAL) {
        if (p.is_interval) {
            HyInterval moved;
            bool ok = sign > 0 ? hy_interval_add(p.interval, offset->interval, &moved)
                               : hy_interval_sub(p.interval, offset->interval, &moved);
            if (ok)
                p.interval = moved;
        } else if (type.id == HY_TYPE_TIME) {
            p.i += sign * (HyInt128)offset->interval.micros;
        } else {
            p.i = move_timestamp(worker, type, p.i, offset->interval, sign);
        }
        return p;
    }
    Point by = point_of(offset->type, hy_value_payload(offset), false);
    p.i += sign * by.i;
    p.f += sign * by.f;
    return p;
}

typedef struct RangeKeys {
    HyVector v;
    HyType type;
    bool is_descending;
    bool dates_as_timestamps;
    uint32_t first, end; /* rows of the partition whose key is not null */
} RangeKeys;

static Point key_point(const RangeKeys *keys, uint32_t row)
{
    size_t width = hy_physical_size(hy_type_physical(keys->v.type));
    return point_of(
        keys->type, (const char *)keys->v.data + row * width, keys->dates_as_timestamps);
}

static HyStatus check_offset(const HyValue *offset)
{
    if (offset->is_null)
        return hy_error("22013", "invalid preceding or following size in window function");
    return HY_OK;
}

/* First row of [keys->first, keys->end) that lies at the bound or behind it (with `after`: behind
 * it). Bounds never go back from row to row, so the search starts where the last one ended. */
static uint32_t seek(const RangeKeys *keys, const Point *bound, uint32_t from, bool after)
{
    uint32_t at = from < keys->first ? keys->first : from;
    for (; at < keys->end; at++) {
        Point key = key_point(keys, at);
        int c = compare_points(&key, bound);
        if (keys->is_descending)
            c = -c;
        if (after ? c > 0 : c >= 0)
            break;
    }
    return at;
}

/* One edge of RANGE frames with an offset for the rows of a partition that have a key. */
static void range_edge(const HyWinGroup *group, const RangeKeys *keys, const HyValue *offset,
    bool is_preceding, bool is_end, uint32_t *out)
{
    int sign = is_preceding == keys->is_descending ? 1 : -1;
    uint32_t at = keys->first;
    for (uint32_t row = keys->first; row < keys->end; row++) {
        Point bound = move_point(group->worker, keys->type, key_point(keys, row), offset, sign);
        at = seek(keys, &bound, at, is_end);
        out[row] = at;
    }
}

static HyStatus open_keys(HyWinGroup *group, const HyWinItem *item, RangeKeys *keys)
{
    const HyWindow *window = group->window;
    HY_TRY(hy_win_column(group, window->order_keys[0], &keys->v));
    keys->type = keys->v.type;
    keys->is_descending = window->order[0].is_descending;
    bool by_interval =
        item->start.type.id == HY_TYPE_INTERVAL || item->end.type.id == HY_TYPE_INTERVAL;
    keys->dates_as_timestamps = keys->type.id == HY_TYPE_DATE && by_interval;
    return HY_OK;
}

static void key_range(RangeKeys *keys, uint32_t start, uint32_t end)
{
    while (start < end && hy_vector_is_null(&keys->v, start))
        start++;
    while (end > start && hy_vector_is_null(&keys->v, end - 1))
        end--;
    keys->first = start;
    keys->end = end;
}

/* ---- All frames ---- */

static bool has_offset(HyFrameBound bound)
{
    return bound == HY_BOUND_PRECEDING || bound == HY_BOUND_FOLLOWING;
}

/* Row `row` moved down by `by` rows (up when negative), clipped to [start, end]. */
static uint32_t move_row(uint32_t row, int64_t by, uint32_t start, uint32_t end)
{
    if (by < 0)
        return by < -(int64_t)(row - start) ? start : row - (uint32_t)-by;
    return by > (int64_t)(end - row) ? end : row + (uint32_t)by;
}

/* Edges by counting rows. An end is one behind the last row. Negative offsets turn round. */
static void rows_edge(HyFrameBound bound, const HyValue *offset, bool is_end, uint32_t start,
    uint32_t end, uint32_t *out)
{
    int64_t by = offset->i64;
    if (bound == HY_BOUND_PRECEDING)
        by = by == INT64_MIN ? INT64_MAX : -by;
    for (uint32_t row = start; row < end; row++) {
        if (bound == HY_BOUND_UNBOUNDED_PRECEDING)
            out[row] = start;
        else if (bound == HY_BOUND_UNBOUNDED_FOLLOWING)
            out[row] = end;
        else if (bound == HY_BOUND_CURRENT_ROW)
            out[row] = row + is_end;
        else if (is_end && by < 0) /* row + 1 - n */
            out[row] = by < -(int64_t)(row - start) ? start : row + 1 - (uint32_t)-by;
        else
            out[row] = move_row(row + is_end, by, start, end);
    }
}

/* Edges by peers: RANGE without offset, or rows without a key. */
static void peer_edge(const HyWinGroup *group, HyFrameBound bound, bool is_end, uint32_t start,
    uint32_t end, uint32_t *out)
{
    for (uint32_t row = start; row < end; row++) {
        if (bound == HY_BOUND_UNBOUNDED_PRECEDING)
            out[row] = start;
        else if (bound == HY_BOUND_UNBOUNDED_FOLLOWING)
            out[row] = end;
        else
            out[row] = is_end ? group->peer_end[row] : group->peer_start[row];
    }
}

/* Edges by groups of peers. */
static void groups_edge(const HyWinGroup *group, HyFrameBound bound, const HyValue *offset,
    bool is_end, uint32_t start, uint32_t end, uint32_t *out)
{
    peer_edge(group, has_offset(bound) ? HY_BOUND_CURRENT_ROW : bound, is_end, start, end, out);
    if (!has_offset(bound))
        return;
    for (uint32_t row = start; row < end; row++) {
        uint32_t first = group->peer_start[row], last = group->peer_end[row];
        int64_t left = offset->i64;
        for (; left > 0 && bound == HY_BOUND_PRECEDING && first > start; left--) {
            last = first;
            first = group->peer_start[first - 1];
        }
        for (; left > 0 && bound == HY_BOUND_FOLLOWING && last < end; left--) {
            first = last;
            last = group->peer_end[last];
        }
        if (left > 0) /* beyond the partition */
            first = last = bound == HY_BOUND_PRECEDING ? start : end;
        out[row] = is_end ? last : first;
    }
}

static void partition_edge(const HyWinGroup *group, const HyWinItem *item, RangeKeys *keys,
    bool is_end, uint32_t start, uint32_t end, uint32_t *out)
{
    HyFrameBound bound = is_end ? item->item->end : item->item->start;
    const HyValue *offset = is_end ? &item->end : &item->start;
    if (item->item->unit == HY_FRAME_ROWS) {
        rows_edge(bound, offset, is_end, start, end, out);
        return;
    }
    if (item->item->unit == HY_FRAME_GROUPS) {
        groups_edge(group, bound, offset, is_end, start, end, out);
        return;
    }
    peer_edge(group, bound, is_end, start, end, out);
    if (has_offset(bound)) {
        key_range(keys, start, end);
        range_edge(group, keys, offset, bound == HY_BOUND_PRECEDING, is_end, out);
    }
}

HyStatus hy_win_frames(HyWinGroup *group, const HyWinItem *item, HyWinFrames *out)
{
    RangeKeys keys = {0};
    bool by_offset[2] = {has_offset(item->item->start), has_offset(item->item->end)};
    HY_WIN_NEW(group, out->start, group->n_rows);
    HY_WIN_NEW(group, out->end, group->n_rows);
    if (by_offset[0])
        HY_TRY(check_offset(&item->start));
    if (by_offset[1])
        HY_TRY(check_offset(&item->end));
    if (item->item->unit != HY_FRAME_ROWS || item->item->exclude != HY_EXCLUDE_NO_OTHERS)
        HY_TRY(hy_win_peers(group));
    if (item->item->unit == HY_FRAME_RANGE && (by_offset[0] || by_offset[1]))
        HY_TRY(open_keys(group, item, &keys));
    for (size_t p = 0; p < group->n_partitions; p++) {
        uint32_t start = group->starts[p], end = group->starts[p + 1];
        partition_edge(group, item, &keys, false, start, end, out->start);
        partition_edge(group, item, &keys, true, start, end, out->end);
    }
    for (uint32_t i = 0; i < group->n_rows; i++)
        if (out->end[i] < out->start[i])
            out->end[i] = out->start[i];
    return HY_OK;
}

static void add_range(HyWinRange *out, size_t *n, uint32_t start, uint32_t end)
{
    if (start < end)
        out[(*n)++] = (HyWinRange){start, end};
}

size_t hy_win_pieces(const HyWinGroup *group, const HyWinItem *item, const HyWinFrames *frames,
    uint32_t row, HyWinRange out[3])
{
    uint32_t start = frames->start[row], end = frames->end[row];
    uint32_t hole_start = row, hole_end = row + 1;
    size_t n = 0;
    if (item->item->exclude == HY_EXCLUDE_NO_OTHERS) {
        add_range(out, &n, start, end);
        return n;
    }
    if (item->item->exclude != HY_EXCLUDE_CURRENT_ROW) {
        hole_start = group->peer_start[row];
        hole_end = group->peer_end[row];
    }
    add_range(out, &n, start, end < hole_start ? end : hole_start);
    if (item->item->exclude == HY_EXCLUDE_TIES && row >= start && row < end)
        add_range(out, &n, row, row + 1);
    add_range(out, &n, start > hole_end ? start : hole_end, end);
    return n;
}
