#ifndef RECORDS_RECORDS_H
#define RECORDS_RECORDS_H

/*
 * Records: what was written on a form. One engine stores, lists, finds, keeps history, imports and
 * exports every kind. Domains call these functions with constants of forms_gen.h and never write
 * SQL on a record table, so they cannot go around scope, sealing, history or the form's own checks.
 *
 * Tables (made from the form, src/records/sql.c): rec_<kind>, and rec_<kind>__<repeat> for each
 * repeat, whose rows are child records with parent_id. Columns: id, office_id, parent_id, root_id
 * and place (of a row), number, version, status, key_id, created_at, created_by, updated_at,
 * updated_by, parts (bits of the repeats that have rows); open and sealed hold the answers;
 * c_<field> is a copy of open fields that are listed, indexed or core, to filter and sort by.
 * Sealed bytes are bound to "<kind>/<id>/<version>".
 *
 * Scope: a record outside the acting user's scope, or of a class above the clearance, is
 * ERR_NOT_FOUND; it is part of the WHERE. Field values above the clearance are left out on load and
 * kept as they are on update.
 * Keys: a record of a form with a subject has the subject's key: a root (person) gets a new key; a
 * child (rss) uses its parent's.
 * Memory: ctx->arena. Reads are noted in the access log (access_note), which the worker writes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/ctx.h"
#include "forms/forms.h"

#define RECORD_DELETED "deleted" /* the status of a record in the bin */

struct record {
    const struct form *form;
    const char *id;
    const char *office_id;
    const char *parent_id; /* record of form->parent; NULL at the top */
    const char *number;
    const char *status;
    const char *key_id;
    int64_t version;
    int64_t created_at;
    const char *created_by;
    int64_t updated_at;
    const char *updated_by;
    struct answers *answers;
    const char *title; /* how people know it: names, or the form's instance_name; else number */
    enum err failed;   /* sticky failure of the setters */
};

struct html;
struct record_hit;
struct record_extra {
    void (*draw)(struct html *h, const void *view); /* NULL = nothing to show */
    const void *view;
};

/*
 * What a form that asks for several records at once wants settled before it is stored: who may be
 * somebody known already, and what it chose itself.
 */
struct record_likeness {
    struct answers *at; /* the row, and the reference in it that names the known one */
    const struct field *field;
    const char *title; /* who is meant: "Person 2: Awa Ndiaye" */
    const struct record_hit *hits;
    size_t hits_len;
};
struct record_look {
    const struct record_likeness *items;
    size_t len;
    const char *note; /* what was put into the answers, and why: to be looked at; NULL = nothing */
};

/*
 * What a domain adds to its record kinds. Any function may be NULL. before_save may change answers
 * and refuse (ERR_INVALID with problems), and give a new record another status that its form knows;
 * after_save runs in the same transaction.
 */
struct record_hooks {
    const char *kind;
    enum err (*title)(struct ctx *ctx, const struct record *rec, const char **out);
    /* Repeats that title and list columns are made of, ends with NULL; NULL = all of them. */
    const char *const *title_repeats;
    bool title_of_rows; /* title reads only those: where a title is all, no more is opened */
    /* Lines of names to find it by; NULL = each value of an hw:index=name field is a line. */
    enum err (*name_lines)(struct ctx *ctx, const struct record *rec, const char *const **out,
                           size_t *len_out);
    /* Likeness of two records, given that of their names; for duplicates. NULL = names alone. */
    double (*alike)(const struct record *a, const struct record *b, double names);
    enum err (*before_save)(struct ctx *ctx, struct record *rec, const struct record *old);
    enum err (*after_save)(struct ctx *ctx, const struct record *rec, const struct record *old);
    /*
     * Before a change of status is stored: next has the new status and a copy of the answers, into
     * which it may write what the change says (who approved, and when). It may refuse.
     */
    enum err (*before_status)(struct ctx *ctx, struct record *next, const struct record *old);
    /* A part of the detail page below the answers: returns draw and its view in out. */
    enum err (*detail)(struct ctx *ctx, const struct record *rec, struct record_extra *out);
    /*
     * A new one that was being filled is given up, or its time is over: in the transaction that
     * erases what was typed. rec is what it would have become; reason is a code.
     */
    enum err (*given_up)(struct ctx *ctx, const struct record *rec, const char *reason);
    /* Page on which one gives it up and says why: a path with {} for the id of what is kept. */
    const char *stop_page;
    /*
     * Makes records of other kinds out of the answers, which are complete and good: those of this
     * kind are never stored themselves. Called by record_insert within one transaction, with all
     * answers; *head_out is the record that stands for them all. Problems are told by the paths of
     * this kind's questions.
     */
    enum err (*expand)(struct ctx *ctx, struct record *rec, struct record **head_out);
    const char *expands_to; /* kind that people look for afterwards */
    /* Asked by the page before a new one is inserted. It may put answers in, with a note. */
    enum err (*look)(struct ctx *ctx, struct record *rec, struct record_look *out);
};
/* Kind that stands for one whose form is only filled in, never kept (expands_to); else NULL. */
const char *record_stands_for(const struct form *form);

