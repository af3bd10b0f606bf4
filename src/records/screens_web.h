#ifndef RECORDS_SCREENS_WEB_H
#define RECORDS_SCREENS_WEB_H

/*
 * Inside the screens of the records room: what its *_web.c files share. Names that begin with an
 * underscore are controls of a form (_version, _add.names); names of fields never do.
 *
 * Memory: ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guide/terms.h"
#include "records/records.h"
#include "records/records_view.h"
#include "web/web.h"

#define LIST_PAGE 25

/* --- what came with a record's form (post_web.c) --- */

#define SAME_NONE "new" /* somebody else than all that are alike */

struct ref_asked {
    const char *path;
    const char *words;
    const char *found; /* the words that the shown results are of */
    bool pressed;      /* the button */
};

struct form_post {
    struct answer_pair *pairs; /* answers */
    size_t len;
    size_t media_len;        /* the first of them are files that have just come */
    struct pair_view *takes; /* choices of a conflict: path, mine or theirs */
    size_t takes_len;
    struct pair_view *same; /* path of a reference: id of the known one, or SAME_NONE */
    size_t same_len;
    struct ref_asked *refs; /* what was typed to find what references name */
    size_t refs_len;
    int64_t version;       /* what the user saw */
    int64_t base;          /* of a conflict: what both saw */
    const char *parent_id; /* NULL if none */
    const char *search_id;
    const struct form *older; /* that the page was made of; NULL = the one in force */
    const char *add;          /* path of a repeat that wants another row */
    const char *remove;       /* path of a row to be taken out */
    enum err files;           /* ERR_INVALID: a file that came is not taken; its problem is told */
    struct pair_view *was;    /* paths that changed on the page, with what stood there before */
    size_t was_len;
    int64_t page;             /* of a form in pages: the one that was shown */
    int64_t jump;             /* the one that is wanted; 0 = none */
    int step;                 /* 1 on, -1 back */
    const char *draft_id;     /* what was typed is kept under it; NULL = the page had none */
    const char *record_id;    /* _record: that is being changed, where it is kept unfinished */
    struct answer_pair *kept; /* all that is needed to go on later */
    size_t kept_len;
    bool later;   /* is to be kept unfinished */
    bool confirm; /* is no duplicate */
    bool review;  /* show all answers, to be looked over */
    bool refresh; /* show the form again, save nothing */
    bool merge;
};

/* Sorts the pairs of a request. ERR_INVALID: a control that there is not. */
enum err post_read(struct ctx *ctx, struct form_post *out, const struct req *req) MUST_USE;
/* The same of pairs that were kept. */
enum err post_read_kept(struct ctx *ctx, struct form_post *out, const char *kind,
                        const struct answer_pair *kept, size_t len) MUST_USE;
/*
 * The answers with rows added and removed as asked. ERR_INVALID as answers_from_pairs; *out is set
 * even then.
 */
enum err post_answers(struct ctx *ctx, struct answers **out, const struct form *form,
                      const struct form_post *post) MUST_USE;
/*
 * Answers to questions that only the older form of the page asked, and that the acting user may
 * see, as pairs: they come with the form when it is shown again.
 */
struct pair_view *post_gone(struct ctx *ctx, size_t *len_out, const struct form_post *post,
                            const struct answers *answers);
/* What happened to them, in words; NULL if there are none. */
const char *post_gone_text(struct ctx *ctx, const struct form_post *post,
                           const struct answers *answers);
/*
 * Files among the answers (media_web.c): keeps them, and puts their values before the other pairs.
 * What is not taken is told beside its question, and in post->files.
 */
enum err media_take(struct ctx *ctx, struct form_post *out, const struct req *req) MUST_USE;
/* False: a newer file came for this answer, or its file is to be taken out. */
bool media_stands(const struct form_post *post, const struct pair *pairs, size_t len,
                  const char *name);
/* The files that a browser offers for a question. */
const char *media_accept(const struct field *f);
/* Where the file of an answer is downloaded; .text NULL if it is none. */
struct url media_link(struct ctx *ctx, const struct record *rec, const struct field *f,
                      const char *value);
/* Whether the form is only to be shown again. */
bool post_reshows(const struct form_post *post);
/* Numbers of a repeat's rows in the pairs, as the page has them, in the order of the answers. */
struct row_numbers {
    int64_t *items;
    size_t len;
};
/* repeat: a path as the page has it, such as names or schools.3.classes. */
struct row_numbers post_row_numbers(struct ctx *ctx, const struct form_post *post,
                                    const char *repeat);

/* --- what forms say (said_web.c) --- */

