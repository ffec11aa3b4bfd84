/* CREATE DATABASE .. FROM: copies a database's schemas, tables and live rows. */
#ifndef HY_CATALOG_DATABASE_COPY_H
#define HY_CATALOG_DATABASE_COPY_H

#include "catalog/database.h"

/* `to` has just been created and nobody else uses it. Errors: 0A000 for a type that its version
 * does not allow. */
HyStatus hy_database_copy(HyDatabase *from, HyDatabase *to) HY_MUST_CHECK;

#endif
