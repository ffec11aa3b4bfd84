/* The order of inner joins: dynamic programming over all subsets of up to MAX_EXACT relations,
 * greedy beyond. Cost is the number of rows of all intermediate results (Cout; Moerkotte & Neumann
 * 2006, Leis et al. 2015). */
#include "plan/plan_internal.h"
#include <math.h>
#include <string.h>

#define MAX_EXACT        10
#define MAX_RELATIONS    64
#define DEFAULT_DISTINCT 20 /* of a key of which nothing is known */

typedef struct Edge {
    HyExpr *predicate;
    uint64_t relations; /* those whose columns it uses */
    double selectivity;
    size_t class; /* of the equality that it is, or NO_CLASS */
} Edge;

#define NO_CLASS SIZE_MAX

/* Columns of several relations that are equal to each other (a = b, b = c). However many of these
 * equalities hold between two sets of relations, one says it all. */
typedef struct Class {
    uint64_t relations;
    HyExpr *columns[MAX_RELATIONS]; /* by relation */
    double distinct[MAX_RELATIONS]; /* different values in the table; 0: unknown */
} Class;

typedef struct Order {
    HyPlanner *p;
    HyAlg **relations;
    size_t n;
    double table_rows[MAX_RELATIONS]; /* before any condition; 0: unknown */
    Edge *edges;
    size_t n_edges;
    Class *classes;
    size_t n_classes;
} Order;

static bool is_within(uint64_t a, uint64_t b)
{
    return (a & ~b) == 0;
}

static HyStatus make_edges(Order *o, const HyConjuncts *conjuncts)
{
    HyColumnSet columns[MAX_RELATIONS];
    HyPlanner *p = o->p;
    for (size_t i = 0; i < o->n; i++) {
        columns[i] = (HyColumnSet){0};
        HY_TRY(plan_produced(p, o->relations[i], &columns[i]));
    }
    HY_ARENA_NEW(p->arena, o->edges, conjuncts->n + 1);
    for (size_t i = 0; i < conjuncts->n; i++) {
        HyColumnSet used = {0};
        Edge *edge = &o->edges[o->n_edges++];
        HY_TRY(plan_expr_columns(p, conjuncts->items[i], &used));
        edge->predicate = conjuncts->items[i];
        for (size_t r = 0; r < o->n; r++) {
            if (hy_column_set_intersects(&used, &columns[r]))
                edge->relations |= UINT64_C(1) << r;
        }
        edge->selectivity = plan_selectivity(p, conjuncts->items[i]);
        edge->class = NO_CLASS;
    }
    return HY_OK;
}

/* ---- Equalities ---- */

static size_t relation_of(const HyColumnSet *columns, size_t n, const HyExpr *column)
{
    size_t r = 0;
    while (r < n && !hy_column_set_has(&columns[r], column->column))
        r++;
    return r;
}

static void add_member(Order *o, Class *class, size_t r, HyExpr *column)
{
    class->relations |= UINT64_C(1) << r;
    class->columns[r] = column;
    class->distinct[r] = plan_key_distinct(o->p, column->column);
    o->table_rows[r] = fmax(o->table_rows[r], plan_key_rows(o->p, column->column));
}

static bool has_member(const Class *class, size_t r, const HyExpr *column)
{
    return class->columns[r] && class->columns[r]->column == column->column;
}

static size_t find_class(const Order *o, size_t r, const HyExpr *column)
{
    size_t c = 0;
    while (c < o->n_classes && !has_member(&o->classes[c], r, column))
        c++;
    return c < o->n_classes ? c : NO_CLASS;
}

/* Whether the union has at most one column of each relation: with two, their equality would have to
 * be tested in the relation itself. */
static bool can_merge(const Class *a, const Class *b)
{
    return (a->relations & b->relations) == 0;
}

static void merge_classes(Order *o, size_t into, size_t from)
{
    Class *a = &o->classes[into];
    Class *b = &o->classes[from];
    for (size_t r = 0; r < o->n; r++) {
        if (!b->columns[r])
            continue;
        a->columns[r] = b->columns[r];
        a->distinct[r] = b->distinct[r];
    }
    a->relations |= b->relations;
    *b = (Class){0};
    for (size_t i = 0; i < o->n_edges; i++)
        if (o->edges[i].class == from)
            o->edges[i].class = into;
}

