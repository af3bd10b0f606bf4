/* Messages: who may be written to and when, what texts may say, signatures, faults of every writer.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "core/asset.h"
#include "core/text.h"
#include "messages/messages_inner.h"
#include "messages/notify.h"
#include "messages/webhook.h"
#include "people_fixture.h"

#define HOUR_MS   ((int64_t)60 * 60 * 1000)
#define CALLS_MAX 400
#define NUMBER    "+221770001122"
#define PHONE     "contacts.1.contact_kind=phone;contacts.1.contact_value=+221 77 000 11 22;"
#define SELF      PHONE "contacts.1.contact_owner=self;"
#define AUNT                                                                                       \
    PHONE "contacts.1.contact_owner=relative;contacts.1.contact_owner_name=Aliou;"                 \
          "contacts.1.contact_owner_consent=yes;contacts.1.contact_owner_knows_of_return=yes;"
#define PERSON(more) PERSON_AWA ";" more

static const char *const call_args[] = { "+221 33 800 00 00", NULL };

static int messages_setup(void **state)
{
    int rc = people_setup(state);
    struct fixture *f = *state;

    must(f, message_texts_load(&f->ctx));
    return rc;
}

static struct decision decided(struct fixture *f, const char *answers, int64_t at)
{
    struct decision d = { 0 };

    must(f, gate_decide(&f->ctx, &d, person_filled(f, answers), NULL, at));
    return d;
}

/* The same for the row itself, which may be one that would not be picked. */
static const char *why_blocked(struct fixture *f, const char *answers)
{
    struct record *rec = person_filled(f, answers);
    const struct field *contacts = field_find(rec->form, "contacts");
    struct decision d = { 0 };

    rec->answers->rows[contacts->place][0]->id = "row";
    must(f, gate_decide(&f->ctx, &d, rec, "row", FIXTURE_NOW));
    assert_int_equal(d.verdict == VERDICT_BLOCK, *d.reason != '\0');
    return d.reason;
}

static struct message call_us(const struct record *person)
{
    return (
        struct message){ .template_name = "call_us", .args = call_args, .person_id = person->id };
}

static struct message_row loaded(struct fixture *f, const char *id)
{
    struct message_row m = { 0 };

    must(f, message_load(&f->ctx, &m, id));
    return m;
}

/* --- the gate --- */

static void a_contact_is_used_only_where_nothing_speaks_against_it(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(why_blocked(f, PERSON(SELF)), "");
    assert_string_equal(why_blocked(f, PERSON(AUNT)), "");
    assert_string_equal(why_blocked(f, PERSON(SELF "contacts.1.contact_do_not_use=yes")),
                        "do_not_use");
    assert_string_equal(why_blocked(f, PERSON(PHONE)), "no_consent");
    assert_string_equal(why_blocked(f, PERSON(PHONE "contacts.1.contact_owner=friend;"
                                                    "contacts.1.contact_owner_consent=no")),
                        "no_consent");
    assert_string_equal(why_blocked(f, PERSON(AUNT "do_not_disclose_return=family")),
                        "not_to_learn");
    assert_string_equal(why_blocked(f, PERSON(AUNT "do_not_disclose_return=community")), "");
    assert_string_equal(
        why_blocked(f, PERSON(PHONE "contacts.1.contact_owner=friend;"
                                    "contacts.1.contact_owner_consent=yes;"
                                    "do_not_disclose_return=community;"
                                    "contacts.1.contact_owner_knows_of_return=yes")),
        "not_to_learn");
    assert_string_equal(why_blocked(f, PERSON(PHONE "contacts.1.contact_owner=friend;"
                                                    "contacts.1.contact_owner_consent=yes;"
                                                    "contacts.1.contact_owner_knows_of_return="
                                                    "unknown")),
                        "owner_unaware");
    assert_string_equal(why_blocked(f, PERSON("contacts.1.contact_kind=visit;contacts.1.contact_"
                                              "value=Rue 7;contacts.1.contact_owner=self")),
                        "no_channel");
    assert_string_equal(why_blocked(f, PERSON("contacts.1.contact_kind=phone;contacts.1.contact_"
                                              "value=77 000 11 22;contacts.1.contact_owner=self")),
                        "bad_address");
}

