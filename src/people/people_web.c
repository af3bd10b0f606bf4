/* Pages about people that are not records of their own. */
#include "people/people_web.h"

#include "forms_gen.h"
#include "people/people.h"

/* A short address for the form of a whole family. */
static enum err get_register(struct ctx *ctx, const struct req *req, struct res *res)
{
    (void)req;
    return res_see_other(res, url_build(ctx, "/records/{}/new", FORM_REGISTRATION));
}

const struct route people_routes[] = {
    { GET, "/register", "registration.create", get_register, NO_FIELDS },
    { 0 },
};
