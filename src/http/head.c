#include "http/head.h"

#include <string.h>

#include "core/text.h"

#define VERSION_LEN ((size_t)8)
#define HOST_MAX    ((size_t)255)
#define LENGTH_MAX  ((size_t)18) /* digits of a Content-Length; more is larger than anything */

static bool is_alnum(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c);
}

bool head_is_token(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_alnum(s[i]) && (s[i] == '\0' || strchr("!#$%&'*+-.^_`|~", s[i]) == NULL))
            return false;
    }
    return len > 0;
}

bool head_is_value(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];

        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

static bool name_is(const struct head_field *field, const char *name)
{
    size_t len = strlen(name);

    if (field->name_len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (ascii_lower(field->name[i]) != name[i])
            return false;
    }
    return true;
}

const struct head_field *head_find(const struct head *h, const char *name)
{
    for (size_t i = 0; i < h->fields_len && i < WIRE_HEADERS_MAX; i++) {
        if (name_is(&h->fields[i], name))
            return &h->fields[i];
    }
    return NULL;
}

static size_t count_of(const struct head *h, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < h->fields_len; i++) {
        if (name_is(&h->fields[i], name))
            count++;
    }
    return count;
}

bool head_is_exact(const struct head *h)
{
    const char *expected;

    if (h->url != h->method + strlen(h->method) + 1)
        return false;
    if (h->version != h->url + strlen(h->target) + 1)
        return false;
    expected = h->version + VERSION_LEN + 2;
    for (size_t i = 0; i < h->fields_len; i++) {
        const struct head_field *field = &h->fields[i];

        if (field->name != expected || field->value <= field->name + field->name_len)
            return false;
        expected = field->value + field->value_len + 2;
    }
    return h->method + h->size == expected + 2;
}

/* A segment "." or "..", also with its dots percent-encoded. */
static bool is_dots(const char *s, size_t len)
{
    size_t dots = 0;

    while (len > 0) {
        if (s[0] == '.') {
            s++;
            len--;
        } else if (len >= 3 && s[0] == '%' && s[1] == '2' && (s[2] == 'e' || s[2] == 'E')) {
            s += 3;
            len -= 3;
        } else {
            return false;
        }
        dots++;
    }
    return dots == 1 || dots == 2;
}

static int refuse_target(const char *target)
{
    size_t len = strlen(target);

    if (len > HEAD_TARGET_MAX)
        return 414;
    if (target[0] != '/')
        return 400;
    for (size_t i = 0; i < len; i++) {
        if (target[i] <= 0x20 || target[i] >= 0x7F || target[i] == '#' || target[i] == '\\')
            return 400;
    }
    for (const char *at = target; *at == '/';) {
        size_t segment = strcspn(at + 1, "/?");

        if (is_dots(at + 1, segment))
            return 400;
        at += 1 + segment;
    }
    return 0;
}

static int refuse_method(const char *method)
{
    static const char *const served[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };

    if (!head_is_token(method, strlen(method)))
        return 400;
    for (size_t i = 0; i < sizeof(served) / sizeof(served[0]); i++) {
        if (text_equal(method, served[i]))
            return 0;
    }
    return text_equal(method, "TRACE") || text_equal(method, "CONNECT") ? 405 : 501;
}

static int refuse_fields(const struct head *h)
{
    if (h->fields_len > WIRE_HEADERS_MAX || h->size > HEAD_BYTES_MAX)
        return 431;
    for (size_t i = 0; i < h->fields_len; i++) {
        const struct head_field *field = &h->fields[i];

        if (!head_is_token(field->name, field->name_len) ||
            !head_is_value(field->value, field->value_len))
            return 400;
    }
    return 0;
}

static bool host_is_plain(const struct head_field *host)
{
    if (host->value_len == 0 || host->value_len > HOST_MAX)
        return false;
    for (size_t i = 0; i < host->value_len; i++) {
        char c = host->value[i];

        if (!is_alnum(c) && (c == '\0' || strchr(".-_:[]", c) == NULL))
            return false;
    }
    return true;
}

static int refuse_length(const struct head_field *length, size_t body_max)
{
    int64_t announced;

    if (length->value_len == 0)
        return 400;
    for (size_t i = 0; i < length->value_len; i++) {
        if (!ascii_is_digit(length->value[i]))
            return 400;
    }
    if (length->value_len > LENGTH_MAX || !parse_int(length->value, 0, INT64_MAX, &announced))
        return 413;
    return (uint64_t)announced > body_max ? 413 : 0;
}

/* How the body's end is found must be said once, and in one way. */
static int refuse_framing(const struct head *h, size_t body_max)
{
    const struct head_field *length = head_find(h, "content-length");
    const struct head_field *coding = head_find(h, "transfer-encoding");
    const struct head_field *expect = head_find(h, "expect");

    if (count_of(h, "content-length") + count_of(h, "transfer-encoding") > 1)
        return 400;
    if (coding != NULL && text_equal(h->version, "HTTP/1.0"))
        return 400;
    if (coding != NULL && ascii_casecmp(coding->value, "chunked") != 0)
        return 501;
    if (expect != NULL && ascii_casecmp(expect->value, "100-continue") != 0)
        return 417;
    return length != NULL ? refuse_length(length, body_max) : 0;
}

int head_refuse(const struct head *h, size_t body_max)
{
    int status;

    if (!text_equal(h->version, "HTTP/1.1") && !text_equal(h->version, "HTTP/1.0"))
        return 505;
    status = refuse_fields(h);
    if (status != 0)
        return status;
    status = refuse_target(h->target);
    if (status != 0)
        return status;
    if (!head_is_exact(h) || count_of(h, "host") != 1 || !host_is_plain(head_find(h, "host")))
        return 400;
    status = refuse_method(h->method);
    if (status != 0)
        return status;
    return refuse_framing(h, body_max);
}

/* One element of a list such as "gzip;q=0.8, br": its weight is not zero. */
static bool element_wanted(const char *s, size_t len)
{
    const char *semicolon = memchr(s, ';', len);

    if (semicolon == NULL)
        return true;
    for (const char *p = semicolon + 1; p < s + len; p++) {
        if ((*p == 'q' || *p == 'Q') && p + 1 < s + len && p[1] == '=') {
            size_t zeros = strspn(p + 2, "0.");

            return p + 2 + zeros < s + len && ascii_is_digit(p[2 + zeros]);
        }
    }
    return true;
}

bool head_takes_gzip(const char *accept_encoding)
{
    const char *at = accept_encoding;

    while (at != NULL && *at != '\0') {
        size_t len, name;

        at += strspn(at, ", \t");
        len = strcspn(at, ",");
        name = strcspn(at, ",; \t");
        if (name == 4 && ascii_lower(at[0]) == 'g' && ascii_lower(at[1]) == 'z' &&
            ascii_lower(at[2]) == 'i' && ascii_lower(at[3]) == 'p')
            return element_wanted(at, len);
        at += len;
    }
    return false;
}
