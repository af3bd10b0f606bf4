/* The job role's rounds: the end of retries, crashes, and every database call that fails in turn.
 * Gateway and subscriber are a port of this machine where nobody listens. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "messages/messages_inner.h"
#include "messages/notify.h"
#include "messages/webhook.h"
#include "people_fixture.h"

#define CALLS_MAX 400
#define MINUTE_MS ((int64_t)60 * 1000)
#define SELF                                                                                       \
    PERSON_AWA ";contacts.1.contact_kind=phone;contacts.1.contact_value=+221 77 000 11 22;"        \
               "contacts.1.contact_owner=self"
#define EVENTS "SELECT count(*) FROM message_event"

static const char *const call_args[] = { "+221 33 800 00 00", NULL };

static int outbox_setup(void **state)
{
    int rc = people_setup(state);
    struct fixture *f = *state;

    must(f, message_texts_load(&f->ctx));
    must(f, hours_save(&f->ctx, "00:00", "00:00", true));
    return rc;
}

static void set_gateway(struct fixture *f, bool dedup)
{
    const struct sms_settings s = { .url = "http://127.0.0.1:9/",
                                    .method = "POST",
                                    .headers = "Content-Type: application/json",
                                    .body = "{\"a\":\"{to}\",\"b\":\"{text}\"}",
                                    .ok_codes = "200",
                                    .id_pointer = "",
                                    .sender = "",
                                    .dedup = dedup };

    must(f, sms_settings_save(&f->ctx, &s));
}

static const char *written(struct fixture *f)
{
    const struct message m = { .template_name = "call_us",
                               .args = call_args,
                               .person_id = person_stored(f, SELF)->id };
    const char *id = NULL;

    must(f, message_add(&f->ctx, &id, &m));
    return id;
}

static struct message_row loaded(struct fixture *f, const char *id)
{
    struct message_row m = { 0 };

    must(f, message_load(&f->ctx, &m, id));
    return m;
}

static void round_now(struct fixture *f)
{
    struct outbox o = { 0 };

    must(f, outbox_round(&f->ctx, &o));
}

static void a_message_that_reaches_nobody_is_tried_six_times_and_its_author_told(void **state)
{
    struct fixture *f = *state;
    const char *id;
    int64_t unread = 0;

    set_gateway(f, false);
    id = written(f);
    for (int i = 1; i <= MESSAGE_TRIES; i++) {
        assert_string_equal(loaded(f, id).state, "waiting");
        f->ctx.now_ms = loaded(f, id).next_at;
        round_now(f);
        assert_int_equal(loaded(f, id).attempts, i);
    }
    assert_string_equal(loaded(f, id).state, "failed");
    assert_string_equal(loaded(f, id).reason, "no_connection");
    must(f, notify_count(&f->ctx, &unread));
    assert_int_equal(unread, 1);
    f->ctx.now_ms += 60 * MINUTE_MS;
    round_now(f);
    assert_int_equal(loaded(f, id).attempts, MESSAGE_TRIES);
}

static void after_a_crash_only_a_gateway_that_knows_our_ids_gets_it_again(void **state)
{
    struct fixture *f = *state;
    const char *id;

    set_gateway(f, true);
    id = written(f);
    tamper(f, f->ctx.db, "UPDATE message SET state = 'sending', attempts = 1, taken_at = 5");
    round_now(f);
    assert_string_equal(loaded(f, id).state, "waiting"); /* tried, and nobody listens */
    assert_int_equal(loaded(f, id).attempts, 2);
    set_gateway(f, false);
    tamper(f, f->ctx.db, "UPDATE message SET state = 'sending', taken_at = 5");
    round_now(f);
    assert_string_equal(loaded(f, id).state, "unknown");
    assert_int_equal(loaded(f, id).attempts, 2);
}

static void a_webhook_that_fails_five_times_to_the_end_is_switched_off(void **state)
{
    struct fixture *f = *state;
    const char *secret = NULL;
    const char *id = NULL;
    struct webhook w = { 0 };

    must(f, webhook_add(&f->ctx, &id, &secret, "http://127.0.0.1:9/", "supervisor", "person"));
    for (int i = 0; i < WEBHOOK_FAILS; i++)
        must(f, webhook_try(&f->ctx, id));
    for (int i = 0; i < WEBHOOK_FAILS; i++) {
        must(f, webhook_load(&f->ctx, &w, id));
        assert_string_equal(w.state, "active");
        tamper(f, f->ctx.db, "UPDATE webhook_delivery SET attempts = 7 WHERE state = 'waiting'");
        must(f, webhooks_round(&f->ctx));
        assert_int_equal(
            count_of(f, f->ctx.db, "SELECT count(*) FROM webhook_delivery WHERE state = 'failed'"),
            i + 1); /* one that nobody answers holds the others back */
        f->ctx.now_ms += 2 * MINUTE_MS;
    }
    must(f, webhook_load(&f->ctx, &w, id));
    assert_string_equal(w.state, "disabled");
    must(f, webhook_set_state(&f->ctx, id, "active"));
    must(f, webhook_load(&f->ctx, &w, id));
    assert_int_equal(w.fails, 0);
}

