/* Reports of gateways: any bytes are a whole report or a problem. */
#include <assert.h>
#include <string.h>

#include "core/text.h"
#include "messages/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en", .time_zone = "UTC" };
    struct gateway_report r = { 0 };

    if (gateway_report_parse(&ctx, &r, (const char *)data, size) != OK) {
        assert(ctx.problems != NULL && r.id == NULL);
    } else {
        assert((*r.id != '\0') == (*r.status != '\0') && (*r.id != '\0') != (*r.from != '\0'));
        assert(text_valid(r.text, strlen(r.text), NULL));
    }
    arena_free(ctx.arena);
    return 0;
}
