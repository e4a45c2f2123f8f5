// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "details.h"
#include "json.h"

/* How many bytes of valid UTF-8 @text begins with: one character, or 0 */
static unsigned int utf8_length(const unsigned char *text)
{
	unsigned int length, i;
	unsigned long value;

	if (text[0] < 0x80)
		return 1;
	length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	value = text[0] & (0xff >> (length + 1));
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	/* Longer than need be, half of a pair of UTF-16's, too large */
	if ((length == 3 && value < 0x800) || (length == 4 && value < 0x10000) ||
	    (value >= 0xd800 && value < 0xe000) || value > 0x10ffff)
		return 0;
	return length;
}

static void print_string(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	putchar('"');
	while (*byte) {
		unsigned int length = utf8_length(byte);

		if (!length) {
			fputs("\\ufffd", stdout);
			length = 1;
		} else if (*byte == '"' || *byte == '\\') {
			printf("\\%c", *byte);
		} else if (*byte < 0x20 || *byte == 0x7f) {
			printf("\\u%04x", *byte);
		} else {
			fwrite(byte, 1, length, stdout);
		}
		byte += length;
	}
	putchar('"');
}

/* As it is said of the next one: "name": */
static void print_name(const char *name)
{
	print_string(name);
	putchar(':');
}

static void print_text(const char *name, const char *text)
{
	print_name(name);
	if (*text)
		print_string(text);
	else
		fputs("null", stdout);
}

/* A number or null, which there is no negative one for */
static void print_seconds(const char *name, double seconds)
{
	print_name(name);
	if (seconds < 0)
		fputs("null", stdout);
	else
		printf("%.3f", seconds);
}

static void print_pool(const struct pool *pool)
{
	printf("\"deposited\":%llu,\"available\":%llu,\"in_use\":%llu", pool->deposited,
	       pool->available, pool->in_use);
}

static void print_partition(unsigned long long id, unsigned long long parent, const char *state,
			    const struct pool *pool)
{
	printf("\"id\":%llu,\"parent\":", id);
	if (parent)
		printf("%llu", parent);
	else
		fputs("null", stdout);
	printf(",\"state\":");
	print_string(state);
	putchar(',');
	print_pool(pool);
}

static void print_uses(const struct details *details)
{
	unsigned int i;

	fputs(",\"in_use_by\":{", stdout);
	for (i = 0; i < details->nr_uses; i++) {
		if (i)
			putchar(',');
		print_name(details->uses[i].name);
		printf("%llu", details->uses[i].pages);
	}
	putchar('}');
}

static void print_nodes(const struct details *details)
{
	unsigned int i;

	fputs(",\"nodes\":[", stdout);
	for (i = 0; i < details->nr_nodes; i++) {
		printf("%s{\"node\":%llu,", i ? "," : "", details->nodes[i].number);
		print_pool(&details->nodes[i].pool);
		putchar('}');
	}
	putchar(']');
}

static void print_properties(const struct details *details)
{
	unsigned int i;

	fputs(",\"properties\":[", stdout);
	for (i = 0; i < details->nr_properties; i++) {
		const struct property *property = &details->properties[i];

		fputs(i ? ",{" : "{", stdout);
		print_text("code", property->code);
		putchar(',');
		print_text("name", property->name);
		putchar(',');
		print_text("value", property->value);
		putchar('}');
	}
	putchar(']');
}

static void print_vp(const struct vp *vp)
{
	unsigned int i;

	printf("{\"vp\":%llu,", vp->index);
	print_text("state", vp->state);
	printf(",\"run_time\":%llu,\"hypercalls\":%llu,\"signals\":%llu,\"exits\":{",
	       vp->run_time, vp->hypercalls, vp->signals);
	for (i = 0; i < vp->nr_exits; i++) {
		if (i)
			putchar(',');
		print_name(vp->exits[i].reason);
		printf("%llu", vp->exits[i].count);
	}
	fputs("}}", stdout);
}

static void print_vps(const struct details *details)
{
	unsigned int i;

	printf(",\"virtual_processors\":%llu,\"vps\":[", details->virtual_processors);
	for (i = 0; i < details->nr_vps; i++) {
		if (i)
			putchar(',');
		print_vp(&details->vps[i]);
	}
	putchar(']');
}

