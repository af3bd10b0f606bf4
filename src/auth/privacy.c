#include "auth/auth.h"
#include "core/text.h"

/* In a file of its own: forms and the form compiler read classes without anything else of auth. */

static const char *const names[] = {
    [PRIVACY_PUBLIC] = "public",
    [PRIVACY_INTERNAL] = "internal",
    [PRIVACY_PERSONAL] = "personal",
    [PRIVACY_SENSITIVE] = "sensitive",
};

bool privacy_parse(const char *text, enum privacy *out)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_equal(text, names[i])) {
            *out = (enum privacy)i;
            return true;
        }
    }
    return false;
}

const char *privacy_name(enum privacy p)
{
    return names[p];
}

/* Of every kind of record: "<kind>.<verb>". */
const char *const kind_verbs[] = { "view",   "create",  "edit",   "import",
                                   "export", "history", "search", NULL };

bool kind_verb_exists(const char *verb)
{
    for (size_t i = 0; kind_verbs[i]; i++)
        if (text_equal(kind_verbs[i], verb))
            return true;
    return false;
}
