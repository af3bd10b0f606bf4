/* Pages about people that are not records of their own. */
#include "people/people_web.h"

#include "forms_gen.h"
#include "people/merge_web.h"
#include "people/people.h"

/* A short address for the form of a whole family. */
static enum err get_register(struct ctx *ctx, const struct req *req, struct res *res)
{
    (void)req;
    return res_see_other(res, url_build(ctx, "/records/{}/new", FORM_REGISTRATION));
}

static const struct field_spec after_fields[] = { { "after", INPUT_TEXT, .max = 300 }, { 0 } };

static const struct field_spec choose_fields[] = {
    { "version_a", INPUT_INT, .min = 1, .max = INT64_MAX, .required = true },
    { "version_b", INPUT_INT, .min = 1, .max = INT64_MAX, .required = true },
    { "keep", INPUT_CODE },
    { "take.*", INPUT_TEXT, .max = 10 },
    { "row.*", INPUT_BOOL },
    { "reason", INPUT_TEXT, .max = 8000 },
    { 0 },
};

static const struct field_spec reason_fields[] = { { "reason", INPUT_TEXT, .max = 8000 }, { 0 } };

const struct route people_routes[] = {
    { GET, "/people/duplicates", PERM_PERSON_COMPARE, get_duplicates, FIELDS(after_fields) },
    { GET, "/people/{id}/duplicates", PERM_PERSON_COMPARE, get_duplicates_of, NO_FIELDS },
    { GET, "/people/{id}/compare/{other}", PERM_PERSON_COMPARE, get_compare, NO_FIELDS },
    { POST, "/people/{id}/compare/{other}/ask", PERM_PERSON_COMPARE, post_ask,
      FIELDS(choose_fields) },
    { POST, "/people/{id}/compare/{other}/confirm", PERM_PERSON_MERGE, post_confirm, NO_FIELDS },
    { POST, "/people/{id}/compare/{other}/refuse", PERM_PERSON_COMPARE, post_refuse, NO_FIELDS },
    { POST, "/people/{id}/compare/{other}/differ", PERM_PERSON_COMPARE, post_differ,
      FIELDS(choose_fields) },
    { POST, "/people/{id}/compare/{other}/undiffer", PERM_PERSON_COMPARE, post_undiffer,
      NO_FIELDS },
    { GET, "/people/merged/{id}", PERM_PERSON_MERGE, get_merge_undo, NO_FIELDS },
    { POST, "/people/merged/{id}", PERM_PERSON_MERGE, post_merge_undo, FIELDS(reason_fields) },
    { GET, "/people/identity", PERM_PERSON_IDENTIFY, get_identity, NO_FIELDS },
    { POST, "/people/identity/{id}/tell", PERM_PERSON_IDENTIFY, post_identity_tell, NO_FIELDS },
    { GET, "/register", "registration.create", get_register, NO_FIELDS },
    { 0 },
};
