#ifndef HTTP_FRAME_H
#define HTTP_FRAME_H

/*
 * The bytes of a frame, without input or output: what wire.c and the front share.
 *
 * A frame is a length (32 bits, this machine's order: both ends run on it), then that many bytes:
 * the head, then the body up to the end. In the head every text is a length, its bytes and a NUL,
 * so that a reader points into the frame and copies nothing.
 *
 * Memory: parsed texts point into the frame, headers into the array given. The caller keeps a NUL
 * after the frame's last byte. Limits: a head has FRAME_HEAD_MAX bytes, a frame FRAME_MAX.
 */

#include "http/wire.h"

#define FRAME_LENGTH   sizeof(uint32_t)
#define FRAME_HEAD_MAX ((size_t)32 * 1024)
#define FRAME_MAX      (FRAME_HEAD_MAX + WIRE_BODY_MAX)

/* Writes length and head into out; returns their size, or 0 if they do not fit. */
size_t frame_put_request(const struct wire_request *req, char *out, size_t out_max);
size_t frame_put_reply(const struct wire_reply *reply, char *out, size_t out_max);

/*
 * Reads a frame after its length. headers has room for WIRE_HEADERS_MAX. False if any byte is not
 * as frame_put_* writes it; out is then undefined.
 */
bool frame_parse_request(const char *frame, size_t len, struct wire_header *headers,
                         struct wire_request *out) MUST_USE;
bool frame_parse_reply(const char *frame, size_t len, struct wire_header *headers,
                       struct wire_reply *out) MUST_USE;

#endif