static void a_preferred_contact_that_may_not_be_used_is_passed_by(void **state)
{
    struct fixture *f = *state;
    struct decision d =
        decided(f,
                PERSON(SELF "contacts.1.contact_do_not_use=yes;contacts.2.contact_kind=email;"
                            "contacts.2.contact_value=Awa@Mail.Test;contacts.2.contact_owner=self"),
                FIXTURE_NOW);

    assert_int_equal(d.verdict, VERDICT_SEND);
    assert_int_equal(d.channel, CHANNEL_EMAIL);
    assert_string_equal(d.to, "awa@mail.test");
    assert_string_equal(decided(f, PERSON(""), FIXTURE_NOW).reason, "no_contact");
}

static void quiet_hours_end_at_eight_in_the_time_zone_of_the_office(void **state)
{
    struct fixture *f = *state; /* Dakar is at UTC; the fixture's now is Sunday, 08:00 */
    struct decision d = decided(f, PERSON(SELF), FIXTURE_NOW);

    assert_int_equal(d.verdict, VERDICT_SEND);
    d = decided(f, PERSON(SELF), FIXTURE_NOW + 12 * HOUR_MS);
    assert_int_equal(d.verdict, VERDICT_LATER);
    assert_string_equal(d.reason, "quiet_hours");
    assert_int_equal(d.at, FIXTURE_NOW + 24 * HOUR_MS);
    assert_int_equal(decided(f, PERSON(SELF), FIXTURE_NOW + 12 * HOUR_MS - 1).verdict,
                     VERDICT_SEND);
    must(f, quiet_hours_save(&f->ctx, "22:00", "06:00"));
    assert_int_equal(decided(f, PERSON(SELF), FIXTURE_NOW + 12 * HOUR_MS).verdict, VERDICT_SEND);
    assert_int_equal(quiet_hours_save(&f->ctx, "25:00", "06:00"), ERR_INVALID);
}

static void safe_days_and_hours_come_before_quiet_hours(void **state)
{
    struct fixture *f = *state;
    struct decision d = decided(
        f, PERSON(SELF "contacts.1.contact_safe_from=21:00;contacts.1.contact_safe_to=23:00"),
        FIXTURE_NOW);

    assert_string_equal(d.reason, "safe_hours");
    assert_int_equal(d.at,
                     FIXTURE_NOW + 13 * HOUR_MS); /* an evening hour may be the only safe one */
    d = decided(f, PERSON(SELF "contacts.1.contact_safe_days=tue"), FIXTURE_NOW);
    assert_int_equal(d.at, FIXTURE_NOW + 48 * HOUR_MS);
    /* Over midnight: the early hours of Monday belong to Sunday's window. */
    d = decided(f,
                PERSON(SELF "contacts.1.contact_safe_days=sun;contacts.1.contact_safe_from=22:00;"
                            "contacts.1.contact_safe_to=02:00"),
                FIXTURE_NOW + 17 * HOUR_MS);
    assert_int_equal(d.verdict, VERDICT_SEND);
    d = decided(f,
                PERSON(SELF "contacts.1.contact_safe_days=sun;contacts.1.contact_safe_from=22:00;"
                            "contacts.1.contact_safe_to=02:00"),
                FIXTURE_NOW + 38 * HOUR_MS);
    assert_int_equal(d.at, FIXTURE_NOW + (7 * 24 + 14) * HOUR_MS);
}

static void numbers_and_addresses_are_brought_into_one_form_or_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad_mail[] = { "a@b",          "a b@c.de", "a@b.de\r\nBcc: x@y.z",
                                            "a@b.de,c@d.e", "<a@b.de>", "a@@b.de",
                                            "@b.de",        "a@.de",    "a@b.de." };
    static const char *const bad_phone[] = { "770001122", "+0771234567",           "+22",
                                             "call me",   "+22177000112233445566", "" };

    assert_string_equal(phone_normal(f->ctx.arena, "00221 77-000.11 22"), NUMBER);
    assert_string_equal(phone_normal(f->ctx.arena, "+٢٢١٧٧٠٠٠١١٢٢"), NUMBER);
    assert_string_equal(email_normal(f->ctx.arena, " Awa.B+x@Mail.Test "), "awa.b+x@mail.test");
    for (size_t i = 0; i < sizeof bad_mail / sizeof bad_mail[0]; i++)
        assert_null(email_normal(f->ctx.arena, bad_mail[i]));
    for (size_t i = 0; i < sizeof bad_phone / sizeof bad_phone[0]; i++)
        assert_null(phone_normal(f->ctx.arena, bad_phone[i]));
}

