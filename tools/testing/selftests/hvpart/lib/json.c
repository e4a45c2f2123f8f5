// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "json.h"

#define PATH_SIZE	256

struct reader {
	const char *json, *next;
	const char *wanted;
	char path[PATH_SIZE];		/* of the value that is being read */
	const char *found;
	size_t length;			/* of what has been found */
};

static void read_value(struct reader *reader);

static void malformed(struct reader *reader, const char *what)
{
	die("JSON: %s wanted at %.40s", what, reader->next);
}

static void skip_space(struct reader *reader)
{
	reader->next += strspn(reader->next, " \t\r\n");
}

static bool take(struct reader *reader, char c)
{
	skip_space(reader);
	if (*reader->next != c)
		return false;
	reader->next++;
	return true;
}

static void read_digits(struct reader *reader)
{
	size_t digits = strspn(reader->next, "0123456789");

	if (!digits)
		malformed(reader, "a digit");
	reader->next += digits;
}

static void read_number(struct reader *reader)
{
	if (*reader->next == '-')
		reader->next++;
	if (*reader->next == '0')
		reader->next++;
	else
		read_digits(reader);
	if (*reader->next == '.') {
		reader->next++;
		read_digits(reader);
	}
	if (*reader->next == 'e' || *reader->next == 'E') {
		reader->next++;
		reader->next += strspn(reader->next, "+-") == 1;
		read_digits(reader);
	}
}

static void read_string(struct reader *reader)
{
	if (*reader->next++ != '"')
		malformed(reader, "a string");
	while (*reader->next != '"') {
		if ((unsigned char)*reader->next < 0x20)
			malformed(reader, "a character");
		if (*reader->next++ != '\\')
			continue;
		if (!*reader->next || !strchr("\"\\/bfnrtu", *reader->next))
			malformed(reader, "an escape");
		if (*reader->next++ == 'u') {
			if (strspn(reader->next, "0123456789abcdefABCDEF") < 4)
				malformed(reader, "four digits");
			reader->next += 4;
		}
	}
	reader->next++;
}

/* The part of the path that the value has, and no longer. */
static void read_member(struct reader *reader, const char *format, int length, const char *name)
{
	size_t end = strlen(reader->path);

	if ((size_t)snprintf(reader->path + end, PATH_SIZE - end, format, length, name) >=
	    PATH_SIZE - end)
		die("JSON: %s... is deep", reader->path);
	read_value(reader);
	reader->path[end] = 0;
}

static void read_object(struct reader *reader)
{
	do {
		const char *name;

		skip_space(reader);
		name = reader->next + 1;
		read_string(reader);
		if (!take(reader, ':'))
			malformed(reader, "a colon");
		read_member(reader, *reader->path ? ".%.*s" : "%.*s",
			    strchr(name, '"') - name, name);
	} while (take(reader, ','));
	if (!take(reader, '}'))
		malformed(reader, "the end of an object");
}

static void read_array(struct reader *reader)
{
	unsigned int i = 0;

	do {
		char index[16];

		snprintf(index, sizeof(index), "%u", i++);
		read_member(reader, "[%.*s]", sizeof(index), index);
	} while (take(reader, ','));
	if (!take(reader, ']'))
		malformed(reader, "the end of an array");
}

static void read_value(struct reader *reader)
{
	static const char * const words[] = { "true", "false", "null" };
	const char *start;
	unsigned int i;

	skip_space(reader);
	start = reader->next;
	if (take(reader, '{')) {
		if (!take(reader, '}'))
			read_object(reader);
	} else if (take(reader, '[')) {
		if (!take(reader, ']'))
			read_array(reader);
	} else if (*start == '"') {
		read_string(reader);
	} else {
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			if (!strncmp(start, words[i], strlen(words[i])))
				reader->next += strlen(words[i]);
		}
		if (reader->next == start)
			read_number(reader);
	}
	if (!reader->found && !strcmp(reader->path, reader->wanted)) {
		reader->found = start;
		reader->length = reader->next - start;
	}
}

bool json_find(const char *json, const char *path, char *value, size_t size)
{
	struct reader reader = { .json = json, .next = json, .wanted = path };

	read_value(&reader);
	skip_space(&reader);
	if (*reader.next)
		malformed(&reader, "the end");
	if (!reader.found)
		return false;
	if (reader.length >= size)
		die("JSON: %s is long", path);
	memcpy(value, reader.found, reader.length);
	value[reader.length] = 0;
	return true;
}

double json_number(const char *json, const char *format, ...)
{
	char path[PATH_SIZE], value[64] = "", *end = value;
	va_list args;
	double number;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	number = json_find(json, path, value, sizeof(value)) ? strtod(value, &end) : 0;
	if (end == value || *end)
		die("JSON: no number at %s: %.200s", path, json);
	return number;
}

bool json_equals(const char *json, const char *path, const char *value)
{
	char found[512];

	return json_find(json, path, found, sizeof(found)) && !strcmp(found, value);
}
