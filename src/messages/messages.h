#ifndef MESSAGES_MESSAGES_H
#define MESSAGES_MESSAGES_H

/*
 * Messages to people and staff by SMS and e-mail, notifications within the program, webhooks.
 *
 * A message is a row that message_add adds in the caller's transaction; the job role sends it
 * (outbox_round), so what is rolled back is never sent, and what is sent was committed and flushed.
 * Many of the people fled something: a message that the wrong person sees can kill. So texts are
 * templates that tell no purpose (message_texts_load refuses others), and address and text are
 * sealed under the person's key until the moment of sending. Whether a contact may be used is asked
 * twice, when the message is added and when it is sent: do-not-use, consent of the owner, who must
 * not learn of the return, opt-out, safe days and hours, quiet hours. Each blocks or delays it,
 * with the reason kept.
 *
 * States: waiting, sending, sent, delivered, failed, bounced, blocked, unknown, cancelled. Before a
 * gateway is spoken to, "sending" is on the disk: after a crash, what was being sent becomes
 * "unknown" and a person decides, unless the gateway recognises a message by our id.
 *
 * Memory: ctx->arena. Errors: ERR_NOT_FOUND outside the acting user's scope; ERR_INVALID an
 * unknown template, or an argument that is not of its kind.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "vault/vault.h"

struct record;

#define MESSAGE_ARGS_MAX   4
#define MESSAGE_LASTS_MS   ((int64_t)2 * 24 * 60 * 60 * 1000) /* what is not sent by then, is not */
#define MESSAGE_TRIES      6
#define MESSAGE_SENDING_MS ((int64_t)15 * 60 * 1000) /* another process is not at it any more */
#define MESSAGE_LIST_MAX   50

enum channel { CHANNEL_SMS, CHANNEL_EMAIL };
#define CHANNELS 2

struct message {
    const char *template_name;
    const char *const *args; /* as the template says, ends with NULL; NULL = none */
    const char *person_id;   /* to a contact of a record of kind person */
    const char *contact_id;  /* the row; NULL = the preferred one, else the first that fits */
    const char *staff_id;    /* or to a member of staff */
    const char *test_to;     /* or, by an administrator, to an address typed in */
    enum channel channel;    /* of test_to; staff get mail, a contact decides by its kind */
    const char *lang;        /* NULL = the person's preferred language, staff's own */
    int64_t not_before;      /* 0 = now */
    int64_t not_after;       /* 0 = MESSAGE_LASTS_MS later */
};

/* Loads templates and forbidden words, and refuses templates that could tell a purpose. Once. */
enum err message_texts_load(struct ctx *ctx) MUST_USE;

/*
 * Adds a message; inside the caller's transaction, if there is one. The acting user must see the
 * person. What may not be sent is stored as blocked, with the reason: that is no error.
 */
enum err message_add(struct ctx *ctx, const char **id_out, const struct message *m) MUST_USE;

/* --- the outbox, for the job role --- */

/* What the job process keeps between rounds. Starts as { 0 }. */
struct outbox {
    bool begun;
    int64_t pause_until[CHANNELS]; /* after a failure to connect: all wait, not each */
    int64_t digest_at;
};

/*
 * Sends what is due, for a few seconds at most; opens connections to the outside. Commits and
 * flushes by itself; outside transactions.
 */
enum err outbox_round(struct ctx *ctx, struct outbox *o) MUST_USE;

/* Tells subscribers of changes to records; the same rules. */
enum err webhooks_round(struct ctx *ctx) MUST_USE;

/* --- notifications within the program --- */

/*
 * A line for a member of staff: text is marked with N_() and translated when it is read; args end
 * with NULL (NULL = none); link is a path of ours or NULL. Sealed under the staff key. Inside the
 * caller's transaction, if there is one.
 */
enum err notify(struct ctx *ctx, const char *staff_id, const char *text, const char *const *args,
                const char *link) MUST_USE;
/*
 * The same, unless an unread one of that topic ("tasks/ID": ids and codes only, it lies open) waits
 * for them already. Who is no member of staff gets none.
 */
struct notice {
    const char *topic;
    const char *text;
    const char *const *args;
    const char *link;
};
enum err notify_once(struct ctx *ctx, const char *staff_id, const struct notice *n) MUST_USE;
/* Unread ones of the acting user, at most NOTIFY_COUNT_MAX; for the bell in the layout. */
#define NOTIFY_COUNT_MAX 99
enum err notify_count(struct ctx *ctx, int64_t *out) MUST_USE;