/* --- texts --- */

static void words_that_tell_a_purpose_are_found_in_every_language(void **state)
{
    struct fixture *f = *state;
    static const char *const telling[] = {
        "Your RETURN grant is ready",
        "Call IOM",
        "Votre réintégration avance",
        "REINTEGRACIÓN: llame",
        "موعد برنامج العودة",
        "A counsellor will call",
        "Rendez-vous à la clinique demain",
        "اتصل بالطبيب",
    };
    static const char *const neutral[] = { "Please call us", "Un petit mot", "Llámenos, por favor",
                                           "يرجى الاتصال بنا", "Chiome and Simon" };

    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        if (text_tells(&f->ctx, telling[i]) == NULL)
            fail_msg("not found in: %s", telling[i]);
    for (size_t i = 0; i < sizeof neutral / sizeof neutral[0]; i++)
        if (text_tells(&f->ctx, neutral[i]) != NULL)
            fail_msg("%s: %s", neutral[i], text_tells(&f->ctx, neutral[i]));
}

/* A file of templates in place of the shipped one. */
static void use_templates(struct fixture *f, const char *dir, const char *text)
{
    const char *folder = arena_printf(f->ctx.arena, "%s/messages", dir);
    FILE *file;

    (void)mkdir(dir, 0700);
    (void)mkdir(folder, 0700);
    file = fopen(arena_printf(f->ctx.arena, "%s/templates.csv", folder), "wbe");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    must(f, asset_use_directory(&f->ctx, dir));
}

#define HEAD                                                                                       \
    "name,audience,args,title::English (en),title::Fran\xC3\xA7"                                   \
    "ais (fr),title::Espa\xC3\xB1ol (es),"                                                         \
    "title::\xD8\xA7\xD9\x84\xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A\xD8\xA9 (ar),"                        \
    "subject::English (en),subject::Fran\xC3\xA7"                                                  \
    "ais (fr),subject::Espa\xC3\xB1ol (es),"                                                       \
    "subject::\xD8\xA7\xD9\x84\xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A\xD8\xA9 (ar),"                      \
    "text::English (en),text::Fran\xC3\xA7"                                                        \
    "ais (fr),text::Espa\xC3\xB1ol (es),"                                                          \
    "text::\xD8\xA7\xD9\x84\xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A\xD8\xA9 (ar)\n"
#define GOOD    "fine,person,phone,A,A,A,A,B,B,B,B,Call {0}.,Call {0}.,Call {0}.,Call {0}.\n"
#define STARTED "a,person,phone,A,A,A,A,B,B,B,B,Call {0}.,Call {0}."

static void a_mistake_in_the_templates_is_told_with_file_row_value_and_what_to_do(void **state)
{
    static const struct {
        const char *text;
        const char *told[4]; /* each stands in the problem */
    } bad[] = {
        { HEAD GOOD STARTED ",,Call {0}.\n", { ", row 3, \"\"", "(es)", "write it in every" } },
        { HEAD GOOD STARTED ",See www.example.org {0},Call {0}.\n",
          { ", row 3, \"See www", "(es)", "leave it out" } },
        { HEAD GOOD STARTED ",Your HIV test {0},Call {0}.\n",
          { ", row 3, \"Your HIV", "\"hiv\"", "choose another" } },
        { HEAD GOOD STARTED ",Call us.,Call {0}.\n", { ", row 3, \"Call us.\"", "{0}" } },
        { HEAD GOOD STARTED ",Call {0} {1}.,Call {0}.\n", { ", row 3,", "(es)", "{0}" } },
        { HEAD "A b,person,,A,A,A,A,B,B,B,B,C,C,C,C\n", { ", row 2, \"A b\"", "a to z" } },
        { HEAD "a,everybody,,A,A,A,A,B,B,B,B,C,C,C,C\n",
          { ", row 2, \"everybody\"", "person, staff or test" } },
        { HEAD "a,person,name,A,A,A,A,B,B,B,B,C,C,C,C\n",
          { ", row 2, \"name\"", "phone, date, time, number" } },
        { HEAD "a,person\n", { ", row 2, \"a\"", "as many cells" } },
        { "", { "row 1", "empty" } },
        { "name,audience,args\na,person,\n", { ", row 2", "title::English (en)", "missing" } },
    };
    struct fixture *f = *state;
    const char *dir = arena_printf(f->ctx.arena, "%s/content", f->dir);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *problem;

        use_templates(f, dir, bad[i].text);
        ctx_clear_problems(&f->ctx);
        assert_int_equal(message_texts_load(&f->ctx), ERR_INVALID);
        problem = ctx_first_problem(&f->ctx);
        assert_non_null(strstr(problem, "messages/templates.csv"));
        for (size_t k = 0; k < 4 && bad[i].told[k]; k++)
            if (!strstr(problem, bad[i].told[k]))
                fail_msg("%s is not in: %s", bad[i].told[k], problem);
    }
    ctx_clear_problems(&f->ctx);
    use_templates(f, dir, HEAD GOOD);
    must(f, message_texts_load(&f->ctx));
    assert_non_null(template_find("fine"));
    assert_null(template_find("call_us"));
    (void)remove(arena_printf(f->ctx.arena, "%s/messages/templates.csv", dir));
    must(f, asset_use_directory(&f->ctx, dir));
    (void)remove(arena_printf(f->ctx.arena, "%s/messages", dir));
    (void)remove(dir);
    must(f, message_texts_load(&f->ctx));
    assert_non_null(template_find("call_us"));
}

