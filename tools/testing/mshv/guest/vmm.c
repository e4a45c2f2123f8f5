// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that does what it is told on stdin, a word a line, and says so on stdout:
 *
 *	create		a partition
 *	initialize	the partitions there are
 *	close		all of them
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mshv.h"

#define MOST	64

int main(void)
{
	int partitions[MOST], count = 0, result = 0;
	int mshv = mshv_open();
	char word[32];

	while (scanf("%31s", word) == 1) {
		result = 0;
		if (mshv < 0) {
			result = mshv;
		} else if (!strcmp(word, "create") && count < MOST) {
			result = mshv_create(mshv);
			if (result >= 0)
				partitions[count++] = result;
		} else if (!strcmp(word, "initialize")) {
			for (int i = 0; i < count && result >= 0; i++)
				result = mshv_initialize(partitions[i]);
		} else if (!strcmp(word, "close")) {
			while (count > 0)
				close(partitions[--count]);
		} else {
			printf("%s?\n", word);
			continue;
		}
		if (result < 0)
			printf("%s: %s\n", word, strerror(-result));
		else
			printf("%s: ok\n", word);
		fflush(stdout);
	}
	return result < 0;
}
