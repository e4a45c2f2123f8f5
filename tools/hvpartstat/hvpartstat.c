// SPDX-License-Identifier: GPL-2.0
/* hvpartstat - what the kernel module hvpart does on this host; see hvpartstat.1 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "sample.h"
#include "table.h"
#include "terminal.h"
#include "watch.h"

static const char help[] =
	"Usage: hvpartstat [OPTION]...\n"
	"Show what the kernel module hvpart does on this host: virtual machines, their\n"
	"partitions with states and memory pools, and hypercalls by name and status.\n"
	"\n"
	"  -w, --watch             show it anew every second, with calls per second,\n"
	"                          until q or Ctrl-C; arrow keys and page up/down scroll.\n"
	"                          If there is no terminal, print it each time\n"
	"  -i, --interval SECONDS  watch, at this interval\n"
	"  -c, --count N           watch, and end after showing it N times\n"
	"  -j, --json              JSON for scripts, a line each time; hvpartstat(1) has\n"
	"                          the fields\n"
	"  -m, --vm PID[-FD]       only VMs of this process, or this one; calls are\n"
	"                          always those of all VMs together\n"
	"      --root FOLDER       look for sys/kernel/debug/hvpart and\n"
	"                          sys/module/hvpart in FOLDER instead of /\n"
	"  -h, --help              show this\n"
	"  -V, --version           show the version\n"
	"\n"
	"Pages are 4 KiB.  Only root can read what it shows.  The exit status is 0, or\n"
	"1: an error, 2: wrong usage, 3: hvpart is not loaded, 4: debugfs is not\n"
	"mounted, 5: not permitted, 6: no such VM.\n";

static void usage_error(const char *option, const char *wanted)
{
	fprintf(stderr, "hvpartstat: %s wants %s; try hvpartstat --help\n", option, wanted);
	exit(WRONG_USAGE);
}

/* Below that, looking would be most of what happens; above, the clock would not do. */
#define SHORTEST	0.1
#define LONGEST		86400.0

static double parse_seconds(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= SHORTEST && seconds <= LONGEST))
		usage_error("--interval", "seconds, from 0.1 to 86400");
	return seconds;
}

static int show_once(bool json, const struct selection *selection)
{
	struct view view = { 0 };
	static struct sample sample;
	unsigned int rows;

	sample_read(&sample, selection);
	if (sample.problem != NO_PROBLEM) {
		fprintf(stderr, "hvpartstat: %s\n", sample.explanation);
		return sample.problem;
	}
	if (isatty(STDOUT_FILENO))
		terminal_size(&rows, &view.columns);
	if (json)
		json_print(&sample);
	else
		table_print(&sample, &view);
	return 0;
}

int main(int argc, char **argv)
{
	enum { ROOT = 256 };
	static const struct option options[] = {
		{ "watch", no_argument, NULL, 'w' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "vm", required_argument, NULL, 'm' },
		{ "root", required_argument, NULL, ROOT },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct selection selection = { 0 };
	struct watch how = { .seconds = 1 };
	bool watched = false;
	int option, status;

	while ((option = getopt_long(argc, argv, "wi:c:jm:hV", options, NULL)) != -1) {
		switch (option) {
		case 'i':
			how.seconds = parse_seconds(optarg);
			watched = true;
			break;
		case 'c':
			if (!parse_number(optarg, &how.count) || !how.count)
				usage_error("--count", "a number above 0");
			watched = true;
			break;
		case 'w':
			watched = true;
			break;
		case 'j':
			how.json = true;
			break;
		case 'm':
			if (!selection_parse(optarg, &selection))
				usage_error("--vm", "PID or PID-FD, as hvpartstat shows it");
			break;
		case ROOT:
			sample_set_root(optarg);
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'V':
			puts("hvpartstat " HVPART_VERSION);
			return 0;
		default:
			fputs("Try hvpartstat --help.\n", stderr);
			return WRONG_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "hvpartstat: what is %s? Try hvpartstat --help\n", argv[optind]);
		return WRONG_USAGE;
	}

	status = watched ? watch(&how, &selection) : show_once(how.json, &selection);
	if (ferror(stdout) || fclose(stdout)) {
		fprintf(stderr, "hvpartstat: cannot write: %s\n", strerror(errno));
		return CANNOT_READ;
	}
	return status;
}
