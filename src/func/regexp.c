/* The operators ~ ~* !~ !~* and SIMILAR TO, and the functions regexp_*. A constant pattern is
 * compiled when the call is resolved, others whenever they change from row to row. */
#include "func/regexp.h"
#include "func/families.h"
#include "func/regex.h"
#include "func/text_kernel.h"
#include "types/array.h"

#define NO_ARG 0

/* Which argument is what; 0: the function has none such. */
typedef struct RegexpSpec {
    HyScalarKernel kernel;
    HyTypeId result;
    uint8_t start;
    uint8_t occurrence;
    uint8_t end_option;
    uint8_t flags_arg;
    uint8_t group;
    uint8_t escape;
    unsigned flags; /* HyRegexFlags */
    bool takes_global;
    bool negated;
    unsigned sig_flags;
} RegexpSpec;

static const RegexpSpec *spec_of(const HyFuncCall *call)
{
    return call->func->data;
}

/* ---- Compiling ---- */

typedef struct Options {
    unsigned flags;
    bool is_global;
} Options;

static HyStatus parse_flags(const RegexpSpec *spec, const HyString *text, Options *out)
{
    *out = (Options){.flags = spec->flags};
    for (size_t i = 0; i < text->len; i++) {
        switch (hy_string_data(text)[i]) {
        case 'i':
            out->flags |= HY_REGEX_FOLD_CASE;
            break;
        case 'c':
            out->flags &= ~(unsigned)HY_REGEX_FOLD_CASE;
            break;
        case 'q':
            out->flags |= HY_REGEX_LITERAL;
            break;
        case 'g':
            if (!spec->takes_global)
                return hy_error("22023",
                    "the regular expression flag 'g' (global) is not supported for this function");
            out->is_global = true;
            break;
        case 'n':
        case 'm':
        case 's':
        case 'p':
        case 'w':
            return hy_error("0A000", "newline-sensitivity flags (`n`/`m`/`s`/`p`/`w`) are "
                                     "currently not supported for this function");
        default:
            return hy_error("22023", "invalid regexp flag");
        }
    }
    return HY_OK;
}

/* Made by the resolver from constants. */
typedef struct Prepared {
    HyRegex *regex;
    Options options;
} Prepared;

/* The regex of the current row. */
typedef struct Matcher {
    const HyRegex *regex;
    HyRegexMatch *match;
    Options options;
    HyRegex *own;
    HyString texts[3]; /* pattern, flags and escape that `own` was made of */
} Matcher;

static void close_matcher(Matcher *m)
{
    hy_regex_match_destroy(m->match);
    hy_regex_destroy(m->own);
}

static HyStatus compile(
    const HyString *pattern, unsigned flags, const HyString *escape, HyRegex **out)
{
    const char *text = hy_string_data(escape);
    size_t first = 1;
    while (first < escape->len && ((unsigned char)text[first] & 0xC0) == 0x80)
        first++;
    if (escape->len > first)
        return hy_error("22025", "escape string must be empty or one character");
    return hy_regex_compile(hy_string_data(pattern), pattern->len, flags, text, escape->len, out);
}

static HyString text_arg(
    const HyFuncCall *call, const HyVector *args, size_t row, unsigned which, const char *otherwise)
{
    if (which == NO_ARG || which >= call->n_args)
        return hy_string_view(otherwise, strlen(otherwise));
    return hy_arg_string(&args[which], row);
}

static int64_t number_arg(
    const HyFuncCall *call, const HyVector *args, size_t row, unsigned which, int64_t otherwise)
{
    return which == NO_ARG || which >= call->n_args ? otherwise : hy_arg_int8(&args[which], row);
}

