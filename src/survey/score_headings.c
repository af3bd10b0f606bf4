/* What the headings of a file mean: questions and choices, by name or label, behind groups. */
#include <string.h>

#include "core/text.h"
#include "survey/score_file.h"

#define CUTS_MAX 40 /* places at which a heading may be taken apart */

struct heading_words {
    const struct profile *profile;
    struct words *questions;      /* of the form; sections and consent count behind them */
    struct words *metadata;       /* columns of the exporting programs */
    struct words *sections;       /* choices of the question that says which sections were asked */
    const struct words **choices; /* by place */
};

/*
 * What ODK Central (lib/data/briefcase.js of getodk/central-backend), ODK Briefcase
 * (docs/export-format.md of getodk/briefcase) and KoboToolbox (copy fields of kobotoolbox/kpi,
 * handed to kobotoolbox/formpack) write beside the answers, and the metadata questions of XLSForm.
 */
static const char *const export_columns[] = { "SubmissionDate",
                                              "KEY",
                                              "PARENT_KEY",
                                              "SubmitterID",
                                              "SubmitterName",
                                              "AttachmentsPresent",
                                              "AttachmentsExpected",
                                              "Status",
                                              "ReviewState",
                                              "DeviceID",
                                              "Edits",
                                              "FormVersion",
                                              "isValidated",
                                              "instanceID",
                                              "instanceName",
                                              "deprecatedID",
                                              "rootUuid",
                                              "start",
                                              "end",
                                              "today",
                                              "username",
                                              "phonenumber",
                                              "simserial",
                                              "subscriberid",
                                              "device_id",
                                              "audit",
                                              "background-audio",
                                              "start-geopoint",
                                              "_id",
                                              "_uuid",
                                              "__id",
                                              "_index",
                                              "_parent_index",
                                              "_parent_table_name",
                                              "_submission_time",
                                              "_submitted_by",
                                              "_validation_status",
                                              "_notes",
                                              "_status",
                                              "_tags",
                                              "_attachments",
                                              "_geolocation",
                                              "_xform_id_string",
                                              "_bamboo_dataset_id",
                                              "_media_all_received",
                                              "_version",
                                              "_version_",
                                              "__version__",
                                              "formhub/uuid",
                                              "meta/instanceID",
                                              "meta/instanceName",
                                              "meta/deprecatedID",
                                              "meta/rootUuid",
                                              "meta/audit" };
#define EXPORT_COLUMNS (sizeof(export_columns) / sizeof(*export_columns))

static const struct field *form_question(const struct profile *p, const char *name)
{
    return p->form ? field_find(p->form, name) : NULL;
}

/* Economic and Social: the choices of the form where it asks, else the names of the dimensions. */
static struct words *words_of_sections(struct arena *a, const struct field *f)
{
    size_t most = PROFILE_SECTIONS;
    struct words *w;

    for (size_t i = 0; f && f->choices && i < f->choices->len; i++)
        for (size_t k = 0;
             f->choices->items[i].label.languages && f->choices->items[i].label.languages[k]; k++)
            most++;
    w = words_new(a, most);
    for (int d = 0; d < PROFILE_SECTIONS; d++) {
        const char *name = dimension_code((enum dimension)d);
        const struct choice *c = f && f->choices ? choice_find(f->choices, name) : NULL;

        words_add(w, name, d);
        if (c)
            words_add_label(w, &c->label, d);
    }
    return w;
}

/* Yes, Oui, Sí: the answer to the question of consent that lets the interview count. */
static struct words *words_of_consent(struct arena *a, const struct field *f)
{
    struct words *w = words_new(a, 64);
    const struct choice *yes = f && f->choices ? choice_find(f->choices, "yes") : NULL;

    words_add(w, "yes", CONSENT_YES);
    if (yes)
        words_add_label(w, &yes->label, CONSENT_YES);
    return w;
}

static void add_field(struct words *w, const char *name, const struct field *f, int id)
{
    words_add(w, name, id);
    if (f)
        words_add_label(w, &f->label, id);
}

