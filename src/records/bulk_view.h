#ifndef RECORDS_BULK_VIEW_H
#define RECORDS_BULK_VIEW_H

/* What the pages of a change of many records get. Memory: ctx->arena. */

#include "records/records_view.h"

struct bulk_action_view {
    const char *code; /* status.closed, assign.worker, delete */
    const char *id;
    const char *label;
    bool chosen;
    const char *value_name; /* value.worker; NULL = nothing to choose */
    const char *value;
    bool staff; /* one of the options, else a number is typed */
    const struct option_view *options;
    size_t options_len;
};

struct bulk_fault_view {
    const char *number;
    const char *reason;
};

struct bulk_view {
    const char *title;
    const char *kind;
    struct url back;
    int64_t count;
    bool all;               /* that the filter finds */
    const char *problem;    /* what is to be mended first */
    const char *const *ids; /* hidden */
    size_t ids_len;
    const struct pair_view *filter; /* hidden: all that it finds */
    size_t filter_len;
    const struct bulk_action_view *actions;
    size_t actions_len;
    const char *reason;
    bool confirm;       /* the last page before it is done */
    const char *chosen; /* the action in words */
    const char *chosen_code;
    bool danger; /* what is chosen deletes */
    const char *chosen_name;
    const char *chosen_value;
    int64_t looked;
    bool looked_all;
    const struct bulk_fault_view *faults;
    size_t faults_len;
};

#endif