/* --- what pages and commands show --- */

struct message_row {
    const char *id;
    const char *office_id;
    enum channel channel;
    const char *state;
    const char *reason; /* code; "" = none */
    const char *template_name;
    const char *lang;
    const char *person_id; /* NULL if none */
    const char *contact_id;
    const char *staff_id;
    const char *key_id;
    int64_t attempts;
    int64_t not_before;
    int64_t not_after;
    int64_t next_at;
    int64_t created_at;
    const char *created_by;
    struct sealed sealed;
    const char *to;          /* message_open only */
    const char *const *args; /* message_open only; ends with NULL */
};

struct message_event {
    const char *state;
    const char *reason;
    int64_t made_at;
    const char *made_by_name; /* "" = the program */
};

/* Newest first, of the acting user's office (all offices by role); state NULL = all; after: id. */
enum err message_list(struct ctx *ctx, struct message_row **out, size_t *len_out, const char *state,
                      const char *after) MUST_USE;
/* Newest first, of one person that the acting user has loaded; at most MESSAGE_LIST_MAX. */
enum err message_of_person(struct ctx *ctx, struct message_row **out, size_t *len_out,
                           const struct record *person) MUST_USE;
enum err message_load(struct ctx *ctx, struct message_row *out, const char *id) MUST_USE;
/*
 * Opens address and arguments: of a message to a person only for who may see the person, else
 * ERR_NOT_FOUND. *text_out in the message's language. person_out may be NULL.
 */
enum err message_open(struct ctx *ctx, struct message_row *m, const char **text_out,
                      struct record **person_out) MUST_USE;
enum err message_events(struct ctx *ctx, struct message_event **out, size_t *len_out,
                        const char *id) MUST_USE;

/* What waits is not sent. ERR_CONFLICT: it is on its way already. */
enum err message_cancel(struct ctx *ctx, const char *id) MUST_USE;
/* Of an unknown one: it was sent, or it is sent again. ERR_CONFLICT: it is not unknown. */
enum err message_decide(struct ctx *ctx, const char *id, bool again) MUST_USE;

const char *message_state_text(struct ctx *ctx, const char *state);
const char *message_reason_text(struct ctx *ctx, const char *reason); /* "" for "" */
const char *message_channel_text(struct ctx *ctx, enum channel channel);
const char *message_template_title(struct ctx *ctx, const char *template_name);

/* --- opt-out --- */

/* Whether the number or address wants no messages; *at_out (may be NULL) since when. */
enum err opt_out_get(struct ctx *ctx, bool *out, int64_t *at_out, enum channel channel,
                     const char *address) MUST_USE;
/* By a member of staff at the owner's wish: out, or in again. Audited. */
enum err opt_out_set(struct ctx *ctx, enum channel channel, const char *address,
                     bool wants_none) MUST_USE;

/* --- what gateways tell --- */

struct gateway_report {
    const char *id;     /* of a delivery report: the gateway's id, or ours */
    const char *status; /* delivered, failed, bounced, sent */
    const char *from;   /* or of a reply: the number */
    const char *text;
};
#define GATEWAY_REPORT_MAX ((size_t)16 * 1024)
#define GATEWAY_CLOCK_MS   ((int64_t)5 * 60 * 1000)

/* ERR_INVALID anything but one object with id and status, or from and text. */
enum err gateway_report_parse(struct ctx *ctx, struct gateway_report *out, const char *bytes,
                              size_t len) MUST_USE;
/*
 * Checks signature ("t=SECONDS,v1=HEX": HMAC-SHA256 of "SECONDS.BODY" under the gateway's secret)
 * and age, then does what the report says. ERR_FORBIDDEN not signed; ERR_INVALID.
 */
enum err gateway_report_take(struct ctx *ctx, const char *signature, const char *bytes,
                             size_t len) MUST_USE;
/* The header value for a body sent at ctx->now_ms; webhooks are signed alike. */
const char *hook_signature(struct ctx *ctx, const char *secret, const char *bytes, size_t len);

/* homeward messages test|list; argv[0] is "messages". */
enum err messages_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

/* Messages go with a person who is merged or parted: for records_watch_merge. */
struct merge_carry;
enum err messages_follow_merge(struct ctx *ctx, const struct merge_carry *c) MUST_USE;

#endif