/* Called once before fork with every domain's hooks; ends with NULL. */
void records_use_hooks(const struct record_hooks *const *hooks);

/*
 * Rooms that follow records of every kind (rules, facts, messages): fn is called in the transaction
 * of each insert, update, change of status, deletion, restoring and move, after the kind's own
 * after_save. old is NULL for a new record. What fn returns ends the change. Before fork; asking
 * twice for one fn counts once; at most RECORD_WATCHERS_MAX.
 */
typedef enum err (*record_watcher)(struct ctx *ctx, const struct record *rec,
                                   const struct record *old);
#define RECORD_WATCHERS_MAX 8
void records_watch(record_watcher fn);

/* Makes or widens the tables of all forms, and records form versions. At start, by the parent. */
enum err records_prepare(struct ctx *ctx) MUST_USE;

/* --- one record --- */

/* An empty record with the form's defaults; parent_id for kinds that have a parent. */
enum err record_new(struct ctx *ctx, struct record **out, const char *kind,
                    const char *parent_id) MUST_USE;
enum err record_load(struct ctx *ctx, struct record **out, const char *kind,
                     const char *id) MUST_USE;
/* As record_load, for rooms whose routes ask for a right on something else: without <kind>.view the
 * record is not there. */
enum err record_load_allowed(struct ctx *ctx, struct record **out, const char *kind,
                             const char *id) MUST_USE;
/*
 * Those of these ids (each once, at most a page of a list) that are within scope, in no order and
 * with the answers that lists have; nothing without <kind>.view. Noted in the access log.
 */
enum err record_load_several(struct ctx *ctx, struct record ***out, size_t *len_out,
                             const char *kind, const char *const *ids, size_t len) MUST_USE;
/* As it was at a version. ERR_NOT_FOUND if there was none. */
enum err record_load_version(struct ctx *ctx, struct record **out, const char *kind, const char *id,
                             int64_t version) MUST_USE;
/* By the number that people see. */
enum err record_find_number(struct ctx *ctx, struct record **out, const char *kind,
                            const char *number) MUST_USE;
/*
 * Validates (complete answers), numbers, seals, stores, writes history and audit, in one
 * transaction; then brings the blind index up to date. rec gets id, number, version.
 */
enum err record_insert(struct ctx *ctx, struct record *rec) MUST_USE;
/* version is what the user saw. ERR_CONFLICT: it changed since (nothing is written). */
enum err record_update(struct ctx *ctx, struct record *rec, int64_t version) MUST_USE;
/*
 * Moves the status along the form's hw_states. ERR_INVALID no such change, no reason given, or what
 * the change requires does not hold; ERR_FORBIDDEN the permission is missing. Where the change
 * needs a second person, the first one's asking is kept and OK is returned with the record as it
 * was; the second person's call with the same status makes the change, with the first one's reason
 * unless another is given. "erased" takes out all
 * answers, erases the record's own key (vault_key_erase) and with it every older version.
 */
enum err record_set_status(struct ctx *ctx, struct record *rec, int64_t version, const char *status,
                           const char *reason) MUST_USE;

