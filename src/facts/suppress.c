#include "facts/suppress.h"

#include <string.h>

/*
 * Nodes: a row or a column of the table, the last of each being that of the totals. A cell is an
 * edge between its row and its column; counts flow from the column of totals through the rows into
 * the columns, through the row of totals and back. To raise a cell by one is to send one along its
 * edge and around.
 */
struct net {
    const struct suppress *s;
    int64_t *flow;    /* what could stand in each cell */
    const bool *free; /* cells that may be another number */
    size_t nodes;
    size_t *from_cell; /* of the way found: the cell that leads to each node */
    size_t *from_node;
    int64_t *cost;
    size_t *queue;
    bool *done;
};

#define NONE ((size_t)-1)
#define FAR  INT64_MAX

static size_t width(const struct suppress *s)
{
    return s->cols + 1;
}

static void ends_of(const struct suppress *s, size_t cell, size_t *from, size_t *to)
{
    size_t r = cell / width(s);
    size_t c = cell % width(s);
    size_t row = r;
    size_t col = s->rows + 1 + c;
    bool turned = (c == s->cols) != (r == s->rows); /* the edges of totals run the other way */

    *from = turned ? col : row;
    *to = turned ? row : col;
}

static void net_init(struct ctx *ctx, struct net *net, const struct suppress *s)
{
    size_t cells = (s->rows + 1) * width(s);

    *net = (struct net){ .s = s, .nodes = s->rows + s->cols + 2 };
    net->flow = ARENA_ARRAY(ctx->arena, cells, int64_t);
    memcpy(net->flow, s->n, cells * sizeof(*net->flow));
    net->from_cell = ARENA_ARRAY(ctx->arena, net->nodes, size_t);
    net->from_node = ARENA_ARRAY(ctx->arena, net->nodes, size_t);
    net->cost = ARENA_ARRAY(ctx->arena, net->nodes, int64_t);
    net->queue = ARENA_ARRAY(ctx->arena, net->nodes, size_t);
    net->done = ARENA_ARRAY(ctx->arena, net->nodes, bool);
}

/* The i-th cell at a node; its other end; how much can go there. */
static size_t cell_at(const struct suppress *s, size_t node, size_t i)
{
    if (node <= s->rows)
        return node * width(s) + i;
    return i * width(s) + (node - s->rows - 1);
}

static size_t cells_at(const struct suppress *s, size_t node)
{
    return node <= s->rows ? s->cols + 1 : s->rows + 1;
}

static size_t other_end(const struct net *net, size_t cell, size_t node, int64_t *room)
{
    size_t from = 0;
    size_t to = 0;

    ends_of(net->s, cell, &from, &to);
    *room = node == from ? FAR : net->flow[cell];
    return node == from ? to : from;
}

/* --- the most that can go from one node to another --- */

static bool find_way(struct net *net, size_t start, size_t end, size_t without)
{
    size_t head = 0;
    size_t tail = 0;

    for (size_t i = 0; i < net->nodes; i++)
        net->from_cell[i] = NONE;
    net->from_node[start] = start;
    net->queue[tail++] = start;
    while (head < tail && net->from_cell[end] == NONE) {
        size_t node = net->queue[head++];

        for (size_t i = 0; i < cells_at(net->s, node); i++) {
            size_t cell = cell_at(net->s, node, i);
            int64_t room = 0;
            size_t next = other_end(net, cell, node, &room);

            if (cell == without || !net->free[cell] || room <= 0 || next == start ||
                net->from_cell[next] != NONE)
                continue;
            net->from_cell[next] = cell;
            net->from_node[next] = node;
            net->queue[tail++] = next;
        }
    }
    return net->from_cell[end] != NONE;
}

static int64_t send(struct net *net, size_t start, size_t end, int64_t most)
{
    int64_t amount = most;

    for (size_t node = end; node != start; node = net->from_node[node]) {
        int64_t room = 0;

        (void)other_end(net, net->from_cell[node], net->from_node[node], &room);
        amount = room < amount ? room : amount;
    }
    for (size_t node = end; node != start; node = net->from_node[node]) {
        size_t from = 0;
        size_t to = 0;

        ends_of(net->s, net->from_cell[node], &from, &to);
        net->flow[net->from_cell[node]] += from == net->from_node[node] ? amount : -amount;
    }
    return amount;
}

static int64_t most_between(struct net *net, size_t start, size_t end, size_t without, int64_t most)
{
    int64_t sum = 0;

    memcpy(net->flow, net->s->n, (net->s->rows + 1) * width(net->s) * sizeof(*net->flow));
    while (sum < most && find_way(net, start, end, without))
        sum += send(net, start, end, most - sum);
    return sum;
}

