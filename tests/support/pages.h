#ifndef SUPPORT_PAGES_H
#define SUPPORT_PAGES_H

/*
 * The whole program in memory for page tests: a fresh home (SQLite in a folder of its own, or
 * PostgreSQL with HOMEWARD_PG_URL), users of several roles, and requests through web_handle as the
 * front would send them. Time is fixed and moves only by pages_wait.
 *
 * Use: cmocka_unit_test_setup_teardown(test, pages_setup, pages_teardown). Replies live as long as
 * the fixture.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/home.h"
#include "core/ctx.h"
#include "web/web.h"

/* A person as her form is posted. */
#define PAGES_AWA                                                                                  \
    "names.1.name_text=Awa&names.1.name_kind=given&names.1.name_script=Latn&"                      \
    "names.2.name_text=Ndiaye&names.2.name_kind=family&names.2.name_script=Latn&"                  \
    "birth_date=1991-05-06&birth_precision=day&sex=female&nationality=SN"

enum who { NOBODY, SUPERVISOR, CASE_MANAGER, FINANCE, ADMIN, WHO_COUNT };

struct pages {
    struct ctx ctx; /* acts as nobody; for looking into the database */
    struct home *home;
    struct arena *arena;
    char dir[64];
    const char *office_id;
    const char *sessions[WHO_COUNT]; /* cookies of browsers */
    const char *tokens[WHO_COUNT];   /* of the API */
    const char *ids[WHO_COUNT];
};

struct page {
    int status;
    const char *body;
    size_t len;
    const char *location; /* NULL if none */
    const char *etag;
    const char *allow;
    const char *continuation;
    const char *type;
    const char *asks;     /* www-authenticate */
    const char *openrosa; /* x-openrosa-version */
};

int pages_setup(void **state);
int pages_teardown(void **state);

/* As a browser: the session's cookie. query may be NULL. */
struct page page_get(struct pages *p, enum who who, const char *path, const char *query);
/* As a device that speaks OpenRosa; authorization may be NULL. address: a path, with its query. */
struct page page_device(struct pages *p, const char *method, const char *address,
                        const char *authorization);
/*
 * Whether a visit of every route finds nothing there: no parent to move to, nothing to restore, to
 * refuse, to confirm or to take back.
 */
bool page_may_be_gone(const char *path);
/* As a browser, with a form whose csrf field was taken from a page of the same session. */
struct page page_post(struct pages *p, enum who who, const char *path, const char *form);
struct page page_post_without_csrf(struct pages *p, enum who who, const char *path,
                                   const char *form);
/* A file in a multipart form, with csrf. */
struct page page_upload(struct pages *p, enum who who, const char *path, const char *bytes);
struct page page_upload_file(struct pages *p, enum who who, const char *path, const char *name,
                             const void *bytes, size_t len);
/* As a program, with a form; JSON out. */
struct page api_form(struct pages *p, enum who who, const char *path, const char *form);
/* As a program, with a body of any content type. */
struct page api_typed(struct pages *p, enum who who, const char *method, const char *path,
                      const char *type, const char *body);
/* As a program: token, JSON in (NULL for none) and out. if_match may be NULL; of a GET it is
 * If-None-Match. */
struct page api_call(struct pages *p, enum who who, const char *method, const char *path,
                     const char *json, const char *if_match);
/* The next part of a download, as it is; without headers. */
struct page page_next(struct pages *p, enum who who, const char *path, const char *token);
/* A part of a download, by a client that takes gzip; token NULL = the first. */
struct page page_go_on(struct pages *p, enum who who, const char *path, const char *token);

/* Text of a body between two others; fails the test if they are not there. */
const char *between(struct pages *p, const struct page *page, const char *before,
                    const char *after);
bool shows(const struct page *page, const char *text);
/* The text of a page that is a PDF, by poppler, as it stands on the paper. */
const char *pdf_text(struct pages *p, const struct page *page);
/* Id of a record that the supervisor makes through the API. */
const char *page_given(struct pages *p, const char *kind, const char *json);
/* Address of a person that the supervisor registers with these answers. */
const char *page_given_person(struct pages *p, const char *form);
/* Last part of an address. */
const char *page_id(const char *location);
/* Runs the jobs that wait, as the job process does. */
void run_jobs(struct pages *p);
/* Id of a case of a person who came back in January 2026, and of one of its tasks. */
const char *page_given_case(struct pages *p, const char *person, const char **task_out);
/* Id of a draft of a plan that could be submitted. */
const char *page_given_plan(struct pages *p, const char *case_id);
const char *page_given_plan_by(struct pages *p, enum who who, const char *case_id);
/* Id of a consent of the person that is given, to a referral to Clinique Espoir. */
const char *page_given_consent(struct pages *p, const char *person);
/* Ids of a message to the person, of a webhook, and of a notification of the supervisor. */
const char *page_given_message(struct pages *p, const char *person, const char **webhook_out,
                               const char **note_out);
/* Adds a file to a record, by its path, and gives its id. */
const char *page_given_file(struct pages *p, const char *record);
/* An interview about one dimension; the id of its result, which the person's page links to. */
const char *page_given_result(struct pages *p, const char *person);
int64_t pages_count(struct pages *p, const char *sql);

#endif
