/*
 * Import files: a dry run over any bytes ends with a report that adds up, and needs no database.
 * The first byte chooses skip_bad and the delimiter.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "people/people.h"
#include "records/import_sheet.h"
#include "records/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PERMISSIONS_MAX 1000

static const struct record_hooks *const hooks[] = { &people_hooks, NULL };

/* Forms and a user who may do everything; made once. */
static const struct ctx *shared(void)
{
    static struct ctx ctx = { .lang = "en", .time_zone = "UTC", .now_ms = 1795334400000 };
    static bool all[PERMISSIONS_MAX];
    static struct user user = { .id = "u",
                                .office_id = "o",
                                .office_code = "SN",
                                .clearance = PRIVACY_SENSITIVE,
                                .scope = SCOPE_OFFICE,
                                .permissions = all };

    if (ctx.arena)
        return &ctx;
    ctx.arena = arena_new(0);
    memset(all, 1, sizeof(all));
    if (auth_load(&ctx) != OK || forms_load(&ctx, &ctx.forms) != OK)
        abort();
    records_use_hooks(hooks);
    ctx.user = &user;
    ctx.user_id = user.id;
    ctx.office_id = user.office_id;
    return &ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = *shared();
    struct import_options options = { .dry_run = true };
    struct import_report report = { 0 };
    struct sheet_options read = { 0 };
    struct sheet *sheet = NULL;
    enum err rc;

    ctx.arena = arena_new(0);
    if (size) {
        options.skip_bad = data[0] & 1;
        read.delimiter = data[0] & 2 ? ',' : 0;
        read.head_rows = data[0] & 4 ? 2 : 0;
        options.dates = data[0] & 8 ? ORDER_DAY : ORDER_UNKNOWN;
        data++;
        size--;
    }
    rc = sheet_open_bytes(&ctx, &sheet, (const char *)data, size, &read);
    if (rc == OK)
        rc = record_import(&ctx, &report, "person", sheet, &options);
    assert(report.stored == 0 && report.rows == report.good + report.bad);
    assert(report.faults_len <= IMPORT_FAULTS_MAX);
    for (size_t i = 0; i < report.faults_len; i++)
        assert(report.faults[i].row >= 1 && report.faults[i].reason[0]);
    if (rc == OK && !options.skip_bad)
        assert(report.bad == 0 && report.faults_len == 0);
    if (rc)
        assert(ctx.problems);
    arena_free(ctx.arena);
    return 0;
}
