/* Files as tables: locations and options of COPY, external(..) and CREATE EXTERNAL TABLE.
 * spec/sql.md section 10. */
#include "io/csv_sniff.h"
#include "sql/bind_internal.h"
#include "types/array.h"
#include <strings.h>

/* An option from either syntax: `name => value` or `(name value)`. */
typedef struct Option {
    const char *name;
    const HyAstExpr *value;    /* NULL: the name alone */
    const HyAstExprList *list; /* name (a, b); or NULL */
    uint32_t position;
} Option;

typedef struct Options {
    Option *items;
    size_t n;
} Options;

typedef struct Reader {
    HyBinder *b;
    HyExternal *external;
    bool has_format;
    bool has_delimiter; /* given, not the default */
    bool knows_header;
    bool is_written;          /* COPY TO */
    const HyAstExpr *columns; /* DESCRIPTOR */
    const Option *force_null; /* once the columns are known */
    const Option *force_not_null;
} Reader;

/* ---- Values of options ---- */

static HyStatus bad_value(const Option *option, const char *wanted)
{
    return hy_error_at(
        hy_error("42601", "option '%s' requires %s", option->name, wanted), option->position);
}

/* A constant string; bare words count as strings. */
static HyStatus string_value(Reader *r, const Option *option, const char **out)
{
    const HyAstExpr *value = option->value;
    if (!value)
        return bad_value(option, "a value");
    if (value->kind == HY_AST_COLUMN && value->column.parts.n == 1) {
        *out = value->column.parts.items[0].text;
        return HY_OK;
    }
    HyType text = hy_type(HY_TYPE_TEXT);
    HyValue v;
    HY_TRY(hy_bind_constant(r->b->ctx, value, &text, &v));
    if (v.is_null)
        return bad_value(option, "a string");
    *out = hy_arena_strndup(r->b->arena, hy_string_data(&v.string), v.string.len);
    return *out ? HY_OK : hy_error_oom(v.string.len);
}

static HyStatus bool_value(Reader *r, const Option *option, bool *out)
{
    *out = true;
    if (!option->value)
        return HY_OK;
    if (option->value->kind == HY_AST_BOOL) {
        *out = option->value->boolean;
        return HY_OK;
    }
    const char *text = NULL;
    HY_TRY(string_value(r, option, &text));
    static const char *const yes[] = {"true", "t", "on", "yes", "1"};
    static const char *const no[] = {"false", "f", "off", "no", "0"};
    for (size_t i = 0; i < HY_ARRAY_LEN(yes); i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return HY_OK;
        if (strcasecmp(text, no[i]) == 0) {
            *out = false;
            return HY_OK;
        }
    }
    return bad_value(option, "a boolean value");
}

static HyStatus byte_value(Reader *r, const Option *option, char *out)
{
    const char *text = NULL;
    HY_TRY(string_value(r, option, &text));
    if (strlen(text) != 1)
        return hy_error_at(
            hy_error("42601", "%s must be a single one-byte character", option->name),
            option->position);
    *out = text[0];
    return HY_OK;
}

static HyStatus int_value(Reader *r, const Option *option, int64_t *out)
{
    HyType type = hy_type(HY_TYPE_INT8);
    HyValue v;
    if (!option->value)
        return bad_value(option, "a value");
    HY_TRY(hy_bind_constant(r->b->ctx, option->value, &type, &v));
    if (v.is_null)
        return bad_value(option, "an integer");
    *out = v.i64;
    return HY_OK;
}

static HyStatus row_group_value(Reader *r, const Option *option)
{
    int64_t *rows = &r->external->rows_per_row_group;
    HY_TRY(int_value(r, option, rows));
    return *rows > 0 ? HY_OK : bad_value(option, "a positive number of rows");
}

/* ---- Formats ---- */

static const struct {
    const char *name;
    HyExternalFormat format;
} formats[] = {
    {"csv", HY_FORMAT_CSV},
    {"text", HY_FORMAT_TEXT},
    {"parquet", HY_FORMAT_PARQUET},
    {"arrowfile", HY_FORMAT_ARROW_FILE},
    {"arrowstream", HY_FORMAT_ARROW_STREAM},
    {"hyperbinary", HY_FORMAT_HYPER_BINARY},
};

static const char *format_name(HyExternalFormat format)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(formats); i++) {
        if (formats[i].format == format)
            return formats[i].name;
    }
    return "unknown";
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

