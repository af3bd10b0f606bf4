#ifndef WEB_WEB_VIEW_H
#define WEB_WEB_VIEW_H

/* What the templates of this room receive: the layout, sign-in, and the page of an error. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/web.h"

struct html;

struct nav_view {
    const char *title;
    struct url link;
    bool current;
};

/* A heading of the menu and its places. */
struct nav_group_view {
    const char *title;
    const struct nav_view *items;
    size_t items_len;
};

struct lang_view {
    const char *code;
    const char *name;
    const char *dir;
    bool current;
};

struct layout_view {
    const char *title;
    const struct nav_view *nav;
    size_t nav_len;
    const struct nav_group_view *groups; /* of the menu beside the bar */
    size_t groups_len;
    bool in_menu; /* the page is one of the menu's */
    bool may_search;
    bool keys; /* shortcuts of the keyboard are on */
    const struct lang_view *langs;
    size_t langs_len;
    const char *user_name; /* NULL: nobody is signed in */
    const char *office_name;
    const char *role_title;
    const char *flash;
    bool has_help;
    struct url help;
    const char *help_title; /* of the page of help; NULL = the list of pages */
    bool has_bell;
    int64_t unread;         /* notifications */
    const char *back;       /* path to come back to after a change of language */
    const char *stylesheet; /* static file name by direction */
    bool rtl;
    bool demo;
    void (*content)(struct html *h, const void *view);
    const void *view;
};
void layout_content(struct html *h, const struct layout_view *v);

struct demo_user_view {
    const char *login;
    const char *role;
};

struct login_view {
    const char *name;
    const char *problem; /* why the last try did not work */
    const char *next;    /* where to go afterwards */
    bool demo;
    const struct demo_user_view *users; /* demo accounts, by role */
    size_t users_len;
    const char *demo_password;
};

struct error_problem_view {
    const char *field;
    const char *text;
};

struct error_view {
    const char *title;
    const char *advice;
    const struct error_problem_view *problems;
    size_t problems_len;
};

#endif