static void span_of(struct net *net, size_t cell, int64_t reach, int64_t *low, int64_t *high)
{
    int64_t n = net->s->n[cell];
    size_t from = 0;
    size_t to = 0;

    ends_of(net->s, cell, &from, &to);
    *low = n - most_between(net, from, to, cell, n); /* the others carry what it carried */
    *high = n + most_between(net, to, from, cell, reach);
}

static bool *free_cells(struct ctx *ctx, const struct suppress *s)
{
    size_t cells = (s->rows + 1) * width(s);
    bool *free = ARENA_ARRAY(ctx->arena, cells, bool);

    for (size_t i = 0; i < cells; i++)
        free[i] = s->hidden[i] || s->unseen[i];
    return free;
}

void suppress_span(struct ctx *ctx, const struct suppress *s, size_t cell, int64_t reach,
                   int64_t *low_out, int64_t *high_out)
{
    struct net net;

    net_init(ctx, &net, s);
    net.free = free_cells(ctx, s);
    span_of(&net, cell, reach, low_out, high_out);
}

/* --- what to hide besides --- */

/* Large numbers are a larger loss, and totals a larger one still. */
static int64_t price(const struct net *net, size_t cell)
{
    const struct suppress *s = net->s;
    bool total = cell / width(s) == s->rows || cell % width(s) == s->cols;

    if (net->free[cell])
        return 0;
    return (s->n[cell] + 1) * (total ? 8 : 1) + (total ? 1000 : 1);
}

static size_t nearest(const struct net *net)
{
    size_t best = NONE;

    for (size_t i = 0; i < net->nodes; i++)
        if (!net->done[i] && net->cost[i] < FAR && (best == NONE || net->cost[i] < net->cost[best]))
            best = i;
    return best;
}

/* The cheapest way from start to end on which at least need can go. */
static bool cheapest_way(struct net *net, size_t start, size_t end, size_t without, int64_t need)
{
    memcpy(net->flow, net->s->n, (net->s->rows + 1) * width(net->s) * sizeof(*net->flow));
    for (size_t i = 0; i < net->nodes; i++) {
        net->cost[i] = FAR;
        net->done[i] = false;
    }
    net->cost[start] = 0;
    for (;;) {
        size_t node = nearest(net);

        if (node == NONE)
            return false;
        if (node == end)
            return true;
        net->done[node] = true;
        for (size_t i = 0; i < cells_at(net->s, node); i++) {
            size_t cell = cell_at(net->s, node, i);
            int64_t room = 0;
            size_t next = other_end(net, cell, node, &room);
            int64_t cost = net->cost[node] + price(net, cell);

            if (cell == without || room < need || net->done[next] || cost >= net->cost[next])
                continue;
            net->cost[next] = cost;
            net->from_cell[next] = cell;
            net->from_node[next] = node;
        }
    }
}

static void hide_way(const struct net *net, struct suppress *s, size_t start, size_t end,
                     bool *free)
{
    for (size_t node = end; node != start; node = net->from_node[node]) {
        size_t cell = net->from_cell[node];

        if (!s->unseen[cell])
            s->hidden[cell] = true;
        free[cell] = true;
    }
}

/*
 * There is always a way on which the cell could grow without end: along its totals. So one more
 * hiding is enough for the span; the cheaper ways through other cells are tried first by price.
 */
static void protect(struct net *net, struct suppress *s, size_t cell, int64_t threshold, bool *free)
{
    int64_t low = 0;
    int64_t high = 0;
    size_t from = 0;
    size_t to = 0;

    span_of(net, cell, threshold, &low, &high);
    if (high - low >= threshold)
        return;
    ends_of(s, cell, &from, &to);
    if (cheapest_way(net, to, from, cell, threshold))
        hide_way(net, s, to, from, free);
}

enum err suppress_cells(struct ctx *ctx, struct suppress *s, int64_t threshold)
{
    size_t cells = (s->rows + 1) * width(s);
    struct net net;
    bool *free;

    if (s->rows > SUPPRESS_LINES_MAX || s->cols > SUPPRESS_LINES_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The table would have too many rows or columns."));
    for (size_t i = 0; i < cells; i++)
        s->hidden[i] = s->hidden[i] || (s->small[i] && !s->unseen[i]);
    net_init(ctx, &net, s);
    free = free_cells(ctx, s);
    net.free = free;
    for (size_t i = 0; i < cells; i++)
        if (s->small[i] && !s->unseen[i])
            protect(&net, s, i, threshold, free);
    return OK;
}