static bool infer_format(const char *path, HyExternalFormat *out)
{
    static const struct {
        const char *end;
        HyExternalFormat format;
    } ends[] = {
        {".csv", HY_FORMAT_CSV},
        {".csv.gz", HY_FORMAT_CSV},
        {".parquet", HY_FORMAT_PARQUET},
        {".arrow", HY_FORMAT_ARROW_FILE},
        {".arrows", HY_FORMAT_ARROW_STREAM},
    };
    for (size_t i = 0; i < HY_ARRAY_LEN(ends); i++) {
        if (ends_with(path, ends[i].end)) {
            *out = ends[i].format;
            return true;
        }
    }
    return false;
}

static HyStatus read_format(Reader *r, const Option *option)
{
    const char *name = NULL;
    HY_TRY(string_value(r, option, &name));
    for (size_t i = 0; i < HY_ARRAY_LEN(formats); i++) {
        if (strcasecmp(formats[i].name, name) == 0) {
            r->external->format = formats[i].format;
            r->has_format = true;
            return HY_OK;
        }
    }
    return hy_error_at(hy_error("42601", "format '%s' not recognized", name), option->position);
}

/* ---- Locations ---- */

static HyStatus location_path(HyBinder *b, const HyAstExpr *ast, const char **out)
{
    HyType text = hy_type(HY_TYPE_TEXT);
    HyValue v;
    if (ast->kind == HY_AST_CALL)
        return hy_error_at(hy_error("0A000", "cloud locations are not supported"), ast->pos);
    HY_TRY(hy_bind_constant(b->ctx, ast, &text, &v));
    if (v.is_null || v.string.len == 0)
        return hy_error_at(hy_error("42601", "the location must be a path"), ast->pos);
    *out = hy_arena_strndup(b->arena, hy_string_data(&v.string), v.string.len);
    if (!*out)
        return hy_error_oom(v.string.len);
    if (strncmp(*out, "s3://", 5) == 0 || strncmp(*out, "http://", 7) == 0 ||
        strncmp(*out, "https://", 8) == 0)
        return hy_error_at(hy_error("0A000", "remote locations are not supported"), ast->pos);
    return HY_OK;
}

static HyStatus bind_location(HyBinder *b, const HyAstExpr *ast, HyExternal *external)
{
    bool is_list = ast && ast->kind == HY_AST_ARRAY;
    external->n_paths = is_list ? ast->list.n : 1;
    HY_ARENA_NEW(b->arena, external->paths, external->n_paths + 1);
    external->paths[0] = "-";
    if (!ast)
        return HY_OK;
    for (size_t i = 0; i < external->n_paths; i++)
        HY_TRY(location_path(b, is_list ? ast->list.items[i] : ast, &external->paths[i]));
    return HY_OK;
}

/* ---- Options ---- */

static bool is_text_format(const HyExternal *external)
{
    return external->format == HY_FORMAT_CSV || external->format == HY_FORMAT_TEXT;
}

/* Options of all formats; *known false: none of these. */
static HyStatus read_common_option(Reader *r, const Option *option, bool *known)
{
    bool is_text = is_text_format(r->external);
    *known = true;
    if (strcmp(option->name, "format") == 0)
        return HY_OK; /* read before */
    if (strcmp(option->name, "columns") == 0) {
        if (!option->value || option->value->kind != HY_AST_DESCRIPTOR)
            return bad_value(option, "a DESCRIPTOR");
        r->columns = option->value;
        return HY_OK;
    }
    if (r->is_written && r->external->format == HY_FORMAT_PARQUET) {
        if (strcmp(option->name, "codec") == 0)
            return string_value(r, option, &r->external->codec);
        if (strcmp(option->name, "rows_per_row_group") == 0)
            return row_group_value(r, option);
    }
    if (strcmp(option->name, "compression") == 0 && is_text)
        return string_value(r, option, &r->external->compression);
    *known = false;
    return HY_OK;
}

