#include "client/client_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: frazil COMMAND [OPTIONS]\n"
    "\n"
    "  sql [-f FILE] [-D name=value]...     run a SQL script, or read statements from the terminal;\n"
    "      [-i FILE]                        first run what prepares the session: tables, settings\n"
    "  local -f FILE [-D name=value]...     run a script on a cluster inside this process\n"
    "  list                                 the jobs\n"
    "  cancel JOB_ID                        cancel a job\n"
    "\n"
    "  --jobmanager URL   where the jobmanager answers (http://127.0.0.1:8081, or $FRAZIL_JOBMANAGER)\n"
    "  -D name=value      the value of ${name} in a script; for `local` also a setting of the cluster\n";

static int refuse(const char *what, const char *argument)
{
    fprintf(stderr, "frazil: %s%s\n\n%s", what, argument, usage);
    return 2;
}

/* *ret_rest becomes the argument that no option takes; of several the last one, behind which nothing is read.
 */
static void parse_options(int argc, char **argv, struct client_options *options, const char **ret_rest)
{
    for (int i = 2; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "-f") == 0 && has_value) {
            options->script = argv[++i];
        } else if (strcmp(argv[i], "-i") == 0 && has_value) {
            options->init = argv[++i];
        } else if ((strcmp(argv[i], "--jobmanager") == 0 || strcmp(argv[i], "-m") == 0) && has_value) {
            options->url = argv[++i];
        } else if (strncmp(argv[i], "-D", 2) == 0) {
            char *pair = argv[i][2] != '\0' ? argv[i] + 2 : has_value ? argv[++i] : argv[i];
            char *equals = strchr(pair, '=');
            if (equals == NULL) {
                *ret_rest = pair;
                return;
            }
            *equals = '\0';
            configuration_set(options->variables, pair, equals + 1);
        } else {
            bool is_second = *ret_rest != NULL || argv[i][0] == '-';
            *ret_rest = argv[i];
            if (is_second)
                return;
        }
    }
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return strcmp(argv[1], "help") == 0;
}

/* The script that prepares the session; its answers are nobody's concern. */
static enum status run_init(struct sql_session *session, const struct client_options *options,
                            struct error *error)
{
    if (options->init == NULL)
        return STATUS_OK;
    FILE *nowhere = fopen("/dev/null", "we");
    if (nowhere == NULL)
        return error_set_errno(error, errno, "cannot open /dev/null");
    enum status status = script_run_file(session, options->init, options->variables, nowhere, error);
    fclose(nowhere);
    return status == STATUS_OK ? status : error_prefix(error, "%s", options->init);
}

static int sql_command(const struct client_options *options)
{
    struct sql_session *session;
    struct error error;
    if (remote_session_open(options->url, &session, &error) != STATUS_OK) {
        client_print_error(&error);
        return 1;
    }
    enum status status = run_init(session, options, &error);
    if (status == STATUS_OK && options->script == NULL)
        interactive_run(session, stdout);
    else if (status == STATUS_OK)
        status = script_run_file(session, options->script, options->variables, stdout, &error);
    if (status != STATUS_OK)
        client_print_error(&error);
    session->ops->free(session);
    return status == STATUS_OK ? 0 : 1;
}

static int dispatch(const char *command, const struct client_options *options, const char *rest)
{
    if (strcmp(command, "cancel") == 0)
        return rest != NULL ? cancel_command(options->url, rest) : refuse("cancel needs the id of a job", "");
    if (rest != NULL)
        return refuse("unexpected argument ", rest);
    if (strcmp(command, "sql") == 0)
        return sql_command(options);
    if (strcmp(command, "list") == 0)
        return list_command(options->url);
    if (strcmp(command, "local") == 0)
        return options->script != NULL ? local_command(options) : refuse("local needs -f FILE", "");
    return refuse("unknown command ", command);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return refuse("a command is missing", "");
    if (asks_for_help(argc, argv)) {
        fputs(usage, stdout);
        return 0;
    }
    const char *url = getenv("FRAZIL_JOBMANAGER");
    struct client_options options = {
        .url = url != NULL ? url : "http://127.0.0.1:8081",
        .variables = configuration_create(),
    };
    const char *rest = NULL;
    parse_options(argc, argv, &options, &rest);
    int code = dispatch(argv[1], &options, rest);
    configuration_free(options.variables);
    return code;
}
