// SPDX-License-Identifier: GPL-2.0
/*
 * text - programs from text to bytes, or with -d from bytes to text
 *
 * A line is an operation and its arguments, "name=value"; those not given are 0.
 * A # begins a comment.
 */

#include <stdio.h>
#include "fuzz.h"

static enum opcode text_opcode(const char *name)
{
	enum opcode opcode = 0;

	while (opcode < NR_OPS && strcmp(operation_of(opcode)->name, name))
		opcode++;
	return opcode;
}

static bool text_argument(const struct operation *operation, char *word, u64 *arguments)
{
	char *value = strchr(word, '=');
	unsigned int i;
	char *end;

	if (!value)
		return false;
	*value++ = '\0';
	for (i = 0; i < MAX_ARGUMENTS; i++) {
		if (!operation->argument[i].bytes || strcmp(operation->argument[i].name, word))
			continue;
		arguments[i] = strtoull(value, &end, 0);
		return *value && !*end && (operation->argument[i].bytes == 8 ||
					   !(arguments[i] >> 8 * operation->argument[i].bytes));
	}
	return false;
}

static bool text_line(char *line)
{
	const char *blank = " \t\n";
	const struct operation *operation;
	enum opcode opcode;
	u64 arguments[MAX_ARGUMENTS] = {};
	unsigned int i, byte;
	char *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok(line, blank);
	if (!word)
		return true;
	opcode = text_opcode(word);
	if (opcode == NR_OPS)
		return false;
	operation = operation_of(opcode);
	while ((word = strtok(NULL, blank))) {
		if (!text_argument(operation, word, arguments))
			return false;
	}
	putchar(opcode);
	for (i = 0; i < MAX_ARGUMENTS; i++) {
		for (byte = 0; byte < operation->argument[i].bytes; byte++)
			putchar(arguments[i] >> 8 * byte & 0xff);
	}
	return true;
}

static int to_bytes(void)
{
	unsigned int number = 0;
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		number++;
		if (!text_line(line)) {
			fprintf(stderr, "text: line %u is not an operation\n", number);
			return 1;
		}
	}
	return 0;
}

static int to_text(void)
{
	static u8 data[1 << 16];
	size_t size = fread(data, 1, sizeof(data), stdin);
	size_t at = 0, length;
	struct step step;
	unsigned int i;

	while ((length = program_next(data + at, size - at, &step))) {
		const struct operation *operation = operation_of(step.opcode);

		printf("%s", operation->name);
		for (i = 0; i < MAX_ARGUMENTS; i++) {
			if (operation->argument[i].bytes && step.argument[i])
				printf(step.argument[i] > 255 ? " %s=%#llx" : " %s=%llu",
				       operation->argument[i].name, step.argument[i]);
		}
		printf("\n");
		at += length;
	}
	return 0;
}

int main(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "-d") ? to_text() : to_bytes();
}
