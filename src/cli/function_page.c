/* Every function of the registry in a table of Markdown, one section for each use. */
#include "cli/function_page.h"

#include "func/function.h"

#include <stdio.h>
#include <string.h>

typedef struct Section {
    const char *title;
    const char *families; /* of scalar functions, each between blanks: " like regexp " */
    HyFuncKind kind;
} Section;

/* Operators come before their families. */
static const char operators[] = "Operators";

static const Section sections[] = {
    {operators, NULL, HY_FUNC_SCALAR},
    {"Numbers", " arithmetic math math_integer math_round greatest ", HY_FUNC_SCALAR},
    {"Text", " text_basic text_code text_part ", HY_FUNC_SCALAR},
    {"Patterns", " like regexp ", HY_FUNC_SCALAR},
    {"Dates and times", " datetime_make datetime_part datetime_trunc ", HY_FUNC_SCALAR},
    {"Conversion", " cast_call format_number to_char to_date ", HY_FUNC_SCALAR},
    {"Bytes", " bytes ", HY_FUNC_SCALAR},
    {"Arrays", " array_edit array_lambda array_search array_text array_vector ", HY_FUNC_SCALAR},
    {"JSON", " json ", HY_FUNC_SCALAR},
    {"Session and catalog", " system_catalog system_session system_type ", HY_FUNC_SCALAR},
    {"Aggregates", NULL, HY_FUNC_AGGREGATE},
    {"Window functions", NULL, HY_FUNC_WINDOW},
    {"Table functions", NULL, HY_FUNC_TABLE},
};

static bool is_refused(const HyFunc *func)
{
    return strncmp(func->doc, "Refused", 7) == 0;
}

static bool is_operator(const HyFunc *func)
{
    char first = func->name[0];
    return func->kind == HY_FUNC_SCALAR && !(first >= 'a' && first <= 'z');
}

static bool belongs(const HyFunc *func, const Section *section)
{
    char key[64];
    if (func->kind != section->kind || is_refused(func))
        return false;
    if (section->title == operators || is_operator(func))
        return section->title == operators && is_operator(func);
    if (!section->families)
        return true;
    snprintf(key, sizeof key, " %s ", hy_func_family(func));
    return strstr(section->families, key) != NULL;
}

/* A bar would end the cell. */
static void print_cell(const char *text)
{
    for (; *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static void print_row(const HyFunc *func)
{
    printf("| `");
    print_cell(func->signature);
    printf("` | ");
    print_cell(func->doc);
    printf(" |\n");
}

static size_t print_section(const Section *section)
{
    size_t n = 0;
    printf("\n## %s\n\n| call | what it gives |\n|---|---|\n", section->title);
    for (size_t i = 0; i < hy_func_count(); i++) {
        if (!belongs(hy_func_at(i), section))
            continue;
        print_row(hy_func_at(i));
        n++;
    }
    return n;
}

static size_t print_refused(void)
{
    size_t n = 0;
    printf(
        "\n## Known by name and refused\n\n"
        "With the SQLSTATE and the words of the original, which refuses them in plain SQL, too:\n");
    for (size_t i = 0; i < hy_func_count(); i++) {
        if (!is_refused(hy_func_at(i)))
            continue;
        printf("%s`%s`", n == 0 ? "" : n % 5 == 0 ? ",\n" : ", ", hy_func_at(i)->name);
        n++;
    }
    printf(".\n");
    return n;
}

static const char head[] =
    "# Functions\n\n"
    "Written by `openhyper functions` from the registry of `src/func`; do not edit it. `number` is "
    "any "
    "of smallint, integer,\n"
    "bigint, real, double precision and numeric; what is in square brackets may be left out.\n\n"
    "`CASE`, `COALESCE`, `NULLIF`, `IFNULL`, `NVL`, `IFF`, `CAST`, `TRY_CAST`, comparisons, `AND`, "
    "`OR`, `NOT`, `IN`, `BETWEEN` and\n"
    "`IS` are no functions but expressions, in which not every operand is computed.\n";

static const char tail[] =
    "\n## Left out\n\n"
    "The catalogue of the original has further names, which are unknown here:\n\n"
    "* `collect`, `make_point`, `make_line` and all of `geo_..`: there is no geography to compute "
    "with. Columns of the type\n"
    "  `tabgeography` are kept, read and written as they are.\n"
    "* `date_diff`, `dateparse`, `datetime`, `endswith`, `find`, `findnth`, `hash`, `isdate`, "
    "`mid`, "
    "`normalize_datetime`,\n"
    "  `regexp_extract`, `regexp_extract_nth`, `regexp_match`, `startswith`, `to_datetime`: its "
    "SQL does "
    "not know them either (42883).\n"
    "  `datediff`, `to_timestamp`, `ends_with`, `strpos`, `regexp_instr`, `substr`, "
    "`regexp_substr`, "
    "`regexp_like` and `starts_with`\n"
    "  do their work.\n"
    "* `raw_sql_aggregate`, `raw_sql_function`, `raw_sql_subquery`, `dumpsqlast`, "
    "`hyper_execute_query_plan`, `hyper_log`: inner\n"
    "  workings of that server.\n"
    "* `azure_location`, `gcs_location`, `http_location`, `s3_location`: files of a cloud. Files "
    "of "
    "the machine can be read.\n"
    "* `kmeans`, `predict`, `train`: machine learning, disabled there.\n";

int hy_command_functions(int argc, char **argv)
{
    if (argc != 1) {
        fprintf(stderr, "usage: openhyper %s\n", argv[0]);
        return 2;
    }
    fputs(head, stdout);
    size_t n = 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(sections); i++)
        n += print_section(&sections[i]);
    n += print_refused();
    fputs(tail, stdout);
    if (n == hy_func_count())
        return 0;
    fprintf(stderr, "openhyper: %zu functions belong to no section\n", hy_func_count() - n);
    return 1;
}