static HyStatus compile_for_row(
    Matcher *m, const HyFuncCall *call, const HyVector *args, size_t row)
{
    const RegexpSpec *spec = spec_of(call);
    HyString texts[3] = {hy_arg_string(&args[1], row),
        text_arg(call, args, row, spec->flags_arg, ""),
        text_arg(call, args, row, spec->escape, "\\")};
    bool is_same = m->own != NULL;
    for (size_t i = 0; i < 3; i++)
        is_same = is_same && hy_string_equal(&texts[i], &m->texts[i]);
    if (is_same)
        return HY_OK;
    close_matcher(m);
    m->own = NULL;
    m->match = NULL;
    HY_TRY(parse_flags(spec, &texts[1], &m->options));
    HY_TRY(compile(&texts[0], m->options.flags, &texts[2], &m->own));
    memcpy(m->texts, texts, sizeof texts);
    m->regex = m->own;
    return hy_regex_match_create(m->regex, &m->match);
}

static HyStatus matcher_for_row(
    Matcher *m, const HyFuncCall *call, const HyVector *args, size_t row)
{
    const Prepared *prepared = call->bind_data;
    if (!prepared)
        return compile_for_row(m, call, args, row);
    if (m->match)
        return HY_OK;
    m->regex = prepared->regex;
    m->options = prepared->options;
    return hy_regex_match_create(m->regex, &m->match);
}

/* A kernel whose BODY computes `R r` of row i with matcher m; it jumps to done with a status. */
#define REGEXP_KERNEL(name, R, BODY)                                                               \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call, const HyVector *args,   \
        size_t n, HyVector *out)                                                                   \
    {                                                                                              \
        HyStatus st = HY_OK;                                                                       \
        Matcher m = {0};                                                                           \
        R *results = out->data;                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            R r;                                                                                   \
            memset(&r, 0, sizeof r);                                                               \
            if (!hy_vector_is_null(out, i)) {                                                      \
                HY_GO(matcher_for_row(&m, call, args, i));                                         \
                HyString s = hy_arg_string(&args[0], i);                                           \
                HY_GO(BODY);                                                                       \
            }                                                                                      \
            results[i] = r;                                                                        \
        }                                                                                          \
    done:                                                                                          \
        close_matcher(&m);                                                                         \
        return st;                                                                                 \
    }

/* ---- Testing and counting ---- */

static HyStatus test_row(const Matcher *m, const HyFuncCall *call, const HyString *s, uint8_t *out)
{
    bool found;
    HY_TRY(hy_regex_test(m->regex, m->match, hy_string_data(s), s->len, &found));
    *out = found != spec_of(call)->negated;
    return HY_OK;
}
REGEXP_KERNEL(test, uint8_t, test_row(&m, call, &s, &r))

static size_t step_at(const char *text, size_t len)
{
    uint32_t c;
    size_t step = hy_utf8_decode(text, len, &c);
    return step ? step : 1;
}

/* Every match makes what is behind it a text of its own, in which ^ matches again. */
static HyStatus count_row(const Matcher *m, const HyFuncCall *call, const HyVector *args,
    size_t row, const HyString *s, int32_t *out)
{
    const char *text = hy_string_data(s);
    size_t len = s->len;
    int64_t start = number_arg(call, args, row, spec_of(call)->start, 1);
    if (start < 1)
        return hy_error("22023", "start position offset must be greater than zero");
    *out = 0;
    if (start > 1 && (size_t)(start - 1) > hy_utf8_length(text, len))
        return HY_OK;
    for (size_t at = hy_utf8_offset(text, len, (size_t)start - 1); at <= len;) {
        size_t from;
        size_t to;
        bool found;
        HY_TRY(hy_regex_search(m->regex, m->match, text + at, len - at, 0, &found));
        if (!found || !hy_regex_group(m->match, 0, &from, &to))
            break;
        *out += 1;
        at += to;
        if (from == to)
            at += at < len ? step_at(text + at, len - at) : 1;
    }
    return HY_OK;
}
REGEXP_KERNEL(count, int32_t, count_row(&m, call, args, i, &s, &r))

/* ---- Finding ---- */

typedef struct Span {
    size_t from;
    size_t to;
    bool found;
} Span;

