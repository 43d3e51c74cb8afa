/* Random consents, SOPs, withdrawals, forwards and orders of messages: no
 * section leaves its node outside consent and SOP as they are at that instant,
 * none is held by who was not sent it so, and after a completed erasure none is
 * left but at its first collector or where `kept` was answered (I-1, I-2).
 *
 * What may go is reckoned here once more, from the scopes and from the tables
 * that the random SOP was written from; the product's gates are not asked.
 * HANDOFF_SEED=n plays one world, HANDOFF_WORLDS=n so many. */
#include "core_fixture.h"

#define NODES    4
#define CASES    2
#define SERVICES 4
#define ACTIONS  140
#define TOLD_MAX 256

static const char *const needs[SERVICES] = {
    "health.general", "training.vocational", "legal.aid", "mhpss.counselling"};
static const char *const codes[SERVICES] = {"svc-a", "svc-b", "svc-c", "svc-d"};
static const char *const families[SERVICES] = {"health", "employment",
                                               "legal_aid", "mhpss"};

static struct {
    uint64_t chance;
    uint32_t sop[SERVICES];   /* what each service may ever get */
    struct hf_id case_id[CASES];
    size_t n_seen;            /* letters looked at so far */
    bool was_sent[NODES][CASES][CATEGORY_END]; /* rightly */
    struct taken_back {       /* what each node has been told of */
        struct hf_id consent;
        struct hf_name scope; /* empty: the whole */
    } told[NODES][TOLD_MAX];
    size_t n_told[NODES];
    bool gave_back[NODES]; /* a section of its own, to who had the case */
    unsigned n_sections, n_erasures, n_restores, n_moves, n_served;
} w;

/* ---- chance ---- */

static uint64_t
chance(uint64_t n)
{
    uint64_t z = w.chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % n;
}

static uint32_t
some_categories(void)
{
    return CATEGORY_ALL & (uint32_t)(chance(1u << 20) | chance(1u << 20));
}

static struct core_node *
some_node(void)
{
    return &core->node[chance(NODES)];
}

/* ---- a random SOP ---- */

static void
write_set(FILE *f, const char *key, uint32_t set)
{
    const char *comma = "";

    fprintf(f, "    %s: [", key);
    for (enum category c = CATEGORY_IDENTITY; c < CATEGORY_END; c++)
        if (set & CATEGORY_BIT(c)) {
            fprintf(f, "%s%s", comma, category_text(c));
            comma = ", ";
        }
    fprintf(f, "]\n");
}

static void
write_service(FILE *f, int i)
{
    const uint32_t required = CATEGORY_BIT(1 + chance(CATEGORY_END - 1));
    const uint32_t never = some_categories() & some_categories() & ~required;
    const uint32_t allowed = some_categories() & ~never & ~required;

    w.sop[i] = required | allowed;
    fprintf(f, "  - code: %s\n    family: %s\n", codes[i], families[i]);
    write_set(f, "required", required);
    write_set(f, "allowed", allowed);
    write_set(f, "never", never);
}

static void
random_sop(void)
{
    static struct sop_findings findings;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    struct hf_bytes yaml;
    struct hf_hash hash;

    fprintf(f, "pack: random\nversion: 1\ntitle: drawn\nlevel: international\n"
               "effective: { from: 2025-01-01 }\nservices:\n");
    for (int i = 0; i < SERVICES; i++)
        write_service(f, i);
    fprintf(f, "rules:\n");
    for (int i = 0; i < SERVICES; i++)
        fprintf(f,
                "  - { id: r%d, source: own, when: { needs: [%s] },\n"
                "      service: %s, expire: true%s }\n",
                i, needs[i], codes[i],
                chance(3) == 0 ? ", urgency: urgent, disclose: on_send" : "");
    (void)fclose(f);
    sop_book_free(core->book);
    for (size_t i = 0; i < core->n_packs; i++)
        sop_pack_free(core->pack[i]);
    core->n_packs = 1;
    core->book = sop_book_new();
    yaml = (struct hf_bytes){(const uint8_t *)text, size};
    cr_assert(eq(int, (int)sop_pack_load(yaml, &findings, &core->pack[0]),
                 HF_OK),
              "%s", text);
    hf_hash("handoff/1 sop", &yaml, 1, &hash);
    sop_pack_set_hash(core->pack[0], &hash);
    cr_assert(sop_book_add(core->book, core->pack[0]));
    for (size_t i = 0; i < NODES; i++)
        core->node[i].env.sops = core->book;
    free(text);
}

/* ---- cases whose sections are known by their words ---- */

static const char *
word_of(int k, int c, char out[static 40])
{
    (void)snprintf(out, 40, "{\"word\":\"case%d-%s-zq\"}", k,
                   category_text((enum category)c));
    return out;
}