/* Puts an equality between columns of two relations into its class. One that does not fit stays a
 * condition like others. */
static void classify(Order *o, const HyColumnSet *columns, Edge *edge)
{
    HyExpr *const *args = edge->predicate->args;
    size_t r[2], c[2];
    for (int i = 0; i < 2; i++) {
        r[i] = relation_of(columns, o->n, args[i]);
        if (r[i] == o->n)
            return;
        c[i] = find_class(o, r[i], args[i]);
    }
    if (c[0] == NO_CLASS && c[1] == NO_CLASS) {
        c[0] = c[1] = o->n_classes++;
        add_member(o, &o->classes[c[0]], r[0], args[0]);
        add_member(o, &o->classes[c[0]], r[1], args[1]);
    } else if (c[0] == NO_CLASS || c[1] == NO_CLASS) {
        int known = c[0] == NO_CLASS;
        Class *class = &o->classes[c[known]];
        if (class->columns[r[1 - known]])
            return;
        add_member(o, class, r[1 - known], args[1 - known]);
        c[0] = c[known];
    } else if (c[0] != c[1]) {
        if (!can_merge(&o->classes[c[0]], &o->classes[c[1]]))
            return;
        merge_classes(o, c[0], c[1]);
    }
    edge->class = c[0];
}

/* Under one meaning of equality: with two collations it would not be transitive. */
static bool is_equality(const Edge *edge)
{
    const HyExpr *e = edge->predicate;
    return plan_is_key(e) && __builtin_popcountll(edge->relations) == 2 &&
           e->args[0]->type.id == e->args[1]->type.id &&
           e->args[0]->type.collation == e->args[1]->type.collation;
}

static HyStatus make_classes(Order *o)
{
    HyColumnSet columns[MAX_RELATIONS];
    HY_ARENA_NEW(o->p->arena, o->classes, o->n_edges + 1);
    for (size_t r = 0; r < o->n; r++) {
        columns[r] = (HyColumnSet){0};
        HY_TRY(plan_produced(o->p, o->relations[r], &columns[r]));
    }
    for (size_t i = 0; i < o->n_edges; i++) {
        Edge *edge = &o->edges[i];
        if (is_equality(edge))
            classify(o, columns, edge);
    }
    return HY_OK;
}

static bool joins(const Class *class, uint64_t a, uint64_t b)
{
    return (class->relations & a) && (class->relations & b);
}

/* The side with fewer different values finds all of them on the other one (containment). */
static double class_selectivity(const Class *class, uint64_t both)
{
    double distinct = 0;
    for (uint64_t rest = class->relations & both; rest; rest &= rest - 1)
        distinct = fmax(distinct, class->distinct[__builtin_ctzll(rest)]);
    return 1 / fmax(1, distinct > 0 ? distinct : DEFAULT_DISTINCT);
}

/* Several classes between the same two relations are one key of several columns, which has no more
 * different values than either of the two tables has rows. Returns by how much their selectivities
 * multiplied are too small. */
static double key_correction(const Order *o, uint64_t a, uint64_t b, size_t r, size_t s)
{
    double product = 1;
    size_t n_shared = 0;
    for (size_t i = 0; i < o->n_classes; i++) {
        const Class *class = &o->classes[i];
        if (!class->columns[r] || !class->columns[s])
            continue;
        product *= class_selectivity(class, a | b);
        n_shared++;
    }
    double rows = fmin(o->table_rows[r], o->table_rows[s]);
    return n_shared > 1 && rows > 0 ? fmax(1, 1 / (rows * product)) : 1;
}

static double key_selectivity(const Order *o, uint64_t a, uint64_t b, bool *connected)
{
    double product = 1;
    size_t n_joining = 0;
    for (size_t i = 0; i < o->n_classes; i++) {
        if (!joins(&o->classes[i], a, b))
            continue;
        product *= class_selectivity(&o->classes[i], a | b);
        n_joining++;
    }
    *connected = n_joining > 0;
    if (n_joining < 2)
        return product;
    double correction = 1;
    for (uint64_t left = a; left; left &= left - 1)
        for (uint64_t right = b; right; right &= right - 1)
            correction = fmax(correction, key_correction(o, a, b, (size_t)__builtin_ctzll(left),
                                              (size_t)__builtin_ctzll(right)));
    return fmin(1, product * correction);
}

