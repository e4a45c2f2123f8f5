// SPDX-License-Identifier: GPL-2.0
/* keep-kvm-busy COMMAND [ARG...] - run a command while KVM has a VM; see lib/code_patching.h */
#include <unistd.h>

#include "code_patching.h"
#include "guest.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		die("usage: keep-kvm-busy COMMAND [ARG...]");
	keep_kvm_busy();
	execvp(argv[1], argv + 1);
	die("cannot run %s: %m", argv[1]);
}
