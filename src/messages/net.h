#ifndef MESSAGES_NET_H
#define MESSAGES_NET_H

/*
 * The only way out: libcurl, for HTTP gateways, webhooks and SMTP. Every address is looked at after
 * its name was resolved and before a socket is made: without TLS only this machine is spoken to,
 * and who may not speak to private networks does not, whatever a name resolves to. Certificates are
 * checked against the system's list, or the file that SSL_CERT_FILE names. No redirects, no proxies
 * of the environment, no cookies.
 *
 * Nothing that is sent or answered is logged. Faults are codes (message_reason_text tells them).
 * Memory: ctx->arena. Errors: ERR_INTERNAL libcurl could not be set up; what the other side does is
 * no error but an end.
 * Limits: NET_ANSWER_MAX bytes of an answer are read, NET_CONNECT_MS to connect, NET_TOTAL_MS in
 * all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

#define NET_ANSWER_MAX ((size_t)64 * 1024)
#define NET_CONNECT_MS 4000L
#define NET_TOTAL_MS   15000L
#define NET_URL_MAX    ((size_t)1000)

enum net_end {
    NET_ANSWERED, /* status says how */
    NET_NOT_SENT, /* nothing can have been taken: try again later */
    NET_UNKNOWN,  /* it may have been taken, or not */
    NET_REFUSED   /* we do not speak to that address: the settings must change */
};

struct net_answer {
    enum net_end end;
    int status;        /* of HTTP or SMTP */
    const char *fault; /* code, unless answered: no_connection, certificate, time ... */
    const char *body;
    size_t len;
};

struct net_post {
    const char *method;         /* POST or PUT */
    const char *url;            /* https://..., or http:// to this machine */
    const char *const *headers; /* "Name: value"; ends with NULL */
    const char *body;
    size_t len;
    bool private_too; /* addresses of this machine and of private networks are allowed */
};

enum err net_post(struct ctx *ctx, struct net_answer *out, const struct net_post *p) MUST_USE;

struct net_mail {
    const char *url;  /* smtps://host:465, smtp://host:587 (STARTTLS), smtp:// to this machine */
    const char *user; /* "" = no sign-in */
    const char *password;
    const char *from; /* addresses alone */
    const char *to;
    const char *bytes; /* header and body, lines end in CRLF */
    size_t len;
};

enum err net_mail(struct ctx *ctx, struct net_answer *out, const struct net_mail *m) MUST_USE;

/*
 * Whether an address could be used, without asking anybody: scheme (one of the two, the second is
 * the plain one, for this machine only), a host, no user or password in it. *why_out says what is
 * wrong, translated.
 */
bool net_url_fits(struct ctx *ctx, const char *url, const char *const schemes[2],
                  const char **why_out);

struct sockaddr;
/* Addresses of this machine, of private networks, of links, and all that are no host's of the
 * internet; an IPv4 address inside an IPv6 one counts as itself. Unknown families are private. */
bool net_is_private(const struct sockaddr *a);
bool net_is_loopback(const struct sockaddr *a);

#endif
