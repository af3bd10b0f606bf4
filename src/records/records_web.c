/* The routes of record screens, search, import, export and jobs. */
#include "records/records_web.h"
#include "records/giving.h"

#include "auth/auth.h"
#include "records/attach.h"
#include "records/screens_web.h"

#define REASON_BYTES    16000 /* of at most 4,000 characters: the records count these */
#define FORM_BODY_MAX   ((size_t)1024 * 1024)
#define IMPORT_FILE_MAX ((int64_t)20 * 1024 * 1024)
#define IMPORT_BODY_MAX ((size_t)21 * 1024 * 1024)

static const struct field_spec list_fields_in[] = {
    { "sort", INPUT_CODE },
    { "status", INPUT_CODE },
    { "parent", INPUT_ID },
    { "f.*", INPUT_TEXT, .max = 500 },
    { "page", INPUT_TEXT, .max = 300 },
    { "limit", INPUT_INT, .min = 1, .max = 100 },
    { 0 },
};

static const struct field_spec filter_fields_in[] = {
    { "name", INPUT_TEXT, .max = 400, .required = true },
    { "query", INPUT_TEXT, .max = 2000, .required = true },
    { 0 },
};

static const struct field_spec filter_drop_fields_in[] = {
    { "filter", INPUT_ID, .required = true },
    { 0 },
};

static const struct field_spec search_fields_in[] = {
    { "words", INPUT_TEXT, .max = 200 },
    { 0 },
};

static const struct field_spec refs_fields_in[] = {
    { "field", INPUT_TEXT, .max = 200, .required = true },
    { "words", INPUT_TEXT, .max = 200 },
    { 0 },
};

static const struct field_spec new_fields_in[] = {
    { "parent", INPUT_ID },
    { "search", INPUT_ID },
    { 0 },
};

static const struct field_spec print_fields_in[] = {
    { "as", INPUT_CODE },
    { "lang", INPUT_CODE },
    { 0 },
};

static const struct field_spec paper_fields_in[] = {
    { "lang", INPUT_CODE },
    { 0 },
};

/* What OpenRosa lets a device say; of these formID alone changes the answer. */
static const struct field_spec device_fields_in[] = {
    { "deviceID", INPUT_TEXT, .max = 300 },
    { "formID", INPUT_TEXT, .max = 250 },
    { "verbose", INPUT_TEXT, .max = 20 },
    { "listAllVersions", INPUT_TEXT, .max = 20 },
    { 0 },
};