static void
open_case(int k)
{
    struct node_command c = {.type = CMD_CASE_NEW,
                             .sections = CATEGORY_ALL & ~CAT(NOTES)};
    static char json[CATEGORY_END][40];

    c.facts.birth_year = 1990;
    c.facts.sex = SEX_FEMALE;
    memcpy(c.facts.origin, "AF", 3);
    memcpy(c.facts.host, "AT", 3);
    for (int i = 1; i < CATEGORY_END; i++)
        c.section[i] = core_text(word_of(k, i, json[i]));
    core_do(&core->node[0], &c);
    w.case_id[k] = core->node[0].reply.id;
    for (int i = 1; i < CATEGORY_END; i++)
        w.was_sent[0][k][i] = true; /* collected there */
}

static int
case_index(const struct hf_id *id)
{
    for (int k = 0; k < CASES; k++)
        if (hf_id_eq(&w.case_id[k], id))
            return k;
    return -1;
}

static void
begin(uint64_t seed)
{
    memset(&w, 0, sizeof(w));
    w.chance = seed * 7919 + 1;
    core_begin(NODES, 0);
    random_sop();
    for (size_t i = 1; i < NODES; i++)
        core_publish(&core->node[i].org, codes[chance(SERVICES)],
                     codes[chance(SERVICES)], codes[chance(SERVICES)], NULL);
    for (int k = 0; k < CASES; k++)
        open_case(k);
}

/* ---- what was taken back, in a book of its own ---- */

static bool
was_told(int n, const struct hf_id *consent, const struct hf_name *scope)
{
    for (size_t i = 0; i < w.n_told[n]; i++)
        if (hf_id_eq(&w.told[n][i].consent, consent) &&
            (w.told[n][i].scope.s[0] == '\0' ||
             hf_name_eq(&w.told[n][i].scope, scope)))
            return true;
    return false;
}

static void
note_told(int n, const struct hf_id *consent, const struct hf_name *scope)
{
    if (was_told(n, consent, scope))
        return;
    cr_assert(lt(sz, w.n_told[n], TOLD_MAX));
    w.told[n][w.n_told[n]++] = (struct taken_back){*consent, *scope};
}

/* A withdrawal that has reached @to: what it is of, as it was written. */
static void
note_withdrawal(struct core_node *to, const struct body *b)
{
    const struct hf_name whole = {{0}};
    const int n = (int)(to - core->node);
    struct scopes_withdrawn sw;

    if (b->n == 0 || b->part[0].type != PART_SCOPES ||
        !scopes_unpack(b->part[0].bytes, &sw) || sw.narrowed)
        return;
    if (sw.whole)
        note_told(n, &sw.consent, &whole);
    for (int i = 0; !sw.whole && i < sw.n; i++)
        note_told(n, &sw.consent, &sw.scope[i]);
}

static void
note_letter(const struct core_letter *l)
{
    static struct content content;
    struct core_node *to = core_node_of(&l->h.recipient);
    struct content_push *p = &content.u.push;
    struct entry e;
    struct body b;

    if (content_decode(hf_buf_bytes(&l->bytes), &content) != HF_OK ||
        content.type != CONTENT_PUSH || p->kind != OBJECT_WITHDRAWAL)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (entry_unpack(p->entry[i].bytes, &e) == HF_OK &&
            e.event == EVENT_WITHDRAW && hf_org_eq(&e.author, &l->h.sender) &&
            core_object(to, p->object).n[SIDE_FIRST] > 0 &&
            body_unpack(p->entry[i].body, &b) == HF_OK)
            note_withdrawal(to, &b);
}

/* The object that a letter is about, as its recipient has it. */
static struct node_object
object_of(const struct core_letter *l)
{
    static struct content content;
    const struct hf_id none = {{0}};
    const struct core_node *to = core_node_of(&l->h.recipient);

    if (content_decode(hf_buf_bytes(&l->bytes), &content) != HF_OK ||
        content.type != CONTENT_PUSH)
        return core_object(to, none);
    return core_object(to, content.u.push.object);
}

/* What it took now lies under scopes of which it has not been told that they
 * were taken back, also where it came before and waited. */
static void
check_taken(const struct core_letter *l, const struct node_object *was)
{
    const int n = (int)(core_node_of(&l->h.recipient) - core->node);
    const struct node_object now = object_of(l);
    uint32_t cover = 0;

    if (now.side != SIDE_SECOND || now.kind == OBJECT_WITHDRAWAL)
        return;
    for (int i = 0; i < now.proof.n; i++)
        if (!was_told(n, &now.proof.consent, &now.proof.item[i].scope))
            cover |= now.proof.item[i].categories;
    cr_assert(zero(u32, now.sections & ~was->sections & ~cover),
              "%s took %x of %x, covered %x", core->node[n].org.s,
              now.sections, was->sections, cover);
}