static void arguments_are_of_their_kind(void **state)
{
    struct fixture *f = *state;
    const struct message_template *t = template_find("meeting");
    const char *const good[] = { "2026-12-01", "14:30", NUMBER, NULL };
    const char *const bad[] = { "tomorrow", "14h", "your HIV test", NULL };
    const char *const few[] = { "2026-12-01", NULL };

    must(f, template_check_args(&f->ctx, t, good));
    assert_string_equal(template_text(&f->ctx, t, "es", good),
                        "Recordatorio: nos vemos el 1 dic 2026 a las 14:30. Para cambiarlo, llame "
                        "al " NUMBER ".");
    /* Between Arabic words a number stands in one piece, behind a mark of direction. */
    assert_non_null(strstr(template_text(&f->ctx, template_find("call_us"), "ar", call_args),
                           " \xe2\x80\x8e+221338000000 "));
    assert_int_equal(template_check_args(&f->ctx, t, bad), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "arg.1"));
    assert_non_null(ctx_problem(&f->ctx, "arg.2"));
    assert_non_null(ctx_problem(&f->ctx, "arg.3"));
    assert_int_equal(template_check_args(&f->ctx, t, few), ERR_INVALID);
}

static void a_gateways_body_is_escaped_as_its_content_type_says(void **state)
{
    struct fixture *f = *state;
    const struct parcel p = { "7", NUMBER, "", "Say \"x\" & {to}", "en" };
    struct sms_settings s = { .headers = "Content-Type: application/json",
                              .body = "{\"a\":\"{to}\",\"b\":\"{text}\",\"i\":\"{id}\"}",
                              .sender = "" };

    assert_string_equal(sms_body(&f->ctx, &s, &p),
                        "{\"a\":\"" NUMBER "\",\"b\":\"Say \\\"x\\\" & {to}\",\"i\":\"7\"}");
    s.headers = "X: y\nContent-Type: application/x-www-form-urlencoded";
    s.body = "to={to}&text={text}";
    assert_string_equal(sms_body(&f->ctx, &s, &p),
                        "to=%2B221770001122&text=Say%20%22x%22%20%26%20%7Bto%7D");
    s.headers = "Content-Type: text/xml";
    assert_null(sms_body(&f->ctx, &s, &p));
}

/* --- the net --- */