/* The wanted group of the wanted occurrence. */
static HyStatus find_occurrence(const Matcher *m, const HyFuncCall *call, const HyVector *args,
    size_t row, const HyString *s, Span *out)
{
    const RegexpSpec *spec = spec_of(call);
    const char *text = hy_string_data(s);
    int64_t start = number_arg(call, args, row, spec->start, 1);
    int64_t occurrence = number_arg(call, args, row, spec->occurrence, 1);
    int64_t group = number_arg(call, args, row, spec->group, 0);
    if (start < 1)
        return hy_error("22023", "start position offset must be greater than or equal to 1");
    if (occurrence < 1)
        return hy_error("22023", "match occurrence parameter must be greater than or equal to 1");
    if (group < 0)
        return hy_error("22023", "sub expression index must be greater than or equal to 0");
    *out = (Span){.found = false};
    bool found = true;
    for (size_t at = hy_utf8_offset(text, s->len, (size_t)start - 1); at <= s->len;) {
        HY_TRY(hy_regex_search(m->regex, m->match, text, s->len, at, &found));
        if (!found)
            return HY_OK;
        if (--occurrence == 0)
            break;
        size_t from = at;
        (void)hy_regex_group(m->match, 0, &from, &at);
        if (from == at)
            at += at < s->len ? step_at(text + at, s->len - at) : 1;
    }
    if (occurrence == 0 && group <= (int64_t)hy_regex_group_count(m->regex))
        out->found = hy_regex_group(m->match, (uint32_t)group, &out->from, &out->to);
    return HY_OK;
}

static HyStatus instr_row(const Matcher *m, const HyFuncCall *call, const HyVector *args,
    size_t row, const HyString *s, int32_t *out)
{
    Span span;
    int64_t end_option = number_arg(call, args, row, spec_of(call)->end_option, 0);
    if (end_option != 0 && end_option != 1)
        return hy_error("22023", "end option parameter must be 0 or 1");
    HY_TRY(find_occurrence(m, call, args, row, s, &span));
    size_t offset = end_option ? span.to : span.from;
    *out = span.found ? (int32_t)hy_utf8_length(hy_string_data(s), offset) + 1 : 0;
    return HY_OK;
}
REGEXP_KERNEL(instr, int32_t, instr_row(&m, call, args, i, &s, &r))

static HyStatus set_null(HyFuncEnv *env, HyVector *out, size_t n, size_t row)
{
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_clear(out->validity, row);
    return HY_OK;
}

static HyStatus substr_row(HyFuncEnv *env, const Matcher *m, const HyFuncCall *call,
    const HyVector *args, size_t row, size_t n, HyVector *out, HyString *r)
{
    /* the bytes of a short string lie in the copy: parts of it are short too */
    HyString s = hy_arg_string(&args[0], row);
    Span span;
    HY_TRY(find_occurrence(m, call, args, row, &s, &span));
    if (!span.found)
        return set_null(env, out, n, row);
    *r = hy_string_view(hy_string_data(&s) + span.from, span.to - span.from);
    return HY_OK;
}
REGEXP_KERNEL(substr, HyString, ((void)s, substr_row(env, &m, call, args, i, n, out, &r)))

/* ---- Replacing ---- */

static HyStatus check_replacement(const Matcher *m, const HyString *by)
{
    const char *text = hy_string_data(by);
    for (size_t i = 0; i < by->len; i++) {
        if (text[i] != '\\')
            continue;
        i++;
        bool is_group = i < by->len && text[i] >= '0' && text[i] <= '9' &&
                        (uint32_t)(text[i] - '0') <= hy_regex_group_count(m->regex);
        if (!is_group && !(i < by->len && text[i] == '\\'))
            return hy_error_detail(
                hy_error("22023", "invalid replacement string for `regexp_replace`"),
                "replacement string: \"%.*s\"", (int)by->len, text);
    }
    return HY_OK;
}

