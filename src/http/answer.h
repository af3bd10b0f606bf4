#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

/*
 * Makes the answers that the door queues: short error pages, static files, replies of workers. The
 * security headers of every answer are added here and nowhere else; a worker's own value of one of
 * them (a page's Content-Security-Policy) takes its place.
 *
 * The few errors that libmicrohttpd finds before it calls us (a line that is no header, a head over
 * its memory) are answered by it, with a fixed page and without these headers.
 *
 * Memory: the caller owns the response (MHD_destroy_response). NULL only when memory is exhausted.
 */

#include <microhttpd.h>

#include "core/asset.h"
#include "http/wire.h"

/* A page for people, without names; 405 says which methods there are. */
struct MHD_Response *answer_error(int status, bool close);

/* The file itself or its gzip copy; immutable as its URL names the version, or for a day. */
struct MHD_Response *answer_static(const struct asset *asset, bool gzip, bool immutable);

/* 304 for the same. */
struct MHD_Response *answer_unchanged(const struct asset *asset, bool gzip);

/* The If-None-Match of a client names this file in either form. */
bool answer_matches(const struct asset *asset, const char *if_none_match);

/*
 * Adds a reply's headers and ours to a response made from its body. False: a header is malformed.
 */
bool answer_add_headers(struct MHD_Response *response, const struct wire_reply *reply, bool close);

#endif