static bool is_private(const char *text)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return net_is_private((const struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return net_is_private((const struct sockaddr *)&in6);
}

static void addresses_that_are_no_hosts_of_the_internet_are_private(void **state)
{
    static const char *const closed[] = { "127.0.0.1",
                                          "10.1.2.3",
                                          "172.31.255.255",
                                          "192.168.0.9",
                                          "169.254.169.254",
                                          "100.64.0.1",
                                          "0.0.0.0",
                                          "224.0.0.1",
                                          "255.255.255.255",
                                          "::1",
                                          "::",
                                          "fe80::1",
                                          "fd00::1",
                                          "::ffff:10.0.0.1",
                                          "64:ff9b::a00:1",
                                          "2002:a00:1::1",
                                          "ff02::1",
                                          "2001:db8::1" };
    static const char *const open[] = { "8.8.8.8",      "172.32.0.1",     "192.167.1.1",
                                        "2a00:1450::1", "::ffff:8.8.8.8", "100.128.0.1",
                                        "1.1.1.1" };

    (void)state;
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        if (!is_private(closed[i]))
            fail_msg("%s counts as public", closed[i]);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        if (is_private(open[i]))
            fail_msg("%s counts as private", open[i]);
}

/* --- adding --- */

static void a_message_is_stored_with_its_address_and_text_sealed(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON(SELF));
    const struct message m = call_us(rec);
    struct message_row row;
    const char *text = NULL;
    const char *id = NULL;

    must(f, message_add(&f->ctx, &id, &m));
    row = loaded(f, id);
    assert_string_equal(row.state, "waiting");
    must(f, message_open(&f->ctx, &row, &text, NULL));
    assert_string_equal(row.to, NUMBER);
    assert_non_null(strstr(text, "+221 33 800 00 00"));
    assert_false(files_hold(f, "770001122"));
    assert_false(files_hold(f, "33 800 00 00"));
    must(f, message_cancel(&f->ctx, id));
    assert_int_equal(message_cancel(&f->ctx, id), ERR_CONFLICT);
}

static void what_the_caller_rolls_back_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON(SELF));
    const struct message m = call_us(rec);
    const char *id = NULL;

    must(f, db_begin(&f->ctx));
    must(f, message_add(&f->ctx, &id, &m));
    db_rollback(&f->ctx);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM message"), 0);
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM message_event"), 0);
}

static void what_changed_after_it_was_written_stops_a_message(void **state)
{
    struct fixture *f = *state;
    struct record *rec = person_stored(f, PERSON(SELF));
    struct message m = call_us(rec);
    struct outbox o = { 0 };
    const char *changed = NULL;
    const char *out = NULL;
    const char *late = NULL;

    must(f, message_add(&f->ctx, &changed, &m));
    must(f, record_load(&f->ctx, &rec, "person", rec->id));
    record_set(rec, "sex", "female");
    m.not_before = f->ctx.now_ms + HOUR_MS;
    must(f, message_add(&f->ctx, &out, &m));
    must(f, message_add(&f->ctx, &late, &m));
    must(f, outbox_round(&f->ctx, &o));
    assert_string_equal(loaded(f, changed).reason, "no_settings");
    must(f, opt_out_set(&f->ctx, CHANNEL_SMS, NUMBER, true));
    f->ctx.now_ms += 2 * HOUR_MS;
    must(f, outbox_round(&f->ctx, &o));
    assert_string_equal(loaded(f, out).state, "blocked");
    assert_string_equal(loaded(f, out).reason, "opted_out");
    assert_string_equal(loaded(f, changed).state, "blocked");
    assert_string_equal(loaded(f, late).state, "blocked");
}

static void what_was_being_sent_when_the_program_ended_is_for_a_person_to_decide(void **state)
{
    struct fixture *f = *state;
    const struct message m = call_us(person_stored(f, PERSON(SELF)));
    struct outbox o = { 0 };
    const char *id = NULL;

    must(f, message_add(&f->ctx, &id, &m));
    tamper(f, f->ctx.db, "UPDATE message SET state = 'sending', attempts = 1, taken_at = 5");
    must(f, outbox_round(&f->ctx, &o));
    assert_string_equal(loaded(f, id).state, "unknown");
    assert_int_equal(message_cancel(&f->ctx, id), ERR_CONFLICT);
    must(f, message_decide(&f->ctx, id, false));
    assert_string_equal(loaded(f, id).state, "sent");
    assert_int_equal(message_decide(&f->ctx, id, true), ERR_CONFLICT);
}

static void a_message_whose_time_is_over_is_not_sent(void **state)
{
    struct fixture *f = *state;
    const struct message m = call_us(person_stored(f, PERSON(SELF)));
    struct outbox o = { 0 };
    const char *id = NULL;

    must(f, message_add(&f->ctx, &id, &m));
    f->ctx.now_ms += MESSAGE_LASTS_MS + 1;
    must(f, outbox_round(&f->ctx, &o));
    assert_string_equal(loaded(f, id).state, "failed");
    assert_string_equal(loaded(f, id).reason, "expired");
}