static HyStatus append_replacement(
    const Matcher *m, const char *text, const HyString *by, HyBuffer *out)
{
    const char *b = hy_string_data(by);
    for (size_t i = 0; i < by->len; i++) {
        size_t from;
        size_t to;
        if (b[i] != '\\')
            HY_TRY(hy_buffer_append_char(out, b[i]));
        else if (b[++i] == '\\')
            HY_TRY(hy_buffer_append_char(out, '\\'));
        else if (hy_regex_group(m->match, (uint32_t)(b[i] - '0'), &from, &to))
            HY_TRY(hy_buffer_append(out, text + from, to - from));
    }
    return HY_OK;
}

/* An empty match right behind another one does not count. */
static HyStatus replace_into(const Matcher *m, const HyString *s, const HyString *by, HyBuffer *out)
{
    const char *text = hy_string_data(s);
    size_t done = 0; /* copied so far */
    size_t last_end = SIZE_MAX;
    for (size_t at = 0; at <= s->len;) {
        size_t from;
        size_t to;
        bool found;
        HY_TRY(hy_regex_search(m->regex, m->match, text, s->len, at, &found));
        if (!found || !hy_regex_group(m->match, 0, &from, &to))
            break;
        if (from != to || from != last_end) {
            HY_TRY(hy_buffer_append(out, text + done, from - done));
            HY_TRY(append_replacement(m, text, by, out));
            done = last_end = to;
        }
        at = to;
        if (from == to)
            at += at < s->len ? step_at(text + at, s->len - at) : 1;
        if (!m->options.is_global)
            break;
    }
    return hy_buffer_append(out, text + done, s->len - done);
}

static HyStatus replace_row(HyFuncEnv *env, const Matcher *m, const HyVector *args, size_t row,
    const HyString *s, HyString *r)
{
    HyBuffer result = {0};
    HyString by = hy_arg_string(&args[2], row);
    HY_TRY(check_replacement(m, &by));
    HyStatus st = replace_into(m, s, &by, &result);
    char *text = NULL;
    if (!st)
        st = hy_text_room(env, result.len, &text);
    if (!st && result.len)
        memcpy(text, result.data, result.len);
    if (!st)
        *r = hy_string_view(text, result.len);
    hy_buffer_free(&result);
    return st;
}
REGEXP_KERNEL(replace, HyString, replace_row(env, &m, args, i, &s, &r))

/* ---- Arrays ---- */

static HyStatus append_text(HyArrayBuilder *builder, const char *text, size_t len)
{
    HyString s = hy_string_view(text, len);
    return hy_array_builder_append(builder, &s);
}

/* As with counting, what is behind a match is a text of its own. Empty matches at its ends do not
 * split. */
static HyStatus split_into(const Matcher *m, const HyString *s, HyArrayBuilder *builder)
{
    const char *rest = hy_string_data(s);
    const char *end = rest + s->len;
    while (rest < end) {
        const char *search = rest;
        size_t from = 0;
        size_t to = 0;
        bool found;
        HY_TRY(hy_regex_search(m->regex, m->match, rest, (size_t)(end - rest), 0, &found));
        if (found)
            (void)hy_regex_group(m->match, 0, &from, &to);
        if (found && to == 0) { /* look again behind the first character */
            search += step_at(rest, (size_t)(end - rest));
            if (search == end)
                break;
            HY_TRY(hy_regex_search(m->regex, m->match, search, (size_t)(end - search), 0, &found));
            if (found)
                (void)hy_regex_group(m->match, 0, &from, &to);
        }
        if (!found || (from == to && search + from == end))
            break;
        HY_TRY(append_text(builder, rest, (size_t)(search + from - rest)));
        rest = search + to;
        if (rest == end)
            return append_text(builder, "", 0);
    }
    return append_text(builder, rest, (size_t)(end - rest));
}

static HyStatus split_row(
    HyFuncEnv *env, const Matcher *m, const HyFuncCall *call, const HyString *s, HyString *r)
{
    HyArrayBuilder builder;
    hy_array_builder_init(&builder, *call->result.element);
    HyStatus st = split_into(m, s, &builder);
    if (!st)
        st = hy_array_builder_finish(&builder, env->arena, r);
    hy_array_builder_destroy(&builder);
    return st;
}
REGEXP_KERNEL(split, HyString, split_row(env, &m, call, &s, &r))