static void
deliver(size_t at)
{
    const struct node_object was = object_of(&core->letter[at]);

    core_deliver(at);
    check_taken(&core->letter[at], &was);
    note_letter(&core->letter[at]);
}

/* ---- what may go, reckoned once more ---- */

static uint32_t
covered(int n, const struct consent *c, const struct hf_org *to,
        uint32_t purpose)
{
    uint32_t set = 0;

    for (int i = 0; c->state == CONSENT_GIVEN && i < c->n_scopes; i++) {
        const struct consent_scope *sc = &c->scope[i];

        if (was_told(n, &c->id, &sc->id) || (sc->purposes & purpose) == 0 ||
            core->now_ms < sc->from_ms ||
            (sc->until_ms != 0 && core->now_ms >= sc->until_ms))
            continue;
        for (int r = 0; r < sc->n_recipients; r++)
            if (hf_org_eq(&sc->recipient[r], to))
                set |= sc->categories;
    }
    return set;
}

static uint32_t
by_sop(const struct hf_name *service)
{
    for (int i = 0; i < SERVICES; i++)
        if (strcmp(service->s, codes[i]) == 0)
            return w.sop[i];
    return 0;
}

static void
check_leaving(struct core_node *from, const struct hf_id *object,
              const struct body *b)
{
    const struct node_object o = core_object(from, *object);
    const bool is_referral = o.kind == OBJECT_REFERRAL;
    const struct core_node *to = core_node_of(&o.peer);
    const int k = case_index(&o.case_id);
    struct consent con = {.state = CONSENT_WITHDRAWN};
    const struct node_case kase = core_case_of(from, o.case_id);
    uint32_t may, set = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->part[i].type == PART_SECTION)
            set |= CATEGORY_BIT(b->part[i].category);
    if (set == 0)
        return;
    w.n_sections++;
    (void)consent_get(from->env.view, &kase.consent, &con);
    may = covered((int)(from - core->node), &con, &o.peer,
                  is_referral                 ? PURPOSE_BIT(PURPOSE_REFERRAL)
                  : o.side == SIDE_FIRST ? PURPOSE_BIT(PURPOSE_TRANSFER)
                                         : PURPOSE_BIT(PURPOSE_FEEDBACK));
    if (is_referral)
        may &= by_sop(&o.terms.service);
    cr_assert(zero(u32, set & ~may), "%s sent %x to %s, may %x", from->org.s,
              set, o.peer.s, may);
    cr_assert(ge(int, k, 0));
    for (int c = 1; c < CATEGORY_END; c++)
        if (set & CATEGORY_BIT(c))
            w.was_sent[to - core->node][k][c] = true;
}

static void
check_letter(const struct core_letter *l)
{
    static struct content content;
    struct core_node *from = core_node_of(&l->h.sender);
    struct entry e;
    struct body b;

    cr_assert(eq(int,
                 (int)content_decode(hf_buf_bytes(&l->bytes), &content),
                 HF_OK));
    if (content.type != CONTENT_PUSH)
        return;
    for (size_t i = 0; i < content.u.push.n; i++)
        if (content.u.push.entry[i].body.n > 0 &&
            entry_unpack(content.u.push.entry[i].bytes, &e) == HF_OK &&
            hf_org_eq(&e.author, &from->org) &&
            body_unpack(content.u.push.entry[i].body, &b) == HF_OK)
            check_leaving(from, &content.u.push.object, &b);
}

static void
check_new(void)
{
    for (; w.n_seen < core->n_letters; w.n_seen++)
        check_letter(&core->letter[w.n_seen]);
}

/* Nobody holds what was not rightly sent there. */
static void
check_held(void)
{
    char word[40];

    for (int n = 0; n < NODES; n++)
        for (int k = 0; k < CASES; k++)
            for (int c = 1; c < CATEGORY_END; c++)
                if (!w.was_sent[n][k][c])
                    expect_no(core_holds(&core->node[n], word_of(k, c, word)),
                              "%s holds %s", core->node[n].org.s, word);
}

/* ---- what people do ---- */

/* Mostly whoever holds the case; else anybody, who may not. */
static struct core_node *
someone_with(const struct hf_id *case_id)
{
    if (chance(6) != 0)
        for (size_t i = 0; i < NODES; i++) {
            const struct node_case c = core_case_of(&core->node[i], *case_id);

            if (hf_org_eq(&c.holder, &core->node[i].org))
                return &core->node[i];
        }
    return some_node();
}

