#include "exec/top_bar.h"

HyStatus hy_top_bar_open(HyTopBar *bar, HyColumnId id, bool is_descending, bool nulls_first)
{
    *bar = (HyTopBar){.id = id, .is_descending = is_descending, .nulls_first = nulls_first};
    return pthread_mutex_init(&bar->lock, NULL) ? hy_error_oom(sizeof bar->lock) : HY_OK;
}

void hy_top_bar_close(HyTopBar *bar)
{
    pthread_mutex_destroy(&bar->lock);
    hy_buffer_free(&bar->text);
}

void hy_top_bar_reset(HyTopBar *bar)
{
    atomic_store(&bar->version, 0);
}

static HyStatus take(HyValue *into, HyBuffer *text, const HyValue *from)
{
    *into = *from;
    if (hy_type_physical(from->type) != HY_PHYS_STRING)
        return HY_OK;
    text->len = 0;
    HY_TRY(hy_buffer_append(text, hy_string_data(&from->string), from->string.len));
    into->string = hy_string_view(text->data, text->len);
    return HY_OK;
}

HyStatus hy_top_bar_raise(HyTopBar *bar, const HyValue *value)
{
    HyStatus st = HY_OK;
    if (value->is_null) /* says something only when nulls come first, and then little */
        return HY_OK;
    pthread_mutex_lock(&bar->lock);
    bool is_better = true;
    if (atomic_load(&bar->version) > 0) {
        int c =
            hy_compare_payload(value->type, hy_value_payload(value), hy_value_payload(&bar->value));
        is_better = bar->is_descending ? c > 0 : c < 0;
    }
    if (is_better) {
        st = take(&bar->value, &bar->text, value);
        if (!st)
            atomic_fetch_add(&bar->version, 1);
    }
    pthread_mutex_unlock(&bar->lock);
    return st;
}

HyStatus hy_top_bar_read(HyTopBar *bar, HyTopBarView *view)
{
    HyStatus st = HY_OK;
    if (atomic_load(&bar->version) == view->version)
        return HY_OK;
    pthread_mutex_lock(&bar->lock);
    view->version = atomic_load(&bar->version);
    if (view->version > 0)
        st = take(&view->value, &view->text, &bar->value);
    pthread_mutex_unlock(&bar->lock);
    return st;
}