/* ---- Resolving ---- */

static HyStatus check_types(HyFuncCall *call)
{
    const RegexpSpec *spec = spec_of(call);
    for (size_t i = 0; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        bool is_number = i > 0 && (i == spec->start || i == spec->occurrence ||
                                      i == spec->end_option || i == spec->group);
        bool fits = is_number ? hy_type_is_integer(type) : hy_type_is_text(type);
        if (!fits && type.id != HY_TYPE_UNKNOWN)
            return hy_call_requires(call, is_number ? "integer arguments" : "string arguments");
        if (is_number)
            call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_INT8), type.nullable);
        else if (type.id == HY_TYPE_UNKNOWN || type.id == HY_TYPE_CHAR1)
            call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_TEXT), type.nullable);
    }
    return HY_OK;
}

static const HyString *constant_text(const HyFuncCall *call, unsigned which)
{
    const HyValue *value = call->consts ? call->consts[which] : NULL;
    bool is_text = value && !value->is_null && hy_type_is_text(value->type) &&
                   hy_type_physical(value->type) == HY_PHYS_STRING;
    return is_text ? &value->string : NULL;
}

static void release_regex(void *regex)
{
    hy_regex_destroy(regex);
}

static HyStatus compile_constants(HyFuncCall *call, Prepared *prepared)
{
    const RegexpSpec *spec = spec_of(call);
    HyString flags = hy_string_view("", 0);
    HyString escape = hy_string_view("\\", 1);
    if (spec->flags_arg != NO_ARG && spec->flags_arg < call->n_args)
        flags = *constant_text(call, spec->flags_arg);
    if (spec->escape != NO_ARG && spec->escape < call->n_args)
        escape = *constant_text(call, spec->escape);
    HY_TRY(parse_flags(spec, &flags, &prepared->options));
    return compile(constant_text(call, 1), prepared->options.flags | HY_REGEX_REUSED, &escape,
        &prepared->regex);
}

/* A constant pattern that is wrong is no error before the first row comes. */
static HyStatus prepare(HyFuncCall *call)
{
    const RegexpSpec *spec = spec_of(call);
    bool is_constant = constant_text(call, 1) != NULL;
    if (spec->flags_arg != NO_ARG && spec->flags_arg < call->n_args)
        is_constant = is_constant && constant_text(call, spec->flags_arg);
    if (spec->escape != NO_ARG && spec->escape < call->n_args)
        is_constant = is_constant && constant_text(call, spec->escape);
    if (!is_constant)
        return HY_OK;
    Prepared *prepared;
    HY_ARENA_NEW(call->arena, prepared, 1);
    HyStatus st = compile_constants(call, prepared);
    if (st) {
        hy_error_free(st);
        return HY_OK;
    }
    if (!hy_arena_defer(call->arena, release_regex, prepared->regex)) {
        hy_regex_destroy(prepared->regex);
        return hy_error_oom(sizeof *prepared);
    }
    call->bind_data = prepared;
    return HY_OK;
}

static HyStatus array_of_text(HyFuncCall *call, HyType *out)
{
    HyType *element;
    HY_ARENA_NEW(call->arena, element, 1);
    *element = hy_type(HY_TYPE_TEXT);
    *out = hy_type(HY_TYPE_ARRAY);
    out->element = element;
    return HY_OK;
}

static HyStatus resolve_regexp(HyFuncCall *call)
{
    const RegexpSpec *spec = spec_of(call);
    HyType result = hy_type(spec->result);
    HY_TRY(check_types(call));
    if (spec->result == HY_TYPE_ARRAY)
        HY_TRY(array_of_text(call, &result));
    hy_call_set(call, result, spec->kernel, HY_SIG_CAN_FAIL | spec->sig_flags);
    return prepare(call);
}