static void print_runs(const struct details *details)
{
	unsigned int i;

	fputs(",\"runs\":[", stdout);
	for (i = 0; i < details->nr_runs; i++) {
		const struct run *run = &details->runs[i];

		fputs(i ? ",{" : "{", stdout);
		print_text("gpa", run->gpa);
		printf(",\"pages\":%llu,", run->pages);
		print_text("rights", run->rights);
		putchar(',');
		print_text("source", run->source);
		putchar('}');
	}
	putchar(']');
}

static void print_memory(const struct details *details)
{
	fputs(",\"memory\":", stdout);
	if (!details->has_memory) {
		fputs("null", stdout);
		return;
	}
	printf("{\"mapped\":%llu,\"no_access\":%llu,\"map_nodes\":%llu,\"map_bytes\":%llu",
	       details->mapped, details->no_access, details->map_nodes, details->map_bytes);
	print_runs(details);
	putchar(',');
	print_text("not_shown", details->not_shown);
	putchar('}');
}

/* The file is one moment of the partition, which the table's line is not part of. */
static void print_partition_with_details(const struct vm *vm, const struct partition *partition)
{
	static struct details details;

	putchar('{');
	if (!details_read(vm, partition->id, &details)) {
		print_partition(partition->id, partition->parent, partition->state,
				&partition->pool);
	} else {
		print_partition(details.id, details.parent, details.state, &details.pool);
		print_uses(&details);
		print_nodes(&details);
		putchar(',');
		print_text("creation_flags", details.creation_flags);
		putchar(',');
		print_text("compatibility_version", details.compatibility_version);
		putchar(',');
		print_text("proximity", details.proximity);
		print_properties(&details);
		print_vps(&details);
		print_memory(&details);
	}
	putchar('}');
}

static void print_vm(const struct sample *sample, const struct vm *vm)
{
	const struct partition *partitions = sample->partitions + vm->first;
	size_t i;

	putchar('{');
	print_text("vm", vm->name);
	printf(",\"pid\":%llu,\"fd\":%llu,\"partitions\":[", vm->pid, vm->fd);
	for (i = 0; i < vm->partitions; i++) {
		if (i)
			putchar(',');
		print_partition_with_details(vm, &partitions[i]);
	}
	fputs("]}", stdout);
}

static void print_call(const struct call *call)
{
	char code[16];

	snprintf(code, sizeof(code), "0x%04x", call->code);
	putchar('{');
	print_text("code", code);
	putchar(',');
	print_text("call", call->name);
	putchar(',');
	print_text("status", call->status);
	printf(",\"count\":%llu,", call->count);
	print_seconds("per_second", call->per_second);
	putchar('}');
}

static void print_parameters(const struct sample *sample)
{
	int i;

	fputs("\"parameters\":{", stdout);
	for (i = 0; i < PARAMETERS; i++) {
		const char *text = sample->parameters[i];
		unsigned long long number;

		if (i)
			putchar(',');
		/* grant_uid alone may be negative, in one way. */
		if (parse_number(text, &number)) {
			print_name(parameter_names[i]);
			printf("%llu", number);
		} else if (i == GRANT_UID && !strcmp(text, "-1")) {
			print_name(parameter_names[i]);
			fputs(text, stdout);
		} else {
			print_text(parameter_names[i], text);
		}
	}
	putchar('}');
}

void json_print(const struct sample *sample)
{
	struct timespec now;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &now);
	printf("{\"time\":%lld.%03ld,", (long long)now.tv_sec, now.tv_nsec / 1000000);
	print_seconds("interval", sample->interval);
	printf(",\"loaded\":%s,", sample->problem == NOT_LOADED ? "false" : "true");
	print_text("problem", sample->explanation);
	putchar(',');
	print_text("version", sample->version);
	putchar(',');
	print_parameters(sample);
	fputs(",\"vms\":[", stdout);
	for (i = 0; i < sample->nr_vms; i++) {
		if (i)
			putchar(',');
		print_vm(sample, &sample->vms[i]);
	}
	fputs("],\"calls\":[", stdout);
	for (i = 0; i < sample->nr_calls; i++) {
		if (i)
			putchar(',');
		print_call(&sample->calls[i]);
	}
	printf("],\"not_understood\":%llu}\n", sample->not_understood);
}