/* A change that this user may make now, or that must wait for something. */
struct record_step {
    const char *status; /* code */
    const char *label;  /* what the change is called */
    bool reason;        /* must be given */
    bool second;        /* another person confirms it */
    const char *wants;  /* what has to be done before; NULL = nothing */
};
/* Changes of status from here that the acting user has the permission for; never an error to ask.
 */
enum err record_steps(struct ctx *ctx, struct record_step **out, size_t *len_out,
                      const struct record *rec) MUST_USE;
/*
 * Whom records of one kind are about: the titles of their parents, "" where the acting user may not
 * read them; at most as many records as a page has. Noted in the access log. Nothing where the kind
 * of the parents is not known by names (record_owner_form is NULL).
 */
enum err record_owners(struct ctx *ctx, const char ***out, struct record *const *recs,
                       size_t len) MUST_USE;
const struct form *record_owner_form(struct ctx *ctx, const struct form *form);
/* What a list of a kind is called: "People". */
const char *record_kind_title(struct ctx *ctx, const struct form *form);
/* What people read for a status; the code itself if nothing is known. */
const char *record_status_title(struct ctx *ctx, const struct form *form, const char *status);

/*
 * A change of status that waits for a second person: until REQUEST_KEPT_MS have passed, or the
 * record changes.
 */
#define REQUEST_KEPT_MS ((int64_t)14 * 24 * 60 * 60 * 1000)
struct record_request {
    const char *status;
    const char *reason; /* "" if none */
    const char *asked_by;
    const char *asked_by_name;
    int64_t asked_at;
    int64_t until; /* then it lapses */
    bool mine;     /* the acting user asked: may take it back, may not confirm it */
};
/* *out is NULL if nothing waits. */
enum err record_request_load(struct ctx *ctx, struct record_request **out,
                             const struct record *rec) MUST_USE;
/* Takes it away: by who asked, or by who could confirm it. The history tells it. */
enum err record_request_refuse(struct ctx *ctx, const struct record *rec) MUST_USE;
/* Forgets those that have lapsed; once a day. */
enum err record_requests_forget(struct ctx *ctx) MUST_USE;

/*
 * Hides a record from lists, search, counts and exports; it can be restored. Needs <kind>.delete
 * and a reason. ERR_CONFLICT: it changed since, or records below it must go first.
 */
enum err record_delete(struct ctx *ctx, struct record *rec, int64_t version,
                       const char *reason) MUST_USE;
/* Gives back the status that it had. Needs <kind>.delete. */
enum err record_restore(struct ctx *ctx, struct record *rec, int64_t version) MUST_USE;

/*
 * Takes back the last change, if the acting user made it less than RECORD_UNDO_MS ago and nobody
 * changed the record since: a new version equals the one before; a new record is deleted. An
 * undoing can itself not be undone, nor can an erasure.
 */
#define RECORD_UNDO_MS ((int64_t)10 * 60 * 1000)
enum err record_undo(struct ctx *ctx, struct record *rec, int64_t version) MUST_USE;
/* Whether record_undo would be allowed; *what_out: action of the history, or NULL if not. */
enum err record_undoable(struct ctx *ctx, const char **what_out, const struct record *rec) MUST_USE;

/*
 * Puts a record below another parent of the same kind: it was written into the wrong file. Needs
 * <kind>.edit and the parent's view; the histories of both parents tell it. It is sealed anew,
 * under the new parent's key.
 */
enum err record_move(struct ctx *ctx, struct record *rec, int64_t version, const char *parent_id,
                     const char *reason) MUST_USE;

/* --- comments: <kind>.comment; whoever may open the record reads them --- */

#define COMMENT_MAX    2000 /* characters */
#define COMMENTS_SHOWN 200  /* of one record, the newest */

struct record_comment {
    const char *id;
    const char *text; /* "" = it can no longer be read: the key is gone */
    const char *made_by_name;
    int64_t made_at;
    bool mine; /* and young enough to be taken back */
};
/* Oldest first. */
enum err record_comments(struct ctx *ctx, struct record_comment **out, size_t *len_out,
                         const struct record *rec) MUST_USE;
enum err record_comment_add(struct ctx *ctx, const struct record *rec, const char *text) MUST_USE;
/* Within RECORD_UNDO_MS, by who wrote it. ERR_NOT_FOUND else. */
enum err record_comment_undo(struct ctx *ctx, const struct record *rec,
                             const char *comment_id) MUST_USE;