/* ---- regexp_matches ---- */

static HyStatus put_groups(
    HyFuncEnv *env, const Matcher *m, const HyFuncCall *call, const char *text, HyRowset *out)
{
    HyArrayBuilder builder;
    HyStatus st = HY_OK;
    HyString array;
    hy_array_builder_init(&builder, *call->columns[0].element);
    for (uint32_t g = 1; g <= hy_regex_group_count(m->regex); g++) {
        size_t from;
        size_t to;
        bool found = hy_regex_group(m->match, g, &from, &to);
        HY_GO(append_text(&builder, found ? text + from : "", found ? to - from : 0));
    }
    HY_GO(hy_array_builder_finish(&builder, env->arena, &array));
    HyVector column = {
        .type = call->columns[0], .kind = HY_VECTOR_FLAT, .data = &array, .validity = NULL};
    HyBatch batch = {.n_rows = 1, .n_cols = 1, .cols = &column};
    st = hy_rowset_append(out, &batch);
done:
    hy_array_builder_destroy(&builder);
    return st;
}

static HyStatus put_matches(
    HyFuncEnv *env, const Matcher *m, const HyFuncCall *call, const HyString *s, HyRowset *out)
{
    const char *text = hy_string_data(s);
    for (size_t at = 0; at <= s->len;) {
        size_t from;
        size_t to;
        bool found;
        HY_TRY(hy_regex_search(m->regex, m->match, text + at, s->len - at, 0, &found));
        if (!found || !hy_regex_group(m->match, 0, &from, &to))
            break;
        if (hy_regex_group_count(m->regex) == 0)
            return hy_error("0A000", "regexp_matches without any groups is not implemented yet");
        HY_TRY(put_groups(env, m, call, text + at, out));
        if (!m->options.is_global)
            break;
        at += to;
        if (from == to)
            at += at < s->len ? step_at(text + at, s->len - at) : 1;
    }
    return HY_OK;
}

static HyStatus run_matches(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    HyVector vectors[3];
    Matcher m = {0};
    for (size_t i = 0; i < call->n_args; i++) {
        if (args[i].is_null)
            return HY_OK;
        HY_TRY(hy_vector_constant(env->arena, &args[i], &vectors[i]));
    }
    HyStatus st = matcher_for_row(&m, call, vectors, 0);
    if (!st)
        st = put_matches(env, &m, call, &args[0].string, out);
    close_matcher(&m);
    return st;
}

static HyStatus resolve_matches(HyFuncCall *call)
{
    static const HyTableFunction function = {run_matches};
    static const char *const names[] = {"regexp_matches"};
    HY_TRY(check_types(call));
    HY_ARENA_NEW(call->arena, call->columns, 1);
    HY_TRY(array_of_text(call, &call->columns[0]));
    call->columns[0].nullable = false;
    call->column_names = (const char **)(uintptr_t)names;
    call->n_columns = 1;
    call->table = &function;
    call->result = call->columns[0];
    call->can_fail = true;
    return prepare(call);
}

/* ---- Registry ---- */

static const RegexpSpec like_spec = {.kernel = test, .result = HY_TYPE_BOOL, .flags_arg = 2};
static const RegexpSpec match_spec = {.kernel = test, .result = HY_TYPE_BOOL};
static const RegexpSpec match_folded_spec = {
    .kernel = test, .result = HY_TYPE_BOOL, .flags = HY_REGEX_FOLD_CASE};
static const RegexpSpec no_match_spec = {.kernel = test, .result = HY_TYPE_BOOL, .negated = true};
static const RegexpSpec no_match_folded_spec = {
    .kernel = test, .result = HY_TYPE_BOOL, .flags = HY_REGEX_FOLD_CASE, .negated = true};
static const RegexpSpec similar_spec = {
    .kernel = test, .result = HY_TYPE_BOOL, .escape = 2, .flags = HY_REGEX_SIMILAR};
