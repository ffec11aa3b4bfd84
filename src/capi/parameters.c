/* Parameters: texts by name. */
#include "capi/capi_internal.h"

#include <stdlib.h>
#include <string.h>

static void clear(hyper_parameters_t *parameters)
{
    for (size_t i = 0; i < parameters->n; i++) {
        free(parameters->items[i].key);
        free(parameters->items[i].value);
    }
    free(parameters->items);
}

void hyper_parameters_destroy(hyper_parameters_t *parameters)
{
    if (!parameters)
        return;
    clear(parameters);
    free(parameters);
}

static CapiParameter *find(const hyper_parameters_t *parameters, const char *key)
{
    for (size_t i = 0; i < parameters->n; i++)
        if (strcmp(parameters->items[i].key, key) == 0)
            return &parameters->items[i];
    return NULL;
}

const char *hy_capi_parameter(const hyper_parameters_t *parameters, const char *key)
{
    const CapiParameter *item = find(parameters, key);
    return item ? item->value : NULL;
}

static bool grow(hyper_parameters_t *parameters)
{
    if (parameters->n < parameters->room)
        return true;
    size_t room = parameters->room ? parameters->room * 2 : 8;
    CapiParameter *items = realloc(parameters->items, room * sizeof *items);
    if (!items)
        return false;
    parameters->items = items;
    parameters->room = room;
    return true;
}

static bool put(hyper_parameters_t *parameters, const char *key, const char *value)
{
    CapiParameter *item = find(parameters, key);
    char *value_copy = strdup(value);
    char *key_copy = item ? NULL : strdup(key);
    if (!value_copy || (!item && (!key_copy || !grow(parameters)))) {
        free(value_copy);
        free(key_copy);
        return false;
    }
    if (item) {
        free(item->value);
        item->value = value_copy;
    } else {
        parameters->items[parameters->n++] = (CapiParameter){.key = key_copy, .value = value_copy};
    }
    return true;
}

hyper_parameters_t *hyper_parameters_copy(const hyper_parameters_t *parameters)
{
    hyper_parameters_t *copy = parameters ? calloc(1, sizeof *copy) : NULL;
    if (!copy)
        return NULL;
    for (size_t i = 0; i < parameters->n; i++)
        if (!put(copy, parameters->items[i].key, parameters->items[i].value)) {
            hyper_parameters_destroy(copy);
            return NULL;
        }
    return copy;
}

static HyStatus check(const char *key, const char *value)
{
    if (strcmp(key, "endpoint") == 0) {
        const char *mark = strstr(value, "://");
        if (!mark || mark == value || !mark[3])
            return hy_error("HY000",
                "Invalid connection string \"%s\". It must look like \"<scheme>://<rest>\".",
                value);
    }
    if (strcmp(key, "log_config") == 0 && *value)
        return hy_error(
            "22023", "The parameter \"log_config\" can only be empty, which means no log.");
    return HY_OK;
}

hyper_error_t *hyper_parameters_set(
    hyper_parameters_t *parameters, const char *key, const char *value)
{
    if (!parameters)
        return hy_capi_invalid("parameters");
    if (!key)
        return hy_capi_invalid("key");
    if (!value)
        return hy_capi_invalid("value");
    HyStatus st = check(key, value);
    if (!st && !put(parameters, key, value))
        st = hy_error_oom(0);
    return hy_capi_error(st);
}

/* `pairs`: key and value in turn, ended by NULL. */
static hyper_error_t *create(const char *const *pairs, hyper_parameters_t **out)
{
    hyper_parameters_t *parameters = calloc(1, sizeof *parameters);
    bool is_done = parameters != NULL;
    for (; is_done && *pairs; pairs += 2)
        is_done = put(parameters, pairs[0], pairs[1]);
    if (!is_done) {
        hyper_parameters_destroy(parameters);
        return hy_capi_error(hy_error_oom(0));
    }
    *out = parameters;
    return NULL;
}

hyper_error_t *hyper_create_instance_parameters(hyper_parameters_t **parameters, bool use_defaults)
{
    static const char *const defaults[] = {"date_style", "MDY", "date_style_lenient", "false",
        "init_user", "tableau_internal_user", "language", "en_US", "no_password", "true",
        "skip_license", "true", NULL};
    static const char *const none[] = {NULL};
    if (!parameters)
        return hy_capi_invalid("parameters");
    return create(use_defaults ? defaults : none, parameters);
}

hyper_error_t *hyper_create_connection_parameters(
    const hyper_instance_t *instance, hyper_parameters_t **parameters)
{
    const char *endpoint[] = {instance ? "endpoint" : NULL, NULL, NULL};
    if (!parameters)
        return hy_capi_invalid("parameters");
    if (instance)
        endpoint[1] = instance->endpoint;
    return create(endpoint, parameters);
}
