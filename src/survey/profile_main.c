/* The organisation's main scores profile: the setting, and the page where it is chosen. */
#include <string.h>

#include "auth/auth.h"
#include "core/log.h"
#include "core/text.h"
#include "db/db.h"
#include "records/publish.h"
#include "survey/profile.h"
#include "survey/survey_store.h"
#include "survey/survey_view.h"
#include "survey/survey_web.h"
#include "survey_templates.h"

#define EVERYWHERE "" /* all offices */

enum err profile_main_load(struct ctx *ctx)
{
    const char *name = NULL;
    const struct profile *p = NULL;
    enum err rc = setting_get(ctx, &name, EVERYWHERE, PROFILE_SETTING);

    if (rc)
        return rc;
    if (!text_blank(name))
        p = profile_find(name);
    if (!text_blank(name) && p == NULL)
        log_warn("the main scoring profile %s is not there: the shipped one is used", name);
    profile_use(p);
    return OK;
}

static enum err check(struct ctx *ctx, const char *name)
{
    const struct profile *p = text_blank(name) ? NULL : profile_find(name);
    bool done = false;
    enum err rc;

    if (p == NULL)
        return ctx_fail_field(
            ctx, "profile",
            tr(ctx, "Choose one of the profiles: {0}.", TR_TEXT(profile_list(ctx))));
    rc = survey_profile_done(ctx, &done, p);
    if (rc || done)
        return rc;
    return ctx_fail_field(ctx, "profile",
                          tr(ctx, "Earlier interviews are still being scored with this profile."
                                  " Choose it once that is done."));
}

/* The process that answers goes on with the old one until its next request, as all others. */
enum err profile_main_set(struct ctx *ctx, const char *name)
{
    enum err rc = check(ctx, name);

    if (!rc)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = setting_set(ctx, EVERYWHERE, PROFILE_SETTING, name);
    if (!rc)
        rc = forms_look_again(ctx);
    return db_end(ctx, rc);
}

/* --- forms that are to be published --- */

static bool lacks_points(const struct question *q, const struct choice *c)
{
    int place = code_find(q, c->name, strlen(c->name));

    if ((q->rule != RULE_CODE && q->rule != RULE_SOURCE) || c->decline || c->retired)
        return false;
    if (place < 0)
        return true;
    return q->rule == RULE_CODE ? q->codes[place].points == NO_POINTS : q->codes[place].step == 0;
}

static void check_question(struct ctx *ctx, const struct profile *p, const struct question *q,
                           const struct field *f, struct form_told *told)
{
    for (size_t i = 0; f->choices && i < f->choices->len; i++) {
        const struct choice *c = &f->choices->items[i];

        if (lacks_points(q, c))
            form_tell_choice(told, f, c,
                             tr(ctx,
                                "“{0}” has no points in the scoring profile {1}: with this answer"
                                " {2} counts there as not answered. If it should count, give the"
                                " answer the code of an option that has points; if it is a way not"
                                " to answer, say so in hw:decline.",
                                TR_TEXT(c->name), TR_TEXT(p->name), TR_TEXT(f->name)));
    }
}

void survey_check_form(struct ctx *ctx, const struct form *form, struct form_told *told)
{
    for (size_t i = 0; profile_at(i); i++) {
        const struct profile *p = profile_at(i);

        for (size_t k = 0; text_equal(p->form->kind, form->kind) && k < p->len; k++) {
            const struct field *f = field_find(form, p->questions[k].name);

            if (f)
                check_question(ctx, p, &p->questions[k], f, told);
        }
    }
}

/* --- the page --- */

static enum err show(struct ctx *ctx, struct res *res, int status, const char *chosen)
{
    struct survey_profiles_view v = { .problem = ctx_problem(ctx, "profile") };
    const struct profile *in_use = profile_find(NULL);
    const char *kept = NULL;
    enum err rc = setting_get(ctx, &kept, EVERYWHERE, PROFILE_SETTING);

    while (profile_at(v.items_len))
        v.items_len++;
    v.items = ARENA_ARRAY(ctx->arena, v.items_len + 1, struct survey_profile_view);
    for (size_t i = 0; rc == OK && i < v.items_len; i++) {
        const struct profile *p = profile_at(i);
        bool done = false;

        rc = survey_profile_done(ctx, &done, p);
        v.items[i] = (struct survey_profile_view){
            .name = profile_name(p),
            .title = profile_title(ctx, p),
            .version =
                tr(ctx, "{0}, version {1}", TR_TEXT(profile_name(p)), TR_TEXT(profile_version(p))),
            .shipped = p == profile_shipped(),
            .main = p == in_use,
            .chosen = chosen ? text_equal(chosen, profile_name(p)) : p == in_use,
            .waits = !done,
        };
    }
    if (rc)
        return rc;
    if (!text_blank(kept) && profile_find(kept) == NULL)
        v.gone = tr(ctx,
                    "The profile “{0}” was chosen and is not there any more: until it is back or"
                    " another one is chosen, the program's own is used.",
                    TR_TEXT(kept));
    survey_profiles_reply(res, status, &v);
    return OK;
}

enum err survey_get_profiles(struct ctx *ctx, const struct req *req, struct res *res)
{
    (void)req;
    return show(ctx, res, 200, NULL);
}

enum err survey_post_profiles(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *name = req_text(req, "profile");
    enum err rc = profile_main_set(ctx, name);

    if (rc == ERR_INVALID)
        return show(ctx, res, 422, name);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/survey/profiles"));
}