static const RegexpSpec count_spec = {
    .kernel = count, .result = HY_TYPE_INT4, .start = 2, .flags_arg = 3};
static const RegexpSpec instr_spec = {.kernel = instr,
    .result = HY_TYPE_INT4,
    .start = 2,
    .occurrence = 3,
    .end_option = 4,
    .flags_arg = 5,
    .group = 6};
static const RegexpSpec substr_spec = {.kernel = substr,
    .result = HY_TYPE_TEXT,
    .start = 2,
    .occurrence = 3,
    .flags_arg = 4,
    .group = 5,
    .sig_flags = HY_SIG_MAY_NULL};
static const RegexpSpec replace_spec = {
    .kernel = replace, .result = HY_TYPE_TEXT, .flags_arg = 3, .takes_global = true};
static const RegexpSpec split_spec = {.kernel = split, .result = HY_TYPE_ARRAY, .flags_arg = 2};
static const RegexpSpec matches_spec = {
    .kernel = NULL, .result = HY_TYPE_ARRAY, .flags_arg = 2, .takes_global = true};

#define REGEXP_FUNC(name, n_min, n_max, spec, signature, doc)                                      \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n_min, n_max, resolve_regexp, &(spec), signature, doc  \
    }
static const HyFunc functions[] = {
    REGEXP_FUNC("~*", 2, 2, match_folded_spec, "text ~* pattern",
        "Whether the regular expression matches somewhere, without regard to case."),
    REGEXP_FUNC("!~", 2, 2, no_match_spec, "text !~ pattern",
        "Whether the regular expression matches nowhere."),
    REGEXP_FUNC("!~*", 2, 2, no_match_folded_spec, "text !~* pattern",
        "Whether the regular expression matches nowhere, without regard to case."),
    REGEXP_FUNC("similar_to", 2, 3, similar_spec, "text SIMILAR TO pattern [ESCAPE c]",
        "Whether the whole text matches an SQL regular expression, with % and _ as in LIKE."),
    REGEXP_FUNC("regexp_like", 2, 3, like_spec, "regexp_like(text, pattern [, flags]) -> boolean",
        "Whether the regular expression matches somewhere; flags: i (any case), c, q (plain)."),
    REGEXP_FUNC("regexp_count", 2, 4, count_spec,
        "regexp_count(text, pattern [, start [, flags]]) -> integer", "The number of matches."),
    REGEXP_FUNC("regexp_instr", 2, 7, instr_spec,
        "regexp_instr(text, pattern [, start [, n [, end_option [, flags [, group]]]]]) -> integer",
        "Where the n-th match starts (end_option 1: the character behind it), 0 if nowhere."),
    REGEXP_FUNC("regexp_substr", 2, 6, substr_spec,
        "regexp_substr(text, pattern [, start [, n [, flags [, group]]]]) -> text",
        "The n-th match or a group of it, NULL without one."),
    REGEXP_FUNC("regexp_replace", 3, 4, replace_spec,
        "regexp_replace(text, pattern, by [, flags]) -> text",
        "The first match (flag g: each) replaced; \\1 to \\9 in `by` are groups, \\0 is all."),
    REGEXP_FUNC("regexp_split_to_array", 2, 3, split_spec,
        "regexp_split_to_array(text, pattern [, flags]) -> array(text)",
        "The parts between the matches."),
    {"regexp_matches", HY_FUNC_TABLE, HY_IMMUTABLE, 2, 3, resolve_matches, &matches_spec,
        "regexp_matches(text, pattern [, flags]) -> setof array(text)",
        "The groups of the first match (flag g: of each) as an array."},
};
HY_DEFINE_FAMILY(regexp, functions);

/* Binary ~, which shares its name with the bitwise complement. */
HyStatus hy_resolve_regex_match(HyFuncCall *call)
{
    static const HyFunc match = REGEXP_FUNC(
        "~", 2, 2, match_spec, "text ~ pattern", "Whether the regular expression matches.");
    call->func = &match;
    return resolve_regexp(call);
}