static void a_sender_that_tells_a_purpose_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const telling[] = { "info@homereturn.org", "x@iom.int",
                                           "reintegration@mail.test", "asylumdesk@mail.test" };
    struct mail_settings s = {
        .url = "smtps://mail.test", .user = "", .password = "", .from = "", .from_name = "Awa"
    };

    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        s.from = telling[i];
        assert_int_equal(mail_settings_save(&f->ctx, &s), ERR_INVALID);
        ctx_clear_problems(&f->ctx);
    }
    s.from = "hello@mail.test";
    s.from_name = "Return office";
    assert_int_equal(mail_settings_save(&f->ctx, &s), ERR_INVALID);
    s.from_name = "Awa";
    ctx_clear_problems(&f->ctx);
    must(f, mail_settings_save(&f->ctx, &s));
}

/* --- every database call fails in turn --- */

/* Like tamper, where there may be nothing to change. */
static void put(struct fixture *f, const char *sql)
{
    must(f, db_exec_in(&f->ctx, f->ctx.db, NULL, db_sql_built(f->ctx.db, sql)));
}

/* Runs until it works; each time before is called first, after checks what is there. */
struct trial {
    void (*before)(struct fixture *f);
    enum err (*run)(struct fixture *f);
    void (*after)(struct fixture *f, enum err rc);
};

static void every_call_fails(struct fixture *f, const struct trial *t)
{
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        t->before(f);
        db_fail_at(f->ctx.db, n);
        rc = t->run(f);
        db_fail_at(f->ctx.db, 0);
        if (rc != OK && rc != ERR_DB)
            fail_msg("call %d: %s: %s", n, err_name(rc), ctx_first_problem(&f->ctx));
        assert_false(db_in_transaction(f->ctx.db));
        t->after(f, rc);
        assert_true(n < CALLS_MAX);
        ctx_clear_problems(&f->ctx);
    }
}

static void message_anew(struct fixture *f)
{
    put(f, "UPDATE message SET state = 'waiting', reason = '', attempts = 0, next_at = 0");
    put(f, "DELETE FROM message_event");
}

static enum err send_it(struct fixture *f)
{
    struct outbox o = { .begun = true, .digest_at = f->ctx.now_ms };

    return outbox_round(&f->ctx, &o);
}

/* What was marked has its event; what was not marked was not sent. */
static void message_is_whole(struct fixture *f, enum err rc)
{
    int64_t tried = count_of(f, f->ctx.db, "SELECT count(*) FROM message WHERE attempts = 1");
    int64_t sending =
        count_of(f, f->ctx.db, "SELECT count(*) FROM message WHERE state = 'sending'");

    assert_int_equal(count_of(f, f->ctx.db, EVENTS), tried == 0 ? 0 : sending == 1 ? 1 : 2);
    if (!rc)
        assert_true(tried == 1 && sending == 0);
}

static void sending(struct fixture *f)
{
    put(f, "UPDATE message SET state = 'sending', reason = '', attempts = 1, taken_at = 5");
    put(f, "DELETE FROM message_event");
}

static void is_recovered_or_not(struct fixture *f, enum err rc)
{
    int64_t unknown =
        count_of(f, f->ctx.db, "SELECT count(*) FROM message WHERE state = 'unknown'");

    assert_int_equal(count_of(f, f->ctx.db, EVENTS), unknown);
    if (!rc)
        assert_int_equal(unknown, 1);
}

static enum err recover(struct fixture *f)
{
    return message_store_recover(&f->ctx, f->ctx.now_ms, false);
}

static void nothing_told(struct fixture *f)
{
    put(f, "DELETE FROM webhook_delivery");
    put(f, "UPDATE webhook SET seq = 0");
}

static enum err tell(struct fixture *f)
{
    return webhooks_round(&f->ctx);
}

