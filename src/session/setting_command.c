/* SET, RESET and SHOW. */
#include "session/statement.h"

#include "types/cast.h"

#include <string.h>

/* The text of one value: a bare word as written, else the literal's text. */
static HyStatus value_text(HyStatement *statement, const HyAstExpr *expr, HyBuffer *out)
{
    if (expr->kind == HY_AST_COLUMN && expr->column.parts.n == 1)
        return hy_buffer_append_str(out, expr->column.parts.items[0].text);
    HyValue value;
    HY_TRY(hy_bind_constant(&statement->bind, expr, NULL, &value));
    if (value.is_null)
        return hy_error_at(hy_error("22023", "a setting cannot be NULL"), expr->pos);
    if (value.type.id == HY_TYPE_BOOL)
        return hy_buffer_append_str(out, value.u8 ? "on" : "off");
    return hy_value_format(value.type, hy_value_payload(&value), statement->env.style, out);
}

/* A name as it would be written in SQL. */
static HyStatus append_name(const char *name, size_t len, HyBuffer *out)
{
    bool is_plain = len > 0 && !(name[0] >= '0' && name[0] <= '9');
    for (size_t i = 0; i < len && is_plain; i++)
        is_plain = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
                   name[i] == '_';
    if (is_plain)
        return hy_buffer_append(out, name, len);
    HY_TRY(hy_buffer_append_char(out, '"'));
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '"')
            HY_TRY(hy_buffer_append_char(out, '"'));
        HY_TRY(hy_buffer_append_char(out, name[i]));
    }
    return hy_buffer_append_char(out, '"');
}

static HyStatus joined_values(HyStatement *statement, const HyAstSet *set, HyBuffer *out)
{
    bool are_names = hy_settings_takes_names(set->name.text);
    for (size_t i = 0; i < set->values.n; i++) {
        if (i)
            HY_TRY(hy_buffer_append_str(out, ", "));
        if (!are_names) {
            HY_TRY(value_text(statement, set->values.items[i], out));
            continue;
        }
        HyBuffer name = {0};
        HyStatus st = value_text(statement, set->values.items[i], &name);
        if (!st)
            st = append_name(name.data ? name.data : "", name.len, out);
        hy_buffer_free(&name);
        HY_TRY(st);
    }
    return hy_buffer_append_char(out, 0);
}

static HyStatus set_value(HyStatement *statement, const HyAstSet *set)
{
    HyBuffer text = {0};
    HyStatus st = HY_OK;
    HY_GO(joined_values(statement, set, &text));
    HY_GO(hy_settings_set(statement->session->settings, set->name.text, text.data));
done:
    hy_buffer_free(&text);
    return st;
}

HyStatus hy_execute_set(HyStatement *statement, const HyAstSet *set, HyResult *result)
{
    HySettings *settings = statement->session->settings;
    switch (set->kind) {
    case HY_AST_SET_VALUE:
        HY_TRY(set_value(statement, set));
        break;
    case HY_AST_SET_DEFAULT:
        HY_TRY(hy_settings_reset(settings, set->name.text));
        break;
    case HY_AST_RESET_ALL:
        HY_TRY(hy_settings_reset_all(settings));
        break;
    }
    return hy_result_set_tag(result, set->is_reset ? "RESET" : "SET");
}

static HyStatus show_all(const HySettings *settings, HyResult *result)
{
    static const char *const names[] = {"name", "setting", "description"};
    const HyType types[] = {hy_type(HY_TYPE_TEXT), hy_type(HY_TYPE_TEXT), hy_type(HY_TYPE_TEXT)};
    HY_TRY(hy_result_set_columns(result, names, types, 3));
    for (size_t i = 0; i < hy_settings_count(); i++) {
        const char *name = hy_settings_name(i);
        const char *row[] = {name, hy_settings_get(settings, name), hy_settings_description(i)};
        HY_TRY(hy_result_add_text_row(result, row, 3));
    }
    return hy_result_set_tag(result, "SHOW");
}

HyStatus hy_execute_show(HyStatement *statement, const HyAstShow *show, HyResult *result)
{
    const HySettings *settings = statement->session->settings;
    const HyType text = hy_type(HY_TYPE_TEXT);
    if (!show->name.text)
        return show_all(settings, result);
    const char *value = hy_settings_get(settings, show->name.text);
    if (!value)
        return hy_error_at(hy_settings_unknown(show->name.text), 0);
    HY_TRY(hy_result_set_columns(result, (const char *const[]){show->name.text}, &text, 1));
    HY_TRY(hy_result_add_text_row(result, &value, 1));
    return hy_result_set_tag(result, "SHOW");
}
