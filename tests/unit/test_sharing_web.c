/*
 * Every way on which information about a person leaves the office, against every state of consent:
 * one table of ways (enum sharing_way), one table of states. A way without a driver fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "auth/auth.h"
#include "core/asset.h"
#include "core/text.h"
#include "db/db.h"
#include "pages.h"
#include "people/consent.h"
#include "sharing/sharing.h"

#define CLINIC "Clinique+Espoir"
#define WHERE  "recipient=" CLINIC "&purpose=referral"
#define ADULT  "1991-05-06"
#define CHILD  "2015-05-06"
#define ALL                                                                                        \
    "\"identity\",\"contact\",\"needs\",\"plan\",\"money\",\"survey\",\"family\",\"return\","      \
    "\"protection\""

struct given {
    const char *person;
    const char *of; /* the case */
    const char *plan;
    const char *consent;
};

static struct given given_person(struct pages *p, const char *born)
{
    struct given g = { 0 };

    g.person = page_given(p, "person",
                          arena_printf(p->arena,
                                       "{\"answers\":{\"names\":[{\"name_text\":\"Awa\","
                                       "\"name_script\":\"Latn\"}],\"birth_date\":\"%s\","
                                       "\"birth_precision\":\"day\"}}",
                                       born));
    g.of = page_given(p, "case",
                      arena_printf(p->arena,
                                   "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-10-02\"}}",
                                   g.person));
    g.plan = page_given_plan(p, g.of);
    return g;
}

/* --- states of consent --- */

enum state {
    NONE,
    DRAFTED,
    GIVEN,
    WITHDRAWN,
    EXPIRED,
    OTHER_RECIPIENT,
    OTHER_PURPOSE,
    OTHER_GROUP,
    CHILD_ALONE_BY_PARENT,
    STATES
};
struct consent_case {
    const char *recipient;
    const char *purpose;
    const char *groups;
    const char *until;
    const char *says; /* in the refusal; NULL = it is given */
};
static const struct consent_case states[STATES] = {
    [NONE] = { .says = "There is no consent of the person." },
    [DRAFTED] = { "Clinique Espoir", "referral", ALL, NULL, "not recorded as given" },
    [GIVEN] = { "Clinique Espoir", "referral", ALL, NULL, NULL },
    [WITHDRAWN] = { "Clinique Espoir", "referral", ALL, NULL, "has withdrawn the consent" },
    [EXPIRED] = { "Clinique Espoir", "referral", ALL, "2026-11-21", "has expired" },
    [OTHER_RECIPIENT] = { "The police", "referral", ALL, NULL, "does not name this recipient" },
    [OTHER_PURPOSE] = { "Clinique Espoir", "monitoring", ALL, NULL, "does not allow this purpose" },
    [OTHER_GROUP] = { "Clinique Espoir", "referral", "\"health\"", NULL,
                      "does not allow all of this information" },
    [CHILD_ALONE_BY_PARENT] = { "Clinique Espoir", "referral", ALL, NULL,
                                "a guardian has to consent" },
};

static void status_to(struct pages *p, const char *path, const char *form)
{
    struct page page = page_post(p, SUPERVISOR, path, form);

    if (page.status != 303)
        fail_msg("%s %s: status %d: %s", path, form, page.status, page.body);
}

static const char *given_consent(struct pages *p, const char *person, const struct consent_case *c,
                                 bool child)
{
    return page_given(
        p, "consent",
        arena_printf(
            p->arena,
            "{\"parent\":\"%s\",\"answers\":{\"about\":\"referral\",\"purposes\":["
            "\"%s\"],\"recipients\":[{\"recipient_kind\":\"health_facility\","
            "\"recipient_name\":\"%s\"}],\"data_categories\":[%s],\"language\":\"fr\","
            "\"form_version\":\"1\",\"explained\":[\"purpose\","
            "\"collection_storage_use\",\"sharing\",\"right_to_refuse\","
            "\"no_effect_on_services\"],%s,\"mode\":\"written\",%s%s%s"
            "\"given_at\":\"2026-11-20\"}}",
            person, c->purpose, c->recipient, c->groups,
            child ? "\"about_child\":\"yes\",\"giver\":\"parent\",\"giver_name\":\"Fatou\","
                    "\"child_own_consent\":\"given\""
                  : "\"about_child\":\"no\",\"giver\":\"self\"",
            c->until ? "\"valid_to\":\"" : "", c->until ? c->until : "", c->until ? "\"," : ""));
}

