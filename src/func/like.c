/* LIKE and ILIKE under their operator names. A constant pattern is compiled when the call is
 * resolved; other patterns once per distinct run of equal values. */
#include "func/families.h"
#include "func/like_pattern.h"
#include "func/signature.h"

#include "types/case_fold.h"

static HyStatus escape_of(const HyString *escape, const char **bytes, size_t *len)
{
    *bytes = hy_string_data(escape);
    *len = escape->len;
    size_t first = 1;
    while (first < *len && ((unsigned char)(*bytes)[first] & 0xC0) == 0x80)
        first++;
    if (*len > first)
        return hy_error("22025", "escape string must be empty or one character");
    return HY_OK;
}

static HyStatus compile(HyArena *arena, const HyString *pattern, const HyString *escape,
    bool folds_case, const HyCollation *collation, HyLikePattern *out)
{
    const char *bytes = hy_string_data(pattern);
    size_t len = pattern->len;
    const char *escape_bytes = "\\";
    size_t escape_len = 1;
    if (escape)
        HY_TRY(escape_of(escape, &escape_bytes, &escape_len));
    if (folds_case)
        HY_TRY(hy_text_fold_case(arena, bytes, len, &bytes, &len));
    /* hy_like_compile refers to its own copies only */
    return hy_like_compile(arena, bytes, len, escape_bytes, escape_len, folds_case, collation, out);
}

static HyStatus match_row(
    HyFuncEnv *env, const HyLikePattern *pattern, const HyString *text, uint8_t *out)
{
    const char *bytes = hy_string_data(text);
    size_t len = text->len;
    if (pattern->folds_case)
        HY_TRY(hy_text_fold_case(env->arena, bytes, len, &bytes, &len));
    *out = hy_like_match(pattern, bytes, len);
    return HY_OK;
}

static HyStatus like_constant(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const HyLikePattern *pattern = call->bind_data;
    const HyString *texts = hy_vector_values(&args[0]);
    uint8_t *restrict results = out->data;
    for (size_t i = 0; i < n; i++) {
        results[i] = 0;
        if (!hy_vector_is_null(out, i))
            HY_TRY(match_row(env, pattern, &texts[hy_vector_index(&args[0], i)], &results[i]));
    }
    return HY_OK;
}

static HyStatus like_varying(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const HyString *texts = hy_vector_values(&args[0]);
    const HyString *patterns = hy_vector_values(&args[1]);
    const HyString *escapes = call->n_args == 3 ? hy_vector_values(&args[2]) : NULL;
    bool folds_case = call->func->name[2] == '*';
    for (size_t i = 0; i < n; i++) {
        HyLikePattern pattern;
        uint8_t *result = &((uint8_t *)out->data)[i];
        *result = 0;
        if (hy_vector_is_null(out, i))
            continue;
        HY_TRY(compile(env->arena, &patterns[hy_vector_index(&args[1], i)],
            escapes ? &escapes[hy_vector_index(&args[2], i)] : NULL, folds_case, call->bind_data,
            &pattern));
        HY_TRY(match_row(env, &pattern, &texts[hy_vector_index(&args[0], i)], result));
    }
    return HY_OK;
}

static bool is_null_constant(const HyFuncCall *call, size_t i)
{
    return call->consts && call->consts[i] && call->consts[i]->is_null;
}

static bool is_constant(const HyFuncCall *call, size_t i)
{
    return call->consts && call->consts[i] && !call->consts[i]->is_null &&
           hy_type_physical(call->consts[i]->type) == HY_PHYS_STRING;
}

static HyStatus resolve_like(HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        if (!hy_type_is_text(type) && type.id != HY_TYPE_UNKNOWN)
            return hy_call_requires(call, "string arguments");
        if (type.id == HY_TYPE_UNKNOWN || type.id == HY_TYPE_CHAR1)
            call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_TEXT), type.nullable);
    }
    bool folds_case = call->func->name[2] == '*';
    bool can_compile = !is_null_constant(call, 0) && is_constant(call, 1) &&
                       (call->n_args == 2 || is_constant(call, 2));
    hy_call_set(call, hy_type(HY_TYPE_BOOL), can_compile ? like_constant : like_varying,
        can_compile ? HY_SIG_PLAIN : HY_SIG_CAN_FAIL);
    const HyCollation *collation = hy_call_collation(call);
    if (collation && hy_collation_is_exact(collation))
        collation = NULL;
    if (!can_compile) {
        call->bind_data = collation;
        return HY_OK;
    }
    HyLikePattern *pattern;
    HY_ARENA_NEW(call->arena, pattern, 1);
    HY_TRY(compile(call->arena, &call->consts[1]->string,
        call->n_args == 3 ? &call->consts[2]->string : NULL, folds_case, collation, pattern));
    call->bind_data = pattern;
    return HY_OK;
}

static const HyFunc functions[] = {
    {"~~", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 3, resolve_like, NULL, "text LIKE pattern [ESCAPE c]",
        "Whether the text matches; % stands for any text, _ for one character."},
    {"~~*", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 3, resolve_like, NULL, "text ILIKE pattern [ESCAPE c]",
        "LIKE without regard to case."},
};
HY_DEFINE_FAMILY(like, functions);
