/* The order of inner joins: dynamic programming over all subsets of up to MAX_EXACT relations,
 * greedy beyond. Cost is the number of rows of all intermediate results (Cout; Moerkotte & Neumann
 * 2006, Leis et al. 2015). */
#include "plan/plan_internal.h"
#include <math.h>
#include <string.h>

#define MAX_EXACT     10
#define MAX_RELATIONS 64

typedef struct Edge {
    HyExpr *predicate;
    uint64_t relations; /* those whose columns it uses */
    double selectivity;
    bool is_equality; /* between a column of each of two relations */
} Edge;

typedef struct Order {
    HyPlanner *p;
    HyAlg **relations;
    size_t n;
    Edge *edges;
    size_t n_edges;
} Order;

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
        edge->is_equality =
            plan_is_key(conjuncts->items[i]) && __builtin_popcountll(edge->relations) == 2;
    }
    return HY_OK;
}

static bool is_within(uint64_t a, uint64_t b)
{
    return (a & ~b) == 0;
}

/* Equalities between the same two relations are one key of several columns: it has no more
 * different values than either of the two has rows. The first of them counts for all. */
static void merge_equalities(Order *o)
{
    for (size_t i = 0; i < o->n_edges; i++) {
        Edge *first = &o->edges[i];
        double least = 0;
        for (size_t k = i + 1; k < o->n_edges && first->is_equality; k++) {
            Edge *other = &o->edges[k];
            if (!other->is_equality || other->relations != first->relations)
                continue;
            if (least == 0)
                least = 1 / plan_rows_of_key(
                                o->p, first->predicate->args[0], first->predicate->args[1]);
            first->selectivity = fmax(first->selectivity * other->selectivity, least);
            other->selectivity = 1;
            other->is_equality = false;
        }
    }
}

/* Edges that can be tested in the union of a and b but not in either. Several conditions between
 * the same relations are hardly independent: all but the strongest count by their square root. */
static double join_selectivity(const Order *o, uint64_t a, uint64_t b, bool *connected)
{
    double strongest = 1;
    double product = 1;
    *connected = false;
    for (size_t i = 0; i < o->n_edges; i++) {
        const Edge *edge = &o->edges[i];
        if (!is_within(edge->relations, a | b) || is_within(edge->relations, a) ||
            is_within(edge->relations, b))
            continue;
        *connected = true;
        double s = fmax(edge->selectivity, 1e-12);
        product *= sqrt(s);
        strongest = fmin(strongest, s);
    }
    return product * sqrt(strongest);
}

static HyStatus make_join(
    const Order *o, HyAlg *left, uint64_t a, HyAlg *right, uint64_t b, HyAlg **out)
{
    HyConjuncts conjuncts = {0};
    HyExpr *predicate = NULL;
    for (size_t i = 0; i < o->n_edges; i++) {
        const Edge *edge = &o->edges[i];
        if (is_within(edge->relations, a | b) && !is_within(edge->relations, a) &&
            !is_within(edge->relations, b))
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
    merge_equalities(&o);
    HyConjuncts above = {0}; /* of no relation, or of one (volatile) */
    for (size_t i = 0; i < o.n_edges; i++) {
        uint64_t set = o.edges[i].relations;
        if ((set & (set - 1)) == 0)
            HY_PLAN_PUSH(p->arena, above.items, above.n, o.edges[i].predicate);
    }
    HY_TRY(n <= MAX_EXACT ? order_exactly(&o, out) : order_greedily(&o, out));
    return plan_add_filter(p, &above, out);
}