static HyStatus read_failure_option(Reader *r, const Option *option, bool *known)
{
    HyExternal *e = r->external;
    const char *text = NULL;
    *known = true;
    if (strcmp(option->name, "on_cast_failure") == 0) {
        HY_TRY(string_value(r, option, &text));
        e->null_on_cast_failure = strcasecmp(text, "set_null") == 0;
        if (!e->null_on_cast_failure && strcasecmp(text, "error") != 0)
            return bad_value(option, "'error' or 'set_null'");
        return HY_OK;
    }
    if (strcmp(option->name, "on_error") == 0) {
        HY_TRY(string_value(r, option, &text));
        e->skip_bad_rows = strcasecmp(text, "skip") == 0;
        if (!e->skip_bad_rows && strcasecmp(text, "error") != 0)
            return bad_value(option, "'error' or 'skip'");
        return HY_OK;
    }
    if (strcmp(option->name, "ignore_errors") == 0) /* as DuckDB names it */
        return bool_value(r, option, &e->skip_bad_rows);
    if (strcmp(option->name, "reject_limit") == 0)
        return int_value(r, option, &e->reject_limit);
    if (strcmp(option->name, "rejects_table") == 0 && is_text_format(e))
        return string_value(r, option, &e->rejects_table);
    *known = false;
    return HY_OK;
}

static HyStatus read_text_option(Reader *r, const Option *option, bool *known)
{
    HyExternal *e = r->external;
    const char *name = option->name;
    *known = true;
    if (strcmp(name, "delimiter") == 0) {
        r->has_delimiter = true;
        return byte_value(r, option, &e->delimiter);
    }
    if (strcmp(name, "quote") == 0)
        return byte_value(r, option, &e->quote);
    if (strcmp(name, "escape") == 0)
        return byte_value(r, option, &e->escape);
    if (strcmp(name, "header") == 0) {
        r->knows_header = true;
        return bool_value(r, option, &e->has_header);
    }
    if (strcmp(name, "sanitize") == 0)
        return bool_value(r, option, &e->sanitize);
    if (strcmp(name, "null_padding") == 0)
        return bool_value(r, option, &e->pad_with_nulls);
    if (strcmp(name, "ignore_extra_columns") == 0)
        return bool_value(r, option, &e->ignore_extra_fields);
    if (strcmp(name, "null") == 0)
        return string_value(r, option, &e->null_text);
    if (strcmp(name, "encoding") == 0)
        return string_value(r, option, &e->encoding);
    if (strcmp(name, "force_null") == 0) {
        r->force_null = option;
        return HY_OK;
    }
    if (strcmp(name, "force_not_null") == 0) {
        r->force_not_null = option;
        return HY_OK;
    }
    *known = false;
    return HY_OK;
}

static HyStatus read_option(Reader *r, const Option *option)
{
    bool known = false;
    HY_TRY(read_common_option(r, option, &known));
    if (!known && is_text_format(r->external))
        HY_TRY(read_text_option(r, option, &known));
    if (!known)
        HY_TRY(read_failure_option(r, option, &known));
    if (known)
        return HY_OK;
    return hy_error_at(
        hy_error("42601", "the parameter '%s' does not apply for the COPY and is thus invalid",
            option->name),
        option->position);
}

/* ---- Columns ---- */

static HyStatus set_columns(HyBinder *b, HyExternal *e, size_t n)
{
    e->n_columns = n;
    HY_ARENA_NEW(b->arena, e->column_names, n + 1);
    HY_ARENA_NEW(b->arena, e->column_types, n + 1);
    return HY_OK;
}

static HyStatus descriptor_columns(Reader *r)
{
    HyExternal *e = r->external;
    size_t n = r->columns->descriptor.n_columns;
    HY_TRY(set_columns(r->b, e, n));
    for (size_t i = 0; i < n; i++) {
        const HyAstDescriptorColumn *column = &r->columns->descriptor.columns[i];
        if (!column->type)
            return hy_error_at(hy_error("42601", "column '%s' requires a type", column->name.text),
                column->name.span.offset);
        e->column_names[i] = column->name.text;
        HY_TRY(hy_bind_type(r->b->ctx, column->type, &column->collation, &e->column_types[i]));
        e->column_types[i].nullable = !column->not_null;
    }
    return HY_OK;
}

static HyStatus force_column(Reader *r, const Option *option, const char *name, bool *flags)
{
    for (size_t i = 0; i < r->external->n_columns; i++) {
        if (strcmp(r->external->column_names[i], name) == 0) {
            flags[i] = true;
            return HY_OK;
        }
    }
    return hy_error_at(hy_error("42703", "unknown column '%s'", name), option->position);
}

