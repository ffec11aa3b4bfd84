/* Functions that the server knows by name and refuses in plain SQL: so do we, with its words, which
 * say more than that there is no such function. */
#include "func/families.h"
#include "func/signature.h"

#include <string.h>

typedef struct Refusal {
    const char *sqlstate;
    const char *message; /* %s: the function's name */
} Refusal;

static HyStatus refuse(HyFuncCall *call)
{
    const Refusal *refusal = call->func->data;
    const char *place = strstr(refusal->message, "%s");
    if (!place)
        return hy_error(refusal->sqlstate, "%s", refusal->message);
    return hy_error(refusal->sqlstate, "%.*s%s%s", (int)(place - refusal->message),
        refusal->message, call->func->name, place + 2);
}

static const Refusal unsupported = {"0A000", "`%s()` is not supported"};
static const Refusal unimplemented = {"0A000", "%s is not implemented yet"};
static const Refusal learning = {"0A000", "machine learning functions are disabled"};
static const Refusal iceberg = {"0A000", "usage of Iceberg transform functions in SQL is disabled"};
static const Refusal holistic = {"0A000", "holistic aggregates are disabled"};
static const Refusal foreign = {"42501", "permission denied to call \"%s\""};
static const Refusal arguments = {"42601", "incorrect argument types when calling \"%s\""};

/* The fraction is looked at before the missing ORDER BY. */
static HyStatus refuse_percentile(HyFuncCall *call)
{
    const HyValue *fraction = call->consts[0];
    HyValue number;
    if (fraction && !fraction->is_null)
        HY_TRY(hy_cast_value(call->arena, call->style, fraction, hy_type(HY_TYPE_FLOAT8), &number));
    return hy_error(
        "42883", "ordered-set aggregate \"%s\" requires one ORDER BY expression", call->func->name);
}

#define DOC "Refused, as on the server."
#define SCALAR(name, refusal)                                                                      \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_VOLATILE, 0, 255, refuse, &(refusal), name "(..)", DOC            \
    }
#define WINDOW(name, n_min, n_max)                                                                 \
    {                                                                                              \
        name, HY_FUNC_WINDOW, HY_VOLATILE, n_min, n_max, refuse, &holistic, name "(..) OVER (..)", \
            DOC                                                                                    \
    }
#define PERCENTILE(name)                                                                           \
    {                                                                                              \
        name, HY_FUNC_WINDOW, HY_VOLATILE, 1, 1, refuse_percentile, NULL, name "(..) OVER (..)",   \
            DOC                                                                                    \
    }
static const HyFunc functions[] = {
    PERCENTILE("holistic_percentile_cont"),
    PERCENTILE("holistic_percentile_disc"),
    SCALAR("external", arguments),
    SCALAR("convert", unsupported),
    SCALAR("convert_from", unsupported),
    SCALAR("convert_to", unsupported),
    SCALAR("json_value", unimplemented),
    SCALAR("confusionmatrix", learning),
    SCALAR("iceberg_bucket", iceberg),
    SCALAR("iceberg_day", iceberg),
    SCALAR("iceberg_hour", iceberg),
    SCALAR("iceberg_month", iceberg),
    SCALAR("iceberg_truncate", iceberg),
    SCALAR("iceberg_year", iceberg),
    SCALAR("foreign_table", foreign),
    SCALAR("convert_currency", arguments),
    SCALAR("try_convert_currency", arguments),
    SCALAR("hybrid_search", arguments),
    SCALAR("keyword_search", arguments),
    SCALAR("vector_search", arguments),
    SCALAR("mask_text_using_metadata", arguments),
    SCALAR("result_scan", arguments),
    WINDOW("holistic_cume_dist", 0, 0),
    WINDOW("holistic_first_value", 1, 1),
    WINDOW("holistic_lag", 1, 3),
    WINDOW("holistic_last_value", 1, 1),
    WINDOW("holistic_lead", 1, 3),
    WINDOW("holistic_modified_rank", 0, 0),
    WINDOW("holistic_nth_value", 2, 2),
    WINDOW("holistic_nth_value_from_last", 2, 2),
    WINDOW("holistic_ntile", 1, 1),
    WINDOW("holistic_percent_rank", 0, 0),
    WINDOW("holistic_rank", 0, 0),
    WINDOW("holistic_row_number", 0, 0),
};
HY_DEFINE_FAMILY(refused, functions);