static void
random_consent(struct consent *c)
{
    static const char *const ids[] = {"s1", "s2", "s3", "s4", "s5", "s6"};

    memset(c, 0, sizeof(*c));
    c->state = CONSENT_GIVEN;
    c->given_ms = core->now_ms;
    for (size_t i = 0; i < 6; i++) {
        struct consent_scope *sc = &c->scope[c->n_scopes];

        if (chance(4) == 0)
            continue;
        sc->id = core_name(ids[i]);
        sc->categories = some_categories() | CAT(IDENTITY);
        sc->purposes =
            (uint32_t)(chance(256) << 1) & ((1u << PURPOSE_END) - 2);
        sc->purposes |= PURPOSE_BIT(PURPOSE_OFFER);
        if (chance(3) != 0)
            sc->purposes |=
                PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_TRANSFER);
        if (chance(5) == 0)
            sc->until_ms = core->now_ms + 1 + chance(5 * DAY_MS);
        for (size_t n = 0; n < NODES; n++)
            if (chance(3) != 0)
                sc->recipient[sc->n_recipients++] = core->node[n].org;
        if (sc->n_recipients > 0)
            c->n_scopes++;
    }
}

static void
act_consent(void)
{
    struct consent c;
    struct node_command cmd = {.consent = &c, .details = core_text("{}")};
    const struct hf_id id = w.case_id[chance(CASES)];
    struct core_node *n = someone_with(&id);

    random_consent(&c);
    cmd.case_id = id;
    cmd.erase = chance(2) == 0;
    cmd.type = CMD_CONSENT_GIVE;
    if (core_ask(n, &cmd) == 0 || chance(3) != 0)
        return;
    cmd.type = CMD_CONSENT_AMEND;
    (void)core_ask(n, &cmd);
}

/* The consent that it is of may be one before the case's last. */
static int
ask_withdraw(struct core_node *n, struct node_command *cmd)
{
    const struct node_case c = core_case_of(n, cmd->case_id);
    const struct hf_name whole = {{0}};
    struct consent con;
    int status;

    memset(&con, 0, sizeof(con));
    con.previous = c.consent;
    while (consent_get(n->env.view, &con.previous, &con) &&
           con.state != CONSENT_GIVEN &&
           !(con.state == CONSENT_WITHDRAWN && cmd->erase))
        continue;
    status = core_ask(n, cmd);
    if (status == 0 && !hf_id_is_zero(&con.id))
        note_told((int)(n - core->node), &con.id,
                  cmd->n_scopes > 0 ? &cmd->scope[0] : &whole);
    return status;
}

static void
act_withdraw(void)
{
    struct node_command cmd = {.type = CMD_CONSENT_WITHDRAW,
                               .case_id = w.case_id[chance(CASES)]};
    char id[16];

    cmd.erase = chance(3) != 0;
    if (chance(3) != 0) {
        (void)snprintf(id, sizeof(id), "s%u", 1 + (unsigned)chance(6));
        cmd.scope[cmd.n_scopes++] = core_name(id);
    }
    ask_withdraw(some_node(), &cmd);
}

static bool
some_object(struct core_node *n, struct node_object *ret)
{
    struct hf_id at = {{0}};
    struct node_object o;
    uint64_t count = 0;

    while (object_next(n->env.view, &at, &o))
        if (chance(++count) == 0)
            *ret = o;
    return count > 0;
}

/* The person comes to a provider, which knows no case. */
static int
ask_share(struct core_node *n, const struct node_object *o, bool erase)
{
    struct node_command cmd = {
        .type = CMD_CONSENT_WITHDRAW, .object = o->id, .erase = erase};
    const struct hf_name whole = {{0}};
    const int status = core_ask(n, &cmd);

    if (status == 0)
        note_told((int)(n - core->node), &o->proof.consent, &whole);
    return status;
}

static void
act_withdraw_share(void)
{
    struct core_node *n = some_node();
    struct node_object o;

    if (some_object(n, &o) && o.kind == OBJECT_REFERRAL &&
        o.side == SIDE_SECOND)
        (void)ask_share(n, &o, chance(3) != 0);
}

static void
act_refer(void)
{
    struct node_command c = core_refer_cmd(w.case_id[chance(CASES)],
                                           needs[chance(SERVICES)]);

    if (chance(2) == 0) {
        c.to = some_node()->org;
        c.reason = REASON_OTHER;
    }
    (void)core_ask(someone_with(&c.case_id), &c);
}

static void
act_offer(void)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = w.case_id[chance(CASES)],
                             .to = some_node()->org};

    if (chance(2) == 0)
        c.flags = ENTRY_TRAVEL_NONE;
    (void)core_ask(someone_with(&c.case_id), &c);
}

