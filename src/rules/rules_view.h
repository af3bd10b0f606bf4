#ifndef RULES_RULES_VIEW_H
#define RULES_RULES_VIEW_H

/* What the templates of rules receive. Everything lives in ctx->arena. */

#include "rules/rules.h"
#include "web/web.h"

struct html;

struct why_view {
    const char *label;
    const char *value; /* NULL: above the reader's class */
};

/* A result in a list, in words. */
struct task_view {
    const char *text;
    const char *kind;     /* Alert */
    const char *code;     /* of the severity, for the style sheet */
    const char *severity; /* high priority */
    const char *due;      /* 22 Nov 2026; NULL = no date */
    bool overdue;
    const char *state; /* done, by whom, why; NULL = open */
    const char *note;
    const char *who; /* case manager's name or a role */
    const char *case_id;
    const char *case_title;
    const char *person; /* whom the case is about; "" where that may not be read */
    struct url case_link;
    struct url link;
};

struct gate_view {
    const char *id;
    const char *text;
    const char *stands; /* before what it stands */
    const char *asked;  /* who has asked, and why; NULL = nobody */
    bool may_ask;       /* a reason can be given here */
    bool second;        /* and it needs two people */
    bool never;
    bool passed;
    struct url action;
};

struct rules_part_view {
    const struct task_view *open;
    size_t open_len;
    const struct task_view *settled;
    size_t settled_len;
    const struct gate_view *gates;
    size_t gates_len;
    const struct gate_view *guards; /* asked when something is saved; leave may be given ahead */
    size_t guards_len;
};

struct task_page_view {
    struct task_view task;
    const char *title;
    const char *rule; /* NULL: the reader may not know */
    const char *condition;
    struct url rule_link;
    const struct why_view *why;
    size_t why_len;
    int64_t version;
    bool may_settle;
    struct url settle;
    struct url snooze;
    const char *reason;
    const char *until;
    const char *problem;
};

struct tasks_view {
    bool mine;
    bool overdue;
    bool may_rules;
    struct url mine_link;
    struct url all_link;
    struct url overdue_link;
    const struct task_view *items;
    size_t items_len;
    bool more;
    struct url next;
};

struct rule_row_view {
    const char *id;
    const char *text;
    const char *kind;
    const char *severity;
    const char *when;
    const char *req;
    const char *privacy;
    int64_t open;
    int64_t settled;
    struct url link;
};

struct rules_list_view {
    const struct rule_row_view *items;
    size_t items_len;
};

struct rule_line_view {
    const char *label;
    const char *value;
};

struct rule_page_view {
    const char *id;
    const char *text;
    const struct rule_line_view *lines;
    size_t lines_len;
    int64_t open;
    int64_t settled;
    bool may_test;
    struct url test;
    const char *number; /* of the case that was typed */
    const char *problem;
    const char *verdict; /* NULL: not tested */
    const char *case_number;
    struct url case_link;
    const struct rule_line_view *results;
    size_t results_len;
    const struct why_view *why;
    size_t why_len;
};

#endif
