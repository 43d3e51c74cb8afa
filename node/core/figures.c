#include "figures.h"

#include "claim.h"
#include "push.h"
#include "reach.h"

#define PERIOD_DEFAULT_MS (24ull * 3600 * 1000)
#define THRESHOLD_DEFAULT 5

/* The committee's word, or our own where it tells less. */
static uint64_t
stricter(uint64_t ours, uint64_t laid_down, uint64_t usual)
{
    const uint64_t least = laid_down != 0 ? laid_down : usual;

    return ours > least ? ours : least;
}

static uint64_t
period_ms(const struct step *s)
{
    const struct registry *r = s->env->registry;

    return stricter(s->env->config->figures_period_ms,
                    r == NULL ? 0 : r->figures_period_ms, PERIOD_DEFAULT_MS);
}

static uint32_t
threshold(const struct step *s)
{
    const struct registry *r = s->env->registry;

    return (uint32_t)stricter(s->env->config->figures_threshold,
                              r == NULL ? 0 : r->figures_threshold,
                              THRESHOLD_DEFAULT);
}

static void
next_period(struct step *s, struct node_self *self)
{
    static const struct hf_id none;

    self->figures_from_ms = s->now;
    self->figures_ms = s->now + period_ms(s);
    self_put(s->v, self);
    due_put(s->v, self->figures_ms, &none, DUE_FIGURES);
}

void
figures_begin(struct step *s)
{
    static const struct hf_id none;
    struct node_self self;

    if (!self_get(s->v, &self))
        memset(&self, 0, sizeof(self));
    /* A shorter period than the one that was set counts from now. */
    if (self.figures_ms > s->now + period_ms(s)) {
        due_del(s->v, self.figures_ms, &none, DUE_FIGURES);
        self.figures_ms = 0;
    }
    if (self.figures_ms == 0)
        next_period(s, &self);
}

/* ---- merging upward: reason and place, state, service, the pair ---- */

static bool
same_cell(const struct figure_cell *a, const struct figure_cell *b)
{
    return a->kind == b->kind && a->state == b->state &&
           a->reason == b->reason && hf_org_eq(&a->from, &b->from) &&
           hf_org_eq(&a->to, &b->to) && hf_name_eq(&a->service, &b->service) &&
           hf_name_eq(&a->place, &b->place);
}

static bool
add_cell(struct content_figures *f, const struct figure_cell *c)
{
    for (size_t i = 0; i < f->n; i++) {
        if (same_cell(&f->cell[i], c)) {
            f->cell[i].count += c->count;
            return true;
        }
    }
    if (f->n == CONTENT_CELLS_MAX)
        return false;
    f->cell[f->n++] = *c;
    return true;
}

static void
blur(struct figure_cell *c, int level)
{
    c->reason = REASON_NONE;
    memset(&c->place, 0, sizeof(c->place));
    if (level >= 1)
        c->state = STATE_NONE;
    if (level >= 2)
        memset(&c->service, 0, sizeof(c->service));
    if (level >= 3) {
        memset(&c->from, 0, sizeof(c->from));
        memset(&c->to, 0, sizeof(c->to));
    }
}

/* One level: what is below the threshold is blurred and added up again. */
static void
merge(struct content_figures *f, int level)
{
    struct figure_cell c;
    size_t i = 0;

    while (i < f->n) {
        c = f->cell[i];
        if (c.count >= f->threshold) {
            i++;
            continue;
        }
        blur(&c, level);
        if (same_cell(&c, &f->cell[i])) {
            i++; /* as blurred as it gets here */
            continue;
        }
        f->cell[i] = f->cell[--f->n];
        (void)add_cell(f, &c); /* a place was just freed */
    }
}

/* What stays below even in the coarsest cell is not told. */
static void
drop_rest(struct content_figures *f)
{
    size_t i = 0;

    while (i < f->n) {
        if (f->cell[i].count < f->threshold)
            f->cell[i] = f->cell[--f->n];
        else
            i++;
    }
}

static void
gather(struct step *s, struct content_figures *f)
{
    struct figure_cell at;

    memset(&at, 0, sizeof(at));
    while (cell_next(s->v, &at)) {
        struct figure_cell c = at;

        if (c.kind == OBJECT_WITHDRAWAL)
            memset(&c.service, 0, sizeof(c.service));
        for (int level = 0; !add_cell(f, &c) && level < 4; level++)
            blur(&c, level); /* more cells than a message holds */
    }
    for (int level = 0; level < 4; level++)
        merge(f, level);
    drop_rest(f);
}

static void
send_figures(struct step *s, const struct node_self *self)
{
    static const struct hf_id none;
    const struct registry *r = s->env->registry;
    struct content *c = NULL;

    for (size_t i = 0; r != NULL && i < r->n_orgs; i++) {
        const struct registry_org *org = &r->orgs[i];

        if (!registry_has_duty(org, DUTY_FIGURES) ||
            reach_of(s, &org->id) != REACH_ALL ||
            hf_org_eq(&org->id, step_me(s)) ||
            s->env->peer_until_ms(s->env->peer_ctx, &org->id) <= s->now)
            continue;
        if (c == NULL) {
            c = step_content(s, CONTENT_FIGURES);
            c->u.figures.from_ms = self->figures_from_ms;
            c->u.figures.until_ms = s->now;
            c->u.figures.threshold = threshold(s);
            gather(s, &c->u.figures);
        }
        (void)push_content(s, &org->id, c, LANE_NORMAL, &none, 0);
    }
}

void
figures_due(struct step *s)
{
    struct node_self self;

    if (!self_get(s->v, &self))
        return;
    send_figures(s, &self);
    claims_due(s);
    next_period(s, &self);
}

void
figures_take(struct step *s, const struct hf_org *by,
             const struct content_figures *f)
{
    const struct registry_org *me =
        s->env->registry == NULL ? NULL
                                 : registry_org(s->env->registry, step_me(s));
    struct figure_row row;
    struct hf_org at = *by;
    uint32_t serial = 0;

    if (me == NULL || !registry_has_duty(me, DUTY_FIGURES))
        return;
    memset(&row, 0, sizeof(row));
    if (figure_next(s->v, &at, &serial, &row) && hf_org_eq(&at, by) &&
        row.until_ms > f->until_ms)
        return; /* overtaken by a newer report */
    figures_clear(s->v, by);
    for (size_t i = 0; i < f->n; i++) {
        memset(&row, 0, sizeof(row));
        row.by = *by;
        row.from_ms = f->from_ms;
        row.until_ms = f->until_ms;
        row.cell = f->cell[i];
        figure_put(s->v, (uint32_t)i + 1, &row);
    }
}
