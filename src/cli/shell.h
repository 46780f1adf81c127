/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/answer.h"

/*
 * The prompt that `vsubnet` without a command opens on a terminal: lines are commands,
 * TAB completes them by asking the daemon, history is kept in memory.  Ends at end of
 * file, `exit` or `quit`.  Returns the exit code of the last command.
 */
int shell_run(const struct answer_to *to);

enum { SHELL_WORDS_MAX = 32 };

/*
 * Cut a line into words: white space separates, 'single' and "double" quotes and a
 * backslash protect it, # begins a comment.  text holds the words afterwards.  Returns
 * their number, or -1 with what is wrong in *ret_why.
 */
int shell_split(char *text, const char *word[SHELL_WORDS_MAX], const char **ret_why);