/* ---- Joins ---- */

static bool becomes_testable(const Edge *edge, uint64_t a, uint64_t b)
{
    return edge->class == NO_CLASS && is_within(edge->relations, a | b) &&
           !is_within(edge->relations, a) && !is_within(edge->relations, b);
}

/* Keys and the other conditions that can be tested in the union of a and b but not in either.
 * Several conditions between the same relations are hardly independent: all but the strongest count
 * by their square root. */
static double join_selectivity(const Order *o, uint64_t a, uint64_t b, bool *connected)
{
    double strongest = 1;
    double product = 1;
    double keys = key_selectivity(o, a, b, connected);
    for (size_t i = 0; i < o->n_edges; i++) {
        const Edge *edge = &o->edges[i];
        if (!becomes_testable(edge, a, b))
            continue;
        *connected = true;
        double s = fmax(edge->selectivity, 1e-12);
        product *= sqrt(s);
        strongest = fmin(strongest, s);
    }
    return keys * product * sqrt(strongest);
}

/* One equality of a class between a and b. */
static HyStatus key_between(
    const Order *o, const Class *class, uint64_t a, uint64_t b, HyExpr **out)
{
    for (size_t i = 0; i < o->n_edges; i++) {
        const Edge *edge = &o->edges[i];
        if (edge->class != NO_CLASS && class == &o->classes[edge->class] &&
            is_within(edge->relations, a | b) && (edge->relations & a) && (edge->relations & b)) {
            *out = edge->predicate;
            return HY_OK;
        }
    }
    HyExpr *left = class->columns[__builtin_ctzll(class->relations & a)];
    HyExpr *right = class->columns[__builtin_ctzll(class->relations & b)];
    return hy_expr_compare(o->p->arena, HY_CMP_EQ, left, right, out);
}

static HyStatus make_join(
    const Order *o, HyAlg *left, uint64_t a, HyAlg *right, uint64_t b, HyAlg **out)
{
    HyConjuncts conjuncts = {0};
    HyExpr *predicate = NULL;
    for (size_t i = 0; i < o->n_classes; i++) {
        HyExpr *key = NULL;
        if (!joins(&o->classes[i], a, b))
            continue;
        HY_TRY(key_between(o, &o->classes[i], a, b, &key));
        HY_PLAN_PUSH(o->p->arena, conjuncts.items, conjuncts.n, key);
    }
    for (size_t i = 0; i < o->n_edges; i++) {
        const Edge *edge = &o->edges[i];
        if (becomes_testable(edge, a, b))
            HY_PLAN_PUSH(o->p->arena, conjuncts.items, conjuncts.n, edge->predicate);
    }
    HY_TRY(plan_join_and(o->p, &conjuncts, &predicate));
    return hy_alg_join(o->p->arena, HY_JOIN_INNER, left, right, predicate, out);
}

/* ---- Exact ---- */

typedef struct Best {
    double rows;
    double cost; /* INFINITY: no plan yet */
    uint32_t left;
    bool is_connected;
} Best;

static void improve(const Order *o, Best *table, uint32_t set)
{
    Best *best = &table[set];
    for (uint32_t left = (set - 1) & set; left > 0; left = (left - 1) & set) {
        uint32_t right = set & ~left;
        if (left < right) /* each split once; the build side is chosen later */
            break;
        bool connected = false;
        double s = join_selectivity(o, left, right, &connected);
        bool is_new = isinf(best->cost);
        if (!is_new && best->is_connected && !connected)
            continue;
        double rows = table[left].rows * table[right].rows * s;
        double cost = table[left].cost + table[right].cost + rows;
        if (is_new || (connected && !best->is_connected) || cost < best->cost) {
            best->rows = rows;
            best->cost = cost;
            best->left = left;
            best->is_connected = connected;
        }
    }
}

