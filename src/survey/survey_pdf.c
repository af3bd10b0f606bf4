/* One page for the person: the scores in plain words, in the person's language. */
#include "auth/auth.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "report/report.h"
#include "survey/profile.h"
#include "survey/survey_view.h"

enum err survey_language(struct ctx *ctx, const struct record *person, const char **out)
{
    const struct field *repeat = field_find(person->form, FIELD_PERSON_LANGUAGES);
    const struct field *code = field_find(person->form, FIELD_PERSON_LANGUAGE_CODE);
    const struct field *preferred = field_find(person->form, FIELD_PERSON_LANGUAGE_PREFERRED);
    struct office office = { 0 };
    const char *known = NULL; /* first language of the person that we have */
    enum err rc;

    for (size_t i = 0; i < person->answers->rows_len[repeat->place]; i++) {
        const struct answers *row = person->answers->rows[repeat->place][i];
        const char *lang = answers_get(row, code);

        if (!lang || !tr_has_language(lang))
            continue;
        if (text_equal(answers_get(row, preferred), CODE_PERSON_LANGUAGE_PREFERRED_YES)) {
            *out = lang;
            return OK;
        }
        known = known ? known : lang;
    }
    if (known) {
        *out = known;
        return OK;
    }
    rc = office_load(ctx, &office, person->office_id);
    if (rc)
        return rc;
    *out = tr_has_language(office.language) ? office.language : ctx->lang;
    return OK;
}

/* What a score means for the person, said to the person. */
static const char *in_plain_words(struct ctx *ctx, enum dimension d, enum intensity band)
{
    static const char *const words[PROFILE_SECTIONS][4] = {
        [DIM_ECONOMIC] = {
            N_("Work and money: there are not enough answers for a score."),
            N_("Work and money: things are going well at present."),
            N_("Work and money: some things go well, others could be better."),
            N_("Work and money: this is hard at present. Let us talk about what could help."),
        },
        [DIM_SOCIAL] = {
            N_("Housing, school, health and services: there are not enough answers for a score."),
            N_("Housing, school, health and services: things are going well at present."),
            N_("Housing, school, health and services: some things go well, others could be"
               " better."),
            N_("Housing, school, health and services: this is hard at present. Let us talk about"
               " what could help."),
        },
        [DIM_PSYCHOSOCIAL] = {
            N_("Well-being, safety and the people around you: there are not enough answers for a"
               " score."),
            N_("Well-being, safety and the people around you: things are going well at present."),
            N_("Well-being, safety and the people around you: some things go well, others could"
               " be better."),
            N_("Well-being, safety and the people around you: this is hard at present. Let us talk"
               " about what could help."),
        },
    };

    return tr_args(ctx, words[d][band], NULL);
}

static void add_bars(struct ctx *ctx, struct document *d, const struct survey_result *r,
                     const struct profile *p)
{
    struct doc_bar *bars = ARENA_ARRAY(ctx->arena, DIM_COUNT, struct doc_bar);

    for (int i = 0; i < DIM_COUNT; i++) {
        struct score s = r->scores.of[i];

        bars[i].label = profile_dimension(ctx, p, (enum dimension)i);
        bars[i].value = score_value(s);
        bars[i].value_text = s.den ? score_text2(ctx, s) : tr(ctx, "No score");
    }
    document_bars(d, bars, DIM_COUNT, score_value(p->intensified_below),
                  score_value(p->hands_off_above));
}

/* Notes and explanations (R-A4-15): never for somebody else than the case team. */
static void add_said(struct ctx *ctx, struct document *d, const struct record *rss)
{
    const struct survey_answer_view *said = NULL;
    size_t len = survey_said(ctx, &said, rss);
    struct doc_pair *pairs = ARENA_ARRAY(ctx->arena, len + 1, struct doc_pair);

    for (size_t i = 0; i < len; i++)
        pairs[i] = (struct doc_pair){ said[i].question, said[i].answer };
    document_add(d, DOC_HEADING, tr(ctx, "What was said beside the answers"));
    document_add(d, DOC_NOTE,
                 tr(ctx, "For the case file of the office only: not for the person to "
                         "carry, and not for anybody else."));
    document_pairs(d, pairs, len);
}

enum err survey_pdf(struct ctx *ctx, const struct survey_result *r, const struct record *person,
                    const struct record *rss, const char **bytes_out, size_t *len_out)
{
    const struct profile *p = profile_find(r->profile);
    struct document *d;

    if (!p)
        return ctx_fail(
            ctx, ERR_NOT_FOUND,
            tr(ctx, "The scoring profile {0} is not there any more.", TR_TEXT(r->profile)));
    d = document_new(ctx, ctx->lang, tr(ctx, "How you are doing since your return"));
    document_add(d, DOC_HEADING, person->title);
    document_add(d, DOC_TEXT,
                 tr(ctx, "Interview of {0} ({1}), {2}", TR_DATE(r->interview_date),
                    TR_TEXT(survey_choice(ctx, FIELD_RSS_ROUND, r->round)),
                    TR_TEXT(survey_choice(ctx, FIELD_RSS_INTERVIEW_LOCATION, r->location))));
    document_add(d, DOC_TEXT,
                 tr(ctx,
                    "This page sums up what you told us. It is not a test: no answer was right"
                    " or wrong. The numbers go from 0 (very hard) to 1 (very good). They help us"
                    " to talk with you about what you need; they decide nothing by"
                    " themselves."));
    add_bars(ctx, d, r, p);
    document_add(d, DOC_SMALL,
                 tr(ctx,
                    "The two marks are at {0} and {1}: below the first we suggest more support,"
                    " above the second less.",
                    TR_TEXT(score_text2(ctx, p->intensified_below)),
                    TR_TEXT(score_text2(ctx, p->hands_off_above))));
    for (int i = 0; i < PROFILE_SECTIONS; i++)
        document_add(d, DOC_TEXT, in_plain_words(ctx, (enum dimension)i, r->scores.band[i]));
    if (r->scores.flagged)
        document_add(d, DOC_NOTE,
                     tr(ctx, "Many questions were left open, so these numbers say less than usual."
                             " That is your right."));
    document_add(d, DOC_TEXT,
                 tr(ctx, "You can ask us to explain this page, to correct what is wrong, or to"
                         " delete it. It is confidential: keep it where only you can read it."));
    document_add(d, DOC_SMALL,
                 tr(ctx, "Scoring: {0} (version {1}).", TR_TEXT(profile_title(ctx, p)),
                    TR_TEXT(r->profile_version)));
    if (rss)
        add_said(ctx, d, rss);
    document_footer(d, person->number ? person->number : "");
    return document_pdf(ctx, d, bytes_out, len_out);
}
