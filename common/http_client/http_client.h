#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

/* A connection to one server, kept open between requests. Not thread safe. */
struct http_client;

/* base_url: http://host:port, without a path. The process makes one before it starts threads. */
struct http_client *http_client_create(const char *base_url);
void http_client_free(struct http_client *client);

struct http_answer {
    long status; /* 200, 404, ... */
    struct buffer body;
};
void http_answer_free(struct http_answer *answer); /* the content */

/* method "GET", "POST", ...; body NULL: "{}". UNAVAILABLE names the address when nobody answers there. */
STATUS_MUST_CHECK enum status http_client_request(struct http_client *client, const char *method,
                                                  const char *path, const char *body,
                                                  struct http_answer *ret_answer, struct error *error);
