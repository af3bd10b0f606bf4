#ifndef MESSAGES_WEBHOOK_H
#define MESSAGES_WEBHOOK_H

/*
 * Webhooks: a program of somebody else's is told that a record was created or changed. What it gets
 * is ids and codes, never a name or an answer; it fetches the rest through the API, with a token of
 * its own. It acts as a member of staff whose role sees a whole office, and is told only of what
 * that role may see. Events follow record_history, so nothing that was committed is left out, and
 * each is delivered at least once: the id in it stays the same.
 *
 * The body is signed (hook_signature) in the header Homeward-Signature. An answer of 2xx takes it;
 * else it is tried again, at last after two days; WEBHOOK_FAILS deliveries in a row that fail
 * disable the webhook.
 *
 * Memory: ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define WEBHOOK_MAX     50
#define WEBHOOK_TRIES   8
#define WEBHOOK_FAILS   5
#define WEBHOOK_LOG_MAX 50
#define WEBHOOK_KEPT_MS ((int64_t)30 * 24 * 60 * 60 * 1000) /* the log of deliveries */

struct webhook {
    const char *id;
    const char *staff_id;
    const char *staff_name; /* webhook_list and webhook_load */
    const char *kinds;
    const char *url;
    const char *secret;
    const char *state; /* active, paused, disabled */
    int64_t fails;
    int64_t seq;
    int64_t created_at;
};

struct webhook_delivery {
    const char *id;
    const char *event;
    const char *form;
    const char *record_id;
    const char *status;
    const char *state;
    const char *fault; /* code of messages.h */
    int64_t version;
    int64_t changed_at;
    int64_t attempts;
    int64_t next_at;
    int64_t answer;
};

enum err webhook_list(struct ctx *ctx, struct webhook **out, size_t *len_out) MUST_USE;
enum err webhook_load(struct ctx *ctx, struct webhook *out, const char *id) MUST_USE;
enum err webhook_deliveries(struct ctx *ctx, struct webhook_delivery **out, size_t *len_out,
                            const char *id) MUST_USE;
/*
 * Adds one; from now on. kinds are separated by spaces. ERR_INVALID with problems of url, login,
 * kinds. *secret_out is shown once.
 */
enum err webhook_add(struct ctx *ctx, const char **id_out, const char **secret_out, const char *url,
                     const char *login, const char *kinds) MUST_USE;
/* active, paused; active again begins with the changes from then on. */
enum err webhook_set_state(struct ctx *ctx, const char *id, const char *state) MUST_USE;
/* Sends an event "test" with the next round. */
enum err webhook_try(struct ctx *ctx, const char *id) MUST_USE;

#endif
