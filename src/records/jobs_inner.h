#ifndef RECORDS_JOBS_INNER_H
#define RECORDS_JOBS_INNER_H

/* What jobs.c gives to the other files of the records room that know the table of jobs. */

#include "records/jobs.h"
#include "vault/vault.h"

#define JOB_HEADER_MAX ((size_t)2000)

/* The input, opened. ERR_NOT_FOUND: not kept any more. */
enum err jobs_input(struct ctx *ctx, const void **out, size_t *len_out, const char *id) MUST_USE;
/* The first line, parsed; its length with the line's end. */
enum err jobs_header(struct ctx *ctx, json_t **out, size_t *len_out, const char *bytes,
                     size_t len) MUST_USE;
enum err jobs_seal_result(struct ctx *ctx, struct sealed *out, const char *id,
                          const char *text) MUST_USE;
/* As job_load; ERR_NOT_FOUND unless it is done and of this kind. */
enum err jobs_load_done(struct ctx *ctx, struct job *out, const char *id,
                        const char *kind) MUST_USE;
/* What is asked, as members of an object, with or without whose name it is. */
void jobs_add_asked(struct json_out *j, json_t *asked, bool with_login);

/* Runs a job of export. */
enum err export_run(struct job_work *w) MUST_USE;

#endif
