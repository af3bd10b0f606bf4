#ifndef MESSAGES_MESSAGES_INNER_H
#define MESSAGES_MESSAGES_INNER_H

/* Inside of the messages room: texts, the gate, settings of the channels, states. */

#include "core/ctx.h"
#include "db/db.h"
#include "messages/messages.h"
#include "messages/net.h"
#include "vault/vault.h"

/* --- message_text.c --- */

enum arg_kind { ARG_PHONE, ARG_DATE, ARG_TIME, ARG_NUMBER };
enum audience { FOR_PERSON, FOR_STAFF, FOR_TEST };

struct message_template {
    const char *name;
    enum audience audience;
    enum arg_kind args[MESSAGE_ARGS_MAX];
    size_t args_len;
    const char *const *titles;   /* by place in message_languages */
    const char *const *subjects; /* of a mail */
    const char *const *texts;
};

const struct message_template *template_find(const char *name); /* NULL if none */
const struct message_template *template_list(size_t *len_out);
/* Best of the languages that texts are in. */
const char *template_lang(const char *lang);
/* ERR_INVALID: too few, too many, or not of their kind; the problem's field is arg.1 ... */
enum err template_check_args(struct ctx *ctx, const struct message_template *t,
                             const char *const *args) MUST_USE;
const char *template_text(struct ctx *ctx, const struct message_template *t, const char *lang,
                          const char *const *args);
const char *template_subject(const struct message_template *t, const char *lang);
/* The first word of text that would tell a purpose; NULL if none. */
const char *text_tells(struct ctx *ctx, const char *text);
/* The same of an address of mail, where words are written together; long ones count anywhere. */
const char *address_tells(struct ctx *ctx, const char *address);
/* "stop" or "start" if a reply says so, whatever its language and script; else NULL. */
const char *text_order(struct ctx *ctx, const char *text);

/* --- gate.c --- */

/* Who reads a person's record whole to decide; never a person. */
extern const struct user message_system_user;

enum verdict { VERDICT_SEND, VERDICT_LATER, VERDICT_BLOCK };

struct decision {
    enum verdict verdict;
    const char *reason; /* code; "" = none */
    int64_t at;         /* VERDICT_LATER */
    const char *contact_id;
    enum channel channel;
    const char *to; /* as it is sent: +221..., or an address of e-mail */
};

/*
 * Whether a contact of the person may be used at a moment; person is loaded whole. zone is that of
 * the office.
 */
enum err gate_decide(struct ctx *ctx, struct decision *out, const struct record *person,
                     const char *contact_id, int64_t at) MUST_USE;
/* "+221 77 ..." to +22177...; NULL if it is no number with its country code. */
const char *phone_normal(struct arena *a, const char *text);
/* The address itself in lower case; NULL if mail could not be sent to it. */
const char *email_normal(struct arena *a, const char *text);
/* Minutes of a day from HH:MM; -1 if it is none. */
int minutes_of(const char *time);

/* --- channel.c: settings, sealed under the system key --- */

#define SETTING_SMS     "messages.sms"
#define SETTING_MAIL    "messages.email"
#define SETTING_QUIET   "messages.quiet"   /* "20:00 08:00"; "" = none */
#define SETTING_PRIVATE "messages.private" /* "1": webhooks may go to private networks */

struct sms_settings {
    const char *url;
    const char *method;
    const char *headers; /* lines; secret */
    const char *body;    /* with {to} {text} {id} {from} */
    const char *ok_codes;
    const char *id_pointer; /* "" = the answer has no id */
    const char *sender;
    const char *secret; /* of its reports */
    bool dedup;         /* never sends one id twice */
};

struct mail_settings {
    const char *url;
    const char *user;
    const char *password;
    const char *from;
    const char *from_name;
};

