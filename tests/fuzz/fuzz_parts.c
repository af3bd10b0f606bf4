/*
 * Answers that come in several parts (_rank.NAME, _place.NAME, _points.NAME), as a browser posts
 * them: any body is read into answers or told; what was taken is read again from what is shown.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "records/records.h"
#include "records/screens_web.h"
#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char form_csv[] =
    "survey\n"
    ",type,name,label::English (en)\n"
    ",rank needs,needs,What comes first\n"
    ",geopoint,spot,Where\n"
    ",geotrace,way,Which way\n"
    ",geoshape,plot,Which plot\n"
    ",begin repeat,trips,Trips\n"
    ",rank needs,wants,What comes first\n"
    ",geopoint,goal,Where to\n"
    ",geotrace,path,Which way\n"
    ",end repeat,,\n"
    "choices\n,list_name,name,label::English (en)\n"
    ",needs,food,Food\n,needs,work,Work\n,needs,home,A home\n"
    "settings\n,form_title::English (en),form_id,version\n,Trips,trips,1\n";

static const struct forms *forms_of(void)
{
    static const struct forms *forms;
    static struct ctx ctx = { .lang = "en", .time_zone = "UTC" }; /* holds the arena to the end */

    if (!forms) {
        ctx.arena = arena_new(0);
        if (form_parse(&ctx, &forms, "trips.csv", form_csv, sizeof form_csv - 1) != OK)
            abort();
    }
    return forms;
}

/* What stands in answers is whole text, and a rank holds each code at most once. */
static void check(const struct answers *t)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];
        const char *value = t->values[i];

        for (size_t r = 0; f->kind == FIELD_REPEAT && r < t->rows_len[i]; r++)
            check(t->rows[i][r]);
        assert(!value || text_valid(value, strlen(value), NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    const struct form *form = forms_of()->items[0];
    struct form_post post = { 0 };
    struct answers *answers = NULL;
    struct answer_pair *kept;
    struct pair *pairs = NULL;
    size_t kept_len = 0;
    size_t len = 0;

    ctx.forms = forms_of();
    if (request_urlencoded(&ctx, (const char *)data, size, &pairs, &len) == OK) {
        kept = ARENA_ARRAY(ctx.arena, len + 1, struct answer_pair);
        for (size_t i = 0; i < len; i++)
            if (strcmp(pairs[i].name, "_form") != 0) /* asks the database */
                kept[kept_len++] = (struct answer_pair){ pairs[i].name, pairs[i].value };
        if (post_read_kept(&ctx, &post, form->kind, kept, kept_len) == OK &&
            post_answers(&ctx, &answers, form, &post) == OK) {
            assert(answers);
            check(answers);
        }
    }
    arena_free(ctx.arena);
    return 0;
}