/* FORCE_NULL => ARRAY['a', ..] or FORCE_NULL (a, ..) */
static HyStatus force_columns(Reader *r, const Option *option, bool **out)
{
    if (!option)
        return HY_OK;
    HY_ARENA_NEW(r->b->arena, *out, r->external->n_columns + 1);
    const HyAstExprList *list = option->list;
    if (option->value && option->value->kind == HY_AST_ARRAY)
        list = &option->value->list;
    if (!list && option->value && option->value->kind == HY_AST_COLUMN)
        return hy_error_at(
            hy_error("42703", "unknown column '%s'", option->value->column.parts.items[0].text),
            option->value->pos);
    if (!list)
        return bad_value(option, "an array of column names");
    for (size_t i = 0; i < list->n; i++) {
        Option item = {.name = option->name, .value = list->items[i], .position = option->position};
        const char *name = NULL;
        HY_TRY(string_value(r, &item, &name));
        HY_TRY(force_column(r, option, name, *out));
    }
    return HY_OK;
}

/* CSV files in UTF-8 tell their columns by a sample. */
static bool can_sniff(const HyExternal *e)
{
    return e->format == HY_FORMAT_CSV && strcmp(e->paths[0], "-") != 0 &&
           (strcasecmp(e->encoding, "utf-8") == 0 || strcasecmp(e->encoding, "utf8") == 0);
}

static HyStatus sniff_columns(Reader *r, int32_t position)
{
    HyExternal *e = r->external;
    HyCsvSniff sniff = {.path = e->paths[0],
        .quote = e->quote,
        .escape = e->escape,
        .null_text = e->null_text,
        .style = r->b->ctx->style,
        .has_delimiter = r->has_delimiter,
        .knows_header = r->knows_header,
        .delimiter = e->delimiter,
        .has_header = e->has_header,
        .is_ragged = e->pad_with_nulls || e->ignore_extra_fields,
        .pads = e->pad_with_nulls};
    if (!hy_compression_from_name(e->compression, &sniff.compression))
        return hy_error("42601", "unknown compression '%s'", e->compression);
    HY_TRY(hy_error_at(hy_csv_sniff(r->b->arena, &sniff), position));
    if (sniff.n_columns == 0)
        return hy_error_at(hy_error_hint(hy_error("42601", "no columns found in '%s'", e->paths[0]),
                               "Specify the schema explicitly."),
            position);
    e->delimiter = sniff.delimiter;
    e->has_header = sniff.has_header;
    e->is_sniffed = true;
    e->column_names = sniff.names;
    e->column_types = sniff.types;
    e->n_columns = sniff.n_columns;
    return HY_OK;
}

/* Columns as given by the caller, else DESCRIPTOR, else from the file. */
static HyStatus settle_columns(
    Reader *r, const char *const *names, const HyType *types, size_t n, int32_t position)
{
    HyExternal *e = r->external;
    const HyNameResolver *resolver = r->b->ctx->resolver;
    if (names) {
        HY_TRY(set_columns(r->b, e, n));
        for (size_t i = 0; i < n; i++) {
            e->column_names[i] = names[i];
            e->column_types[i] = types[i];
        }
    } else if (r->columns) {
        HY_TRY(descriptor_columns(r));
    } else if (e->format == HY_FORMAT_PARQUET && resolver && resolver->infer_external) {
        HY_TRY(hy_error_at(resolver->infer_external(resolver->ctx, r->b->arena, e), position));
    } else if (can_sniff(e)) {
        HY_TRY(sniff_columns(r, position));
    } else {
        return hy_error_at(
            hy_error_hint(
                hy_error("42601", "EXTERNAL scan of type %s cannot have its schema inferred",
                    format_name(e->format)),
                "Specify the schema explicitly."),
            position);
    }
    HY_TRY(force_columns(r, r->force_null, &e->force_null));
    return force_columns(r, r->force_not_null, &e->force_not_null);
}

/* Naming a table for the rows left out asks for leaving them out. */
static HyStatus check_rejects(Reader *r, const Options *options)
{
    for (size_t i = 0; i < options->n; i++) {
        const Option *option = &options->items[i];
        bool decides =
            strcmp(option->name, "on_error") == 0 || strcmp(option->name, "ignore_errors") == 0;
        if (decides && !r->external->skip_bad_rows)
            return hy_error_at(
                hy_error("42601", "option 'rejects_table' requires on_error => 'skip'"),
                option->position);
    }
    r->external->skip_bad_rows = true;
    return HY_OK;
}

