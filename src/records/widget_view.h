#ifndef RECORDS_WIDGET_VIEW_H
#define RECORDS_WIDGET_VIEW_H

/*
 * What the templates of a form's questions receive: one struct widget_view for each field, row and
 * section. Filled by form_web.c and widgets_web.c; lives in ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/web.h"

struct field;

enum widget {
    WIDGET_LINE,
    WIDGET_AREA,
    WIDGET_RADIOS,
    WIDGET_SELECT,
    WIDGET_CHECKS,
    WIDGET_REF,   /* found by words */
    WIDGET_RANGE, /* a number, with a slider where there is script */
    WIDGET_RANK,  /* a select for each place */
    WIDGET_TICK,  /* one box */
    WIDGET_PLACE, /* latitude, longitude, altitude, accuracy */
    WIDGET_TRACE, /* places, one on a line */
    WIDGET_FILE,
    WIDGET_NOTE,
    WIDGET_SHOWN,
    WIDGET_KEPT, /* not seen, sent back as it is */
    WIDGET_GRID, /* selects with one list as rows of a table */
    WIDGET_SECTION,
    WIDGET_REPEAT
};

struct widget_view;

/* A text of a form in pieces, each of one look. */
struct run_view {
    const char *text;
    bool strong;
    bool em;
    bool answer;      /* what was answered to another question */
    const char *term; /* code of the key term that these words are; NULL = none */
    struct url term_link;
};

struct rich_view {
    const struct run_view *runs;
    size_t runs_len;
};

/* One template per widget; each gets the widget that it belongs to. */
struct widget_line_view {
    const struct widget_view *w;
    const char *type;  /* of the input element */
    const char *mode;  /* inputmode */
    const char *value; /* as the input element wants it */
    bool thousands;
    bool barcode;
};

struct widget_area_view {
    const struct widget_view *w;
    const char *name;
    const char *value;
    bool points; /* places, one on a line */
};

/* A picture or a recording that came with the form. */
struct media_view {
    struct url image; /* .text NULL = none; so are the next two */
    const char *alt;
    struct url audio;
    struct url video;
    const char *name; /* of audio and video, for who cannot see them */
};

struct option_view {
    const char *code;
    const char *label;
    struct media_view media;
    const char *id;
    bool chosen;
    bool exclusive;
    bool off; /* a filter leaves it out now */
};

/* Radio buttons, and the options of selects and ranges. */
struct widget_radios_view {
    const struct widget_view *w;
    const struct option_view *options;
    size_t options_len;
    bool short_words; /* a scale: the numbers need no words */
};

struct widget_select_view {
    const struct widget_view *w;
    const struct option_view *options;
    size_t options_len;
};

struct widget_checks_view {
    const struct widget_view *w;
    const struct option_view *options;
    size_t options_len;
    const struct option_view *chosen; /* of a long list: stands open above it */
    size_t chosen_len;
    bool is_long;
};

struct ref_hit_view {
    const char *id;
    const char *html_id;
    const char *title;
    const char *note; /* number or office; NULL = none */
};

/* Chosen among what words find. */
struct widget_ref_view {
    const struct widget_view *w;
    const char *words_name; /* _words.worker */
    const char *found_name;
    const char *find_name;
    const char *what; /* what to type */
    const char *words;
    const char *now; /* what is chosen; NULL = nothing */
    const char *say; /* how many were found */
    const struct ref_hit_view *hits;
    size_t hits_len;
    struct url here; /* the form's action, with the place of this field */
    struct url asks; /* where a script asks */
};

struct widget_range_view {
    const struct widget_view *w;
    const char *start;
    const char *end;
    const char *step;
    bool vertical;
};

struct rank_place_view {
    int64_t number; /* from 1 */
    const char *id;
    const struct option_view *options;
    size_t options_len;
};

struct widget_rank_view {
    const struct widget_view *w;
    const char *name; /* _rank.priorities */
    const struct rank_place_view *places;
    size_t places_len;
};

struct widget_place_view {
    const struct widget_view *w;
    const char *name; /* _place.house */
    const char *latitude;
    const char *longitude;
    const char *altitude;
    const char *accuracy;
};

struct widget_file_view {
    const struct widget_view *w;
    const char *name;   /* of the file; NULL = there is none */
    const char *drop;   /* name of the box that takes it out */
    const char *accept; /* which files a browser offers */
};

struct widget_grid_view {
    const struct widget_view *w;
    const char *const *heads; /* the choices */
    size_t heads_len;
    struct widget_view *rows; /* WIDGET_RADIOS or WIDGET_CHECKS */
    size_t rows_len;
};

struct widget_section_view {
    const struct widget_view *w;
    struct widget_view *items;
    size_t items_len;
    int64_t answered; /* of asked questions that are relevant now */
    int64_t asked;
    bool progress; /* worth showing */
    bool theme;    /* a theme grid */
};

struct widget_row_view {
    struct widget_view *items;
    size_t items_len;
    int64_t number;      /* from 1 */
    const char *title;   /* "Names 2", for screen readers and the remove button */
    const char *id_name; /* names.2.id */
    const char *row_id;  /* NULL before it is stored */
    const char *remove;  /* name of the button: _remove.names.2 */
};

struct widget_repeat_view {
    const struct widget_view *w;
    struct widget_row_view *rows;
    size_t rows_len;
    const char *add; /* _add.names */
    struct url here; /* the form's action, with the place of this repeat */
    bool top;        /* in no section */
    bool counted;    /* an answer says how many rows there are */
};

/* What stands above and below an answer. */
struct widget_ask_view {
    const struct widget_view *w;
};

struct widget_foot_view {
    const struct widget_view *w;
};

struct widget_view {
    enum widget kind;
    const struct field *field;
    const char *path; /* names.2.name_text: the input's name */
    const char *id;   /* f-names-2-name_text */
    const char *label;
    const char *look; /* classes that say how it is drawn */
    struct rich_view said;
    struct rich_view hint_said;
    struct rich_view guidance_said;
    const char *hint;
    const char *guidance;
    struct media_view media;
    const char *prompt;      /* how to ask: a short instruction, or NULL */
    const char *prompt_kind; /* yes, no, later, needed: for its colour */
    const char *problem;
    const char *described; /* ids of hint and problem, for aria-describedby */
    const char *value;     /* canonical, as typed */
    const char *shown;     /* as people read it: WIDGET_SHOWN */
    int64_t page;          /* of a form in pages, from 1; 0 = on none of its own */
    bool required;
    bool relevant;
    bool kept;   /* WIDGET_SHOWN: its value is sent back */
    bool many;   /* several controls: a group with a legend */
    bool hidden; /* not relevant, or on another page */
    bool quick;  /* goes on to the next page when answered */
    bool beside; /* folded below the question before it */
    struct widget_ask_view ask;
    struct widget_foot_view foot;
    struct widget_line_view line;
    struct widget_area_view area;
    struct widget_radios_view radios;
    struct widget_select_view select;
    struct widget_checks_view checks;
    struct widget_ref_view ref;
    struct widget_range_view range;
    struct widget_rank_view rank;
    struct widget_place_view place;
    struct widget_file_view file;
    struct widget_grid_view grid;
    struct widget_section_view section;
    struct widget_repeat_view repeat;
};

#endif
