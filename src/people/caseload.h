#ifndef PEOPLE_CASELOAD_H
#define PEOPLE_CASELOAD_H

/*
 * How much each case manager of an office carries (R-1.4.3-03 / R-S1.4.3-02, C-34-54): open cases,
 * the same weighted by intensity and vulnerability, beside a target that the programme sets; how
 * it went month by month; whether arrivals spike; and who has room for whose cases. A person
 * decides: nothing is moved here.
 *
 * Weights: intensified support 1.5, light support 0.5, all else 1; half a case more where the
 * psychosocial support is intensified, and where the person is vulnerable. What the acting user may
 * not read counts nothing.
 * Memory: ctx->arena. Errors: those of record_list. Limits: CASELOAD_WEIGHED open cases of an
 * office are weighed; a further case counts as one.
 */

#include <stdint.h>

#include "core/ctx.h"

#define CASELOAD_WEIGHED 2000
#define CASELOAD_MONTHS  12
#define CASELOAD_TARGET  500 /* the greatest that can be set */

struct caseload_worker {
    const char *id; /* "" = cases that nobody has */
    const char *name;
    int64_t cases;
    int64_t intensified;
    int64_t vulnerable;
    double load;
    int64_t before; /* cases of today's worker that were open CASELOAD_BEFORE days ago */
};
#define CASELOAD_BEFORE 90

struct caseload_month {
    const char *day; /* its last, or today */
    int64_t open;
    int64_t began;
};

struct caseload {
    const char *programme; /* "" = all */
    int64_t target;        /* 0 = none is set */
    const char *const *programmes;
    size_t programmes_len;
    struct caseload_worker *workers; /* the heaviest first, nobody's last */
    size_t workers_len;
    size_t managers; /* case managers of the office today */
    int64_t cases;
    struct caseload_month months[CASELOAD_MONTHS]; /* oldest first */
    int64_t arrived; /* cases opened in the last 30 days, and as they usually are */
    double usual;
    bool spike;
    bool uncounted; /* more cases than are weighed or counted */
};

enum err caseload_load(struct ctx *ctx, struct caseload *out, const char *programme) MUST_USE;
/* Sets the target of a programme, "" = of all; 0 takes it away. In one transaction. */
enum err caseload_set_target(struct ctx *ctx, const char *programme, int64_t target) MUST_USE;
/*
 * How many cases could go from a worker who is above the target to the one with most room; 0 =
 * none. *to_out is who.
 */
int64_t caseload_to_move(const struct caseload *c, size_t from, size_t *to_out);

#endif
