#ifndef RECORDS_RECORDS_INNER_H
#define RECORDS_RECORDS_INNER_H

/*
 * Inside of the records room: only src/records and its tests include this.
 *
 * sql.c has every statement on record tables; answer trees are walked in level.c; load.c reads,
 * save.c writes; index.c keeps the blind index; the rest stands on these.
 *
 * "Full" records hold every answer, whatever the acting user's clearance; they never leave the
 * room. record_hide makes one fit to be given out.
 */

#include "core/ctx.h"
#include "core/json.h"
#include "db/db.h"
#include "forms/forms.h"
#include "records/records.h"
#include "vault/vault.h"

/* --- level.c: trees of answers --- */

/* One level of a tree: the root, or a row of a repeat. */
struct level {
    struct answers *t;
    size_t parent; /* place of the level around it; 0 for the root itself */
    int64_t place; /* row number in its repeat, from 1; 0 for the root */
};

struct levels {
    struct level *items; /* the root first, a level before its rows */
    size_t len;
};

struct levels levels_of(struct arena *a, struct answers *root);
/* A deep copy, with row ids. */
struct answers *answers_copy(struct arena *a, const struct answers *t);
/* One level with its id and all rows below it, into an empty one. */
void level_copy(struct arena *a, struct answers *to, const struct answers *from);
/* Same values in every field of this level, rows not looked at. */
bool level_equal(const struct answers *a, const struct answers *b);
/* Fields with values: not groups, repeats or notes. */
bool field_is_answer(const struct field *f);
bool field_is_repeat(const struct field *f);
/* Whether the acting user may read it: its class and those of what is around it. */
bool field_visible(const struct ctx *ctx, const struct field *f);
/* Takes out what the acting user may not read. */
void answers_hide(const struct ctx *ctx, struct answers *t);
/*
 * Puts into t what the user that filled it could not see or fill: values above the clearance,
 * hidden and read-only fields, fields of a newer form. old NULL: a new record, where only the
 * first are taken out.
 */
void answers_merge(struct ctx *ctx, struct answers *t, const struct answers *old);
/* The row of repeat in t (or deeper) with this id; NULL if none. */
/*
 * record_from_json of a tree whose sender wrote for an older form of the kind (NULL: for this one):
 * what only that one asks, and the acting user may see, is kept with the record.
 */
enum err record_from_older_json(struct ctx *ctx, struct answers **out, const struct form *form,
                                const struct form *older, json_t *root) MUST_USE;
/* What the older form does not ask stays as it is stored; t is the root of what came. */
void answers_keep_newer(struct answers *t, struct answers *stored, const struct form *older);
struct answers *answers_row(struct answers *t, const struct field *repeat, const char *id);
/* Place of a repeat among the form's repeats: its bit in the column parts. */
int repeat_bit(const struct form *form, const struct field *repeat);

/* --- sql.c: statements on record tables --- */

enum write_action { WRITE_INSERT, WRITE_UPDATE, WRITE_DELETE };

/* One level to be written, sealed already. */
struct write {
    enum write_action action;
    const struct field *repeat; /* NULL: the root */
    const char *id;
    const char *parent_id;
    int64_t place;
    const struct answers *t; /* for the columns; NULL when deleted */
    const void *open;
    size_t open_len;
    struct sealed sealed;
};

/* What all levels of one saving share. */
struct saving {
    const struct record *rec; /* the new state; version is the new one */
    const char *action;       /* of the root in the history */
    int64_t parts;            /* bits of the repeats that have rows */
    struct write *writes;     /* the root first */
    size_t len;
    int64_t seq; /* first place in record_history, once written */
};

/*
 * The cell of a query that gives at most one row of one; closes it. No row: 0, NULL; and *there_out
 * (may be NULL) says so.
 */
enum err sql_one_int(struct ctx *ctx, int64_t *out, struct rows *rows, bool *there_out) MUST_USE;
enum err sql_one_text(struct ctx *ctx, const char **out, struct rows *rows) MUST_USE;

#define SQL_BATCH 101 /* records read by one statement: the longest page, and one more */

enum err sql_write(struct ctx *ctx, const struct saving *s, const struct write *w) MUST_USE;
/* The root row where version = version_before; *changed_out = false if there is none. */
enum err sql_update_root(struct ctx *ctx, const struct saving *s, int64_t version_before,
                         bool *changed_out) MUST_USE;