/* A case of its own, so that the flag of a child alone comes after its consent. */
static struct given in_state(struct pages *p, enum state state)
{
    const struct consent_case *c = &states[state];
    bool child = state == CHILD_ALONE_BY_PARENT;
    struct given g = given_person(p, child ? CHILD : ADULT);

    if (state == NONE)
        return g;
    g.consent = given_consent(p, g.person, c, child);
    if (state != DRAFTED)
        status_to(p, arena_printf(p->arena, "/records/consent/%s/status", g.consent),
                  "version=1&to=given");
    if (state == WITHDRAWN)
        status_to(p, arena_printf(p->arena, "/consents/%s/withdraw", g.consent), "version=2");
    if (child)
        (void)page_given(
            p, "case",
            arena_printf(p->arena,
                         "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-10-03\","
                         "\"vulnerable\":\"yes\",\"vulnerability_flags\":[{\"vulnerability_flag\":"
                         "\"unaccompanied_child\"}]}}",
                         g.person));
    return g;
}

/* --- ways --- */

struct outcome {
    bool given;
    const char *said; /* page that refuses */
};

static struct outcome of_page(struct page page)
{
    return (struct outcome){
        page.status == 200 && page.type && text_equal(page.type, "application/pdf"), page.body
    };
}

static struct outcome by_letter(struct pages *p, const struct given *g)
{
    const char *path = arena_printf(p->arena, "/records/case/%s/letters/referral", g->of);
    struct page look = page_post(p, SUPERVISOR, path, "lang=en&act=preview&a.to=" CLINIC);
    struct page page = page_post(p, SUPERVISOR, path, "lang=en&act=pdf&a.to=" CLINIC);

    /* what is not given is not shown either */
    assert_int_equal(shows(&look, "<h2 class=\"part-title\" id=\"preview-title\">"),
                     page.status == 200);
    return of_page(page);
}

static struct outcome by_export(struct pages *p, const struct given *g)
{
    struct page page =
        page_post(p, SUPERVISOR, "/records/person/export",
                  arena_printf(p->arena, "format=csv&whose=other&" WHERE "&id=%s", g->person));
    const char *job = page.location;
    struct page file;

    assert_int_equal(page.status, 303);
    run_jobs(p);
    file = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", job), NULL);
    assert_int_equal(file.status, 200);
    page = page_get(p, SUPERVISOR, job, NULL);
    return (struct outcome){ strstr(file.body, "Awa") != NULL, page.body };
}

static struct outcome by_print(struct pages *p, const struct given *g)
{
    return of_page(page_post(p, SUPERVISOR,
                             arena_printf(p->arena, "/records/person/%s/print", g->person), WHERE));
}

static struct outcome by_plan(struct pages *p, const struct given *g)
{
    return of_page(
        page_post(p, SUPERVISOR, arena_printf(p->arena, "/plans/%s/pdf", g->plan), WHERE));
}

static struct outcome (*const ways[SHARING_WAYS])(struct pages *p, const struct given *g) = {
    [SHARING_LETTER] = by_letter,
    [SHARING_EXPORT] = by_export,
    [SHARING_PRINT] = by_print,
    [SHARING_PLAN] = by_plan,
};

#define NOTED "SELECT count(*) FROM rec_disclosure"

