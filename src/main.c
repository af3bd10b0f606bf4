/* Picks the command, nothing more. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <sodium.h>

#include "app/app.h"
#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/home_cli.h"
#include "core/date.h"
#include "core/log.h"
#include "demo/demo.h"
#include "facts/facts.h"
#include "http/jail.h"
#include "letters/letters.h"
#include "messages/messages.h"
#include "records/image.h"
#include "records/publish.h"
#include "records/records_cli.h"
#include "survey/survey.h"
#include "version.h"

#define COMMAND_BUDGET ((size_t)512 * 1024 * 1024)

struct command {
    const char *name;
    enum err (*run)(struct ctx *ctx, int argc, char **argv);
    enum { ALONE, AT_HOME, AS_USER } mode; /* what app.c does before */
    const char *help;
};

static const struct command commands[] = {
    { "serve", serve_command, ALONE, N_("serve the pages on this machine") },
    { "demo", demo_command, ALONE, N_("make a demo office with invented people") },
    { "init", init_command, ALONE, N_("make an empty database with its first office") },
    { "survey", survey_command, AS_USER,
      N_("score interviews from a file: homeward survey score") },
    { "import", import_command, AS_USER, N_("read records from a CSV file") },
    { "export", export_command, AS_USER, N_("write records to a CSV, XLSX or JSON file") },
    { "index", index_command, AT_HOME, N_("make the search index again: homeward index rebuild") },
    { "facts", facts_command, AT_HOME,
      N_("make the facts of the statistics again: homeward facts rebuild") },
    { "user", auth_command, AT_HOME, N_("people who work here: add, list, password, lock, token") },
    { "form", form_command, AS_USER, N_("check, publish and list forms: homeward form publish") },
    { "letter", letter_command, AS_USER,
      N_("check, list and publish letters: homeward letter check") },
    { "backup", backup_command, ALONE, N_("copy a database that may be in use") },
    { "restore", restore_command, ALONE, N_("make a database from a backup") },
    { "check", check_command, ALONE, N_("read everything and say whether it is whole") },
    { "messages", messages_command, AT_HOME, N_("send a test message: homeward messages test") },
    { "keys", keys_command, ALONE,
      N_("change the passphrase or key file of the key store: homeward keys change") },
    { "audit", audit_command, AT_HOME,
      N_("verify the chains of the audit: homeward audit verify") },
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static int usage(struct ctx *ctx, FILE *out)
{
    fprintf(out, "Homeward " HOMEWARD_VERSION "\n\n%s\n\n",
            tr(ctx, "usage: homeward COMMAND [options]; each command has --help"));
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, tr_args(ctx, commands[i].help, NULL));
    return out == stdout ? 0 : 2;
}

static void print_problems(const struct ctx *ctx, enum err rc)
{
    for (const struct problem *p = ctx->problems; p != NULL; p = p->next) {
        if (p->field != NULL)
            fprintf(stderr, "homeward: %s: %s\n", p->field, p->text);
        else
            fprintf(stderr, "homeward: %s\n", p->text);
    }
    if (ctx->problems == NULL)
        fprintf(stderr, "homeward: %s\n", err_name(rc));
}

static int run_command(struct ctx *ctx, int argc, char **argv)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *c = &commands[i];
        enum err rc;

        if (strcmp(argv[1], c->name) != 0)
            continue;
        rc = c->mode == ALONE ? c->run(ctx, argc - 1, argv + 1)
                              : home_command(ctx, argc - 1, argv + 1, c->mode == AS_USER, c->run);
        if (rc)
            print_problems(ctx, rc);
        return err_exit_code(rc);
    }
    fprintf(stderr, "homeward: %s\n", tr(ctx, "There is no command {0}.", TR_TEXT(argv[1])));
    return usage(ctx, stderr);
}

/* Names and keys lie in memory: it must not end up in a file when the program dies. */
static void forbid_core_dumps(void)
{
    const struct rlimit none = { 0, 0 };

    if (setrlimit(RLIMIT_CORE, &none) != 0)
        fprintf(stderr, "homeward: could not forbid core dumps: %s\n", strerror(errno));
}

/* What is freed at the end of a request is wanted by the next: it is not given back each time. */
static void keep_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
}

int main(int argc, char **argv)
{
    struct ctx ctx = { 0 };
    const char *lang = getenv("LANG");
    int code;

    if (argc == 2 && (strcmp(argv[1], IMAGE_WORD) == 0 || strcmp(argv[1], IMAGE_LOGO_WORD) == 0))
        return image_child(jail_alone,
                           argv[1]); /* before there is anything that a picture could take */
    umask(077);
    keep_memory();
    forbid_core_dumps();
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        fprintf(stderr, "homeward: no source of random numbers\n");
        return 1;
    }
    log_init("homeward", LOG_LEVEL_INFO);
    ctx.arena = arena_new(COMMAND_BUDGET);
    ctx.now_ms = clock_now_ms();
    ctx.lang = tr_pick_language(lang == NULL ? "" : lang);
    ctx.time_zone = "UTC";
    home_check_also(files_check);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("homeward " HOMEWARD_VERSION "\n");
        code = 0;
    } else if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        code = usage(&ctx, argc < 2 ? stderr : stdout);
    } else {
        code = run_command(&ctx, argc, argv);
    }
    arena_free(ctx.arena);
    return code;
}