/* How root rows are picked. */
struct pick {
    const struct form *form;
    const char *const *ids; /* at most SQL_BATCH; NULL = by filter */
    size_t ids_len;
    const char *number;                 /* or by number */
    const struct record_filter *filter; /* or a page: status, parent, sort, after */
    const struct record_condition *by; /* that of the filter which few fulfil: found by its index */
    const char *const *parents;        /* only below these, at most SQL_BATCH; NULL = any */
    size_t parents_len;
    size_t limit;
    bool anywhere; /* no scope, also what was deleted: for the index */
    bool deleted;  /* also what was deleted */
    bool whole;    /* no scope, but not what was deleted */
    bool bare;     /* no answers of the root, its office, parent and writers: nothing is opened */
    bool few;      /* by, or else the status, finds few: they are put in order afterwards */
    bool oldest;   /* a page from the oldest on; its token is that of SORT_NEWEST */
};

/*
 * Root rows with their answers opened, without repeats. parts_out (may be NULL) gets the bits of
 * the repeats that have rows; both arrays hold at least limit or ids_len items.
 */
enum err sql_pick(struct ctx *ctx, struct record **out, int64_t *parts_out, size_t *len_out,
                  const struct pick *pick) MUST_USE;
/*
 * The status of a record, NULL if there is none, and it stays so until the transaction ends: others
 * may hold it too, or with alone nobody. On SQLite who writes is alone anyway.
 */
enum err sql_hold(struct ctx *ctx, const char **status_out, const struct form *form, const char *id,
                  bool alone) MUST_USE;
/* Whether there is any record of a form, of any office and status. */
enum err sql_any(struct ctx *ctx, bool *out, const struct form *form) MUST_USE;
enum err sql_count(struct ctx *ctx, int64_t *out, const struct pick *pick, int64_t max) MUST_USE;
/* Which kinds have records below one of the kind parent: has[i] for ctx->forms->items[i]. */
enum err sql_below(struct ctx *ctx, bool *has, const char *parent, const char *parent_id) MUST_USE;
/* Reads the rows of one repeat into the records' answers. len at most SQL_BATCH. */
enum err sql_rows(struct ctx *ctx, const struct field *repeat, struct record *const *recs,
                  size_t len) MUST_USE;
/* Most rows of a repeat that any one record (or row around it) within scope has. */
/* Places between records in the order of their ids. */
struct id_cuts {
    char (*ids)[40];
    size_t len;
    size_t most;
};
/* Ids after which each piece of so many records ends; at most out->most of them. */
enum err sql_cuts(struct ctx *ctx, struct id_cuts *out, const struct pick *pick,
                  size_t every) MUST_USE;
enum err sql_rows_max(struct ctx *ctx, int64_t *out, const struct form *form,
                      const struct field *repeat) MUST_USE;
/* Token of the page after a record; the filter's after, checked. ERR_INVALID: not a token of ours.
 */
const char *sql_token(struct ctx *ctx, const struct record *rec, enum record_sort sort);
enum err sql_token_check(struct ctx *ctx, const char *token, enum record_sort sort) MUST_USE;

/* What sealed bytes are bound to. */
const char *seal_context(struct arena *a, const struct form *form, const struct field *repeat,
                         const char *id, int64_t version);
/* Opens both parts of one level. A record whose key was erased has no answers: not an error. */
struct level_bytes {
    const void *open;
    size_t open_len;
    struct sealed sealed;
    const char *key_id;
    const char *context;
};
enum err level_open(struct ctx *ctx, struct answers *t, const struct level_bytes *bytes) MUST_USE;
/* Encodes and seals one level into w. */
enum err level_seal(struct ctx *ctx, struct write *w, const struct record *rec,
                    int64_t version) MUST_USE;

/* --- load.c --- */

#define STATUS_ERASED "erased" /* the key is gone, and with it all answers */

#define PARTS_ALL (~(int64_t)0)

const struct record_hooks *record_hooks_of(const char *kind); /* NULL if none */
/* after_save of the kind, then every watcher. */
enum err record_after_save(struct ctx *ctx, const struct record *rec,
                           const struct record *old) MUST_USE;
/* The form of a kind that the acting user may read, else ERR_NOT_FOUND. */
enum err record_form(struct ctx *ctx, const struct form **out, const char *kind) MUST_USE;
enum err record_gone(struct ctx *ctx); /* ERR_NOT_FOUND, in the same words for whatever reason */
/* Picks and reads the repeats whose bit is in want. */
enum err record_pick(struct ctx *ctx, struct record **out, size_t *len_out, const struct pick *pick,
                     int64_t want) MUST_USE;
/* The one that pick names (form, ids[0], anywhere), with the repeats whose bit is in want. */
enum err record_load_some(struct ctx *ctx, struct record **out, const struct pick *pick,
                          int64_t want) MUST_USE;
enum err record_load_full(struct ctx *ctx, struct record **out, const struct form *form,
                          const char *id, bool anywhere) MUST_USE;
/* As record_load, noted like it, but for repeats that its title is not made of. */
enum err record_load_title(struct ctx *ctx, struct record **out, const char *kind,
                           const char *id) MUST_USE;
