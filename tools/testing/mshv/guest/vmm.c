// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that does what it is told on stdin, a word a line, and says so on stdout:
 *
 *	create		a partition
 *	initialize	the partitions there are
 *	processor	one for the youngest of them, with a page of code
 *	run		that, up to its next port access, and over it
 *	close		all partitions
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mshv.h"
#include "vp.h"

#define MOST	64
#define CODE_AT	0x1000

/* A virtual processor that writes to port 0x80, again and again */
static int create_processor(int partition)
{
	static const unsigned char code[] = { 0xe6, 0x80, 0xeb, 0xfc };
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int vp, error;

	if (page == MAP_FAILED)
		return -errno;
	memcpy(page, code, sizeof(code));
	error = mshv_map_memory(partition, CODE_AT / PAGE, page, PAGE);
	if (error)
		return error;
	vp = vp_create(partition, 0);
	if (vp < 0)
		return vp;
	error = vp_begin_real(vp, 0, CODE_AT);
	return error ? -EIO : vp;
}

static int run(int vp)
{
	struct hvp_message message;
	int error = vp_run(vp, &message);

	if (error)
		return error;
	if (message.header.type != HVP_MESSAGE_IO_PORT_INTERCEPT)
		return -EPROTO;
	error = vp_set_register(vp, HVP_REGISTER_RIP, message.payload.io_port.header.rip + 2);
	return error ? -EIO : 0;
}

int main(void)
{
	int partitions[MOST], count = 0, vp = -1, result = 0;
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
		} else if (!strcmp(word, "processor") && count > 0 && vp < 0) {
			vp = create_processor(partitions[count - 1]);
			result = vp;
		} else if (!strcmp(word, "run") && vp >= 0) {
			result = run(vp);
		} else if (!strcmp(word, "close")) {
			if (vp >= 0)
				close(vp);
			vp = -1;
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
