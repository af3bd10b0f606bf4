/* Frames: any bytes are a frame or are refused; one that is accepted is written the same again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const char *frame, size_t len, const char *head, size_t head_len,
                        size_t body_len)
{
    assert(head_len == FRAME_LENGTH + len - body_len);
    assert(memcmp(head + FRAME_LENGTH, frame, len - body_len) == 0);
}

static void try_request(const char *frame, size_t len, char *head)
{
    struct wire_header headers[WIRE_HEADERS_MAX];
    struct wire_request req;
    size_t head_len;

    if (!frame_parse_request(frame, len, headers, &req))
        return;
    (void)wire_header(&req, "cookie");
    head_len = frame_put_request(&req, head, FRAME_HEAD_MAX);
    if (head_len > 0)
        check_again(frame, len, head, head_len, req.body_len);
}

static void try_reply(const char *frame, size_t len, char *head)
{
    struct wire_header headers[WIRE_HEADERS_MAX];
    struct wire_reply reply;
    size_t head_len;

    if (!frame_parse_reply(frame, len, headers, &reply))
        return;
    head_len = frame_put_reply(&reply, head, FRAME_HEAD_MAX);
    if (head_len > 0)
        check_again(frame, len, head, head_len, reply.body_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *frame = malloc(size + 1), *head = malloc(FRAME_HEAD_MAX);

    if (frame == NULL || head == NULL)
        abort();
    memcpy(frame, data, size);
    frame[size] = '\0';
    try_request(frame, size, head);
    try_reply(frame, size, head);
    free(head);
    free(frame);
    return 0;
}
