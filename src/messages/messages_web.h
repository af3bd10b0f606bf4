#ifndef MESSAGES_MESSAGES_WEB_H
#define MESSAGES_MESSAGES_WEB_H

/* Pages of messages, notifications and webhooks; the part of a person's page. */

#include "messages/messages_view.h"
#include "records/records.h"
#include "web/web.h"

extern const struct route messages_routes[];
extern const struct route message_settings_routes[];
extern const struct route notify_routes[];
extern const struct route webhook_routes[];

/* For the hook "detail" of persons: contacts that want no messages, and what was sent. */
enum err messages_person_detail(struct ctx *ctx, const struct record *person,
                                struct record_extra *out) MUST_USE;

/* "" becomes NULL: {{#if}} then shows nothing. */
struct message_field_view message_field_of(struct ctx *ctx, const char *field, const char *value);

#endif
