#ifndef DEMO_DEMO_INNER_H
#define DEMO_DEMO_INNER_H

/*
 * Inside the demo room: the lists of content/demo, the dice, and one invented life at a time. A
 * life is planned as steps with a day each; those before today are then played in their order,
 * through the same functions as pages use, by the member of staff who would do it.
 *
 * Memory: what belongs to the whole run lies in the arena before the first life; each life's part
 * is taken back after it. Errors: those of records, rules and messages.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/csv_table.h"
#include "core/ctx.h"

struct record;
struct answers;
struct user;

#define DEMO_DAY_MS ((int64_t)24 * 60 * 60 * 1000)

/* --- dice --- */

/* SplitMix64: the same numbers on every machine. */
struct dice {
    uint64_t state;
};
uint64_t dice_next(struct dice *d);
/* 0 to below. */
uint32_t dice_below(struct dice *d, uint32_t below);
/* From low to high, both may come. */
int64_t dice_between(struct dice *d, int64_t low, int64_t high);
/* True with a chance of percent in a hundred. */
bool dice_chance(struct dice *d, uint32_t percent);
/* One of the words, which end with NULL; a word that stands twice comes twice as often. */
const char *dice_word(struct dice *d, const char *const *words);

/*
 * A row where each column that is named has the value behind it: pairs end with NULL. An empty cell
 * fits every value. Rows with a high column "weight" come more often. s->len if none fits.
 */
size_t dice_row(struct dice *d, const struct csv_table *s, const char *const *match);

/* --- the run --- */

struct demo_lists {
    struct csv_table names;
    struct csv_table origins;
    struct csv_table places;
    struct csv_table villages;
    struct csv_table notes;
    struct csv_table plans;
    struct csv_table plan_lines;
    struct csv_table offices;
    struct csv_table staff;
    struct csv_table spellings;
    struct csv_table partners;
};

struct demo_user {
    const struct user *user;
    const char *role;
    const char *sex;
    size_t office;
};

struct world {
    struct demo_lists lists;
    const char **office_ids; /* by row of offices.csv */
    struct demo_user *staff; /* by row of staff.csv */
    int64_t today;           /* days since 1970; lives are played up to the day before */
    int64_t end_ms;          /* the moment at which the demo ends */
    bool people_only;        /* of all origins, without cases and interviews */
    bool brief;              /* of each life only the beginning: many more in the same time */
};

/* --- a life --- */

enum step_kind {
    STEP_PERSON,
    STEP_HOUSEHOLD,
    STEP_CASE,
    STEP_RETURN,
    STEP_PREPARE,
    STEP_DEPART,
    STEP_ARRIVE,
    STEP_ACTIVE,
    STEP_ACTION,
    STEP_SUPPORT,
    STEP_CONSENT,
    STEP_PLAN,
    STEP_REVIEW,
    STEP_W,
    STEP_SHEET,
    STEP_REPORT,
    STEP_CHANGE,
    STEP_SETTLE,
    STEP_INTERVIEW,
    STEP_INTENSITY,
    STEP_FOLLOW_UP,
    STEP_CLOSING,
    STEP_CLOSE,
    STEP_REOPEN,
    STEP_DEATH,
    STEP_TASKS,
    STEP_COMMENT,
    STEP_FILE,
    STEP_MEND,
    STEP_AGAIN,
    STEP_KINDS
};

struct step {
    int64_t day;  /* on which it is written down */
    int64_t date; /* on which it happened */
    enum step_kind kind;
    const char *word;  /* kind of an action, reason for closing, round */
    const char *other; /* outcome of an action */
};
#define STEPS_MAX 96

/* People who came back together, or one alone. */
struct family {
    size_t office;
    size_t origin; /* row of origins.csv */
    size_t name;   /* row of names.csv: what they are called */
    size_t village;
    size_t worker; /* row of staff.csv */
    size_t interviewer;
    size_t supervisor;
    int64_t noted;  /* the day on which they became known */
    int64_t arrive; /* the day of arrival */
    bool prepared;  /* known before the departure */
    size_t size;
    int ages[8];
};

/* What somebody is called: rows of names.csv, its length where there is none. */
enum { NAME_GIVEN, NAME_SECOND, NAME_FATHER, NAME_FAMILY, NAMES };

struct life {
    struct ctx *ctx;
    struct world *w;
    struct dice dice;
    const struct family *family;
    size_t place; /* in the family */
    const char *origin;
    const char *sex;
    const char *host;
    const char *prefers; /* to talk with a woman or a man; NULL = was not asked */
    const char *phone;   /* NULL: none is known */
    size_t names[NAMES];
    int64_t born;
    bool child;
    bool alone; /* a child without its parents */
    bool forced;
    bool reserved; /* declines much */
    bool barred;   /* the journey cannot begin: a treatment is not there */
    bool vulnerable;
    bool unsure;    /* whether vulnerable, until the screening */
    bool consented; /* to the assistance */
    bool over;      /* nothing more happens */
    int levels[3];
    int trend;
    const char *person_id;
    const char *return_id;
    const char *case_id;
    const char *programme; /* of the case */
    const char *plan_id;   /* of the plan in force; NULL if there is none */
    const char *flag;      /* the vulnerability, NULL if none */
    struct step steps[STEPS_MAX];
    size_t steps_len;
};