/* The bit of a repeat, and those of the repeats that it is in. */
int64_t record_repeat_parts(const struct form *form, const struct field *repeat);
/* Whether the acting user may delete, and so see and restore what was deleted. */
bool sees_bin(const struct ctx *ctx, const struct form *form);
/* Hides and titles. */
enum err record_finish(struct ctx *ctx, struct record *rec) MUST_USE;
/* Bits of the repeats that a title is made of. */
int64_t record_title_parts(const struct form *form);
/* Access log: only forms with people in them, only when somebody acts. */
enum err record_note(struct ctx *ctx, const char *action, const struct form *form,
                     const char *const *ids, size_t len) MUST_USE;
bool form_is_personal(const struct form *form);
/* ERR_FORBIDDEN unless the acting user has "<kind>.<verb>". */
/* Below this parent, which the acting user must be allowed to see: its office and its key.
 * ERR_NOT_FOUND: there is none, or it is erased. */
enum err record_take_parent(struct ctx *ctx, struct record *rec, const char *parent_id) MUST_USE;
enum err record_permit(struct ctx *ctx, const struct form *form, const char *verb) MUST_USE;

/* --- whole.c --- */

/*
 * Whether nothing of a kind lies below a record, in or out of scope; asked of all kinds at once
 * while a page is made, and false whenever that is not known. parent_id is an id of form->parent.
 */
enum err record_none_below(struct ctx *ctx, bool *out, const struct form *form,
                           const char *parent_id) MUST_USE;
/*
 * What a list of the children of a record has read, newest first and with nothing hidden yet; for
 * record_children_whole of the same page. It is copied. Nothing is kept of forms with repeats.
 */
void record_keep_listed(struct ctx *ctx, const struct form *form, const char *parent_id,
                        struct record *const *items, size_t len);

/* --- save.c, for change.c --- */

#define STATUS_DELETED RECORD_DELETED
#define REASON_MAX     2000

/* What a change of a stored record is called, and what goes with it. */
struct record_change_of {
    const char *action; /* in the history: update, status, delete, restore, undo, move */
    const char *audit;  /* "<kind>.<audit>" */
    const char *reason; /* NULL = none; sealed for the audit, and for the record's history */
    const char *erase;  /* key that goes with it; NULL = none */
    bool bare;          /* no answers are left to seal */
    bool refs;          /* the acting user filled it in: what it newly names must still stand */
    /* In the same transaction, before the watchers; NULL = nothing. */
    enum err (*also)(struct ctx *ctx, const struct record *next, const struct record *old);
};
/* What every new state is asked before it is stored: the form, references, the domain. */
enum err record_check_next(struct ctx *ctx, struct record *rec, const struct record *old) MUST_USE;
/* The full record at the version that the user saw. ERR_CONFLICT: it is another now. */
enum err record_load_seen(struct ctx *ctx, struct record **out, const struct record *rec,
                          int64_t version) MUST_USE;
enum err record_is_deleted(struct ctx *ctx);        /* ERR_CONFLICT: restore it first */
enum err record_changed_meanwhile(struct ctx *ctx); /* ERR_CONFLICT in the words for people */
/* The next version of a full record, to be changed. */
struct record record_next_of(struct ctx *ctx, const struct record *old);
/* Stores next over old (both full), with history, audit, events, watchers; out gets what is shown.
 */
enum err record_store(struct ctx *ctx, struct record *out, struct record *next,
                      const struct record *old, const struct record_change_of *c) MUST_USE;

/* The full record as it was, with parent and status of then; now is the record as it is. */
enum err record_load_was(struct ctx *ctx, struct record **out, const struct record *now,
                         int64_t version) MUST_USE;

/* --- event.c: what the history tells besides versions --- */

enum event_action {
    EVENT_REASON,
    EVENT_CHILD_IN,
    EVENT_CHILD_OUT,
    EVENT_COMMENT,
    EVENT_COMMENT_GONE,
    EVENT_ASKED,
    EVENT_REFUSED,
    EVENT_FILE_IN,
    EVENT_FILE_OUT,
    EVENT_FILE_NAMED,
    EVENT_FILE_GONE,
    EVENT_FILE_BACK
};

struct event_new {
    enum event_action action;
    int64_t version; /* 0 = none */
    const char *other_form;
    const char *other_id;
    const char *words; /* sealed under the record's key; NULL = none */
};
/* Inside the transaction of the change. */
enum err event_add(struct ctx *ctx, const struct record *rec, const struct event_new *e) MUST_USE;
/* Sealed words; "" where there are none, or their key is gone. */
enum err unseal_or_none(struct ctx *ctx, const char **out, const char *key, const char *context,
                        const struct sealed *sealed) MUST_USE;

/* --- change.c, request.c --- */