static void
act_event(void)
{
    static const struct {
        enum event event;
        enum reason reason;
    } events[] = {{EVENT_ACCEPT, REASON_NONE},
                  {EVENT_ACCEPT, REASON_NONE},
                  {EVENT_RELEASE, REASON_NONE},
                  {EVENT_RELEASE, REASON_NONE},
                  {EVENT_ARRIVE, REASON_NONE},
                  {EVENT_DEPART, REASON_NONE},
                  {EVENT_HAND_OVER, REASON_NONE},
                  {EVENT_TAKE_OVER, REASON_NONE},
                  {EVENT_ATTEND, REASON_NONE},
                  {EVENT_COMPLETE, REASON_MET},
                  {EVENT_DISCLOSE, REASON_NONE},
                  {EVENT_DECLINE, REASON_NO_CAPACITY},
                  {EVENT_REOPEN, REASON_OTHER},
                  {EVENT_CANCEL, REASON_CLIENT_REFUSED},
                  {EVENT_CLOSE, REASON_NONE},
                  {EVENT_AMEND, REASON_NONE},
                  {EVENT_SUPPLEMENT, REASON_NONE},
                  {EVENT_NOT_DEPARTED, REASON_NONE}};
    struct core_node *n = some_node();
    struct node_command c;
    struct node_object o;
    char json[40];

    if (!some_object(n, &o))
        return;
    for (int tries = 0; tries < 6; tries++) {
        const size_t i = chance(sizeof(events) / sizeof(events[0]));
        const int k = case_index(&o.case_id);
        const int cat = 1 + (int)chance(CATEGORY_END - 1);

        c = core_event_cmd(o.id, events[i].event, events[i].reason);
        if ((c.event == EVENT_AMEND || c.event == EVENT_SUPPLEMENT) &&
            k >= 0 && w.was_sent[n - core->node][k][cat]) {
            c.sections = CATEGORY_BIT(cat);
            c.section[cat] = core_text(word_of(k, cat, json));
        }
        if (core_ask(n, &c) == 0)
            return;
    }
}

/* Letters arrive in any order, some twice, some late. */
static void
act_deliver(void)
{
    for (uint64_t i = chance(12); i > 0 && core->n_letters > 0; i--) {
        const size_t at = chance(core->n_letters);

        if (core->letter[at].is_gone && chance(6) != 0)
            continue;
        deliver(at);
        check_new();
    }
}

/* core_run(), noting what each letter tells. */
static void
settle(void)
{
    bool is_quiet = false;
    unsigned n = 0;

    while (!is_quiet) {
        is_quiet = true;
        for (size_t i = 0; i < core->n_letters; i++) {
            if (core->letter[i].is_gone)
                continue;
            deliver(i);
            check_new();
            is_quiet = false;
            cr_assert(lt(uint, ++n, CORE_STORM), "a storm of letters");
        }
        for (size_t i = 0; i < core->n_nodes; i++)
            if (node_wake_ms(&core->node[i].env) <= core->now_ms) {
                core_tick(&core->node[i]);
                check_new();
                is_quiet = false;
            }
    }
}

static const char *
back_of(int k, char out[static 40])
{
    (void)snprintf(out, 40, "{\"back\":\"on-case%d-zq\"}", k);
    return out;
}

/* The case goes to somebody else, all the way, if nothing stands against it. */
static void
act_move(void)
{
    static const struct {
        bool is_n;
        enum event event;
    } way[] = {{true, EVENT_ACCEPT},   {false, EVENT_RELEASE},
               {true, EVENT_ARRIVE},   {false, EVENT_HAND_OVER}};
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = w.case_id[chance(CASES)]};
    struct core_node *h = someone_with(&c.case_id), *n = some_node();
    struct node_command next;
    char json[40];

    c.to = n->org;
    if (core_ask(h, &c) != 0)
        return;
    settle();
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        next = core_event_cmd(h->reply.id, way[i].event, REASON_NONE);
        next.object = i == 0 ? next.object : c.object;
        c.object = next.object;
        if (core_ask(way[i].is_n ? n : h, &next) != 0)
            return;
        settle();
    }
    w.n_moves++;
    next = core_event_cmd(c.object, EVENT_SUPPLEMENT, REASON_NONE);
    next.sections = CAT(NOTES);
    next.section[CATEGORY_NOTES] =
        core_text(back_of(case_index(&c.case_id), json));
    if (core_ask(n, &next) == 0)
        w.gave_back[n - core->node] = true;
    settle();
}

static const char *
report_of(int k, char out[static 40])
{
    (void)snprintf(out, 40, "{\"report\":\"of-case%d-zq\"}", k);
    return out;
}

/* A provider serves and reports, if nothing stands against it. */
static void
act_serve(void)
{
    static const enum event way[] = {EVENT_ACCEPT, EVENT_ATTEND, EVENT_NOTE,
                                     EVENT_COMPLETE};
    const uint64_t k = chance(CASES);
    struct node_command c =
        core_refer_cmd(w.case_id[k], needs[chance(SERVICES)]);
    struct core_node *s = someone_with(&c.case_id);
    struct node_object o;
    char json[40];

    if (core_ask(s, &c) != 0)
        return;
    o = core_object(s, s->reply.id);
    settle();
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        c = core_event_cmd(o.id, way[i],
                           i == 3 ? REASON_MET : REASON_NONE);
        if (i >= 2 && core_object(core_node_of(&o.peer), o.id).sections != 0)
            c.report = core_text(report_of((int)k, json));
        if (core_ask(core_node_of(&o.peer), &c) != 0 && i != 2)
            return;
        settle();
    }
    w.n_served++;
}