/* Proves C-12-27: every way asks, refuses by default, and says why. */
static void every_way_out_asks_consent_and_writes_down_what_is_given(void **state)
{
    struct pages *p = *state;

    for (int s = 0; s < STATES; s++) {
        const struct given g = in_state(p, (enum state)s);

        for (int w = 0; w < SHARING_WAYS; w++) {
            int64_t before = pages_count(p, NOTED);
            struct outcome o;

            assert_non_null(ways[w]);
            o = ways[w](p, &g);
            print_message("%s, state %d: %s\n", sharing_way_code((enum sharing_way)w), s,
                          o.given ? "given" : "refused");
            assert_int_equal(o.given, states[s].says == NULL);
            if (states[s].says && !strstr(o.said, states[s].says))
                fail_msg("it does not say “%s”: %s", states[s].says, o.said);
            assert_int_equal(pages_count(p, NOTED), before + (o.given ? 1 : 0));
        }
    }
}

/* --- prints of a result and of the grid --- */

#define INTERVIEW                                                                                  \
    "{\"parent\":\"%s\",\"answers\":{\"round\":\"baseline\",\"interview_date\":\"2026-11-20\","    \
    "\"interview_location\":\"on_site\",\"private_space\":\"yes\",\"is_case_team\":\"no\","        \
    "\"sections_selected\":[\"psychosocial\"],\"consent_given\":\"yes\",\"consent_form\":"         \
    "\"written\",\"social_participation\":\"often\",\"support_network\":\"bad\","                  \
    "\"community_belonging\":\"agree\",\"community_belonging_note\":\"Zebrafinch at the well\","   \
    "\"physical_safety\":\"safe_mostly\",\"family_conflict\":\"never\",\"discrimination\":"        \
    "\"never\",\"distress_symptoms\":\"never\",\"wants_psych_support\":\"no\","                    \
    "\"able_to_stay\":\"yes\",\"support_sources\":[\"family\"]}}"

/* Path of the PDF of the result of an interview. */
static const char *given_result(struct pages *p, const struct given *g)
{
    const char *id = page_given(p, "rss", arena_printf(p->arena, INTERVIEW, g->person));
    struct page page =
        page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/person/%s", g->person), NULL);

    assert_non_null(id);
    return arena_printf(p->arena, "/survey/results/%.36s/pdf",
                        between(p, &page, "href=\"/survey/results/", "\""));
}

static struct outcome by_grid(struct pages *p, const struct given *g)
{
    return of_page(
        page_post(p, SUPERVISOR, arena_printf(p->arena, "/cases/%s/grid/print", g->of), WHERE));
}

/* Proves C-12-27 for these prints: a result shows the survey, a grid all sides of a life. */
static void prints_of_a_result_and_of_the_grid_ask_consent_too(void **state)
{
    struct pages *p = *state;
    static const struct consent_case everything = {
        "Clinique Espoir", "referral",
        ALL ",\"health\",\"mental_health\",\"legal\",\"education_work\"", NULL, NULL
    };

    for (int s = NONE; s <= OTHER_GROUP; s++) {
        const struct given g = in_state(p, (enum state)s);
        const char *says = states[s].says;
        struct outcome result = of_page(page_post(p, SUPERVISOR, given_result(p, &g), WHERE));
        struct outcome grid = by_grid(p, &g);

        assert_int_equal(result.given, says == NULL);
        assert_false(grid.given); /* none of them covers all that it tells */
        assert_true(says == NULL || strstr(result.said, says) != NULL);
        assert_non_null(strstr(grid.said, says ? says : "does not allow all of this information"));
    }
    assert_int_equal(pages_count(p, NOTED), 1);
    {
        struct given g = given_person(p, ADULT);
        struct page page;

        g.consent = given_consent(p, g.person, &everything, false);
        status_to(p, arena_printf(p->arena, "/records/consent/%s/status", g.consent),
                  "version=1&to=given");
        assert_true(by_grid(p, &g).given);
        assert_int_equal(pages_count(p, NOTED), 2);
        page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/cases/%s/grid/print", g.of), "");
        assert_int_equal(page.status, 422);
        assert_true(shows(&page, "Say who receives it, by name."));
    }
}

/*
 * Proves R-A4-15: a note on a question lies sealed beside its answer, is read by the case team, and
 * is in what the office prints for its file, not in what the person or anybody else gets.
 */
