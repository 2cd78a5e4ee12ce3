#include "common/http_client/http_client.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <curl/curl.h>
#include <stdlib.h>

enum { CONNECT_TIMEOUT_MS = 5000, REQUEST_TIMEOUT_MS = 60000 };

struct http_client {
    CURL *curl;
    char *base_url;
    struct curl_slist *headers;
};

struct http_client *http_client_create(const char *base_url)
{
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    struct http_client *client = mem_calloc(1, sizeof *client);
    client->curl = curl_easy_init();
    CHECK(client->curl != NULL);
    client->base_url = mem_strdup(base_url);
    client->headers = curl_slist_append(NULL, "Content-Type: application/json; charset=UTF-8");
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    curl_slist_free_all(client->headers);
    curl_easy_cleanup(client->curl);
    curl_global_cleanup();
    free(client->base_url);
    free(client);
}

void http_answer_free(struct http_answer *answer)
{
    buffer_free(&answer->body);
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    buffer_append(context, data, size * count);
    return size * count;
}

enum status http_client_request(struct http_client *client, const char *method, const char *path,
                                const char *body, struct http_answer *ret_answer, struct error *error)
{
    struct buffer url = {0};
    buffer_printf(&url, "%s%s", client->base_url, path);
    struct http_answer answer = {0};
    char reason[CURL_ERROR_SIZE] = "";
    curl_easy_reset(client->curl);
    curl_easy_setopt(client->curl, CURLOPT_URL, buffer_text(&url));
    curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body != NULL ? body : "{}");
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)REQUEST_TIMEOUT_MS);
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    CURLcode result = curl_easy_perform(client->curl);
    buffer_free(&url);
    if (result != CURLE_OK) {
        buffer_free(&answer.body);
        return error_set(error, STATUS_UNAVAILABLE, "%s does not answer: %s", client->base_url,
                         reason[0] != '\0' ? reason : curl_easy_strerror(result));
    }
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer.status);
    *ret_answer = answer;
    return STATUS_OK;
}
