// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table.h"

#define ERASE_LINE	"\033[K"
#define ERASE_BELOW	"\033[J"
#define HOME		"\033[H"

static const char normal[] = "\033[m", bold[] = "\033[1m", reverse[] = "\033[7m";

static unsigned int rows_left;

/*
 * One line, cut to what fits.  On a screen it is in @style, and erased first: at the
 * last column, erasing the rest would erase what has been written there.
 */
__attribute__((format(printf, 3, 4)))
static void line(const struct view *view, const char *style, const char *format, ...)
{
	char text[512], *c;
	va_list args;
	int length;

	if (view->screen && !rows_left)
		return;
	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length < 0)
		return;
	for (c = text; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	if (view->columns && view->columns < sizeof(text))
		text[view->columns] = 0;
	if (!view->screen) {
		/* Columns at the right may be empty. */
		while (c = strrchr(text, ' '), c && !c[1])
			*c = 0;
		puts(text);
		return;
	}
	/* After the last row the screen would scroll. */
	rows_left--;
	printf(ERASE_LINE "%s%-*s%s%s", style, style == reverse ? (int)view->columns : 0, text,
	       normal, rows_left ? "\n" : "");
}

static const char *plural(unsigned long long count)
{
	return count == 1 ? "" : "s";
}

static void print_heading(const struct sample *sample, const struct view *view)
{
	unsigned long long deposited = 0;
	char now[16] = "", rate[48] = "";
	time_t seconds = time(NULL);
	double per_second = 0;
	size_t i;

	for (i = 0; i < sample->nr_vms; i++)
		deposited += sample->vms[i].pool.deposited;
	for (i = 0; i < sample->nr_calls; i++)
		per_second += sample->calls[i].per_second;
	if (view->every)
		strftime(now, sizeof(now), "%T  ", localtime(&seconds));
	if (sample->interval > 0)
		snprintf(rate, sizeof(rate), ", %.1f calls/s", per_second);
	line(view, bold, "%shvpart %s: %zu VM%s, %zu partition%s, %llu page%s%s", now,
	     sample->version, sample->nr_vms, plural(sample->nr_vms), sample->nr_partitions,
	     plural(sample->nr_partitions), deposited, plural(deposited), rate);
	line(view, normal,
	     "a VM may have %s partitions, %s VPs, %s pages, %s levels; granted: %s%s%s",
	     sample->parameters[MAX_PARTITIONS], sample->parameters[MAX_VPS],
	     sample->parameters[MAX_PAGES], sample->parameters[MAX_DEPTH],
	     sample->parameters[GRANT],
	     strcmp(sample->parameters[GRANT_UID], "-1") ? " to user " : "",
	     strcmp(sample->parameters[GRANT_UID], "-1") ? sample->parameters[GRANT_UID] : "");
	line(view, normal, "%s", "");
}

/* The last column, if there is room for some of it */
static bool has_uses(const struct view *view)
{
	return !view->columns || view->columns >= 100;
}

static void print_pool_row(const struct view *view, const char *style, const char *vm,
			   const char *id, const char *parent, const char *state,
			   const struct pool *pool, const struct partition *more)
{
	line(view, style, "%-12s %9s %6s %-13s %9llu %9llu %9llu %3s %9s  %s", vm, id, parent,
	     state, pool->deposited, pool->available, pool->in_use, more->vps,
	     has_uses(view) ? more->mapped : "", has_uses(view) ? more->uses : "");
}

static void print_vm_row(const struct view *view, const struct vm *vm)
{
	static const struct partition nothing;
	char count[32];

	snprintf(count, sizeof(count), "%zu partition%s", vm->partitions,
		 plural(vm->partitions));
	print_pool_row(view, bold, vm->name, "all", "", count, &vm->pool, &nothing);
}

static void print_partition_row(const struct view *view, const struct vm *vm,
				const struct partition *partition)
{
	char id[24], parent[24] = "-";

	snprintf(id, sizeof(id), "%llu", partition->id);
	if (partition->parent)
		snprintf(parent, sizeof(parent), "%llu", partition->parent);
	print_pool_row(view, normal, vm->name, id, parent, partition->state, &partition->pool,
		       partition);
}