struct heading_words *heading_words_new(struct arena *a, const struct profile *p)
{
    struct heading_words *h = ARENA_NEW(a, struct heading_words);
    const struct field *sections = form_question(p, "sections_selected");
    size_t languages = 1;

    *h = (struct heading_words){ .profile = p };
    while (p->len && p->questions[0].field && p->questions[0].field->label.languages &&
           p->questions[0].field->label.languages[languages - 1])
        languages++;
    h->questions = words_new(a, (p->len + 2) * languages);
    h->choices = ARENA_ARRAY(a, p->len + 2, const struct words *);
    for (size_t i = 0; i < p->len; i++) {
        const struct question *q = &p->questions[i];

        if (!q->codes_len)
            continue;
        add_field(h->questions, q->name, q->field, (int)i);
        h->choices[i] = words_of_question(a, q);
    }
    h->sections = words_of_sections(a, sections);
    h->choices[p->len] = h->sections;
    h->choices[p->len + 1] = words_of_consent(a, form_question(p, "consent_given"));
    add_field(h->questions, "sections_selected", sections, (int)p->len);
    add_field(h->questions, "consent_given", form_question(p, "consent_given"), (int)p->len + 1);
    h->metadata = words_new(a, EXPORT_COLUMNS);
    for (size_t i = 0; i < EXPORT_COLUMNS; i++)
        words_add(h->metadata, export_columns[i], 0);
    return h;
}

const struct words *heading_choices(const struct heading_words *h, int place)
{
    return h->choices[place];
}

static bool is_cut(char c)
{
    return c == '/' || c == '-' || c == '.' || c == ':';
}

const char *heading_tail(const char *heading)
{
    const char *tail = heading;

    for (const char *p = heading; *p; p++)
        if ((*p == '/' || *p == '-' || *p == '.') && p[1])
            tail = p + 1;
    return tail;
}

/* The question that text names, as a whole or behind the groups that end at one of the cuts. */
static int find_question(const struct heading_words *h, const char *text, size_t len)
{
    int id = words_find(h->questions, text, len);
    int cuts = 0;

    for (size_t i = 0; i + 1 < len && id == WORDS_NONE && cuts < CUTS_MAX; i++)
        if (is_cut(text[i])) {
            id = words_find(h->questions, text + i + 1, len - i - 1);
            cuts++;
        }
    return id;
}

static bool is_multiple(const struct heading_words *h, int place)
{
    size_t i = (size_t)place;

    return i == h->profile->len || (i < h->profile->len && h->profile->questions[i].multiple);
}

/* A heading of one choice: the question, a cut, the choice. */
static struct heading find_option(const struct heading_words *h, const char *text, size_t len)
{
    struct heading found = { HEADING_UNUSED, -1, -1 };
    int cuts = 0;

    for (size_t i = len; i-- > 1 && cuts < CUTS_MAX;) {
        int place;

        if (!is_cut(text[i]))
            continue;
        cuts++;
        place = find_question(h, text, i);
        if (place < 0 || !is_multiple(h, place))
            continue;
        found.place = place;
        found.code = words_find(h->choices[place], text + i + 1, len - i - 1);
        found.use = found.code < 0 ? HEADING_NO_CHOICE : HEADING_OPTION;
        if (found.code >= 0)
            return found;
    }
    return found;
}

struct heading heading_find(const struct heading_words *h, const char *text)
{
    struct heading found = { HEADING_UNUSED, -1, -1 };
    size_t len = strlen(text);

    if (len > WORDS_TEXT_MAX)
        return found;
    found.place = find_question(h, text, len);
    if (found.place == WORDS_MANY)
        found.use = HEADING_MANY;
    else if (found.place == (int)h->profile->len + 1)
        found.use = HEADING_CONSENT;
    else if (found.place == (int)h->profile->len)
        found.use = HEADING_SECTIONS;
    else if (found.place >= 0)
        found.use = HEADING_QUESTION;
    else
        found = find_option(h, text, len);
    if (found.use == HEADING_UNUSED &&
        (words_find(h->metadata, text, len) >= 0 ||
         words_find(h->metadata, heading_tail(text), strlen(heading_tail(text))) >= 0))
        found.use = HEADING_EXPORT;
    return found;
}