/*
 * A text of a form in runs: **bold**, *italic*, __bold__, _italic_, a backslash before a mark that
 * is none; ${name} shows the answer as people read it, an ellipsis where there is none (t = NULL,
 * or a field that is not known or may not be seen: as written). Links and HTML stay as they are
 * written: a text.
 */
void text_said(struct ctx *ctx, struct rich_view *out, const char *text, const struct answers *t);
/* Makes the key terms in it runs of their own, each that is not in seen yet; the text stays. */
void rich_terms(struct ctx *ctx, struct rich_view *v, struct term_seen *seen);
/* The same as one plain text. */
const char *plain_said(struct ctx *ctx, const char *text, const struct answers *t);
const char *label_said(struct ctx *ctx, const struct label *label, const struct answers *t);
const char *rich_plain(struct ctx *ctx, const struct rich_view *v);

/* --- forms (form_web.c) --- */

/* Widgets of a record's answers, with the problems of ctx beside them. */
void form_fill(struct ctx *ctx, struct record_form_view *v, const struct form *form,
               struct answers *answers);

/* A record's form as a page (edit_web.c). */
struct shown_form {
    struct record *rec;
    const struct form_post *post;  /* NULL: nothing was typed yet */
    const struct record_hit *hits; /* possible duplicates */
    size_t hits_len;
    const struct record_look *look; /* NULL = nothing is to be settled before saving */
    const char *resumed;            /* says since when this was kept; NULL = it was not */
    bool offer;                     /* tells of unfinished forms of this kind, or of this record */
};
enum err show_form(struct ctx *ctx, struct res *res, int status,
                   const struct shown_form *s) MUST_USE;

/* --- before it is stored (look_web.c) --- */

/* Asks the kind's look; s->look stays NULL where nothing is left to be said or seen. */
enum err look_take(struct ctx *ctx, struct shown_form *s) MUST_USE;
void look_fill(struct ctx *ctx, struct record_form_view *v, const struct shown_form *s);

/* --- unfinished forms (unfinished_web.c) --- */

/* Keeps what was typed; the page went on, or is to be left. */
enum err unfinished_take(struct ctx *ctx, const struct form *form,
                         const struct form_post *post) MUST_USE;
/* The acting user's of a kind, and of a record where record_id is given. */
enum err unfinished_fill(struct ctx *ctx, struct unfinished_view *v, const char *kind,
                         const char *record_id) MUST_USE;

/* --- small things (cells_web.c) --- */

/* Work columns of a kind, by place; ends with NULL. */
const struct field *const *list_fields(struct ctx *ctx, const struct form *form);
/* A value of the record as people read it. */
const char *record_shown(struct ctx *ctx, const struct record *rec, const struct field *f);
/* How people call a record: title, else number, else the form's title. */
const char *record_name(struct ctx *ctx, const struct record *rec);

/*
 * What the window is called, which a browser keeps in its history and shows to who passes by: the
 * number or the form's title, never a name.
 */
const char *record_window(struct ctx *ctx, const struct record *rec);

/* Its number, to stand beside its name; NULL where the number is the name. */
const char *number_beside_name(struct ctx *ctx, const struct record *rec);
bool may(const struct ctx *ctx, const char *kind, const char *verb); /* "<kind>.<verb>" */
struct url record_url(struct ctx *ctx, const struct record *rec);
/* The record that it belongs to; *out NULL at the top, and where the acting user may not see it. */
enum err record_parent(struct ctx *ctx, struct record **out, const struct record *rec) MUST_USE;
/* The same by id, for records of a form. */
enum err parent_seen(struct ctx *ctx, struct record **out, const struct form *form,
                     const char *parent_id) MUST_USE;
/* "about 34 years" of a person; NULL if not known. */
const char *age_text(struct ctx *ctx, const struct record *rec);
const char *count_text(struct ctx *ctx, int64_t count);
/* A hit as a card: columns of the list, reason, strength. */
void hit_fill(struct ctx *ctx, struct hit_view *v, const struct record_hit *hit);
/* Detail of a record's answers: sections, tables, cards. */
void detail_fill(struct ctx *ctx, struct record_detail_view *v, const struct record *rec);

/* --- many records (bulk_web.c) --- */

struct job;
struct json_t;
/* What a change of many records tells about its end. */
enum err bulk_fill_job(struct ctx *ctx, struct job_view *v, const struct job *job,
                       struct json_t *result) MUST_USE;

/* --- references (ref_web.c) --- */

/* "_words.worker" and its like; false if it is none of them. */
bool ref_take(struct form_post *post, const struct pair *p);
/* Words stand there that nothing was found for yet: the form is to be shown with what they find. */
bool ref_wants_finding(const struct form_post *post);
void ref_fill(struct ctx *ctx, struct widget_view *w, const struct field *f,
              const struct form_post *post);