static void
act_time(void)
{
    core->now_ms += chance(DAY_MS);
    for (size_t i = 0; i < NODES; i++)
        if (node_wake_ms(&core->node[i].env) <= core->now_ms)
            core_tick(&core->node[i]);
}

/* A node comes back with a store of some time ago; beside it lie its
 * tombstones and the marks of what it destroyed. Not from before a consent, or
 * before a transfer out: what the record named it does not find again, nor a
 * new holder that has erased in part. */
static unsigned
given_away(const struct node_view *v)
{
    struct hf_id at = {{0}};
    struct node_object o;
    unsigned n = 0;

    while (object_next(v, &at, &o))
        n += o.kind == OBJECT_TRANSFER && o.side == SIDE_FIRST;
    return n;
}

static bool
has_backup(const struct core_node *n)
{
    return n->backup != NULL &&
           disk_rows(n->backup, NODE_CONSENTS) ==
               disk_rows(n->disk, NODE_CONSENTS) &&
           given_away(disk_view(n->backup)) == given_away(n->env.view);
}

static void
restore(struct core_node *n)
{
    struct node_event ev = {.type = NODE_EV_RESTORED};
    struct disk *old = n->disk;

    n->disk = disk_copy(n->backup);
    disk_keep(n->disk, old, NODE_TOMBSTONES);
    disk_keep(n->disk, old, NODE_SHREDDED);
    disk_free(old);
    n->env.view = disk_view(n->disk);
    (void)core_step(n, &ev);
    w.n_restores++;
}

static void
act_restore(void)
{
    struct core_node *n = some_node();

    if (has_backup(n) && chance(3) != 0)
        restore(n);
    else
        core_backup(n);
}

static void
live_on(void)
{
    static void (*const acts[])(void) = {
        act_consent, act_consent, act_withdraw, act_refer,   act_refer,
        act_refer,   act_offer,   act_event,    act_event,   act_event,
        act_event,   act_event,   act_deliver,  act_deliver, act_deliver,
        act_time};

    if (chance(8) == 0)
        act_restore();
    if (chance(12) == 0)
        act_move();
    if (chance(40) == 0)
        act_withdraw_share();
    if (chance(12) == 0)
        act_serve();

    if (chance(25) == 0)
        core->has_no_prekey[chance(NODES)] ^= true;
    acts[chance(sizeof(acts) / sizeof(acts[0]))]();
    check_new();
}

/* ---- the end ---- */

static void
come_to_rest(void)
{
    for (int i = 0; i < 40; i++) {
        for (size_t n = 0; n < NODES; n++) {
            core->has_no_prekey[n] = false;
            for (size_t m = 0; m < NODES; m++) {
                struct node_event ev = {.type = NODE_EV_PEER,
                                        .peer = core->node[m].org};

                (void)core_step(&core->node[n], &ev);
            }
        }
        settle();
        check_new();
        core->now_ms += 6 * HOUR_MS;
    }
}