/* What the history tells between versions, newest first. */
struct record_event {
    /* reason, child_in, child_out, comment, comment_gone, asked, refused, file_in, file_out,
     * file_named, file_gone, file_back */
    const char *action;
    int64_t version;        /* of a reason; else 0 */
    const char *other_form; /* the child that came or went */
    const char *other_id;
    const char *words; /* a reason, or a file's name; "" if none, or not readable any more */
    const char *made_by_name;
    int64_t made_at;
};
#define EVENTS_SHOWN 400
enum err record_events(struct ctx *ctx, struct record_event **out, size_t *len_out,
                       const struct record *rec) MUST_USE;

const char *record_value(const struct record *rec, const char *field); /* "" if none; top level */
bool record_is(const struct record *rec, const char *field, const char *code);
void record_set(struct record *rec, const char *field, const char *value);

/* --- references: fields with hw:ref --- */

#define REF_USER           "user"        /* names a member of the staff, not a record */
#define REF_USER_ABROAD    "user_abroad" /* the same, of any office: see below */
#define REF_HITS_MAX       10
#define REF_ABROAD_LETTERS 3

bool field_is_user(const struct field *f); /* of the own office or of any */
/*
 * Staff that the acting user can choose: active, of the own office unless the role reaches all;
 * each word begins a word of the name or the sign-in name, whatever the script. At most
 * REF_HITS_MAX. A field user_abroad finds staff of all offices too, but of other offices only those
 * whose role may edit cases, and by REF_ABROAD_LETTERS letters at
 * least: their names are for those who hand over cases, not a directory.
 */
struct user_row;
enum err record_find_staff(struct ctx *ctx, struct user_row **out, size_t *len_out,
                           const struct field *f, const char *words) MUST_USE;

/* --- for rooms that judge and count (rules, facts): whatever the scope and clearance --- */

/*
 * With every answer, also those above the acting user's clearance, from any office; nothing is
 * noted in the access log. Whoever shows a value of it must ask field_visible of its field first,
 * and load the record by record_load before. ERR_NOT_FOUND: no such record.
 */
enum err record_load_whole(struct ctx *ctx, struct record **out, const char *kind,
                           const char *id) MUST_USE;
struct record_reading {
    const struct field *const *fields; /* of the form of that kind */
    size_t len;
};
/* The same, but rows of a repeat only where a field to be read is that repeat or lies in it. */
enum err record_load_whole_for(struct ctx *ctx, struct record **out, const char *kind,
                               const char *id, const struct record_reading *reading) MUST_USE;
/* The same record as it was at a version, with the status of then. ERR_NOT_FOUND: none such. */
enum err record_version_whole(struct ctx *ctx, struct record **out, const struct record *now,
                              int64_t version) MUST_USE;
#define RECORD_CHILDREN_MAX 500
/* Those of a kind under a parent, oldest first, at most RECORD_CHILDREN_MAX. */
enum err record_children_whole(struct ctx *ctx, struct record ***out, size_t *len_out,
                               const char *kind, const char *parent_id) MUST_USE;
/* The same without an end, for who decides by all of them. ERR_LIMIT: they do not fit the arena. */
enum err record_children_all(struct ctx *ctx, struct record ***out, size_t *len_out,
                             const char *kind, const char *parent_id) MUST_USE;
/*
 * Ids and offices of all records of a kind, a page of at most 100 at a time, without their answers:
 * *after is NULL at first and again after the last page.
 */
struct record_place {
    const char *id;
    const char *office_id;
};
enum err record_places(struct ctx *ctx, struct record_place *out, size_t *len_out, const char *kind,
                       const char **after) MUST_USE;
/* Whether the acting user may read a field of a record: its class and those of what is around it.
 */
bool record_may_read(const struct ctx *ctx, const struct field *f);

/* --- history and difference --- */

struct record_version {
    int64_t version;
    int64_t made_at;
    const char *made_by_name;
    const char *action; /* insert, update, status, delete, restore, undo, move */
    const char *status;
    size_t changes; /* fields that differ from the version before */
};
/* Newest first. */
enum err record_history(struct ctx *ctx, struct record_version **out, size_t *len_out,
                        const char *kind, const char *id) MUST_USE;

