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
    "  savepoint JOB_ID [DIRECTORY]         write a savepoint, from which another job can go on\n"
    "  savepoint -d PATH                    remove a savepoint\n"
    "  stop [-p DIRECTORY] [--drain] JOB_ID end a job with a savepoint; --drain: as if its data were at its "
    "end\n"
    "  checkpoint JOB_ID                    take a checkpoint now\n"
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

struct job_command_entry {
    const char *name;
    int (*run)(const struct job_command *command);
};

static const struct job_command_entry job_commands[] = {
    {"cancel", cancel_command},
    {"savepoint", savepoint_command},
    {"stop", stop_command},
    {"checkpoint", checkpoint_command},
};

static const struct job_command_entry *find_job_command(const char *name)
{
    for (size_t i = 0; i < sizeof job_commands / sizeof job_commands[0]; i++)
        if (strcmp(job_commands[i].name, name) == 0)
            return &job_commands[i];
    return NULL;
}

static bool is_option(const char *argument, const char *short_name, const char *long_name)
{
    return strcmp(argument, short_name) == 0 || strcmp(argument, long_name) == 0;
}

/* The argument that is not understood; NULL when all are. Flags are Flink's: -d has a value for savepoint. */
static const char *parse_job_command(int argc, char **argv, struct job_command *command)
{
    bool is_stop = strcmp(argv[1], "stop") == 0, is_savepoint = strcmp(argv[1], "savepoint") == 0;
    for (int i = 2; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (is_option(argv[i], "-m", "--jobmanager") && has_value)
            command->url = argv[++i];
        else if (is_stop && is_option(argv[i], "-d", "--drain"))
            command->is_drain = true;
        else if (is_stop && is_option(argv[i], "-p", "--savepointPath") && has_value)
            command->directory = argv[++i];
        else if (is_savepoint && is_option(argv[i], "-d", "--dispose") && has_value)
            command->disposed = argv[++i];
        else if (argv[i][0] != '-' && command->job_id == NULL)
            command->job_id = argv[i];
        else if (argv[i][0] != '-' && is_savepoint && command->directory == NULL)
            command->directory = argv[i];
        else
            return argv[i];
    }
    return NULL;
}

static int run_job_command(const struct job_command_entry *entry, int argc, char **argv, const char *url)
{
    struct job_command command = {.url = url};
    const char *unknown = parse_job_command(argc, argv, &command);
    if (unknown != NULL)
        return refuse("unexpected argument ", unknown);
    if (command.job_id == NULL && command.disposed == NULL)
        return refuse(entry->name, " needs the id of a job");
    return entry->run(&command);
}

static int dispatch(const char *command, const struct client_options *options, const char *rest)
{
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
    if (url == NULL)
        url = "http://127.0.0.1:8081";
    const struct job_command_entry *job_command = find_job_command(argv[1]);
    if (job_command != NULL)
        return run_job_command(job_command, argc, argv, url);
    struct client_options options = {
        .url = url,
        .variables = configuration_create(),
    };
    const char *rest = NULL;
    parse_options(argc, argv, &options, &rest);
    int code = dispatch(argv[1], &options, rest);
    configuration_free(options.variables);
    return code;
}