/* --- reports --- */

static const struct sms_settings gateway = { .url = "https://sms.example.org/",
                                             .method = "POST",
                                             .headers = "Content-Type: application/json",
                                             .body = "{\"a\":\"{to}\",\"b\":\"{text}\"}",
                                             .ok_codes = "200",
                                             .id_pointer = "/id",
                                             .sender = "" };

static void a_report_is_taken_only_with_the_right_signature(void **state)
{
    struct fixture *f = *state;
    static const char body[] = "{\"from\":\"221770001122\",\"text\":\" Arrêt \"}";
    const char *secret = NULL;
    const char *signature;
    bool out = false;

    must(f, sms_settings_save(&f->ctx, &gateway));
    assert_int_equal(gateway_report_take(&f->ctx, hook_signature(&f->ctx, "", body, strlen(body)),
                                         body, strlen(body)),
                     ERR_FORBIDDEN); /* there is no secret yet: nobody can sign */
    must(f, sms_secret_new(&f->ctx, &secret));
    signature = hook_signature(&f->ctx, secret, body, strlen(body));
    assert_int_equal(gateway_report_take(&f->ctx, NULL, body, strlen(body)), ERR_FORBIDDEN);
    assert_int_equal(gateway_report_take(&f->ctx, signature, body, strlen(body) - 1),
                     ERR_FORBIDDEN);
    f->ctx.now_ms += GATEWAY_CLOCK_MS + 1000;
    assert_int_equal(gateway_report_take(&f->ctx, signature, body, strlen(body)), ERR_FORBIDDEN);
    f->ctx.now_ms -= GATEWAY_CLOCK_MS + 1000;
    must(f, gateway_report_take(&f->ctx, signature, body, strlen(body)));
    must(f, opt_out_get(&f->ctx, &out, NULL, CHANNEL_SMS, NUMBER));
    assert_true(out);
    assert_false(files_hold(f, secret));
}

static void reports_that_are_none_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = { "",
                                       "[]",
                                       "{}",
                                       "{\"id\":\"1\"}",
                                       "{\"id\":\"1\",\"status\":\"burnt\"}",
                                       "{\"id\":1,\"status\":\"sent\"}",
                                       "{\"from\":\"1\",\"id\":\"2\"}",
                                       "{\"id\":\"1\",\"id\":\"2\",\"status\":\"sent\"}" };
    static const char good[] = "{\"id\":\"1\",\"status\":\"delivered\"}";
    struct gateway_report r = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(gateway_report_parse(&f->ctx, &r, bad[i], strlen(bad[i])), ERR_INVALID);
    must(f, gateway_report_parse(&f->ctx, &r, good, strlen(good)));
    assert_string_equal(r.status, "delivered");
}

/* --- notifications --- */

static void a_notification_is_read_by_its_owner_alone(void **state)
{
    struct fixture *f = *state;
    const char *const args[] = { "Awa Ndiaye", NULL };
    const char *owner = f->ctx.user_id;
    struct notification *items = NULL;
    struct notification n = { 0 };
    size_t len = 0;
    int64_t count = 0;

    must(f, notify(&f->ctx, owner, "Task for {0}", args, "/records/person"));
    assert_int_equal(notify(&f->ctx, owner, "x", NULL, "https://evil.test"), ERR_INVALID);
    assert_int_equal(notify(&f->ctx, owner, "x", NULL, "//evil.test"), ERR_INVALID);
    must(f, notify_list(&f->ctx, &items, &len, NULL));
    assert_int_equal(len, 1);
    assert_string_equal(items[0].text, "Task for Awa Ndiaye");
    must(f, notify_count(&f->ctx, &count));
    assert_int_equal(count, 1);
    fixture_as(f, "case_manager");
    must(f, notify_count(&f->ctx, &count));
    assert_int_equal(count, 0);
    assert_int_equal(notify_load(&f->ctx, &n, items[0].id), ERR_NOT_FOUND);
    must(f, notify_read(&f->ctx, items[0].id));
    fixture_as(f, "supervisor");
    must(f, notify_count(&f->ctx, &count));
    assert_int_equal(count, 1);
    must(f, notify_read(&f->ctx, NULL));
    must(f, notify_count(&f->ctx, &count));
    assert_int_equal(count, 0);
    assert_false(files_hold(f, "Awa Ndiaye"));
}