struct record_change {
    const char *path;   /* names.2.name_text */
    const char *label;  /* with the repeat's label and row number before it */
    const char *before; /* as shown; "" = no answer */
    const char *after;
};
enum err record_diff(struct ctx *ctx, struct record_change **out, size_t *len_out,
                     const struct record *before, const struct record *after) MUST_USE;

/* --- lists --- */

enum record_sort { SORT_NEWEST, SORT_NUMBER, SORT_TITLE, SORT_UPDATED, SORT_FIELD };

/*
 * What a field must be. Only open fields with a column of their own can be asked
 * (record_filterable): what is sealed is searched for, never filtered by.
 */
enum condition_op {
    COND_IS,   /* the value; codes with spaces between them: any of these */
    COND_FROM, /* dates and numbers: this or more */
    COND_TO    /* this or less */
};

struct record_condition {
    const char *field;
    enum condition_op op;
    const char *value;
};
#define RECORD_CONDITIONS_MAX 20

struct record_filter {
    const char *parent_id;                     /* children of one record */
    const char *status;                        /* NULL = all */
    const char *office_id;                     /* NULL = all within scope */
    const struct record_condition *conditions; /* all must hold */
    size_t conditions_len;
    enum record_sort sort;
    const char *sort_field; /* of SORT_FIELD */
    bool down;              /* of SORT_FIELD: the greatest first */
    const char *after;      /* opaque token of the page before; NULL = first page */
    size_t limit;           /* 1 to 100; 0 = 25 */
};

#define RECORD_TITLE_SORT_MAX                                                                      \
    5000 /* rows unsealed to sort by title; more: ERR_LIMIT, told kindly */
#define RECORD_COUNT_MAX 10000

struct record_list {
    struct record **items;
    size_t len;
    const char *next; /* token of the next page, or NULL */
    int64_t count;    /* exact up to RECORD_COUNT_MAX; -1 = more */
};
/* Whether lists can be filtered and sorted by it, and the acting user may read it. */
bool record_filterable(const struct ctx *ctx, const struct field *f);
/*
 * Items (and the records of hits) have the answers of the top and the repeats that titles are made
 * of, no others: record_load one to show or change it.
 */
enum err record_list(struct ctx *ctx, struct record_list *out, const char *kind,
                     const struct record_filter *filter) MUST_USE;

/* The count of such a list alone: nobody's record is looked at, so nothing is noted. */
enum err record_count(struct ctx *ctx, int64_t *out, const char *kind,
                      const struct record_filter *filter) MUST_USE;

/* --- finding --- */

struct record_hit {
    struct record *record;
    double score;    /* 0 to 1 */
    const char *why; /* "name", "phone", "number" in ctx->lang */
    bool one_name;   /* of a duplicate: a single name is alike, and nothing else speaks for it */
};
#define RECORD_HITS_MAX 25
/*
 * Finds by words that a person typed: names in any script and spelling, phone, document or foreign
 * number, our own number. Only records within scope; best first.
 */
enum err record_search(struct ctx *ctx, struct record_hit **out, size_t *len_out, const char *kind,
                       const char *words) MUST_USE;
/* Records within scope that may be the same as rec (names, birth date, phone, numbers). */
enum err record_duplicates(struct ctx *ctx, struct record_hit **out, size_t *len_out,
                           const struct record *rec) MUST_USE;
/*
 * The same of all offices, for rooms that judge; rec is whole. Nothing is noted, titles are not
 * made, and nothing of it may be told to who could not find it by record_duplicates.
 */
enum err record_duplicates_whole(struct ctx *ctx, struct record_hit **out, size_t *len_out,
                                 const struct record *rec) MUST_USE;
/* Mends an index that a power cut left ahead of the records; records_prepare calls it, before any
 * worker writes. */
enum err index_recover(struct ctx *ctx) MUST_USE;
/* Brings the index up to record_history; the job role and "index rebuild" call it. */
enum err index_catch_up(struct ctx *ctx, int64_t *applied_out) MUST_USE;
/*
 * For a process that goes on, where another one catches up a few times a second: from here on it
 * brings new records in some at a time, which costs a fraction of one by one. What a search does
 * not find in the index yet it brings in first.
 */