static void a_note_on_a_question_stays_with_the_case_team(void **state)
{
    struct pages *p = *state;
    const struct given g = in_state(p, GIVEN);
    const char *pdf = given_result(p, &g);
    const char *result = arena_strndup(p->arena, pdf, strlen(pdf) - strlen("/pdf"));
    struct page page = page_get(p, SUPERVISOR, result, NULL);
    const char *interview = arena_printf(p->arena, "/records/rss/%.36s",
                                         between(p, &page, "href=\"/records/rss/", "\""));

    assert_true(shows(&page, "Note on question 24"));
    assert_true(shows(&page, "Zebrafinch at the well"));
    assert_true(shows(&page, "PDF with notes, for the case file"));
    page = page_get(p, SUPERVISOR, interview, NULL);
    assert_true(shows(&page, "Zebrafinch at the well"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/edit", interview), NULL);
    assert_true(
        shows(&page, "<details class=\"q q-beside\" data-field=\"community_belonging_note\""));
    page = page_get(p, SUPERVISOR, pdf, "notes=1");
    assert_non_null(strstr(pdf_text(p, &page), "Zebrafinch"));
    page = page_get(p, SUPERVISOR, pdf, NULL);
    assert_null(strstr(pdf_text(p, &page), "Zebrafinch"));
    page = page_post(p, SUPERVISOR, pdf, WHERE);
    assert_null(strstr(pdf_text(p, &page), "Zebrafinch"));
    page = page_post(p, SUPERVISOR, "/records/rss/export", "format=csv&whose=own");
    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_true(shows(&page, "Zebrafinch at the well"));
    assert_int_equal(page_get(p, FINANCE, result, NULL).status, 403);
}

static void what_consent_does_not_cover_is_left_out_of_a_file(void **state)
{
    struct pages *p = *state;
    const struct given g = in_state(p, GIVEN);
    const char *other = given_person(p, ADULT).person;
    struct page page = page_post(
        p, SUPERVISOR, "/records/person/export",
        arena_printf(p->arena, "format=json&whose=other&" WHERE "&id=%s&id=%s", g.person, other));
    const char *job = page.location;

    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", job), NULL);
    assert_true(shows(&page, g.person));
    assert_false(shows(&page, other));
    page = page_get(p, SUPERVISOR, job, NULL);
    assert_true(shows(&page, "For Clinique Espoir"));
    assert_true(shows(&page, "There is no consent of the person. 1 record"));
    /* groups: a consent to the name alone gives no day of contact, no paper, nothing of the case */
    page = page_post(p, SUPERVISOR, "/records/case/export",
                     arena_printf(p->arena, "format=csv&whose=other&" WHERE "&id=%s", g.of));
    assert_int_equal(page.status, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", page.location), NULL);
    assert_true(shows(&page, "2026-10-02"));
}

static void an_export_says_for_whom_it_is_or_is_not_made(void **state)
{
    struct pages *p = *state;
    struct page page = page_post(p, SUPERVISOR, "/records/person/export", "format=csv");

    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Say for whom the file is."));
    page = page_post(p, SUPERVISOR, "/records/person/export", "format=csv&whose=other&purpose=x");
    assert_int_equal(page.status, 422);
    assert_true(shows(&page, "Say who receives it, by name."));
    assert_true(shows(&page, "Say what it is for."));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM job"), 0);
}

/* A withdrawal holds between asking and running, and between running and fetching. */
static void a_withdrawal_holds_at_the_moment_of_sharing(void **state)
{
    struct pages *p = *state;
    const struct given g = in_state(p, GIVEN);
    const char *form = arena_printf(p->arena, "format=csv&whose=other&" WHERE "&id=%s", g.person);
    const char *made = page_post(p, SUPERVISOR, "/records/person/export", form).location;
    const char *asked;
    struct page page;

    run_jobs(p);
    asked = page_post(p, SUPERVISOR, "/records/person/export", form).location;
    status_to(p, arena_printf(p->arena, "/consents/%s/withdraw", g.consent),
              "version=2&reason=Changed+her+mind");
    run_jobs(p);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", asked), NULL);
    assert_int_equal(page.status, 200);
    assert_false(shows(&page, "Awa"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/file", made), NULL);
    assert_int_equal(page.status, 409);
    assert_true(shows(&page, "Make the file again."));
    assert_int_equal(pages_count(p, NOTED " WHERE status = 'recall'"), 1);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/person/%s", g.person), NULL);
    assert_true(shows(&page, "The recipient was asked to delete it"));
}

static void a_consent_is_withdrawn_in_two_clicks_and_what_was_shared_is_recalled(void **state)
{
    struct pages *p = *state;
    const struct given g = in_state(p, GIVEN);
    const char *link = arena_printf(p->arena, "/consents/%s/withdraw", g.consent);
    struct page page;

    assert_true(by_print(p, &g).given);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/case/%s", g.of), NULL);
    assert_true(shows(&page, arena_printf(p->arena, "href=\"%s\"", link))); /* the first click */
    page = page_get(p, SUPERVISOR, link, NULL);
    assert_true(shows(&page, "Clinique Espoir")); /* what was shared under it */
    status_to(p, link, "version=2");              /* the second */
    assert_int_equal(page_post(p, SUPERVISOR, link, "version=2").status, 409);
    assert_int_equal(page_get(p, SUPERVISOR, link, NULL).status, 409);
    assert_false(by_print(p, &g).given);
    assert_int_equal(pages_count(p, NOTED " WHERE status = 'recall'"), 1);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM rule_result WHERE rule ="
                                    " 'consent_recall' AND state = 'open'"),
                     1);
}

/* The words on paper are in the person's language, whatever the page is in. */
static void the_person_gets_a_receipt_and_a_list_of_who_received_what(void **state)
{
    struct pages *p = *state;
    const struct given g = in_state(p, GIVEN);
    const char *receipt = arena_printf(p->arena, "/consents/%s/receipt", g.consent);
    struct page page;
    const char *text;

    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/consent/%s", g.consent), NULL);
    assert_true(shows(&page, arena_printf(p->arena, "action=\"%s\"", receipt)));
    assert_true(shows(&page, "<option value=\"fr\" selected>"));
    page = page_post(p, SUPERVISOR, receipt, "");
    text = pdf_text(p, &page); /* it was explained in French */
    assert_non_null(strstr(text, "Ce que j"));
    assert_non_null(strstr(text, "Clinique Espoir"));
    assert_non_null(strstr(text, "Organiser des services avec d"));
    page = page_post(p, SUPERVISOR, receipt, "lang=es");
    assert_non_null(strstr(pdf_text(p, &page), "Nombre e identidad"));
    page = page_post(p, SUPERVISOR, receipt, "lang=ar");
    assert_int_equal(page.status, 200);
    assert_true(by_print(p, &g).given);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/people/%s/shared", g.person), "");
    text = pdf_text(p, &page);
    assert_non_null(strstr(text, "Clinique Espoir. Arranging services with others."));
}

#define HOUR         ((int64_t)60 * 60 * 1000)
#define EXPIRED_ONES "SELECT count(*) FROM rec_consent WHERE status = 'expired'"
DB_SQL(OFFICE_IN, "UPDATE office SET time_zone = $1");

static void office_in(struct pages *p, const char *zone)
{
    assert_int_equal(db_begin(&p->ctx), OK);
    assert_int_equal(db_exec(&p->ctx, NULL, &OFFICE_IN, DB_TEXT(zone)), OK);
    assert_int_equal(db_commit(&p->ctx), OK);
}

static void must_expire(struct ctx *ctx)
{
    if (sharing_expire(ctx))
        fail_msg("%s", ctx_first_problem(ctx));
}

static void a_consent_whose_last_day_is_over_becomes_expired(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = p->ctx;
    const struct given g = in_state(p, EXPIRED);

    (void)in_state(p, GIVEN);
    office_in(p, "Pacific/Pago_Pago"); /* 21:00 of its last day */
    ctx.time_zone = "UTC";
    must_expire(&ctx);
    assert_int_equal(pages_count(p, EXPIRED_ONES), 0);
    ctx.now_ms -= 21 * HOUR; /* 11:00 of its last day in UTC, and of the day after there */
    office_in(p, "Pacific/Kiritimati");
    must_expire(&ctx);
    assert_int_equal(pages_count(p, EXPIRED_ONES), 1);
    assert_int_equal(pages_count(p, arena_printf(p->arena,
                                                 "SELECT count(*) FROM rec_consent WHERE status ="
                                                 " 'expired' AND id = '%s'",
                                                 g.consent)),
                     1);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM rec_consent WHERE status = 'given'"), 1);
}

static const char *refused; /* id of the consent whose end a gate of the organisation refuses */

static enum err refuse_end(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    if (old && refused && text_equal(rec->id, refused))
        return ctx_fail(ctx, ERR_INVALID, "Ask the head of the office first.");
    return OK;
}

static void a_consent_that_may_not_end_holds_up_no_other(void **state)
{
    struct pages *p = *state;
    struct ctx ctx = p->ctx;

    refused = in_state(p, EXPIRED).consent;
    (void)in_state(p, EXPIRED);
    (void)in_state(p, EXPIRED);
    records_watch(refuse_end);
    assert_int_equal(sharing_expire(&ctx), OK);
    refused = NULL;
    assert_string_equal(ctx_first_problem(&ctx), "");
    assert_int_equal(pages_count(p, EXPIRED_ONES), 2);
    must_expire(&ctx);
    assert_int_equal(pages_count(p, EXPIRED_ONES), 3);
}

/* The shipped grants without one line, for the roles of an organisation; line NULL: with all. */
static void grants_without(struct pages *p, const char *line)
{
    const struct asset *shipped = asset_find("content/roles/grants.csv");
    const char *dir = arena_printf(p->arena, "%s/content", p->dir);
    const char *roles = arena_printf(p->arena, "%s/roles", dir);
    const char *path = arena_printf(p->arena, "%s/grants.csv", roles);
    const char *text = arena_strndup(p->arena, (const char *)shipped->bytes, shipped->len);
    const char *at = line ? strstr(text, line) : NULL;

    if (line) {
        FILE *file;

        assert_non_null(at);
        assert_int_equal(mkdir(dir, 0700), 0);
        assert_int_equal(mkdir(roles, 0700), 0);
        file = fopen(path, "wbe");
        assert_non_null(file);
        assert_true(fprintf(file, "%.*s%s", (int)(at - text), text, at + strlen(line)) > 0);
        assert_int_equal(fclose(file), 0);
    } else {
        assert_int_equal(remove(path), 0);
        assert_int_equal(remove(roles), 0);
    }
    assert_int_equal(asset_use_directory(&p->ctx, dir), OK);
    assert_int_equal(auth_load(&p->ctx), OK);
    if (!line)
        assert_int_equal(remove(dir), 0);
}

/* Letters about consent say whose it is: without the right to see people there are none. */
static void no_letter_names_who_may_not_be_seen(void **state)
{
    struct pages *p = *state;
    const struct given g = in_state(p, GIVEN);
    const char *receipt = arena_printf(p->arena, "/consents/%s/receipt", g.consent);
    const char *shared = arena_printf(p->arena, "/people/%s/shared", g.person);

    assert_int_equal(page_post(p, SUPERVISOR, receipt, "").status, 200);
    assert_int_equal(page_post(p, SUPERVISOR, shared, "").status, 200);
    grants_without(p, "\nsupervisor,person.view");
    assert_int_equal(page_post(p, SUPERVISOR, receipt, "").status, 404);
    assert_int_equal(page_post(p, SUPERVISOR, shared, "").status, 404);
    grants_without(p, NULL);
}

/* Nothing remains of a withdrawal or a giving that failed, and nothing is given. */
static void sharing_leaves_nothing_behind_when_the_database_fails(void **state)
{
    struct pages *p = *state;
    const struct given g = in_state(p, GIVEN);
    static const char *const groups[] = { "identity" };
    const struct sharing s = { SHARING_PRINT, "Clinique Espoir", "referral", "Person" };
    enum err rc = ERR_DB;

    for (int n = 1; rc && n < 400; n++) {
        struct consent_part part = { .answer = CONSENT_UNSAID };
        struct ctx ctx = p->ctx;

        ctx.user_id = p->ids[SUPERVISOR];
        db_fail_at(ctx.db, n);
        rc = sharing_give(&ctx, &part, &s, g.person, groups, 1);
        db_fail_at(ctx.db, 0);
        assert_false(db_in_transaction(ctx.db));
        assert_int_equal(consent_is_yes(part.answer), rc == OK);
        assert_int_equal(pages_count(p, NOTED), rc ? 0 : 1);
    }
    assert_int_equal(rc, OK);
    rc = ERR_DB;
    for (int n = 1; rc && n < 800; n++) {
        struct ctx ctx = p->ctx;

        assert_int_equal(user_load_by_id(&ctx, p->ids[SUPERVISOR]), OK);
        db_fail_at(ctx.db, n);
        rc = sharing_withdraw(&ctx, g.consent, 2, "No more");
        db_fail_at(ctx.db, 0);
        assert_false(db_in_transaction(ctx.db));
        assert_int_equal(pages_count(p, NOTED " WHERE status = 'recall'"), rc ? 0 : 1);
        assert_int_equal(
            pages_count(p, "SELECT count(*) FROM rec_consent WHERE status = 'withdrawn'"),
            rc ? 0 : 1);
    }
    assert_int_equal(rc, OK);
}

/* Each consent ends by itself: one that a failure met is as it was, and ends the next time. */
static void expiry_is_whole_for_each_consent_when_the_database_fails(void **state)
{
    static const char ended[] = "SELECT count(*) FROM rec_consent WHERE status = 'expired'";
    static const char told[] = "SELECT count(*) FROM audit WHERE action = 'consent.status'";
    static const char kept[] = "SELECT count(*) FROM record_history WHERE action = 'status'"
                               " AND form = 'consent'";
    struct pages *p = *state;
    enum err rc = ERR_DB;
    int64_t given;
    int64_t audited;
    int n;

    for (int i = 0; i < 3; i++)
        (void)in_state(p, EXPIRED);
    given = pages_count(p, kept);
    audited = pages_count(p, told);
    for (n = 1; rc && n < 900; n++) {
        struct ctx ctx = p->ctx;

        db_fail_at(ctx.db, n);
        rc = sharing_expire(&ctx);
        db_fail_at(ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(ctx.db));
        assert_int_equal(pages_count(p, kept) - given, pages_count(p, ended));
        assert_int_equal(pages_count(p, told) - audited, pages_count(p, ended));
    }
    assert_int_equal(rc, OK);
    assert_true(n > 15);
    assert_int_equal(pages_count(p, ended), 3);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(every_way_out_asks_consent_and_writes_down_what_is_given),
        PAGES(prints_of_a_result_and_of_the_grid_ask_consent_too),
        PAGES(a_note_on_a_question_stays_with_the_case_team),
        PAGES(what_consent_does_not_cover_is_left_out_of_a_file),
        PAGES(an_export_says_for_whom_it_is_or_is_not_made),
        PAGES(a_withdrawal_holds_at_the_moment_of_sharing),
        PAGES(a_consent_is_withdrawn_in_two_clicks_and_what_was_shared_is_recalled),
        PAGES(the_person_gets_a_receipt_and_a_list_of_who_received_what),
        PAGES(a_consent_whose_last_day_is_over_becomes_expired),
        PAGES(a_consent_that_may_not_end_holds_up_no_other),
        PAGES(no_letter_names_who_may_not_be_seen),
        PAGES(expiry_is_whole_for_each_consent_when_the_database_fails),
        PAGES(sharing_leaves_nothing_behind_when_the_database_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
