#include "client/client_internal.h"
#include "common/http_client/http_client.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Prints what went wrong and gives the exit code. */
static int fail(const char *what, struct error *error)
{
    client_add_remedy(error);
    fprintf(stderr, "[ERROR] %s: %s\n", what, error->message);
    return 1;
}

static json_t *answer_json(const struct http_answer *answer)
{
    return json_loadb((const char *)answer->body.data, answer->body.size, 0, NULL);
}

/* The name of a query is its text. */
static void print_on_one_line(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        putchar(*text == '\n' ? ' ' : *text);
}

static void print_job(const json_t *job)
{
    int64_t start_ms = json_integer_value(json_object_get(job, "start-time"));
    time_t seconds = (time_t)(start_ms / 1000);
    struct tm parts;
    localtime_r(&seconds, &parts);
    char start[32];
    strftime(start, sizeof start, "%d.%m.%Y %H:%M:%S", &parts);
    printf("%s : %s : ", start, json_string_value(json_object_get(job, "jid")));
    print_on_one_line(json_string_value(json_object_get(job, "name")));
    printf(" (%s)\n", json_string_value(json_object_get(job, "state")));
}

static bool is_over(const json_t *job)
{
    const char *state = json_string_value(json_object_get(job, "state"));
    return state == NULL || strcmp(state, "FINISHED") == 0 || strcmp(state, "CANCELED") == 0 ||
           strcmp(state, "FAILED") == 0;
}

static void print_jobs(const char *title, const char *none, const json_t *jobs, bool over)
{
    size_t index, shown = 0;
    const json_t *job;
    json_array_foreach(jobs, index, job)
    {
        if (is_over(job) != over)
            continue;
        if (shown++ == 0)
            printf("------------------ %s -------------------\n", title);
        print_job(job);
    }
    if (shown == 0)
        printf("%s\n", none);
    else
        printf("--------------------------------------------------------------\n");
}

int list_command(const char *url)
{
    struct http_client *http = http_client_create(url);
    struct http_answer answer;
    struct error error;
    int code = 0;
    if (http_client_request(http, "GET", "/jobs/overview", NULL, &answer, &error) != STATUS_OK) {
        code = fail("Could not list the jobs", &error);
    } else {
        json_t *json = answer_json(&answer);
        print_jobs("Running/Restarting Jobs", "No running jobs.", json_object_get(json, "jobs"), false);
        print_jobs("Terminated Jobs", "No terminated jobs.", json_object_get(json, "jobs"), true);
        json_decref(json);
        http_answer_free(&answer);
    }
    http_client_free(http);
    return code;
}

int cancel_command(const struct job_command *command)
{
    const char *job_id = command->job_id;
    struct http_client *http = http_client_create(command->url);
    struct buffer path = {0};
    buffer_printf(&path, "/jobs/%s?mode=cancel", job_id);
    struct http_answer answer;
    struct error error;
    int code = 0;
    printf("Cancelling job %s.\n", job_id);
    fflush(stdout);
    if (http_client_request(http, "PATCH", buffer_text(&path), NULL, &answer, &error) != STATUS_OK) {
        code = fail("Could not cancel the job", &error);
    } else {
        json_t *json = answer_json(&answer);
        const char *text = json_string_value(json_array_get(json_object_get(json, "errors"), 0));
        if (answer.status / 100 == 2)
            printf("Cancelled job %s.\n", job_id);
        else
            fprintf(stderr, "[ERROR] Could not cancel job %s: %s\n", job_id,
                    text != NULL ? text : "no reason given");
        code = answer.status / 100 == 2 ? 0 : 1;
        json_decref(json);
        http_answer_free(&answer);
    }
    buffer_free(&path);
    http_client_free(http);
    return code;
}
