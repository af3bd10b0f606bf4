#include <stdio.h>

#include "auth/auth.h"
#include "auth/home.h"
#include "core/opt.h"
#include "core/text.h"
#include "messages/messages_inner.h"

static const char usage[] =
    "homeward messages test --database FILE --to ADDRESS\n"
    "\n"
    "Sends a test message at once, by e-mail or, to a number such as +221770000000, by SMS, and\n"
    "says what became of it.\n";

static const struct opt_spec options[] = {
    HOME_OPTS,
    { "to", "ADDRESS", "address of e-mail, or a telephone number with its country code", false },
    { 0 },
};

static enum err send_test(struct ctx *ctx, struct sent *out, struct parcel *p, const char *phone)
{
    const struct message_template *t = template_find("test");
    struct mail_settings mail = { 0 };
    struct sms_settings sms = { 0 };
    bool there = false;
    enum err rc;

    if (t == NULL)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "There is no such text."));
    p->subject = template_subject(t, p->lang);
    p->text = template_text(ctx, t, p->lang, NULL);
    rc = phone != NULL ? sms_settings_load(ctx, &sms, &there)
                       : mail_settings_load(ctx, &mail, &there);
    if (!rc && !there)
        rc = ctx_fail(ctx, ERR_INVALID, message_reason_text(ctx, "no_settings"));
    if (rc)
        return rc;
    return phone != NULL ? send_sms(ctx, out, &sms, p) : send_mail(ctx, out, &mail, p);
}

enum err messages_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    struct sent sent = { 0 };
    struct parcel p = { .id = "test", .lang = template_lang(ctx->lang) };
    const char *to;
    const char *phone;
    enum err rc = opts_parse(ctx, &o, options, usage, argc, argv);

    if (rc || o == NULL)
        return rc;
    to = opt_text(o, "to");
    if (opt_words(o) != 1 || !text_equal(opt_word(o, 0), "test") || to == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Say what to do: homeward messages test --to ADDRESS"));
    phone = phone_normal(ctx->arena, to);
    p.to = phone != NULL ? phone : email_normal(ctx->arena, to);
    if (p.to == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "This is neither an address of e-mail nor a telephone number with "
                                "its country code."));
    rc = send_test(ctx, &sent, &p, phone);
    if (rc)
        return rc;
    printf("%s %s\n", message_state_text(ctx, sent.state), message_reason_text(ctx, sent.reason));
    return text_equal(sent.state, "sent") ? OK : ERR_IO;
}