static void the_daily_mail_counts_and_says_nothing_else(void **state)
{
    struct fixture *f = *state;
    const char *const args[] = { "Awa Ndiaye", NULL };
    struct outbox o = { 0 };
    struct message_row *items = NULL;
    const char *text = NULL;
    size_t len = 0;

    must(f, staff_mail_save(&f->ctx, "sup@mail.test", true));
    f->ctx.now_ms += 26 * HOUR_MS;
    must(f, notify(&f->ctx, f->ctx.user_id, "Task for {0}", args, NULL));
    for (int i = 0; i < 3; i++) {
        o.digest_at = 0;
        must(f, outbox_round(&f->ctx, &o));
    }
    must(f, message_list(&f->ctx, &items, &len, NULL, NULL));
    assert_int_equal(len, 1);
    must(f, message_open(&f->ctx, &items[0], &text, NULL));
    assert_non_null(strstr(text, "1"));
    assert_null(strstr(text, "Awa"));
}

/* --- webhooks --- */

static void a_webhook_is_told_of_what_its_account_may_see(void **state)
{
    struct fixture *f = *state;
    const char *secret = NULL;
    const char *id = NULL;

    assert_int_equal(
        webhook_add(&f->ctx, &id, &secret, "https://x.test/", "case_manager", "person"),
        ERR_INVALID); /* sees its own only */
    assert_int_equal(webhook_add(&f->ctx, &id, &secret, "https://x.test/", "me_officer", "person"),
                     ERR_INVALID); /* sees no people */
    assert_int_equal(webhook_add(&f->ctx, &id, &secret, "http://x.test/", "supervisor", "person"),
                     ERR_INVALID); /* not encrypted */
    must(f, webhook_add(&f->ctx, &id, &secret, "https://127.0.0.1:9/", "supervisor", "person"));
    (void)person_stored(f, PERSON(SELF));
    f->ctx.now_ms += 1000;
    must(f, webhooks_round(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db,
                              "SELECT count(*) FROM webhook_delivery WHERE event = "
                              "'person.created' AND fault = 'address' AND state = 'waiting'"),
                     1); /* and not sent to this machine */
    must(f, webhooks_round(&f->ctx));
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM webhook_delivery"), 1);
    assert_false(files_hold(f, secret));
}

/* --- every database call of every writer fails in turn --- */

static int64_t total(struct fixture *f)
{
    return count_of(f, f->ctx.db,
                    "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM message_event)"
                    " + (SELECT count(*) FROM message_opt_out) + (SELECT count(*) FROM staff_mail)"
                    " + (SELECT count(*) FROM notification) + (SELECT count(*) FROM webhook)"
                    " + (SELECT count(*) FROM webhook_delivery) + (SELECT count(*) FROM audit)"
                    " + (SELECT count(*) FROM setting)");
}

struct writer {
    const char *person;
    const char *message;
    const char *webhook;
    const char *secret;
};

static enum err write_add(struct fixture *f, struct writer *w)
{
    const struct record rec = { .id = w->person };
    const struct message m = call_us(&rec);

    return message_add(&f->ctx, &w->message, &m);
}

static enum err write_cancel(struct fixture *f, struct writer *w)
{
    return message_cancel(&f->ctx, w->message);
}

static enum err write_opt_out(struct fixture *f, struct writer *w)
{
    (void)w;
    return opt_out_set(&f->ctx, CHANNEL_SMS, NUMBER, true);
}

static enum err write_notify(struct fixture *f, struct writer *w)
{
    (void)w;
    return notify(&f->ctx, f->ctx.user_id, "x", NULL, NULL);
}

static enum err write_mail(struct fixture *f, struct writer *w)
{
    (void)w;
    return staff_mail_save(&f->ctx, "sup@mail.test", false);
}

static enum err write_sms(struct fixture *f, struct writer *w)
{
    (void)w;
    return sms_settings_save(&f->ctx, &gateway);
}

static enum err write_secret(struct fixture *f, struct writer *w)
{
    return sms_secret_new(&f->ctx, &w->secret);
}

static enum err write_report(struct fixture *f, struct writer *w)
{
    static const char body[] = "{\"from\":\"+221770009999\",\"text\":\"STOP\"}";