static HyStatus read_options(Reader *r, const Options *options)
{
    HyExternal *e = r->external;
    for (size_t i = 0; i < options->n; i++) {
        const Option *option = &options->items[i];
        for (size_t k = 0; k < i; k++) {
            if (strcmp(options->items[k].name, option->name) == 0)
                return hy_error_at(
                    hy_error(
                        "42601", "the parameter '%s' is specified more than once", option->name),
                    option->position);
        }
        if (strcmp(option->name, "format") == 0)
            HY_TRY(read_format(r, option));
    }
    if (!r->has_format && !infer_format(e->paths[0], &e->format))
        return hy_error_hint(hy_error("42601", "cannot infer external format"),
            "please specify format by using the \"format\" option or use a known file "
            "extension.");
    e->delimiter = e->format == HY_FORMAT_TEXT ? '\t' : ',';
    e->quote = e->format == HY_FORMAT_CSV ? '"' : 0;
    e->null_text = e->format == HY_FORMAT_TEXT ? "\\N" : "";
    e->encoding = "utf-8";
    e->reject_limit = -1;
    for (size_t i = 0; i < options->n; i++)
        HY_TRY(read_option(r, &options->items[i]));
    return e->rejects_table ? check_rejects(r, options) : HY_OK;
}

static HyStatus make_external(HyBinder *b, bool is_written, const HyAstExpr *location,
    const Options *options, const char *const *names, const HyType *types, size_t n,
    int32_t position, HyExternal **out)
{
    Reader r = {.b = b, .is_written = is_written};
    HY_ARENA_NEW(b->arena, r.external, 1);
    HY_TRY(bind_location(b, location, r.external));
    HY_TRY(read_options(&r, options));
    HY_TRY(settle_columns(&r, names, types, n, position));
    *out = r.external;
    return HY_OK;
}

HyStatus hy_bind_external(const HyBindContext *ctx, bool is_written, const HyAstExpr *location,
    const HyAstOptionList *list, const char *const *column_names, const HyType *column_types,
    size_t n_columns, HyExternal **out)
{
    HyBinder b;
    Options options = {0};
    HY_TRY(bind_binder_init(&b, ctx));
    for (size_t i = 0; list && i < list->n; i++) {
        const HyAstOption *ast = &list->items[i];
        Option option = {.name = ast->name.text,
            .value = ast->value,
            .list = ast->list.n > 0 ? &ast->list : NULL,
            .position = ast->name.span.offset};
        HY_LIST_PUSH(b.arena, options.items, options.n, option);
    }
    return make_external(&b, is_written, location, &options, column_names, column_types, n_columns,
        location ? (int32_t)location->pos : -1, out);
}

HyStatus bind_external_call(HyBinder *b, const HyAstCall *call, int32_t position, HyExternal **out)
{
    Options options = {0};
    if (call->args.n == 0 || (call->arg_names && call->arg_names[0].text))
        return hy_error_at(
            hy_error("42601", "external requires a location as its first argument"), position);
    for (size_t i = 1; i < call->args.n; i++) {
        if (!call->arg_names || !call->arg_names[i].text)
            return hy_error_at(
                hy_error("42601", "options of external must be named"), call->args.items[i]->pos);
        Option option = {.name = call->arg_names[i].text,
            .value = call->args.items[i],
            .position = call->arg_names[i].span.offset};
        HY_LIST_PUSH(b->arena, options.items, options.n, option);
    }
    return make_external(b, false, call->args.items[0], &options, NULL, NULL, 0, position, out);
}

HyStatus bind_external_alg(HyBinder *b, HyExternal *external, HyAlg **out)
{
    size_t n = external->n_columns;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_EXTERNAL, out));
    (*out)->external = external;
    (*out)->estimated_rows = 100000;
    (*out)->n_columns = n;
    HY_ARENA_NEW(b->arena, (*out)->columns, n + 1);
    HY_ARENA_NEW(b->arena, (*out)->types, n + 1);
    HY_ARENA_NEW(b->arena, (*out)->external_columns, n + 1);
    for (size_t i = 0; i < n; i++) {
        (*out)->columns[i] = bind_new_id(b, external->column_names[i]);
        (*out)->types[i] = external->column_types[i];
        (*out)->external_columns[i] = (uint32_t)i;
    }
    return HY_OK;
}
