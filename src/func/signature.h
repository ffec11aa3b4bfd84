/* Resolving a call against a list of signatures: what most functions need. A function whose types
 * follow other rules (numeric precision, any type, constants that matter) has a resolver of its
 * own, which may still end in hy_resolve_list. */
#ifndef HY_FUNC_SIGNATURE_H
#define HY_FUNC_SIGNATURE_H

#include "func/function.h"

#define HY_SIG_MAX_ARGS 8

typedef enum HySigFlags {
    HY_SIG_PLAIN = 0,
    HY_SIG_VARIADIC = 1,   /* the last argument type may repeat */
    HY_SIG_NOT_STRICT = 2, /* the kernel looks at nulls itself; result nullable unless NOT_NULL */
    HY_SIG_CAN_FAIL = 4,
    HY_SIG_MAY_NULL = 8, /* strict, but may give null for values that are not */
    HY_SIG_NOT_NULL = 16 /* never null */
} HySigFlags;

typedef struct HySignature {
    uint8_t n_args;
    HyTypeId args[HY_SIG_MAX_ARGS]; /* NUMERIC takes any precision and scale */
    HyTypeId result; /* NUMERIC: of the first numeric argument's precision and scale */
    HyScalarKernel kernel;
    unsigned flags; /* HySigFlags */
} HySignature;

typedef struct HySignatureList {
    const HySignature *items;
    size_t n;
} HySignatureList;

/* A HySignatureList over an array, for HyFunc.data. */
#define HY_SIGNATURES(array) (&(const HySignatureList){(array), sizeof(array) / sizeof((array)[0])})

/* Picks the signature that needs the fewest and smallest implicit conversions, and fills the call.
 * Ambiguity goes to the earlier one. Errors: 42601 wrong argument types. */
HyStatus hy_resolve_list(HyFuncCall *call, const HySignatureList *list) HY_MUST_CHECK;
/* The same for HyFunc.resolve, over the list in call->func->data. */
HyStatus hy_resolve_signatures(HyFuncCall *call) HY_MUST_CHECK;

/* Cost of passing `from` where `to` is wanted without an explicit cast: 0 same, -1 impossible. */
int hy_implicit_cost(HyType from, HyTypeId to);

/* For own resolvers: sets kernel, strictness and the result, whose nullability follows from the
 * arguments' and the flags. */
void hy_call_set(HyFuncCall *call, HyType result, HyScalarKernel kernel, unsigned flags);
/* The collation of the first argument that has one (text results keep it). */
const HyCollation *hy_call_collation(const HyFuncCall *call);
/* 42601 `'name' requires numerical arguments` and the like. */
HyStatus hy_call_requires(const HyFuncCall *call, const char *what) HY_MUST_CHECK;

#endif