/* *there_out = false: never set. */
enum err sms_settings_load(struct ctx *ctx, struct sms_settings *out, bool *there_out) MUST_USE;
enum err mail_settings_load(struct ctx *ctx, struct mail_settings *out, bool *there_out) MUST_USE;
/* Check, seal, store, audit. "" for headers or password keeps what is there. */
enum err sms_settings_save(struct ctx *ctx, const struct sms_settings *s) MUST_USE;
enum err mail_settings_save(struct ctx *ctx, const struct mail_settings *s) MUST_USE;
/* A new secret for the gateway's reports; shown once. */
enum err sms_secret_new(struct ctx *ctx, const char **out) MUST_USE;
/* Quiet hours of the office, else of all, else 20:00 to 08:00; equal = none. */
enum err quiet_hours(struct ctx *ctx, int *from_out, int *to_out, const char *office_id) MUST_USE;
enum err quiet_hours_save(struct ctx *ctx, const char *from, const char *to) MUST_USE;
/* The same, and whether webhooks may go to private networks: both or neither. */
enum err hours_save(struct ctx *ctx, const char *from, const char *to, bool private_too) MUST_USE;

/* --- send.c: one message through its channel --- */

struct parcel {
    const char *id;
    const char *to;
    const char *subject;
    const char *text;
    const char *lang;
};

/* What became of it, in our words. */
struct sent {
    const char *state;      /* sent, failed, bounced, unknown, waiting (try again) */
    const char *reason;     /* code */
    const char *gateway_id; /* NULL = none */
    bool stop;              /* the channel itself does not work: let the others wait too */
};

enum err send_sms(struct ctx *ctx, struct sent *out, const struct sms_settings *s,
                  const struct parcel *p) MUST_USE;
enum err send_mail(struct ctx *ctx, struct sent *out, const struct mail_settings *s,
                   const struct parcel *p) MUST_USE;
/* The body with its placeholders filled, escaped as the content type wants; NULL if too long. */
const char *sms_body(struct ctx *ctx, const struct sms_settings *s, const struct parcel *p);
/* The mail as it goes over the wire. */
const char *mail_bytes(struct ctx *ctx, size_t *len_out, const struct mail_settings *s,
                       const struct parcel *p);

/* --- store.c --- */

struct rows;

enum err message_store_add(struct ctx *ctx, const struct message_row *m,
                           const struct sealed *sealed) MUST_USE;
/* Opens to and args of a row. ERR_NOT_FOUND: its key was erased. */
enum err message_store_open(struct ctx *ctx, struct message_row *m) MUST_USE;
enum err message_store_load(struct ctx *ctx, struct message_row *out, const char *id) MUST_USE;
enum err message_store_seal(struct ctx *ctx, struct sealed *out,
                            const struct message_row *m) MUST_USE;
/* Next waiting one; *out NULL if none. */
enum err message_store_due(struct ctx *ctx, const char **out, enum channel channel) MUST_USE;

/* A change of state with its event. ERR_CONFLICT: it is not in state and attempts of m any more. */
struct change {
    const char *state;
    const char *reason;
    int64_t next_at;
    bool tried; /* counts as an attempt */
    const char *gateway_id;
};
enum err message_store_change(struct ctx *ctx, const struct message_row *m,
                              const struct change *c) MUST_USE;
/* Messages that a process was sending when it ended. */
enum err message_store_recover(struct ctx *ctx, int64_t before, bool dedup) MUST_USE;
/* By the gateway's id or our own. ERR_NOT_FOUND */
enum err message_store_by_gateway(struct ctx *ctx, struct message_row *out,
                                  const char *id) MUST_USE;
void opt_out_token(struct ctx *ctx, unsigned char out[VAULT_TOKEN_BYTES], enum channel channel,
                   const char *address);
/* how: reply or staff; inside the caller's transaction. */
enum err opt_out_write(struct ctx *ctx, enum channel channel, const char *address, bool wants_none,
                       const char *how) MUST_USE;

/* --- notify.c --- */

struct staff_mail {
    const char *address; /* "" = none */
    bool digest;
    const char *office_id; /* of the member of staff */
    const char *lang;
};
enum err staff_mail_load(struct ctx *ctx, struct staff_mail *out, const char *staff_id) MUST_USE;
enum err staff_mail_save(struct ctx *ctx, const char *address, bool digest) MUST_USE;
/* Adds the daily mails that are due. */
enum err digest_round(struct ctx *ctx) MUST_USE;

#endif
