#ifndef CORE_OPT_H
#define CORE_OPT_H

/*
 * Command line options of one command: --name VALUE, --name=VALUE, --flag, and words. Each command
 * declares its options in a table that ends with { 0 }; unknown ones are refused with a hint;
 * --help prints the table. "--" ends the options, "-" is a word. argv[0] is the command's name and
 * is passed by.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

struct opt_spec {
    const char *name;  /* without the dashes */
    const char *value; /* what the value is called in --help (FILE, N); NULL = a flag */
    const char *help;
    bool required;
};

struct opts;

/*
 * Parses. usage is the line and the paragraphs that --help prints before the options. *out is NULL
 * when --help was asked for and printed. ERR_INVALID records what is wrong and what to type.
 */
enum err opts_parse(struct ctx *ctx, struct opts **out, const struct opt_spec *specs,
                    const char *usage, int argc, char **argv) MUST_USE;
const char *opt_text(const struct opts *o, const char *name); /* NULL if not given */
bool opt_flag(const struct opts *o, const char *name);
size_t opt_words(const struct opts *o);
const char *opt_word(const struct opts *o, size_t i); /* NULL past the end */

#endif