/* Rows @first to @first + @count of: each VM, followed by its partitions */
static void print_partitions(const struct sample *sample, const struct view *view,
			     size_t first, size_t count)
{
	size_t row = 0, i, j;

	line(view, reverse, "%-12s %9s %6s %-13s %9s %9s %9s %3s %9s  %s", "VM", "PARTITION",
	     "PARENT", "STATE", "DEPOSITED", "AVAILABLE", "IN-USE", "VPS",
	     has_uses(view) ? "MAPPED" : "",
	     has_uses(view) ? "IN USE BY; DEPOSITED BY NODE" : "");
	for (i = 0; i < sample->nr_vms; i++) {
		const struct vm *vm = &sample->vms[i];

		if (row >= first && row - first < count)
			print_vm_row(view, vm);
		row++;
		for (j = 0; j < vm->partitions; j++, row++) {
			if (row >= first && row - first < count)
				print_partition_row(view, vm,
						    &sample->partitions[vm->first + j]);
		}
	}
	if (sample->problem == NO_SUCH_VM)
		line(view, normal, "%s", sample->explanation);
	else if (!sample->nr_vms)
		line(view, normal, "No VM has made a partition call.");
}

/* The busiest first, others in the order of the file. */
static int by_rate(const void *a, const void *b)
{
	const struct call *one = *(const struct call *const *)a;
	const struct call *other = *(const struct call *const *)b;

	if (one->per_second != other->per_second)
		return one->per_second > other->per_second ? -1 : 1;
	return one < other ? -1 : one > other;
}

static void print_calls(const struct sample *sample, const struct view *view, size_t count)
{
	const struct call *sorted[MAX_CALLS];
	size_t nr_sorted = sample->nr_calls, i;

	for (i = 0; i < nr_sorted; i++)
		sorted[i] = &sample->calls[i];
	if (view->screen)
		qsort(sorted, nr_sorted, sizeof(*sorted), by_rate);
	line(view, reverse, "%-25s %-27s %12s %12s", "CALL, OF ALL VMS", "STATUS", "COUNT",
	     view->every ? "PER-SECOND" : "");
	for (i = 0; i < nr_sorted && i < count; i++) {
		char rate[32] = "";

		if (view->every && sorted[i]->per_second >= 0)
			snprintf(rate, sizeof(rate), "%.1f", sorted[i]->per_second);
		else if (view->every)
			snprintf(rate, sizeof(rate), "-");
		line(view, sorted[i]->per_second > 0 ? bold : normal, "%-25s %-27s %12llu %12s",
		     sorted[i]->name, sorted[i]->status, sorted[i]->count, rate);
	}
	if (!nr_sorted)
		line(view, normal, "None since hvpart was loaded.");
}

/* Heading and titles, two empty rows, and the last one */
#define ROWS_BESIDES	7

static void print_screen(const struct sample *sample, struct view *view)
{
	size_t rows = sample->nr_vms + sample->nr_partitions;
	size_t upper = rows ?: 1, lower = sample->nr_calls ?: 1;
	size_t space = view->rows > ROWS_BESIDES ? view->rows - ROWS_BESIDES : 0;
	char shown[96] = "";

	/* Half of the screen each, if they need it. */
	if (upper + lower > space) {
		if (lower <= space / 2) {
			upper = space - lower;
		} else if (upper <= space - space / 2) {
			lower = space - upper;
		} else {
			upper = space - space / 2;
			lower = space / 2;
		}
	}
	view->page = upper;
	if (view->scrolled + upper > rows)
		view->scrolled = rows > upper ? rows - upper : 0;
	print_heading(sample, view);
	print_partitions(sample, view, view->scrolled, upper);
	line(view, normal, "%s", "");
	print_calls(sample, view, lower);
	if (rows > upper)
		snprintf(shown, sizeof(shown), "; rows %zu to %zu of %zu, arrow keys for others",
			 view->scrolled + 1, view->scrolled + upper, rows);
	/* Down to the last row. */
	printf(ERASE_BELOW "\033[%uH", view->rows);
	rows_left = 1;
	line(view, normal, "q quits; every %g s%s%s", view->every, shown,
	     sample->not_understood ? "; some lines were not understood" : "");
}

static void print_lines(const struct sample *sample, const struct view *view)
{
	print_heading(sample, view);
	print_partitions(sample, view, 0, sample->nr_vms + sample->nr_partitions);
	line(view, normal, "%s", "");
	print_calls(sample, view, sample->nr_calls);
	if (sample->not_understood)
		line(view, normal, "%llu line%s not understood.", sample->not_understood,
		     sample->not_understood == 1 ? " was" : "s were");
}

void table_print(const struct sample *sample, struct view *view)
{
	bool readable = sample->problem == NO_PROBLEM || sample->problem == NO_SUCH_VM;

	if (view->screen)
		printf(HOME);
	rows_left = view->rows;
	if (readable && view->screen) {
		print_screen(sample, view);
	} else if (readable) {
		print_lines(sample, view);
	} else {
		line(view, bold, "%s", sample->explanation);
		if (view->screen) {
			line(view, normal, "%s", "");
			line(view, normal, "Waiting for it; q quits.");
			printf(ERASE_BELOW);
		}
	}
}
