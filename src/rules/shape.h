#ifndef RULES_SHAPE_H
#define RULES_SHAPE_H

/*
 * The shape of the case document: every element that a rule may read, found from the forms. The
 * root is the case; person, household and return event come by reference; each other kind that
 * belongs to a case or to a person is a repeated element, in the order of registration, and stands
 * once more under "latest" with its newest record alone. docs/case-document.md is printed from it.
 *
 *     ${opened}  /data/opened           a field of the case
 *     /data/person/birth_date           of the person
 *     /data/rss/round                   of every interview
 *     /data/latest/rss/round            of the newest one
 *     /data/person/names/name_text      of every row of a repeat
 *     /data/latest/rss/hw_declined      computed: see enum meta
 *
 * Groups do not stand in paths, repeats do; ${name} is for fields outside of repeats. This file
 * needs forms and expressions only: the build checks the rules with it. Memory: the arena that
 * shape_make is given.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "forms/forms.h"

#define SHAPE_KINDS_MAX 64 /* kinds of record in one document: bits of a mask */
#define SHAPE_CASE      0  /* places of the two parts that are always there */
#define SHAPE_PERSON    1

/* What the program computes of a record. */
enum meta {
    META_FIELD = 0, /* nothing: it is a field of the form */
    META_STATUS,    /* hw_status: the record's status; of a case, its stage */
    META_NUMBER,    /* hw_number */
    META_CREATED,   /* hw_created: the day it was registered */
    META_DECLINED,  /* hw_declined: answers that say "don't know" or decline */
    META_COUNT
};

enum part_use { PART_ROOT, PART_REFERENCE, PART_REPEATED };

/* A kind of record in the document. */
struct shape_part {
    const struct form *form;
    enum part_use use;
    bool of_person; /* its parent is the person, not the case */
};

struct shape_item {
    const char *path; /* without /data/: "person/birth_date" */
    size_t part;      /* place in shape->parts */
    const struct field *field;
    enum meta meta;
    bool latest;
    enum privacy privacy;
};

struct shape {
    const struct shape_part *parts; /* the case first, then the person */
    size_t parts_len;
    const struct shape_item *items; /* by path, byte order */
    size_t len;
};

/* ERR_INVALID: there is no kind "case" under a kind "person", or more than SHAPE_KINDS_MAX. */
enum err shape_make(struct ctx *ctx, const struct shape **out, const struct forms *forms) MUST_USE;
/* NULL if there is no such element. */
const struct shape_item *shape_find(const struct shape *shape, const char *path);
const char *meta_name(enum meta meta); /* hw_status ... */
/* Place of a kind among the parts; parts_len if it is none. */
size_t shape_part_of(const struct shape *shape, const char *kind);
/* docs/case-document.md */
void shape_print(struct buf *b, const struct shape *shape);

#endif