/* A sender with other code: sections that no proof covers. */
static void
send_one_wrongly(struct core_node *n, const struct node_object *obj)
{
    const struct node_object o = *obj;
    uint8_t packed[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct core_node *from;
    struct body body = {.n = 0};
    struct core_forger f;
    struct entry e = {.event = EVENT_DISCLOSE};

    from = core_node_of(&o.peer);
    f = core_forge(OBJECT_REFERRAL, o.id, &from->org, &n->org);
    core_forge_after(&f, n);
    e.seen = o.n[SIDE_SECOND];
    if (e.seen > 0)
        e.seen_hash = core_seen(n, o.id, SIDE_SECOND, e.seen);
    if (o.proof.n > 0)
        core_part(&body, PART_PROOF, CATEGORY_NONE, packed,
                  proof_pack(&o.proof, packed));
    core_part(&body, PART_SECTION, CATEGORY_NOTES, "{\"word\":\"forged-zq\"}",
              20);
    core_forge_entry(&f, e, &body);
    core_forge_send(&f, n, &from->org);
    w.n_seen = core->n_letters;
    if ((by_sop(&o.terms.service) & CAT(NOTES)) == 0)
        expect_no(core_holds(n, "forged-zq"), "%s kept it", n->org.s);
    core_forge_end(&f);
}

static void
send_wrongly(void)
{
    for (int i = 0; i < NODES; i++) {
        struct hf_id at = {{0}};
        struct node_object o;

        while (object_next(core->node[i].env.view, &at, &o))
            if (o.kind == OBJECT_REFERRAL && o.side == SIDE_SECOND &&
                (o.state == STATE_ACCEPTED || o.state == STATE_IN_SERVICE))
                send_one_wrongly(&core->node[i], &o);
    }
}

static bool
was_kept(struct core_node *n)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (object_next(n->env.view, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == SIDE_SECOND &&
            o.erase_basis_kept && o.reason == REASON_MEDICAL_RECORD)
            return true;
    return false;
}

static bool
was_restored(const struct core_node *n)
{
    struct node_self self;

    return self_get(n->env.view, &self) && !hf_id_is_zero(&self.restored);
}

static void
check_erased(int k)
{
    char word[40];

    for (int n = 1; n < NODES; n++)
        for (int c = 1; c < CATEGORY_END; c++)
            if (core_holds(&core->node[n], word_of(k, c, word)))
                cr_expect(was_kept(&core->node[n]), "%s still holds %s",
                          core->node[n].org.s, word);
    for (int n = 0; n < NODES; n++)
        if (!w.gave_back[n])
            expect_no(core_holds(&core->node[n], back_of(k, word)),
                      "%s still holds %s", core->node[n].org.s, word);
    /* What providers reported, but at who opened the case. A copy may bring a
     * restored one its own words back. */
    for (int n = 1; n < NODES; n++)
        if (!was_restored(&core->node[n]) &&
            core_holds(&core->node[n], report_of(k, word)))
            cr_expect(was_kept(&core->node[n]), "%s still holds %s",
                      core->node[n].org.s, word);
}

/* Sections that lie beside an object. */
static uint32_t
beside(const struct core_node *n, const struct node_object *o)
{
    uint32_t set = 0;
    struct part p;

    for (uint32_t i = 1; i <= o->n[SIDE_FIRST]; i++)
        for (unsigned j = 0; j < BODY_PARTS_MAX; j++)
            if (body_part_get(n->env.view, &o->id, SIDE_FIRST, i, j, &p) &&
                p.type == PART_SECTION)
                set |= CATEGORY_BIT(p.category);
    return set;
}

/* A holder amends for itself: then what is left differs from one to the other.
 */
static bool
is_same_everywhere(const struct consent *c)
{
    struct consent other;

    for (int n = 1; n < NODES; n++)
        if (consent_get(core->node[n].env.view, &c->id, &other) &&
            (other.n_scopes != c->n_scopes ||
             memcmp(other.scope, c->scope, sizeof(c->scope)) != 0))
            return false;
    return true;
}

/* Whoever came to hold something under this scope of @c, as it was, holds of
 * it only what another one still covers. */
static void
check_beside(const struct consent *c, const struct hf_name *scope)
{
    uint32_t set = 0;

    for (int i = 0; i < c->n_scopes; i++)
        if (hf_name_eq(&c->scope[i].id, scope))
            set |= c->scope[i].categories;
    for (int n = 1; n < NODES; n++) {
        const struct hf_org *org = &core->node[n].org;
        const uint32_t left =
            covered(0, c, org, PURPOSE_BIT(PURPOSE_REFERRAL) |
                                   PURPOSE_BIT(PURPOSE_TRANSFER));
        struct hf_id at = {{0}};
        struct node_object o;

        while (object_next(core->node[n].env.view, &at, &o))
            if (o.side == SIDE_SECOND && o.kind != OBJECT_WITHDRAWAL &&
                hf_id_eq(&o.proof.consent, &c->id))
                cr_assert(zero(u32, beside(&core->node[n], &o) & set & ~left),
                          "%s still has %x beside %s", org->s,
                          beside(&core->node[n], &o) & set & ~left,
                          object_kind_text(o.kind));
    }
}

static void
check_answered(void)
{
    for (int n = 0; n < NODES; n++) {
        struct hf_id at = {{0}};
        struct node_object o;

        while (object_next(core->node[n].env.view, &at, &o))
            /* answered before a restore and after it: shown as forked */
            if (o.kind == OBJECT_WITHDRAWAL && !o.is_forked)
                cr_expect(eq(str, (char *)state_text(o.state),
                             (char *)state_text(STATE_ANSWERED)),
                          "%s, side %d, with %s", core->node[n].org.s,
                          (int)o.side, o.peer.s);
    }
}

/* Whether all that @n told of this consent itself has been answered. */
static bool
is_complete(const struct core_node *n, const struct hf_id *consent)
{
    struct hf_id at = {{0}};
    struct node_object o;
    unsigned told = 0;

    while (object_next(n->env.view, &at, &o)) {
        if (o.kind != OBJECT_WITHDRAWAL || o.side != SIDE_FIRST ||
            !hf_id_eq(&o.scopes.consent, consent) || !o.scopes.erase)
            continue;
        if (o.state != STATE_ANSWERED)
            return false;
        told++;
    }
    return told > 0;
}

/* Letter after letter, in any order, one node away at first: once it is
 * complete nothing is left, at that instant. */
static void
follow(struct core_node *n, int k, const struct hf_id *consent)
{
    core->has_no_prekey[chance(NODES)] = true;
    for (int i = 0; i < 400 && !is_complete(n, consent); i++) {
        const size_t at = chance(core->n_letters);

        if (!core->letter[at].is_gone)
            deliver(at);
        check_new();
        for (size_t m = 0; m < NODES && i % 8 == 0; m++)
            if (node_wake_ms(&core->node[m].env) <= core->now_ms)
                core_tick(&core->node[m]);
    }
    check_new();
    if (is_complete(n, consent))
        check_erased(k);
}

/* Part of it first: what a provider has under that scope alone goes. */
static void
erase_scope(int k)
{
    struct node_command cmd = {.type = CMD_CONSENT_WITHDRAW,
                               .case_id = w.case_id[k],
                               .n_scopes = 1,
                               .erase = true};
    struct core_node *a = &core->node[0];
    const struct node_case kase = core_case_of(a, w.case_id[k]);
    struct consent con;
    bool is_same;

    if (!consent_get(a->env.view, &kase.consent, &con) ||
        con.state != CONSENT_GIVEN || con.n_scopes == 0)
        return;
    cmd.scope[0] = con.scope[chance((uint64_t)con.n_scopes)].id;
    is_same = is_same_everywhere(&con);
    if (ask_withdraw(a, &cmd) != 0)
        return;
    check_new();
    come_to_rest();
    if (is_same)
        check_beside(&con, &cmd.scope[0]);
}

/* At a provider where it can, else at who opened the case. */
static struct core_node *
erase_whole(int k, struct hf_id *ret_consent)
{
    struct node_command cmd = {.type = CMD_CONSENT_WITHDRAW,
                               .case_id = w.case_id[k],
                               .erase = true};
    struct core_node *const a = &core->node[0];
    struct core_node *n = some_node();
    const struct node_case kase = core_case_of(a, w.case_id[k]);
    struct node_object o;

    *ret_consent = kase.consent;
    if (some_object(n, &o) && o.side == SIDE_SECOND &&
        o.kind == OBJECT_REFERRAL &&
        hf_id_eq(&o.proof.consent, &kase.consent) &&
        ask_share(n, &o, true) == 0)
        return n;
    n = chance(2) == 0 ? a : some_node();
    if (ask_withdraw(n, &cmd) == 0)
        return n;
    return ask_withdraw(a, &cmd) == 0 ? a : NULL;
}

/* A store from before it all brings nothing back. */
static void
restore_all(void)
{
    for (int n = 1; n < NODES; n++)
        if (has_backup(&core->node[n]))
            restore(&core->node[n]);
    come_to_rest();
}

static void
erase_all(void)
{
    bool was_erased[CASES] = {false};

    for (int k = 0; k < CASES; k++) {
        struct hf_id consent;
        struct core_node *n;

        erase_scope(k);
        n = erase_whole(k, &consent);
        if (n == NULL)
            continue;
        check_new();
        follow(n, k, &consent);
        come_to_rest();
        w.n_erasures++;
        was_erased[k] = true;
        check_erased(k);
    }
    check_answered();
    if (core->n_letters < 800) /* room for the copies */
        restore_all();
    for (int k = 0; k < CASES; k++)
        if (was_erased[k])
            check_erased(k);
}

static void
world(uint64_t seed)
{
    begin(seed);
    for (int i = 0; i < ACTIONS && core->n_letters < 450; i++)
        live_on();
    check_held();
    come_to_rest();
    check_held();
    send_wrongly();
    erase_all();
    check_held();
    core_end();
}

static void
worlds(uint64_t first)
{
    const char *only = getenv("HANDOFF_SEED");
    const char *many = getenv("HANDOFF_WORLDS");
    const uint64_t n = many == NULL ? 8 : strtoull(many, NULL, 10);
    unsigned sections = 0, erasures = 0, restores = 0, moves = 0, served = 0;

    if (only != NULL) {
        world(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = first; seed < first + n; seed++) {
        fprintf(stderr, "HANDOFF_SEED=%llu\n", (unsigned long long)seed);
        world(seed);
        sections += w.n_sections;
        erasures += w.n_erasures;
        restores += w.n_restores;
        moves += w.n_moves;
        served += w.n_served;
    }
    fprintf(stderr,
            "%u with sections, %u erasures, %u restores, %u moves, %u served\n",
            sections, erasures, restores, moves, served);
    cr_expect(gt(uint, sections, 0), "something was disclosed");
    cr_expect(gt(uint, erasures, 0), "something was erased");
    cr_expect(gt(uint, restores, 0), "some store came from a backup");
    cr_expect(gt(uint, moves, 0), "a case was handed over");
    cr_expect(gt(uint, served, 0), "a service was reported on");
}

Test(property, holds_in_worlds_1)
{
    worlds(1);
}

Test(property, holds_in_worlds_2)
{
    worlds(100001);
}