static const struct field_spec status_fields_in[] = {
    { "to", INPUT_CODE, .required = true },
    { "reason", INPUT_TEXT, .max = REASON_BYTES },
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

static const struct field_spec delete_fields_in[] = {
    { "reason", INPUT_TEXT, .max = REASON_BYTES },
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

static const struct field_spec version_fields_in[] = {
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

static const struct field_spec move_fields_in[] = {
    { "words", INPUT_TEXT, .max = 200 },
    { "parent", INPUT_ID },
    { "reason", INPUT_TEXT, .max = REASON_BYTES },
    { "version", INPUT_INT, .min = 1, .max = INT32_MAX },
    { 0 },
};

static const struct field_spec comment_fields_in[] = {
    { "text", INPUT_TEXT, .max = REASON_BYTES },
    { 0 },
};

static const struct field_spec comment_undo_fields_in[] = {
    { "comment", INPUT_ID, .required = true },
    { 0 },
};

static const struct field_spec diff_fields_in[] = {
    { "from", INPUT_INT, .min = 1, .max = INT32_MAX, .required = true },
    { "to", INPUT_INT, .min = 1, .max = INT32_MAX, .required = true },
    { 0 },
};

static const struct field_spec import_fields_in[] = {
    { "file", INPUT_FILE, .max = IMPORT_FILE_MAX },
    { "head_rows", INPUT_INT, .min = 0, .max = 2 },
    { "mapping", INPUT_TEXT, .max = 400 },
    { 0 },
};

static const struct field_spec export_fields_in[] = {
    { "format", INPUT_CODE, .required = true },
    { "labels", INPUT_CODE },
    { "linked", INPUT_CODE },
    { "codebook", INPUT_CODE },
    { "whose", INPUT_CODE },
    { "recipient", INPUT_TEXT, .max = GIVING_RECIPIENT_BYTES },
    { "purpose", INPUT_CODE },
    { "id", INPUT_ID }, /* of each row that was chosen */
    { "status", INPUT_CODE },
    { "parent", INPUT_ID },
    { "f.*", INPUT_TEXT, .max = 500 },
    { "c.*", INPUT_TEXT, .max = 100 },
    { 0 },
};

static const struct field_spec giving_fields_in[] = {
    { "recipient", INPUT_TEXT, .max = GIVING_RECIPIENT_BYTES },
    { "purpose", INPUT_CODE },
    { "lang", INPUT_CODE },
    { 0 },
};

static const struct field_spec job_fields_in[] = {
    { "page", INPUT_INT, .min = 1, .max = 1000 },
    { 0 },
};

/* Paths that spell out a word stand before those with {id}. */
const struct route records_routes[] = {
    { POST, "/search", PERM_SIGNED_IN, post_search_all, FIELDS(search_fields_in) },
    { GET, "/search/{id}", PERM_SIGNED_IN, get_search, NO_FIELDS, .reply = "hits" },
    { GET, "/jobs", PERM_SIGNED_IN, get_jobs, NO_FIELDS },
    { GET, "/jobs/{id}", PERM_SIGNED_IN, get_job, FIELDS(job_fields_in), .reply = "job" },
    { GET, "/jobs/{id}/faults", PERM_SIGNED_IN, get_job_faults, NO_FIELDS },
    { GET, "/jobs/{id}/file", PERM_SIGNED_IN, get_job_file, NO_FIELDS },
    { POST, "/jobs/{id}/start", PERM_SIGNED_IN, post_job_start, FIELDS_OF_KIND },
    { POST, "/jobs/{id}/undo", PERM_SIGNED_IN, post_bulk_undo, NO_FIELDS },
    { POST, "/jobs/{id}/cancel", PERM_SIGNED_IN, post_job_cancel, NO_FIELDS },
    { POST, "/imports/{id}/undo", PERM_SIGNED_IN, post_import_undo, NO_FIELDS },
    { GET, "/jobs/{id}/columns", PERM_SIGNED_IN, get_columns, NO_FIELDS },
    { POST, "/jobs/{id}/columns", PERM_SIGNED_IN, post_columns, FIELDS_OF_KIND, FORM_BODY_MAX },
    { GET, "/records/{kind}", "{kind}.view", get_list, FIELDS(list_fields_in),
      .reply = "{kind}_list" },
    { POST, "/records/{kind}", "{kind}.create", post_new, FIELDS_OF_KIND, ATTACHMENT_BODY_MAX,
      .json = true, .reply = "{kind}", .reply_status = 201 },
    { POST, "/records/{kind}/filters", "{kind}.view", post_filter, FIELDS(filter_fields_in) },
    { POST, "/records/{kind}/filters/drop", "{kind}.view", post_filter_drop,
      FIELDS(filter_drop_fields_in) },
    { POST, "/records/{kind}/search", "{kind}.search", post_search, FIELDS(search_fields_in),
      .json = true, .reply = "{kind}_hits" },
    { GET, "/records/{kind}/new", "{kind}.create", get_new, FIELDS(new_fields_in) },
    { POST, "/records/{kind}/bulk", "{kind}.view", post_bulk, FIELDS_OF_KIND, FORM_BODY_MAX },
    { POST, "/records/{kind}/refs", "{kind}.view", post_refs, FIELDS(refs_fields_in), .json = true,
      .reply = "refs" },
    { POST, "/records/{kind}/unfinished", "{kind}.view", post_unfinished, FIELDS_OF_KIND,
      FORM_BODY_MAX, .reply = "said" },
    { GET, "/records/{kind}/unfinished/{id}", "{kind}.view", get_unfinished, NO_FIELDS },
    { POST, "/records/{kind}/unfinished/{id}/end", "{kind}.view", post_unfinished_end, NO_FIELDS },
    { POST, "/records/{kind}/state", "{kind}.view", post_state, FIELDS_OF_KIND, FORM_BODY_MAX,
      .json = true, .reply = "state" },
    { GET, "/records/{kind}/import", "{kind}.import", get_import, NO_FIELDS },
    { POST, "/records/{kind}/import", "{kind}.import", post_import, FIELDS(import_fields_in),
      IMPORT_BODY_MAX },
    { GET, "/records/{kind}/export", "{kind}.export", get_export, FIELDS(list_fields_in) },
    { POST, "/records/{kind}/export", "{kind}.export", post_export, FIELDS(export_fields_in) },
    { GET, "/records/{kind}/{id}", "{kind}.view", get_detail, NO_FIELDS, .reply = "{kind}" },
    { POST, "/records/{kind}/{id}", "{kind}.edit", post_edit, FIELDS_OF_KIND, ATTACHMENT_BODY_MAX,
      .json = true, .reply = "{kind}" },
    { PUT, "/records/{kind}/{id}", "{kind}.edit", api_update, FIELDS_OF_KIND, FORM_BODY_MAX,
      .json = true, .reply = "{kind}" },
    { GET, "/records/{kind}/{id}/status", "{kind}.view", get_status, FIELDS(status_fields_in) },
    { POST, "/records/{kind}/{id}/status", "{kind}.view", post_status, FIELDS(status_fields_in),
      .json = true, .reply = "{kind}" },
    { POST, "/records/{kind}/{id}/request", "{kind}.view", post_request, NO_FIELDS, .json = true,
      .reply = "{kind}" },
    { GET, "/records/{kind}/{id}/delete", "{kind}.delete", get_delete, NO_FIELDS },
    { POST, "/records/{kind}/{id}/delete", "{kind}.delete", post_delete, FIELDS(delete_fields_in),
      .json = true, .reply = "{kind}" },
    { POST, "/records/{kind}/{id}/restore", "{kind}.delete", post_restore,
      FIELDS(version_fields_in), .json = true, .reply = "{kind}" },
    { POST, "/records/{kind}/{id}/undo", "{kind}.view", post_undo, FIELDS(version_fields_in),
      .json = true, .reply = "{kind}" },
    { GET, "/records/{kind}/{id}/move", "{kind}.edit", get_move, NO_FIELDS },
    { POST, "/records/{kind}/{id}/move", "{kind}.edit", post_move, FIELDS(move_fields_in),
      .json = true, .reply = "{kind}" },
    { GET, "/records/{kind}/{id}/comments", "{kind}.view", get_comments, NO_FIELDS,
      .reply = "comments" },
    { POST, "/records/{kind}/{id}/comments", "{kind}.comment", post_comment,
      FIELDS(comment_fields_in), .json = true, .reply = "comments" },
    { POST, "/records/{kind}/{id}/comments/undo", "{kind}.comment", post_comment_undo,
      FIELDS(comment_undo_fields_in), .json = true, .reply = "comments" },
    { GET, "/records/{kind}/{id}/edit", "{kind}.edit", get_edit, NO_FIELDS },
    { GET, "/records/{kind}/{id}/print", "{kind}.view", get_print, FIELDS(print_fields_in) },
    { POST, "/records/{kind}/{id}/print", "{kind}.view", post_print, FIELDS(giving_fields_in) },
    { GET, "/records/{kind}/{id}/history", "{kind}.history", get_history, NO_FIELDS,
      .reply = "history" },
    { GET, "/records/{kind}/{id}/versions/{n}", "{kind}.history", get_version, NO_FIELDS,
      .reply = "{kind}" },
    { GET, "/records/{kind}/{id}/diff", "{kind}.history", get_diff, FIELDS(diff_fields_in),
      .reply = "changes" },
    { GET, "/api/openapi.json", "form.view", get_openapi, NO_FIELDS, .reply = "description" },
    { GET, "/forms/{kind}/xform.xml", "form.view", get_xform, NO_FIELDS, .device = true },
    { GET, "/forms/{kind}/manifest.xml", "form.view", get_manifest, FIELDS(device_fields_in),
      .device = true },
    { GET, "/formList", "form.view", get_form_list, FIELDS(device_fields_in), .device = true },
    { GET, "/forms/{kind}/paper.pdf", "form.view", get_paper, FIELDS(paper_fields_in) },
    { 0 },
};