void records_index_later(void);
enum err index_rebuild(struct ctx *ctx, int64_t *records_out) MUST_USE;

/* --- import --- */

/* How a column was understood: not at all, by its name, by a label, or as a person said. */
enum column_match { MATCH_NONE, MATCH_NAME, MATCH_LABEL, MATCH_CHOSEN };
/* Which comes first in 03/04/2026. */
enum date_order { ORDER_UNKNOWN, ORDER_DAY, ORDER_MONTH };

/* What is done with a row that is like a record that exists. */
enum import_choice { IMPORT_NEW, IMPORT_SAME, IMPORT_SKIP };

struct import_decision {
    int64_t row;
    enum import_choice choice;
    const char *record_id; /* of IMPORT_SAME */
};

struct import_mapping;
struct sheet;

struct import_options {
    bool dry_run;
    bool skip_bad; /* else all or nothing */
    bool match;    /* look for existing records that are the same; a dry run tells them */
    bool update;   /* IMPORT_SAME also changes the record: cells that hold something */
    /* NULL = by names and labels; then a column that is not understood is a fault. */
    const struct import_mapping *mapping;
    enum date_order dates; /* where the column does not tell */
    const struct import_decision *decisions;
    size_t decisions_len;
    const char *run_id; /* goes on with this one if it began; NULL = a new one */
    int64_t step_us;    /* how long others wait for one transaction; 0 = 40 ms */
    /*
     * Between rows, outside transactions; and in the transaction of each step that stores. An error
     * ends the import; what was stored stays until import_undo. ERR_CONFLICT: somebody else has
     * taken the run over.
     */
    enum err (*progress)(void *arg, int64_t done);
    enum err (*step)(void *arg, int64_t done);
    void *arg;
};

struct import_fault {
    int64_t row; /* as a spreadsheet counts; header = 1 */
    const char *column;
    const char *value;  /* what stood there, at most 80 characters */
    const char *reason; /* and what to do */
};
#define IMPORT_FAULTS_MAX 1000

/* A row that is like a record within the acting user's scope. */
struct import_like {
    int64_t row;
    const char *id;
    const char *number;
    const char *title;
    const char *why;
    double score;
    enum import_choice choice; /* by strength, or as decided */
};
#define IMPORT_LIKES_MAX  5000 /* more: ERR_LIMIT */
#define IMPORT_SAME_FROM  0.9  /* as likely the same as two files of one person are */
#define IMPORT_DOUBT_FROM 0.75

struct import_report {
    int64_t rows;
    int64_t good;
    int64_t bad; /* rows with a fault */
    int64_t stored;
    int64_t updated;
    int64_t same;    /* rows of existing records */
    int64_t skipped; /* left out by decision */
    struct import_fault *faults;
    size_t faults_len;        /* at most IMPORT_FAULTS_MAX are kept; bad counts all */
    const char *const *notes; /* e.g. columns that hold nothing */
    size_t notes_len;
    struct import_like *likes;
    size_t likes_len;
    const char *run_id; /* of what was stored: import_undo takes it */
};
/*
 * Reads records of a kind, and of the kinds below it, from a table (records/import_sheet.h).
 * Columns are named by field paths (names.1.name_text) or labels; record.parent has the number of
 * the record above, record.number and record.status are passed by. Needs <kind>.import.
 *
 * Stores in steps, each a short transaction that also notes how far it is: other savers wait 0.1
 * second at most, and one that is killed goes on where it was when it is begun again with its
 * run_id. Every row is checked before the first is stored; if one is refused all the same,
 * what was stored stays, and a person may undo the whole import. ERR_INVALID (mistakes, none
 * stored) with the report filled; so it is after any other error.
 */
enum err record_import(struct ctx *ctx, struct import_report *out, const char *kind,
                       struct sheet *sheet, const struct import_options *options) MUST_USE;

