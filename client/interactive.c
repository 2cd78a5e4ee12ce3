#include "client/client_internal.h"
#include "jobmanager/sql/parser.h"

#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

enum { HISTORY_LINES = 500 };

/* Lines are gathered until they hold a whole statement. */
struct console {
    struct sql_session *session;
    FILE *output;
    struct buffer pending;
    bool is_terminal;
    bool is_dropped; /* Ctrl-C while a line was typed */
    bool has_ended;
};

static const char *prompt(EditLine *editor)
{
    void *console = NULL;
    el_get(editor, EL_CLIENTDATA, &console);
    return ((struct console *)console)->pending.size > 0 ? "> " : "Frazil SQL> ";
}

static bool is_word(const struct sql_text *text, const char *word)
{
    return text->size == strlen(word) && strncasecmp(text->data, word, text->size) == 0;
}

/* Ctrl-C is a signal only while a statement runs; else, between two lines too, it is a key that the editor
 * reads in its turn. */
static void set_interrupts(const struct console *console, bool are_signals)
{
    struct termios terminal;
    if (!console->is_terminal || tcgetattr(STDIN_FILENO, &terminal) != 0)
        return;
    terminal.c_lflag = are_signals ? terminal.c_lflag | ISIG : terminal.c_lflag & ~(tcflag_t)ISIG;
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

/* Runs the whole statements that were typed; keeps what is not finished. */
static void run_pending(struct console *console)
{
    const char *text = buffer_text(&console->pending);
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
        size--;
    if (size == 0 || text[size - 1] != ';')
        return;
    struct sql_text rest = sql_text_of(text);
    struct sql_text statement;
    while (!console->has_ended && sql_script_next(&rest, &statement)) {
        if (is_word(&statement, "quit") || is_word(&statement, "exit")) {
            console->has_ended = true;
            break;
        }
        char *copy = strndup(statement.data, statement.size);
        struct error error;
        set_interrupts(console, true);
        enum status status = statement_run(console->session, copy, console->output, &error);
        set_interrupts(console, false);
        if (status != STATUS_OK && status != STATUS_CANCELLED)
            client_print_error(&error);
        free(copy);
    }
    buffer_clear(&console->pending);
}

static void run_from_pipe(struct console *console)
{
    char *line = NULL;
    size_t capacity = 0;
    while (!console->has_ended && getline(&line, &capacity, stdin) >= 0) {
        buffer_append_text(&console->pending, line);
        run_pending(console);
    }
    free(line);
    if (!console->has_ended && console->pending.size > 0) {
        buffer_append_byte(&console->pending, ';');
        run_pending(console);
    }
}

/* Ctrl-C is a key while a line is edited: what was typed is dropped, the prompt comes again. */
static unsigned char drop_line(EditLine *editor, int key)
{
    (void)key;
    void *console = NULL;
    el_get(editor, EL_CLIENTDATA, &console);
    ((struct console *)console)->is_dropped = true;
    return CC_NEWLINE;
}

/* The next line; NULL at the end of the input. */
static const char *next_line(struct console *console, EditLine *editor, int *ret_size)
{
    for (;;) {
        const char *line = el_gets(editor, ret_size);
        if (!console->is_dropped)
            return *ret_size > 0 ? line : NULL;
        console->is_dropped = false;
        buffer_clear(&console->pending);
        fputs("^C\n", console->output);
        fflush(console->output);
    }
}

static void run_from_terminal(struct console *console)
{
    EditLine *editor = el_init("frazil", stdin, stdout, stderr);
    History *lines = history_init();
    HistEvent event;
    history(lines, &event, H_SETSIZE, HISTORY_LINES);
    el_set(editor, EL_CLIENTDATA, console);
    el_set(editor, EL_PROMPT, prompt);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, history, lines);
    el_set(editor, EL_SIGNAL, 1);
    el_set(editor, EL_SETTY, "-d", "-isig", NULL);
    el_set(editor, EL_SETTY, "-x", "-isig", NULL);
    el_set(editor, EL_ADDFN, "drop-line", "Drop what was typed", drop_line);
    el_set(editor, EL_BIND, "^C", "drop-line", NULL);
    int size;
    const char *line;
    while (!console->has_ended && (line = next_line(console, editor, &size)) != NULL) {
        history(lines, &event, H_ENTER, line);
        buffer_append(&console->pending, line, (size_t)size);
        run_pending(console);
    }
    if (!console->has_ended)
        fputs("\n", console->output); /* behind the Ctrl-D */
    history_end(lines);
    el_end(editor);
    set_interrupts(console, true);
}

void interactive_run(struct sql_session *session, FILE *output)
{
    struct console console = {.session = session, .output = output, .is_terminal = isatty(STDIN_FILENO) != 0};
    if (console.is_terminal)
        run_from_terminal(&console);
    else
        run_from_pipe(&console);
    buffer_free(&console.pending);
}