/* Both parents' histories tell that a record went from one to the other. */
enum err record_tell_parents(struct ctx *ctx, const struct record *next,
                             const struct record *old) MUST_USE;

enum err check_reason(struct ctx *ctx, const char *reason, bool must) MUST_USE;
/*
 * A change that a second person must confirm. *done_out: it was only asked for. Else the change is
 * that of the second person, and takes the request away with it.
 */
enum err request_step(struct ctx *ctx, bool *done_out, const struct record *old,
                      const struct state_change *s, struct record_change_of *change) MUST_USE;

/* The reason that the first person gave, for a second who says none. */
enum err request_reason(struct ctx *ctx, const char **reason, const struct record *old,
                        const char *status) MUST_USE;

/* Whether a full record could take a status, or be deleted: the error and words of doing it. */
enum err record_status_look(struct ctx *ctx, const struct record *full, const char *status,
                            const char *reason) MUST_USE;
enum err record_delete_look(struct ctx *ctx, const struct record *full) MUST_USE;

/* list.c: conditions and order that the acting user may ask for. */
enum err record_filter_check(struct ctx *ctx, struct record_filter *f,
                             const struct form *form) MUST_USE;

/* --- order.c: what is remembered while no record changes --- */

/* db_number_on, for a number that hangs on tables of records alone: other commits do not matter. */
enum err records_number(struct ctx *ctx, int64_t *out, const struct db_sql *sql,
                        const struct db_arg *args) MUST_USE;
/* The ids of a list in the order of its titles; ids_out stays as it is if that is not known. */
enum err order_find(struct ctx *ctx, const char *const **ids_out, size_t *len_out,
                    const struct pick *pick) MUST_USE;
/* Remembers it for the next page; outside pages nothing is remembered. */
enum err order_keep(struct ctx *ctx, const struct pick *pick, const char *const *ids,
                    size_t len) MUST_USE;

/* --- ref.c --- */

/* Whether it names records that can be merged (records/merge.h). */
bool ref_can_merge(const struct ctx *ctx, const struct field *f);

/*
 * Every reference that is not as it was: the acting user must be able to reach what it names. A
 * number, or a sign-in name, becomes the id. ERR_INVALID with a problem at each that names nothing.
 */
enum err record_settle_refs(struct ctx *ctx, struct record *rec, const struct record *old) MUST_USE;

/*
 * In the transaction that stores rec over old (NULL: a new one): what it newly names or lies below,
 * of kinds that can be merged, is held as it is. ERR_INVALID with a problem at a reference,
 * ERR_CONFLICT or ERR_NOT_FOUND of the parent: it was merged or erased since it was looked at.
 * refs false: only the parent.
 */
enum err record_hold(struct ctx *ctx, const struct record *rec, const struct record *old,
                     bool refs) MUST_USE;

/* Whether a new record could be inserted; the record stays as it is. */
enum err record_check(struct ctx *ctx, struct record *rec) MUST_USE;

/* --- list.c --- */

/* Whether a filter fits the form; puts in what was left out. */
enum err record_filter_check(struct ctx *ctx, struct record_filter *f,
                             const struct form *form) MUST_USE;

/* --- index.c --- */

/* Tokens of a full record; after the commit, and never an error for the caller of a saving. */
void index_after_save(struct ctx *ctx, const struct record *rec, const struct record *old,
                      const struct saving *s);
/* Before a search: brings in what waits, unless that is a job's work. Never an error. */
void index_refresh(struct ctx *ctx);
/* Lines of names by which a record is found and compared. */
enum err index_name_lines(struct ctx *ctx, const char *const **out, size_t *len_out,
                          const struct record *rec) MUST_USE;
/* Key of a token in the index: kind of record, kind of token, text. */
#define INDEX_HASH_BYTES 8
void index_hash(const struct ctx *ctx, unsigned char out[INDEX_HASH_BYTES], const struct form *form,
                int kind, const char *text);
/* Hashes of one record in byte order, each once. */
struct tokens {
    unsigned char (*items)[INDEX_HASH_BYTES];
    size_t len;
};
enum err tokens_of(struct ctx *ctx, struct tokens *out, const struct record *rec) MUST_USE;
bool tokens_have(const struct tokens *t, const unsigned char *hash);
/* Numbers of token.kind beside enum fold_kind. */
#define TOKEN_PHONE      101
#define TOKEN_EXACT      102
#define TOKEN_REF        103 /* a reference to a record that can be merged */
#define PHONE_DIGITS_MIN 7
/* Records of a form that refer to this record, or did when the index last followed. */
#define INDEX_REFS_MAX 2000
enum err index_refs(struct ctx *ctx, const char ***out, size_t *len_out, const struct form *form,
                    const char *id) MUST_USE;

#endif
