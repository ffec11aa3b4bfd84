/* The registry: all families in one sorted index, built once at first use. */
#include "base/levenshtein.h"
#include "func/families.h"
#include "func/function.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY_ADDRESS(name) &hy_family_##name,
static const HyFuncFamily *const families[] = {HY_FUNC_FAMILIES(FAMILY_ADDRESS)};
#define FAMILY_NAME(name) #name,
static const char *const family_names[] = {HY_FUNC_FAMILIES(FAMILY_NAME)};

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static const HyFunc **sorted; /* lives as long as the process */
static size_t sorted_count;

static int compare_functions(const void *a, const void *b)
{
    const HyFunc *fa = *(const HyFunc *const *)a;
    const HyFunc *fb = *(const HyFunc *const *)b;
    int c = strcmp(fa->name, fb->name);
    return c ? c : (int)fa->kind - (int)fb->kind;
}

static void build_index(void)
{
    size_t n = 0;
    for (size_t f = 0; f < HY_ARRAY_LEN(families); f++)
        n += families[f]->n;
    sorted = malloc(n * sizeof *sorted);
    if (!sorted)
        return; /* every look-up then says that the function does not exist */
    for (size_t f = 0; f < HY_ARRAY_LEN(families); f++)
        for (size_t i = 0; i < families[f]->n; i++)
            sorted[sorted_count++] = &families[f]->items[i];
    qsort(sorted, sorted_count, sizeof *sorted, compare_functions);
}

size_t hy_func_count(void)
{
    pthread_once(&index_once, build_index);
    return sorted_count;
}

const HyFunc *hy_func_at(size_t index)
{
    return index < hy_func_count() ? sorted[index] : NULL;
}

const char *hy_func_family(const HyFunc *func)
{
    for (size_t f = 0; f < HY_ARRAY_LEN(families); f++) {
        for (size_t i = 0; i < families[f]->n; i++) {
            if (&families[f]->items[i] == func)
                return family_names[f];
        }
    }
    return NULL;
}

const HyFunc *hy_func_find(const char *name, HyFuncKind kind)
{
    size_t low = 0;
    size_t high = hy_func_count();
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strcmp(sorted[mid]->name, name);
        if (c == 0)
            c = (int)sorted[mid]->kind - (int)kind;
        if (c == 0)
            return sorted[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static HyStatus unknown_function(const char *name)
{
    if (strchr("+-*/<>=~!@#%^&|`?", name[0]))
        return hy_error("42601", "unknown operator '%s'", name);
    HyNameMatch match = hy_name_match(name, strlen(name));
    for (size_t i = 0; i < hy_func_count(); i++)
        hy_name_match_offer(&match, sorted[i]->name, strlen(sorted[i]->name));
    HyStatus st = hy_error("42883", "function \"%s\" does not exist", name);
    return match.best ? hy_error_hint(st, "did you mean \"%s\"?", match.best) : st;
}

HyStatus hy_func_resolve(const char *name, HyFuncKind kind, HyFuncCall *call)
{
    const HyFunc *func = hy_func_find(name, kind);
    if (!func)
        return unknown_function(name);
    if (call->n_args < func->min_args || (func->max_args != 255 && call->n_args > func->max_args)) {
        size_t expected = call->n_args < func->min_args ? func->min_args : func->max_args;
        return hy_error("42601",
            "wrong number of arguments when calling \"%s\"; expected: %zu, received: %zu", name,
            expected, call->n_args);
    }
    call->func = func;
    return func->resolve(call);
}
