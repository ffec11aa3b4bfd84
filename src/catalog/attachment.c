#include "catalog/attachment.h"
#include <stdlib.h>
#include <string.h>

static HyStatus check_alias(
    const HyAttachments *list, const HyDatabase *database, const char *alias)
{
    for (size_t i = 0; i < list->n_items; i++) {
        if (strcmp(list->items[i].alias, alias) == 0)
            return hy_error("42710", "database alias name '%s' already in use", alias);
        if (list->items[i].database == database)
            return hy_error(
                "42710", "database already in use under alias name '%s'", list->items[i].alias);
    }
    return HY_OK;
}

static HyStatus append_item(HyAttachments *list, HyDatabase *database, const char *alias)
{
    HY_TRY(check_alias(list, database, alias));
    size_t n = list->n_items;
    HyAttachment *grown = realloc(list->items, (n + 1) * sizeof *grown);
    if (!grown)
        return hy_error_oom((n + 1) * sizeof *grown);
    list->items = grown;
    grown[n].alias = strdup(alias);
    if (!grown[n].alias)
        return hy_error_oom(strlen(alias));
    grown[n].database = database;
    list->n_items++;
    return HY_OK;
}

HyStatus hy_attachments_add(HyAttachments *list, const char *path, const char *alias)
{
    HyDatabase *database;
    HY_TRY(check_alias(list, NULL, alias));
    HY_TRY(hy_catalog_open(list->catalog, path, &database));
    return hy_attachments_add_database(list, database, alias);
}

HyStatus hy_attachments_add_database(HyAttachments *list, HyDatabase *database, const char *alias)
{
    HyStatus st = append_item(list, database, alias);
    if (st)
        hy_error_free(hy_database_release(database));
    return st;
}

HyStatus hy_attachments_remove(HyAttachments *list, const char *alias)
{
    for (size_t i = 0; i < list->n_items; i++) {
        if (strcmp(list->items[i].alias, alias) != 0)
            continue;
        HyDatabase *database = list->items[i].database;
        free(list->items[i].alias);
        list->n_items--;
        memmove(&list->items[i], &list->items[i + 1], (list->n_items - i) * sizeof *list->items);
        return hy_database_release(database);
    }
    return hy_error(
        "3D000", "There is no database with the alias \"%s\" attached to this session.", alias);
}

HyDatabase *hy_attachments_find(const HyAttachments *list, const char *alias)
{
    for (size_t i = 0; i < list->n_items; i++) {
        if (strcmp(list->items[i].alias, alias) == 0)
            return list->items[i].database;
    }
    return NULL;
}

HyDatabase *hy_attachments_single(const HyAttachments *list)
{
    return list->n_items == 1 ? list->items[0].database : NULL;
}

HyStatus hy_attachments_temporary(HyAttachments *list, HyDatabase **out)
{
    if (!list->temporary)
        HY_TRY(hy_database_in_memory(list->catalog, true, &list->temporary));
    *out = list->temporary;
    return HY_OK;
}

HyStatus hy_attachments_clear(HyAttachments *list)
{
    HyStatus first = hy_database_release(list->temporary);
    for (size_t i = 0; i < list->n_items; i++) {
        HyStatus st = hy_database_release(list->items[i].database);
        free(list->items[i].alias);
        if (first)
            hy_error_free(st);
        else
            first = st;
    }
    free(list->items);
    *list = (HyAttachments){.catalog = list->catalog};
    return first;
}
