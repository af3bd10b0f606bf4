#ifndef RULES_RULES_FILL_H
#define RULES_RULES_FILL_H

/* From results and rules to what the templates receive. */

#include "rules/rules_view.h"

const char *does_title(struct ctx *ctx, enum rule_does does);
const char *severity_title(struct ctx *ctx, enum rule_severity severity);
const char *class_title(struct ctx *ctx, enum privacy privacy);
enum err task_fill(struct ctx *ctx, struct task_view *out, const struct rule_result *r) MUST_USE;
/* For lists over cases: each task names its case, and whom it is about. The cases are read all at
 * once; tasks of a case that the reader may not see are left out. At most a page of tasks; out has
 * room for len. */
enum err tasks_fill(struct ctx *ctx, struct task_view *out, size_t *len_out,
                    const struct rule_result *items, size_t len) MUST_USE;
enum err why_fill(struct ctx *ctx, const struct why_view **out, size_t *len_out,
                  const struct rule *rule, const struct record *rec) MUST_USE;
enum err part_fill(struct ctx *ctx, struct rules_part_view **out,
                   const struct record *rec) MUST_USE;
void rule_lines_fill(struct ctx *ctx, struct rule_page_view *v, const struct rule *rule);
enum err verdict_fill(struct ctx *ctx, struct rule_page_view *v, const struct rule *rule,
                      const struct record *rec) MUST_USE;

#endif
