#include "core/collate.h"

#include <stdio.h>
#include <string.h>
#include <unicode/ucol.h>
#include <unicode/ustring.h>

#include "core/text.h"

#define LANGS_MAX 16
#define LANG_ROOM 16
#define KEY_ROOM  16 /* bytes a letter, more than ICU's keys need */

static struct {
    char lang[LANG_ROOM];
    UCollator *by; /* NULL: ICU has none */
} opened[LANGS_MAX];

static const UCollator *collator_of(const char *lang)
{
    UErrorCode rc = U_ZERO_ERROR;

    for (size_t i = 0; i < LANGS_MAX && strlen(lang) < LANG_ROOM; i++) {
        if (text_equal(opened[i].lang, lang))
            return opened[i].by;
        if (opened[i].lang[0])
            continue;
        (void)snprintf(opened[i].lang, LANG_ROOM, "%s", lang);
        opened[i].by = ucol_open(lang, &rc);
        if (U_FAILURE(rc))
            opened[i].by = NULL;
        return opened[i].by;
    }
    return NULL;
}

const char *collate_key(struct ctx *ctx, const char *text)
{
    const UCollator *by = collator_of(ctx->lang);
    const int32_t room = (int32_t)strlen(text) + 1;
    UChar *wide = ARENA_ARRAY(ctx->arena, (size_t)room, UChar);
    uint8_t *key = ARENA_ARRAY(ctx->arena, (size_t)room * KEY_ROOM, uint8_t);
    UErrorCode rc = U_ZERO_ERROR;
    int32_t len = 0;

    u_strFromUTF8(wide, room, &len, text, -1, &rc);
    if (U_FAILURE(rc) || !by ||
        ucol_getSortKey(by, wide, len, key, room * KEY_ROOM) > room * KEY_ROOM)
        return text;
    return (const char *)key;
}
