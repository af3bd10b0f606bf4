#ifndef SUPPORT_PEOPLE_FIXTURE_H
#define SUPPORT_PEOPLE_FIXTURE_H

/*
 * The fixture with all forms loaded and their tables made, and invented people to put in. ctx acts
 * as the supervisor.
 */

#include "fixture.h"
#include "records/records.h"

int people_setup(void **state);
int people_teardown(void **state);

/*
 * A person from text such as "names.1.name_text=Awa;names.1.name_script=Latn;sex=female": stored,
 * or only filled in.
 */
struct record *person_filled(struct fixture *f, const char *answers);
struct record *person_stored(struct fixture *f, const char *answers);
/* A record of another kind below one, stored. */
struct record *child_stored(struct fixture *f, const char *kind, const struct record *parent,
                            const char *answers);
/* Loads what lives as long as the test: rules, profiles. */
void load_lasting(struct fixture *f, enum err (*load)(struct ctx *ctx));
/* Puts other answers into a loaded record; rows keep their ids if given as names.1.id=... */
void person_fill(struct fixture *f, struct record *rec, const char *answers);
/* Value of a field of a row, from 1; "" if there is none. */
const char *row_value(const struct record *rec, const char *repeat, size_t row, const char *field);
size_t rows_of(const struct record *rec, const char *repeat);
/* Fails the test with the first problem unless rc is OK. */
void must(struct fixture *f, enum err rc);

/*
 * Erases a person for good: one programme manager asks, another confirms; the second is who acts
 * afterwards. rec gets the new state.
 */
void person_erase(struct fixture *f, struct record *rec, const char *reason);
/* Makes a second programme manager with this sign-in name. */
void second_manager(struct fixture *f, const char *login);

#define PERSON_AWA                                                                                 \
    "names.1.name_text=Awa;names.1.name_script=Latn;names.2.name_text=Ndiaye;"                     \
    "names.2.name_script=Latn;birth_date=1991-05-06;birth_precision=day;sex=female;nationality=SN"

#endif