/* The place in the history moves with the deliveries, so none is lost and none comes twice. */
static void told_once(struct fixture *f, enum err rc)
{
    int64_t moved = count_of(f, f->ctx.db, "SELECT count(*) FROM webhook WHERE seq > 0");

    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM webhook_delivery"), moved);
    if (!rc)
        assert_int_equal(
            count_of(f, f->ctx.db, "SELECT count(*) FROM webhook_delivery WHERE attempts = 1"), 1);
}

static void no_digest(struct fixture *f)
{
    put(f, "DELETE FROM message_event");
    put(f, "DELETE FROM message");
    put(f, "UPDATE staff_mail SET digest_at = 1");
}

static enum err digest(struct fixture *f)
{
    return digest_round(&f->ctx);
}

static void digest_once(struct fixture *f, enum err rc)
{
    int64_t done = count_of(f, f->ctx.db, "SELECT count(*) FROM staff_mail WHERE digest_at > 1");

    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM message"), done);
    if (!rc)
        assert_int_equal(done, 1);
}

static void a_round_that_is_cut_off_sends_nothing_unseen(void **state)
{
    struct fixture *f = *state;
    const struct trial send = { message_anew, send_it, message_is_whole };
    const struct trial mend = { sending, recover, is_recovered_or_not };

    set_gateway(f, false);
    (void)written(f);
    every_call_fails(f, &send);
    every_call_fails(f, &mend);
}

static void a_webhook_round_that_is_cut_off_tells_each_change_once(void **state)
{
    struct fixture *f = *state;
    const struct trial t = { nothing_told, tell, told_once };
    const char *secret = NULL;
    const char *id = NULL;

    must(f, webhook_add(&f->ctx, &id, &secret, "http://127.0.0.1:9/", "supervisor", "person"));
    (void)person_stored(f, SELF);
    every_call_fails(f, &t);
}

static void a_daily_mail_that_is_cut_off_comes_once(void **state)
{
    struct fixture *f = *state;
    const struct trial t = { no_digest, digest, digest_once };

    must(f, staff_mail_save(&f->ctx, "sup@mail.test", true));
    must(f, notify(&f->ctx, f->ctx.user_id, "x", NULL, NULL));
    f->ctx.now_ms += 26 * 60 * MINUTE_MS;
    every_call_fails(f, &t);
}

static void one_unread(struct fixture *f)
{
    put(f, "UPDATE notification SET read_at = NULL");
    put(f, "DELETE FROM setting");
}

static enum err read_all(struct fixture *f)
{
    return notify_read(&f->ctx, NULL);
}

static void read_or_not(struct fixture *f, enum err rc)
{
    int64_t unread = 0;

    must(f, notify_count(&f->ctx, &unread));
    assert_int_equal(unread, rc ? 1 : 0);
}

static enum err save_hours(struct fixture *f)
{
    return hours_save(&f->ctx, "21:00", "07:00", true);
}

static enum err save_mail(struct fixture *f)
{
    const struct mail_settings s = { .url = "smtps://mail.test",
                                     .user = "",
                                     .password = "",
                                     .from = "hello@mail.test",
                                     .from_name = "" };

    return mail_settings_save(&f->ctx, &s);
}

static void all_settings_or_none(struct fixture *f, enum err rc)
{
    int64_t n = count_of(f, f->ctx.db, "SELECT count(*) FROM setting");

    assert_true(rc ? n == 0 : n > 0);
}

static void a_page_whose_database_fails_saves_nothing_of_it(void **state)
{
    struct fixture *f = *state;
    const struct trial note = { one_unread, read_all, read_or_not };
    const struct trial hours = { one_unread, save_hours, all_settings_or_none };
    const struct trial mail = { one_unread, save_mail, all_settings_or_none };

    must(f, notify(&f->ctx, f->ctx.user_id, "x", NULL, NULL));
    every_call_fails(f, &note);
    every_call_fails(f, &hours);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM setting"), 2);
    every_call_fails(f, &mail);
}

#define T(test) cmocka_unit_test_setup_teardown(test, outbox_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_message_that_reaches_nobody_is_tried_six_times_and_its_author_told),
        T(after_a_crash_only_a_gateway_that_knows_our_ids_gets_it_again),
        T(a_webhook_that_fails_five_times_to_the_end_is_switched_off),
        T(a_sender_that_tells_a_purpose_is_refused),
        T(a_round_that_is_cut_off_sends_nothing_unseen),
        T(a_webhook_round_that_is_cut_off_tells_each_change_once),
        T(a_daily_mail_that_is_cut_off_comes_once),
        T(a_page_whose_database_fails_saves_nothing_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