/* Acts as one of the staff at ctx->now_ms; the language stays. */
void act_as(struct life *l, size_t staff);
/* A member of staff of a role and an office; sex NULL = any. The number of staff if none. */
size_t staff_of(struct dice *d, const struct world *w, size_t office, const char *role,
                const char *sex);
const char *life_day(const struct life *l); /* today, as the life stands */
const char *life_lang(const struct life *l);
/* An invented sentence of a kind, in the language of the office; "" if there is none. */
const char *life_text(struct life *l, const char *kind);
void put(struct record *rec, struct answers *row, const char *field, const char *value);
struct answers *add_row(struct ctx *ctx, struct record *rec, const char *repeat);

/* What is noted of a step: one sentence or two. */
const char *life_note(struct life *l, const struct step *s);

/* Plans what happens to somebody, in order of days. */
void life_plan(struct life *l);

typedef enum err (*step_play)(struct life *l, const struct step *s);
enum err play_person(struct life *l, const struct step *s) MUST_USE;
enum err play_mend(struct life *l, const struct step *s) MUST_USE;
enum err play_again(struct life *l, const struct step *s) MUST_USE;
enum err play_household(struct life *l, const struct step *s) MUST_USE;
enum err play_case(struct life *l, const struct step *s) MUST_USE;
enum err play_return(struct life *l, const struct step *s) MUST_USE;
enum err play_depart(struct life *l, const struct step *s) MUST_USE;
enum err play_arrive(struct life *l, const struct step *s) MUST_USE;
enum err play_move(struct life *l, const struct step *s) MUST_USE;
enum err play_action(struct life *l, const struct step *s) MUST_USE;
enum err play_consent(struct life *l, const struct step *s) MUST_USE;
enum err play_contact(struct life *l, const struct step *s) MUST_USE;
enum err play_plan(struct life *l, const struct step *s) MUST_USE;
/* Who proposed something, and who decided it, where a form asks: mostly both together. */
void put_decided(struct life *l, struct record *rec, const char *proposed, const char *decided);
enum err play_w(struct life *l, const struct step *s) MUST_USE;
enum err play_sheet(struct life *l, const struct step *s) MUST_USE;
enum err play_review(struct life *l, const struct step *s) MUST_USE;
enum err play_report(struct life *l, const struct step *s) MUST_USE;
enum err play_change(struct life *l, const struct step *s) MUST_USE;
/* Before the case is closed. */
enum err end_plan(struct life *l) MUST_USE;
enum err play_settle(struct life *l, const struct step *s) MUST_USE;
enum err play_support(struct life *l, const struct step *s) MUST_USE;
enum err play_intensity(struct life *l, const struct step *s) MUST_USE;
enum err play_closing(struct life *l, const struct step *s) MUST_USE;
enum err play_close(struct life *l, const struct step *s) MUST_USE;
enum err play_death(struct life *l, const struct step *s) MUST_USE;
enum err play_interview(struct life *l, const struct step *s) MUST_USE;
enum err play_tasks(struct life *l, const struct step *s) MUST_USE;
enum err play_comment(struct life *l, const struct step *s) MUST_USE;
enum err play_file(struct life *l, const struct step *s) MUST_USE;

/* The people of one family, at most most of them; *made_out = how many. */
enum err demo_family(struct ctx *ctx, struct world *w, int64_t index, int64_t noted, size_t most,
                     size_t *made_out) MUST_USE;
/* --- demo_paper.c --- */

struct image_bytes;
/* The organisation's letterhead, with a picture of our own drawing; by who may change it. */
enum err demo_letterhead(struct ctx *ctx) MUST_USE;
/* A PNG of a name written by hand. */
enum err demo_signature(struct ctx *ctx, struct image_bytes *out, struct dice *dice) MUST_USE;
/* A new consent with all that every consent of the life says, not stored yet. */
typedef enum err demo_consent(struct life *l, struct record **out, const char *about);
/* Consent to a referral to a partner of the country; most partners are then told. */
enum err demo_referral(struct life *l, demo_consent *take) MUST_USE;

/* Messages that wait, are blocked or were cancelled. */
enum err demo_messages(struct life *l) MUST_USE;
/* The staff has read whatever it was told of until now. */
enum err demo_read_notices(struct ctx *ctx, const struct world *w) MUST_USE;

#endif
