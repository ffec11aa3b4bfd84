/* Relations in the file: objects of kinds 3, 4 and 5 (spec/hyper-file-format.md, sections 5.2
 * to 5.4).
 *
 * HyRelationImage is what the live state of the file holds of one relation. Saving a version writes
 * what differs from the image into free space and adds it to a commit of the container; whether the
 * image becomes the new one is decided when the commit has succeeded or failed:
 *
 *     HY_TRY(hy_relation_save(image, version, pool, commit, &save));
 *     ... hy_container_commit(commit) ...
 *     hy_relation_save_end(save, is_committed);
 *
 * All of this happens under the commit lock of a database. */
#ifndef HY_STORAGE_RELATION_FILE_H
#define HY_STORAGE_RELATION_FILE_H

#include "base/task_pool.h"
#include "storage/block_store.h"
#include "storage/relation.h"

typedef struct HyRelationImage HyRelationImage;
typedef struct HyRelationSave HyRelationSave;

/* For a relation of which the file has nothing yet. */
HyStatus hy_relation_image_create(
    HyBlockStore *store, uint32_t slot, HyRelationImage **out) HY_MUST_CHECK;
/* Reads rows and deletes of relation `slot`, and where its chunks are. null_counts: of the catalog,
 * per column, or NULL when it has none. Errors: XX001 with the genuine texts. */
HyStatus hy_relation_load(HyBlockStore *store, uint32_t slot, const HyType *types, size_t n_cols,
    const int64_t *null_counts, HyRelationImage **out, HyRelation **version) HY_MUST_CHECK;
/* Tells of all that is wrong with the objects of rows and deletes, read again from the file. Chunks
 * are not looked at. Errors: 58030, 53200; damage is told. */
HyStatus hy_relation_image_verify(
    const HyRelationImage *image, HyFaultFn report, void *context) HY_MUST_CHECK;
void hy_relation_image_destroy(HyRelationImage *image); /* NULL is fine */

/* Whether the image is this version already. */
bool hy_relation_image_is(const HyRelationImage *image, const HyRelation *version);

/* `pool` may be NULL. On failure nothing is left to do. */
HyStatus hy_relation_save(HyRelationImage *image, HyRelation *version, HyTaskPool *pool,
    HyContainerCommit *commit, HyRelationSave **out) HY_MUST_CHECK;
/* The relation is dropped: adds the removal of all its objects to the commit. */
HyStatus hy_relation_save_drop(
    HyRelationImage *image, HyContainerCommit *commit, HyRelationSave **out) HY_MUST_CHECK;
/* Nulls of the live rows per column, n_cols of the version; for the catalog. Lives as long as the
 * save. */
const int64_t *hy_relation_save_null_counts(const HyRelationSave *save);
/* Frees the save. NULL is fine. */
void hy_relation_save_end(HyRelationSave *save, bool is_committed);

/* Nulls per column as last saved or loaded; NULL: not known. n_cols of the version that was. */
const int64_t *hy_relation_image_null_counts(const HyRelationImage *image);

#endif