/* Where the widgets' buttons lead: action with the widget's place; and where a script asks. */
void ref_place(struct ctx *ctx, struct widget_view *w, const char *kind, const char *action);
/* What stands behind an id: a name of the staff, or a record that the acting user may see. */
const char *ref_shown(struct ctx *ctx, const char *ref, const char *id, struct record **to);
/* An answer as people read it; of a reference, what it leads to. */
const char *field_shown(struct ctx *ctx, const struct field *f, const char *value);

/* --- filters of lists (filter_web.c) --- */

/* Conditions and a column to sort by, from the address. */
enum err filter_read(struct ctx *ctx, struct record_filter *f, const struct req *req) MUST_USE;
/* "&f.opened.from=2026-01-01": the conditions for a link. */
const char *filter_tail(struct ctx *ctx, const struct record_filter *f);
enum err filters_fill(struct ctx *ctx, struct filters_view *v, const struct form *form,
                      const struct record_filter *f, const char *sort) MUST_USE;

/* --- conflict (conflict_web.c) --- */

/*
 * The page on which one chooses; mine are the answers that could not be saved, made from version
 * base. Nothing is overwritten: what only one side changed is kept, what both changed is asked.
 */
enum err reply_conflict(struct ctx *ctx, struct res *res, const struct record *mine,
                        const struct form_post *post, int64_t base) MUST_USE;
/*
 * Puts post->base, theirs (post->version) and mine together by the choices of post, into mine.
 * ERR_CONFLICT: a choice is missing; mine is as it was.
 */
enum err conflict_merge(struct ctx *ctx, struct record *mine,
                        const struct form_post *post) MUST_USE;

/* --- detail (record_web.c, notices_web.c) --- */

/* The page of a record; comment: what was typed as one and could not be saved, NULL = nothing. */
enum err reply_detail(struct ctx *ctx, struct res *res, int status, const struct record *rec,
                      const char *comment) MUST_USE;
enum err notices_fill(struct ctx *ctx, struct record_notices_view *v,
                      const struct record *rec) MUST_USE;
enum err comments_fill(struct ctx *ctx, struct comments_view *v, const struct record *rec,
                       const char *typed) MUST_USE;
/* Address of a part of the record's page. */
struct url record_place(struct ctx *ctx, const struct record *rec, const char *part);
/* An event of the history in words. */
const char *event_text(struct ctx *ctx, const struct record_event *e);
/* "registered", "changed" ... */
const char *action_title(struct ctx *ctx, const char *action);

/* --- JSON (api_web.c) --- */

enum err reply_comments_json(struct res *res, const struct record_comment *items, size_t len);

void reply_record_json(struct ctx *ctx, struct res *res, int status, const struct record *rec);
enum err reply_list_json(struct res *res, const struct record_list *list);
enum err reply_hits_json(struct res *res, const struct record_hit *hits, size_t len);
enum err reply_history_json(struct res *res, const struct record_version *items, size_t len);
enum err reply_diff_json(struct res *res, const struct record_change *items, size_t len);

/* --- handlers --- */

enum err post_search_all(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_list(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_filter(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_filter_drop(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_search(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_search(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_new(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_new(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_bulk(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_bulk_undo(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_refs(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_unfinished(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_unfinished(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_unfinished_end(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_state(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_detail(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_edit(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_edit(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_print(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_print(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_status(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_status(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_request(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_delete(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_delete(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_restore(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_undo(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_comments(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_comment(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_comment_undo(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_move(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_move(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_history(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_version(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_diff(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_import(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_import(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_export(struct ctx *ctx, const struct req *req, struct res *res);
/* The page on which an export begins, of the rows that were chosen or of all that was found. */
struct bulk;
enum err export_of_chosen(struct ctx *ctx, const struct req *req, struct res *res,
                          const struct bulk *b, bool all) MUST_USE;
enum err post_export(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_job(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_job_faults(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_job_file(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_jobs(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_job_cancel(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_import_undo(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_columns(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_columns(struct ctx *ctx, const struct req *req, struct res *res);
enum err post_job_start(struct ctx *ctx, const struct req *req, struct res *res);
enum err api_create(struct ctx *ctx, const struct req *req, struct res *res);
enum err api_update(struct ctx *ctx, const struct req *req, struct res *res);
enum err get_openapi(struct ctx *ctx, const struct req *req, struct res *res);
/* Who lacks the class of a form does not learn that it is there, but for who publishes forms: an
 * empty form tells of nobody. */
bool form_shown(const struct ctx *ctx, const struct form *form);
/* Of OpenRosa: the forms that there are, and the files that come with one. */
enum err get_form_list(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err get_manifest(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
/* The form as an XForm. */
enum err get_xform(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
/* A table or picture that came with it. */
enum err get_medium(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err get_paper(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;

#endif
