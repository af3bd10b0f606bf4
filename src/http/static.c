#include "http/static.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "http/serve.h"

#define STATIC_PREFIX "/static/"
#define ASSET_PREFIX  "web/static/"
#define FAVICON       "/favicon.ico"
#define NAME_MAX_LEN  ((size_t)100)
#define HASH_LEN      ((size_t)16)

bool static_owns(const char *target)
{
    return text_starts(target, STATIC_PREFIX) ||
           (text_starts(target, FAVICON) && strchr("?", target[sizeof(FAVICON) - 1]) != NULL);
}

static const struct asset *find_name(const char *name, size_t len)
{
    char full[sizeof(ASSET_PREFIX) + NAME_MAX_LEN];

    if (len == 0 || len > NAME_MAX_LEN)
        return NULL;
    memcpy(full, ASSET_PREFIX, sizeof(ASSET_PREFIX) - 1);
    memcpy(full + sizeof(ASSET_PREFIX) - 1, name, len);
    full[sizeof(ASSET_PREFIX) - 1 + len] = '\0';
    return asset_find(full);
}

const struct asset *static_find(const char *target)
{
    size_t len = strcspn(target, "?");
    const struct asset *asset;
    const char *hash;

    if (!static_owns(target))
        return NULL;
    if (!text_starts(target, STATIC_PREFIX))
        return find_name(target + 1, len - 1);
    hash = target + sizeof(STATIC_PREFIX) - 1;
    len -= sizeof(STATIC_PREFIX) - 1;
    if (len <= HASH_LEN + 1 || hash[HASH_LEN] != '/')
        return NULL;
    asset = find_name(hash + HASH_LEN + 1, len - HASH_LEN - 1);
    if (asset == NULL || strlen(asset->hash) != HASH_LEN ||
        memcmp(asset->hash, hash, HASH_LEN) != 0)
        return NULL;
    return asset;
}

const char *static_url(struct arena *a, const char *name)
{
    char full[sizeof(ASSET_PREFIX) + NAME_MAX_LEN];
    const struct asset *asset = NULL;
    size_t len = strlen(name);
    struct buf url;

    if (len <= NAME_MAX_LEN) {
        memcpy(full, ASSET_PREFIX, sizeof(ASSET_PREFIX) - 1);
        memcpy(full + sizeof(ASSET_PREFIX) - 1, name, len + 1);
        asset = asset_find(full);
    }
    if (asset == NULL)
        return arena_printf(a, STATIC_PREFIX "none/%s", name);
    buf_init(&url, a, sizeof(STATIC_PREFIX) + HASH_LEN + NAME_MAX_LEN + 1);
    buf_add(&url, STATIC_PREFIX);
    buf_add(&url, asset->hash);
    buf_add_char(&url, '/');
    buf_add(&url, name);
    return buf_text(&url);
}
