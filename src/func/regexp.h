/* The operator ~ over texts, for the family that has ~ over integers. */
#ifndef HY_FUNC_REGEXP_H
#define HY_FUNC_REGEXP_H

#include "func/function.h"

HyStatus hy_resolve_regex_match(HyFuncCall *call) HY_MUST_CHECK;

#endif