static HyStatus build_tree(const Order *o, const Best *table, uint32_t set, HyAlg **out)
{
    if ((set & (set - 1)) == 0) {
        *out = o->relations[__builtin_ctz(set)];
        return HY_OK;
    }
    HyAlg *left = NULL;
    HyAlg *right = NULL;
    uint32_t a = table[set].left;
    HY_TRY(build_tree(o, table, a, &left));
    HY_TRY(build_tree(o, table, set & ~a, &right));
    return make_join(o, left, a, right, set & ~a, out);
}

static HyStatus order_exactly(const Order *o, HyAlg **out)
{
    Best *table = NULL;
    uint32_t all = (UINT32_C(1) << o->n) - 1;
    HY_ARENA_NEW(o->p->arena, table, (size_t)all + 1);
    for (uint32_t set = 1; set <= all; set++) {
        table[set].cost = INFINITY;
        if ((set & (set - 1)) == 0)
            table[set] = (Best){.rows = fmax(1, o->relations[__builtin_ctz(set)]->estimated_rows),
                .is_connected = true};
        else
            improve(o, table, set);
    }
    return build_tree(o, table, all, out);
}

/* ---- Greedy ---- */

/* Joins the pair with the smallest result until one is left (Fegaras 1998). */
static HyStatus order_greedily(const Order *o, HyAlg **out)
{
    HyAlg *trees[MAX_RELATIONS];
    uint64_t sets[MAX_RELATIONS];
    double rows[MAX_RELATIONS];
    size_t n = o->n;
    for (size_t i = 0; i < n; i++) {
        trees[i] = o->relations[i];
        sets[i] = UINT64_C(1) << i;
        rows[i] = fmax(1, trees[i]->estimated_rows);
    }
    while (n > 1) {
        size_t best_a = 0;
        size_t best_b = 1;
        double best_rows = INFINITY;
        bool best_connected = false;
        for (size_t a = 0; a < n; a++) {
            for (size_t b = a + 1; b < n; b++) {
                bool connected = false;
                double r = rows[a] * rows[b] * join_selectivity(o, sets[a], sets[b], &connected);
                if ((connected && !best_connected) ||
                    (connected == best_connected && r < best_rows)) {
                    best_a = a;
                    best_b = b;
                    best_rows = r;
                    best_connected = connected;
                }
            }
        }
        HY_TRY(
            make_join(o, trees[best_a], sets[best_a], trees[best_b], sets[best_b], &trees[best_a]));
        sets[best_a] |= sets[best_b];
        rows[best_a] = fmax(1, best_rows);
        n--;
        trees[best_b] = trees[n];
        sets[best_b] = sets[n];
        rows[best_b] = rows[n];
    }
    *out = trees[0];
    return HY_OK;
}

/* More than fit a bit mask: as written, conditions above. */
static HyStatus keep_order(
    HyPlanner *p, HyAlg **relations, size_t n, const HyConjuncts *conjuncts, HyAlg **out)
{
    *out = relations[0];
    for (size_t i = 1; i < n; i++)
        HY_TRY(hy_alg_join(p->arena, HY_JOIN_INNER, *out, relations[i], NULL, out));
    return plan_add_filter(p, conjuncts, out);
}

HyStatus plan_order_joins(
    HyPlanner *p, HyAlg **relations, size_t n, const HyConjuncts *conjuncts, HyAlg **out)
{
    if (n > MAX_RELATIONS)
        return keep_order(p, relations, n, conjuncts, out);
    Order o = {.p = p, .relations = relations, .n = n};
    for (size_t i = 0; i < n; i++)
        HY_TRY(plan_estimate(p, relations[i]));
    HY_TRY(make_edges(&o, conjuncts));
    HY_TRY(make_classes(&o));
    HyConjuncts above = {0}; /* of no relation, or of one (volatile) */
    for (size_t i = 0; i < o.n_edges; i++) {
        uint64_t set = o.edges[i].relations;
        if ((set & (set - 1)) == 0)
            HY_PLAN_PUSH(p->arena, above.items, above.n, o.edges[i].predicate);
    }
    HY_TRY(n <= MAX_EXACT ? order_exactly(&o, out) : order_greedily(&o, out));
    return plan_add_filter(p, &above, out);
}