    return gateway_report_take(&f->ctx, hook_signature(&f->ctx, w->secret, body, strlen(body)),
                               body, strlen(body));
}

static enum err write_webhook(struct fixture *f, struct writer *w)
{
    return webhook_add(&f->ctx, &w->webhook, &w->secret, "https://x.test/", "supervisor", "person");
}

static enum err write_pause(struct fixture *f, struct writer *w)
{
    return webhook_set_state(&f->ctx, w->webhook, "paused");
}

static enum err write_try(struct fixture *f, struct writer *w)
{
    return webhook_try(&f->ctx, w->webhook);
}

static void fails_cleanly(struct fixture *f, struct writer *w,
                          enum err (*run)(struct fixture *f, struct writer *w))
{
    int64_t before = total(f);
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = run(f, w);
        db_fail_at(f->ctx.db, 0);
        if (rc != OK && rc != ERR_DB)
            fail_msg("call %d: %s: %s", n, err_name(rc), ctx_first_problem(&f->ctx));
        assert_false(db_in_transaction(f->ctx.db));
        if (rc)
            assert_int_equal(total(f), before);
        assert_true(n < CALLS_MAX);
        ctx_clear_problems(&f->ctx);
    }
    assert_true(total(f) > before);
}

static void nothing_remains_of_a_writer_whose_database_fails(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .person = person_stored(f, PERSON(SELF))->id };

    fails_cleanly(f, &w, write_add);
    fails_cleanly(f, &w, write_cancel);
    fails_cleanly(f, &w, write_opt_out);
    fails_cleanly(f, &w, write_notify);
    fails_cleanly(f, &w, write_mail);
    fails_cleanly(f, &w, write_sms);
    fails_cleanly(f, &w, write_secret);
    fails_cleanly(f, &w, write_report);
    fails_cleanly(f, &w, write_webhook);
    fails_cleanly(f, &w, write_try);
    fails_cleanly(f, &w, write_pause);
}

/* The outbox may be cut off at any call: it goes on later, and never counts twice. */
static void a_round_that_fails_leaves_the_message_to_the_next_one(void **state)
{
    struct fixture *f = *state;
    struct writer w = { .person = person_stored(f, PERSON(SELF))->id };
    enum err rc = ERR_DB;

    must(f, write_add(f, &w));
    must(f, opt_out_set(&f->ctx, CHANNEL_SMS, NUMBER, true));
    for (int n = 1; rc; n++) {
        struct outbox o = { 0 };

        db_fail_at(f->ctx.db, n);
        rc = outbox_round(&f->ctx, &o);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
        assert_true(n < CALLS_MAX);
        ctx_clear_problems(&f->ctx);
    }
    assert_string_equal(loaded(f, w.message).state, "blocked");
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM message_event"), 2);
}

#define M(test) cmocka_unit_test_setup_teardown(test, messages_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        M(a_contact_is_used_only_where_nothing_speaks_against_it),
        M(a_preferred_contact_that_may_not_be_used_is_passed_by),
        M(quiet_hours_end_at_eight_in_the_time_zone_of_the_office),
        M(safe_days_and_hours_come_before_quiet_hours),
        M(numbers_and_addresses_are_brought_into_one_form_or_refused),
        M(words_that_tell_a_purpose_are_found_in_every_language),
        M(a_mistake_in_the_templates_is_told_with_file_row_value_and_what_to_do),
        M(arguments_are_of_their_kind),
        M(a_gateways_body_is_escaped_as_its_content_type_says),
        M(addresses_that_are_no_hosts_of_the_internet_are_private),
        M(a_message_is_stored_with_its_address_and_text_sealed),
        M(what_the_caller_rolls_back_is_not_sent),
        M(what_changed_after_it_was_written_stops_a_message),
        M(what_was_being_sent_when_the_program_ended_is_for_a_person_to_decide),
        M(a_message_whose_time_is_over_is_not_sent),
        M(a_report_is_taken_only_with_the_right_signature),
        M(reports_that_are_none_are_refused),
        M(a_notification_is_read_by_its_owner_alone),
        M(the_daily_mail_counts_and_says_nothing_else),
        M(a_webhook_is_told_of_what_its_account_may_see),
        M(nothing_remains_of_a_writer_whose_database_fails),
        M(a_round_that_fails_leaves_the_message_to_the_next_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