struct import_kept {
    const char *kind;
    const char *number;
};
struct import_undone {
    int64_t undone;
    struct import_kept *kept; /* changed since, or no longer there for this user: left alone */
    size_t kept_len;
};
#define IMPORT_UNDO_MS ((int64_t)30 * 24 * 60 * 60 * 1000)
/*
 * Takes back what an import made, newest first: records that nobody changed since are deleted,
 * those it changed get their answers of before. Needs <kind>.delete. One that is killed goes on
 * where it was when it is asked for again. ERR_NOT_FOUND: no such import of the acting user's,
 * or it is older than IMPORT_UNDO_MS; ERR_CONFLICT: undone already.
 */
enum err import_undo(struct ctx *ctx, struct import_undone *out, const char *run_id,
                     enum err (*progress)(void *arg, int64_t done), void *arg) MUST_USE;

/* The same of one that is undone, for who did not hear its end. ERR_NOT_FOUND: it is not. */
enum err import_undone_load(struct ctx *ctx, struct import_undone *out,
                            const char *run_id) MUST_USE;

struct import_done {
    const char *id; /* run_id */
    int64_t stored;
    int64_t created_at;
    bool undone;
};
/* The acting user's imports of a kind that can be undone or were, newest first, at most 50. */
enum err import_runs(struct ctx *ctx, struct import_done **out, size_t *len_out,
                     const char *kind) MUST_USE;
/* Forgets what imports made that can no longer be undone; once a day. */
enum err import_forget_old(struct ctx *ctx) MUST_USE;

/* --- export --- */

enum export_format { EXPORT_CSV, EXPORT_XLSX, EXPORT_JSON };
struct export_options {
    enum export_format format;
    bool labels; /* headings and choices as people read them, in ctx->lang; else names and codes */
    /*
     * A table for the records, for each repeat and for each kind below that the acting user may
     * export, with ids to put them together: sheets of XLSX, files of a zip in CSV. Else the rows
     * of repeats stand side by side.
     */
    bool linked;
    bool codebook; /* two further tables: the columns, and their choices, in all languages */
    /*
     * Names of fields, repeats and groups (all in them), record.number, record.status,
     * record.parent; of a kind below "case:opened_on", or "case:" for all of it. Len 0 = all.
     */
    const char *const *columns;
    size_t columns_len;
    const struct record_filter *filter; /* status, parent, conditions; NULL = all */
    const char *const *ids;             /* only these, as far as the filter lets them; NULL = all */
    size_t ids_len;
    int64_t jobs;          /* processes that read, 1 or 2; 0 = 2 where it is worth it */
    struct giving *giving; /* to somebody outside, records/giving.h; NULL = the office's own work */
    /* After each page, outside transactions; may be NULL. An error ends the export. */
    enum err (*progress)(void *arg, int64_t done);
    void *arg;
};
/*
 * How a command of one process comes to a second one that reads too: its connections are closed,
 * and opened again in each of both. Where it is not set, everything is read by one process.
 */
struct record_fork {
    void (*detach)(struct ctx *ctx, void *arg);
    enum err (*attach)(struct ctx *ctx, void *arg);
    void *arg;
};
/* NULL = not any more. */
void records_use_fork(const struct record_fork *fork);

/*
 * Streams records within scope to fd in flat memory, oldest first; CSV and XLSX that are neither
 * linked nor have labels have the columns that import reads. No work file is made. Needs permission
 * <kind>.export and a connection that may write: it is audited with the number of records, and the
 * access log is written before each page. Formula cells are guarded in CSV. Hidden fields (the
 * beneficiary code) never leave. ERR_INVALID: a column, id or filter that there is not, or options
 * that JSON has not. records_out counts those of kind.
 */
enum err record_export(struct ctx *ctx, const char *kind, const struct export_options *options,
                       int fd, int64_t *records_out) MUST_USE;

/*
 * The record as JSON by its form: id, kind, form (the hash of its version), number, title, parent,
 * status, version, created_at, updated_at, and answers: codes, lists of codes, numbers, ISO dates,
 * null; rows with their ids.
 */
void record_json(struct buf *b, const struct record *rec);
/*
 * Answers from a JSON object of the fields, or from what record_json wrote (then "answers" counts).
 * Unknown fields, duplicate keys, wrong types are told by path; *out is set only if all is well.
 */
enum err record_from_json(struct ctx *ctx, struct answers **out, const struct form *form,
                          const char *bytes, size_t len) MUST_USE;

#endif
