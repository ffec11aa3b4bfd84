/* Names and types of the functions that exist only with OVER; exec/window computes them. */
#include "func/aggregate.h"
#include "func/families.h"
#include "func/signature.h"

static HyStatus set_window(HyFuncCall *call, HyWindowFunction function, HyType result)
{
    call->window = function;
    call->result = result;
    call->is_strict = false;
    call->can_fail = true;
    return HY_OK;
}

/* What HyFunc.data points to: the function and, for those without arguments, the type of the
 * result. */
typedef struct WindowEntry {
    HyWindowFunction function;
    HyTypeId result;
} WindowEntry;

static HyStatus resolve_rank(HyFuncCall *call)
{
    const WindowEntry *entry = call->func->data;
    return set_window(call, entry->function, hy_type_nullable(hy_type(entry->result), false));
}

static bool is_whole_number(HyType type)
{
    return hy_type_is_integer(type) || type.id == HY_TYPE_UNKNOWN;
}

static HyStatus resolve_ntile(HyFuncCall *call)
{
    const HyValue *n = call->consts[0];
    if (!is_whole_number(call->arg_types[0]) || (n && n->is_null))
        return hy_call_requires(call, "an integer argument");
    call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_INT8), true);
    return set_window(call, HY_WIN_NTILE, hy_type(HY_TYPE_INT4));
}

/* lag and lead (value [, offset [, default]]): value and default take their common type. */
static HyStatus resolve_shift(HyFuncCall *call)
{
    const WindowEntry *entry = call->func->data;
    hy_call_default_unknown(call);
    HyType type = call->arg_types[0];
    if (call->n_args >= 2) {
        if (!is_whole_number(call->arg_types[1]))
            return hy_call_requires(call, "an integer offset");
        call->arg_types[1] = hy_type_nullable(hy_type(HY_TYPE_INT8), true);
    }
    if (call->n_args == 3) {
        if (!hy_type_common(type, call->arg_types[2], &type))
            return hy_call_requires(call, "a default of the argument's type");
        call->arg_types[0] = hy_type_nullable(type, call->arg_types[0].nullable);
        call->arg_types[2] = hy_type_nullable(type, call->arg_types[2].nullable);
    }
    return set_window(call, entry->function, hy_type_nullable(type, true));
}

static HyStatus resolve_value(HyFuncCall *call)
{
    const WindowEntry *entry = call->func->data;
    if (entry->function == HY_WIN_NTH_VALUE) {
        if (!is_whole_number(call->arg_types[1]))
            return hy_call_requires(call, "an integer position");
        call->arg_types[1] = hy_type_nullable(hy_type(HY_TYPE_INT8), true);
    }
    hy_call_default_unknown(call);
    return set_window(call, entry->function, hy_type_nullable(call->arg_types[0], true));
}

#define RANKING(name, function, type, doc)                                                         \
    {                                                                                              \
        name, HY_FUNC_WINDOW, HY_IMMUTABLE, 0, 0, resolve_rank,                                    \
            &(const WindowEntry){function, type}, name "() OVER (..)", doc                         \
    }
#define SHIFT(name, function, doc)                                                                 \
    {                                                                                              \
        name, HY_FUNC_WINDOW, HY_IMMUTABLE, 1, 3, resolve_shift,                                   \
            &(const WindowEntry){function, HY_TYPE_UNKNOWN},                                       \
            name "(value [, offset [, default]]) OVER (..)", doc                                   \
    }
#define VALUE(name, function, n, doc)                                                              \
    {                                                                                              \
        name, HY_FUNC_WINDOW, HY_IMMUTABLE, n, n, resolve_value,                                   \
            &(const WindowEntry){function, HY_TYPE_UNKNOWN}, name "(value ..) OVER (..)", doc      \
    }
static const HyFunc functions[] = {
    RANKING("row_number", HY_WIN_ROW_NUMBER, HY_TYPE_INT8, "Number of the row in its partition."),
    RANKING("rank", HY_WIN_RANK, HY_TYPE_INT8, "Rank with gaps after peers."),
    RANKING("dense_rank", HY_WIN_DENSE_RANK, HY_TYPE_INT8, "Rank without gaps."),
    RANKING("modified_rank", HY_WIN_MODIFIED_RANK, HY_TYPE_INT8,
        "Rank of the last peer: gaps stand before peers."),
    RANKING("percent_rank", HY_WIN_PERCENT_RANK, HY_TYPE_FLOAT8, "(rank - 1) / (rows - 1)."),
    RANKING("cume_dist", HY_WIN_CUME_DIST, HY_TYPE_FLOAT8,
        "Share of the rows that do not come after this one's peers."),
    {"ntile", HY_FUNC_WINDOW, HY_IMMUTABLE, 1, 1, resolve_ntile, NULL, "ntile(n integer) OVER (..)",
        "Number of the bucket when the partition is cut in n equal ones."},
    SHIFT("lag", HY_WIN_LAG, "Value of the row `offset` (1) before this one."),
    SHIFT("lead", HY_WIN_LEAD, "Value of the row `offset` (1) after this one."),
    VALUE("first_value", HY_WIN_FIRST_VALUE, 1, "Value of the first row of the frame."),
    VALUE("last_value", HY_WIN_LAST_VALUE, 1, "Value of the last row of the frame."),
    VALUE("nth_value", HY_WIN_NTH_VALUE, 2, "Value of the n-th row of the frame."),
};
HY_DEFINE_FAMILY(window, functions);
