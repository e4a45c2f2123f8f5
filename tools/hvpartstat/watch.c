// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "table.h"
#include "terminal.h"
#include "watch.h"

/* In seconds, how long what is printed may take to get written once told to end. */
#define LAST_WORDS	1

static volatile sig_atomic_t ending, stopping, resized;
static sigset_t while_waiting;

static void note_signal(int signal)
{
	if (signal == SIGWINCH) {
		resized = 1;
	} else if (signal == SIGTSTP) {
		stopping = 1;
	} else {
		ending = signal;
		alarm(LAST_WORDS);
	}
}

/* Nobody reads what this writes. */
static void give_up(int unused)
{
	(void)unused;
	signal(ending, SIG_DFL);
	sigprocmask(SIG_SETMASK, &while_waiting, NULL);
	raise(ending);
}

/* They come while this waits in ppoll() or writes, and at no other time. */
static void catch_signals(void)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH
	};
	const struct sigaction note = { .sa_handler = note_signal, .sa_flags = SA_RESTART };
	const struct sigaction last = { .sa_handler = give_up };
	struct sigaction before;
	sigset_t blocked;
	unsigned int i;

	sigemptyset(&blocked);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		/* As nohup wants it. */
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &note, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigaction(SIGALRM, &last, NULL);
	sigprocmask(SIG_BLOCK, &blocked, &while_waiting);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigdelset(&while_waiting, signals[i]);
	sigdelset(&while_waiting, SIGALRM);
}

/* Ctrl-Z, until somebody says "fg" */
static void stop(void)
{
	stopping = 0;
	terminal_leave();
	raise(SIGSTOP);
	terminal_enter();
	resized = 1;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void scroll(struct view *view, enum key key)
{
	size_t page = view->page > 1 ? view->page - 1 : 1;

	/* Too far down is set right by table_print(). */
	if (key == KEY_DOWN)
		view->scrolled++;
	else if (key == KEY_PAGE_DOWN)
		view->scrolled += page;
	else if (key == KEY_UP)
		view->scrolled -= view->scrolled ? 1 : 0;
	else if (key == KEY_PAGE_UP)
		view->scrolled -= view->scrolled < page ? view->scrolled : page;
	else if (key == KEY_FIRST)
		view->scrolled = 0;
}

static void show(const struct sample *sample, struct view *view, bool json)
{
	sigset_t before;

	if (view->screen)
		terminal_size(&view->rows, &view->columns);
	sigprocmask(SIG_SETMASK, &while_waiting, &before);
	if (json)
		json_print(sample);
	else
		table_print(sample, view);
	if (!json && !view->screen)
		putchar('\n');
	fflush(stdout);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/*
 * Wait until @until, drawing anew what has been scrolled or resized; false: until told
 * to end.
 */
static bool wait_until(double until, const struct sample *sample, struct view *view)
{
	struct pollfd input = { .fd = -1, .events = POLLIN };

	if (view->screen && isatty(STDIN_FILENO))
		input.fd = STDIN_FILENO;
	/* Once at least: besides this, only show() lets signals in. */
	do {
		/* What has come while something was shown does not come again. */
		bool told = ending || stopping || resized;
		double left = until > now() && !told ? until - now() : 0;
		struct timespec time = { left, (left - (time_t)left) * 1e9 };
		int ready = ppoll(&input, 1, &time, &while_waiting);
		enum key key = ready > 0 ? terminal_key() : KEY_NONE;
		bool redraw;

		if (key == KEY_QUIT || ending)
			return false;
		if (stopping && view->screen)
			stop();
		else if (stopping)
			raise(SIGSTOP);
		stopping = 0;
		redraw = key != KEY_NONE || resized;
		resized = 0;
		if (view->screen && redraw) {
			scroll(view, key);
			show(sample, view, false);
		}
	} while (now() < until);
	return true;
}

int watch(const struct watch *how, const struct selection *selection)
{
	struct view view = { .screen = !how->json && terminal_is_screen(), .every = how->seconds };
	static struct sample samples[2];
	struct sample *sample = &samples[0], *before;
	unsigned long long number = 1;
	double next = now();

	sample_read(sample, selection);
	if (sample->problem != NO_PROBLEM && sample->problem != NO_SUCH_VM) {
		fprintf(stderr, "hvpartstat: %s\n", sample->explanation);
		return sample->problem;
	}
	catch_signals();
	if (view.screen)
		terminal_enter();
	for (;;) {
		show(sample, &view, how->json);
		if (ferror(stdout) || number++ == how->count)
			break;
		next += how->seconds;
		/* What could not be done in time is left out. */
		if (next < now())
			next = now();
		if (!wait_until(next, sample, &view))
			break;
		before = sample;
		sample = &samples[sample == &samples[0]];
		sample_read(sample, selection);
		sample_compare(sample, before);
	}
	if (view.screen)
		terminal_leave();
	/* As if it had not been caught; Ctrl-C is how people quit. */
	if (ending && ending != SIGINT) {
		signal(ending, SIG_DFL);
		sigprocmask(SIG_SETMASK, &while_waiting, NULL);
		raise(ending);
	}
	return 0;
}
