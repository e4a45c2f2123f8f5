// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sample.h"
#include "terminal.h"

#define OTHER_SCREEN	"\033[?1049h\033[?25l\033[2J"
#define USUAL_SCREEN	"\033[m\033[?25h\033[?1049l"

static struct termios usual;
static bool entered, usual_known;

bool terminal_is_screen(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

void terminal_size(unsigned int *rows, unsigned int *columns)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row ?: 24;
	*columns = size.ws_col ?: 80;
}

void terminal_enter(void)
{
	struct termios keys;

	if (entered)
		return;
	entered = true;
	usual_known = !tcgetattr(STDIN_FILENO, &usual);
	if (usual_known) {
		/* Ctrl-C and Ctrl-Z remain what they are. */
		keys = usual;
		keys.c_lflag &= ~(ICANON | ECHO);
		keys.c_cc[VMIN] = 1;
		keys.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &keys);
	}
	fputs(OTHER_SCREEN, stdout);
	fflush(stdout);
}

void terminal_leave(void)
{
	if (!entered)
		return;
	entered = false;
	fputs(USUAL_SCREEN, stdout);
	fflush(stdout);
	if (usual_known)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &usual);
}

enum key terminal_key(void)
{
	static const struct {
		const char *text;
		enum key key;
	} keys[] = {
		{ "q", KEY_QUIT }, { "Q", KEY_QUIT },
		{ "\033[A", KEY_UP }, { "\033OA", KEY_UP }, { "k", KEY_UP },
		{ "\033[B", KEY_DOWN }, { "\033OB", KEY_DOWN }, { "j", KEY_DOWN },
		{ "\033[5~", KEY_PAGE_UP }, { "\033[6~", KEY_PAGE_DOWN }, { " ", KEY_PAGE_DOWN },
		{ "\033[H", KEY_FIRST }, { "\033OH", KEY_FIRST }, { "\033[1~", KEY_FIRST },
		{ "g", KEY_FIRST },
	};
	char text[8];
	ssize_t length = read(STDIN_FILENO, text, sizeof(text) - 1);
	unsigned int i;

	if (!length || (length < 0 && errno != EINTR && errno != EAGAIN))
		return KEY_QUIT;
	if (length < 0)
		return KEY_NONE;
	text[length] = 0;
	/* Of several at once, which is somebody leaning on the keyboard, the first counts. */
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strncmp(text, keys[i].text, strlen(keys[i].text)))
			return keys[i].key;
	}
	return KEY_NONE;
}
