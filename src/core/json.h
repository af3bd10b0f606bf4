#ifndef CORE_JSON_H
#define CORE_JSON_H

/*
 * JSON out: a writer straight into a struct buf that minds commas. JSON in: jansson, with limits
 * (JSON_DEPTH_MAX, size of the caller), duplicate keys refused.
 */

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/buf.h"
#include "core/ctx.h"

#define JSON_DEPTH_MAX 32

struct json_out {
    struct buf *buf;
    bool comma; /* a comma is due before the next item */
};

void json_begin_object(struct json_out *j);
void json_end_object(struct json_out *j);
void json_begin_array(struct json_out *j);
void json_end_array(struct json_out *j);
void json_key(struct json_out *j, const char *key);
void json_text(struct json_out *j, const char *text); /* NULL = null */
void json_int(struct json_out *j, int64_t n);
void json_decimal(struct json_out *j, double d);
void json_bool(struct json_out *j, bool b);
void json_out_null(struct json_out *j);
/* key and text in one call; the commonest line. */
void json_pair(struct json_out *j, const char *key, const char *text);

/*
 * Parses; the tree is tied to ctx->arena. ERR_INVALID with line and column for anything that is not
 * strict JSON, has duplicate keys, or is deeper than JSON_DEPTH_MAX.
 */
enum err json_parse(struct ctx *ctx, json_t **out, const char *bytes, size_t len) MUST_USE;

#endif
