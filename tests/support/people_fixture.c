#include "people_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "people/people.h"

static const struct record_hooks *const hooks[] = { &people_hooks, &registration_hooks, NULL };

void must(struct fixture *f, enum err rc)
{
    if (rc)
        fail_msg("%s: %s", err_name(rc), ctx_first_problem(&f->ctx));
}

int people_setup(void **state)
{
    struct arena *arena;
    struct fixture *f;
    int rc = fixture_setup(state);

    if (rc)
        return rc;
    f = *state;
    arena = f->ctx.arena;
    f->ctx.arena = f->long_arena;
    must(f, forms_load(&f->ctx, &f->ctx.forms));
    f->ctx.arena = arena;
    records_use_hooks(hooks);
    must(f, records_prepare(&f->ctx));
    fixture_as(f, "supervisor");
    return 0;
}

int people_teardown(void **state)
{
    return fixture_teardown(state);
}

void person_fill(struct fixture *f, struct record *rec, const char *answers)
{
    struct arena *a = f->ctx.arena;
    size_t len = 0;
    char **parts = text_split(a, answers, ';', true, &len);
    struct answer_pair *pairs = ARENA_ARRAY(a, len + 1, struct answer_pair);

    for (size_t i = 0; i < len; i++) {
        char *equals = strchr(parts[i], '=');

        assert_non_null(equals);
        *equals = '\0';
        pairs[i] = (struct answer_pair){ parts[i], equals + 1 };
    }
    must(f, answers_from_pairs(&f->ctx, &rec->answers, rec->form, pairs, len));
}

struct record *person_filled(struct fixture *f, const char *answers)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, "person", NULL));
    person_fill(f, rec, answers);
    return rec;
}

struct record *person_stored(struct fixture *f, const char *answers)
{
    struct record *rec = person_filled(f, answers);

    must(f, record_insert(&f->ctx, rec));
    return rec;
}

struct record *child_stored(struct fixture *f, const char *kind, const struct record *parent,
                            const char *answers)
{
    struct record *rec = NULL;

    must(f, record_new(&f->ctx, &rec, kind, parent->id));
    person_fill(f, rec, answers);
    must(f, record_insert(&f->ctx, rec));
    return rec;
}

void load_lasting(struct fixture *f, enum err (*load)(struct ctx *ctx))
{
    struct arena *arena = f->ctx.arena;

    f->ctx.arena = f->long_arena;
    must(f, load(&f->ctx));
    f->ctx.arena = arena;
}

size_t rows_of(const struct record *rec, const char *repeat)
{
    return rec->answers->rows_len[field_find(rec->form, repeat)->place];
}

const char *row_value(const struct record *rec, const char *repeat, size_t row, const char *field)
{
    size_t place = field_find(rec->form, repeat)->place;
    const char *value = NULL;

    if (row >= 1 && row <= rec->answers->rows_len[place])
        value = rec->answers->rows[place][row - 1]->values[field_find(rec->form, field)->place];
    return value ? value : "";
}

void second_manager(struct fixture *f, const char *login)
{
    static const char *const roles[] = { "programme_manager", NULL };
    const struct user_new n = { .login = login,
                                .name = "Ousmane Ba",
                                .lang = "en",
                                .office_id = f->office_id,
                                .roles = roles };
    const char *id = NULL;

    must(f, user_create(&f->ctx, &id, &n));
}

void person_erase(struct fixture *f, struct record *rec, const char *reason)
{
    struct record *seen = NULL;
    int64_t version;

    second_manager(f, "erases");
    fixture_as(f, "programme_manager");
    must(f, record_load(&f->ctx, &seen, "person", rec->id));
    version = seen->version;
    must(f, record_set_status(&f->ctx, seen, version, "erased", reason));
    assert_int_equal(seen->version, version);
    fixture_as(f, "erases");
    must(f, record_set_status(&f->ctx, seen, version, "erased", NULL));
    assert_int_equal(seen->version, version + 1);
    *rec = *seen;
}
