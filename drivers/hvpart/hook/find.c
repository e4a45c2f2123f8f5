// SPDX-License-Identifier: GPL-2.0
/*
 * Where functions of KVM's are.  ftrace knows them by their names, too, but for each name it
 * looks up those of all functions, 40,000 and more, which was nearly all that loading the
 * module took.  A kprobe finds one at once.  None of ours is ever armed.
 */

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include "hook.h"

/* Of KVM's module, where it is one, and not of whoever has a function of the same name. */
#define HVP_KVM_SYMBOL		(IS_MODULE(CONFIG_KVM) ? "kvm:%s" : "%s")

struct hvp_search {
	char symbol[64];
	struct kprobe probe;
};

struct hvp_searches {
	unsigned int count;
	struct kprobe **probes;
	struct hvp_search *all;
};

static unsigned long hvp_search(struct hvp_searches *searches, const char *function)
{
	struct hvp_search *search = &searches->all[searches->count];

	snprintf(search->symbol, sizeof(search->symbol), HVP_KVM_SYMBOL, function);
	search->probe.symbol_name = search->symbol;
	search->probe.flags = KPROBE_FLAG_DISABLED;
	if (register_kprobe(&search->probe))
		return 0;
	searches->probes[searches->count++] = &search->probe;
	return (unsigned long)search->probe.addr;
}

/**
 * hvp_functions_find() - see where functions are, before anything is attached to them
 * @functions:	these
 *
 * What is not found, as without CONFIG_KPROBES or without memory, is left to ftrace.
 *
 * Context: May sleep.
 */
void hvp_functions_find(const struct hvp_functions *functions)
{
	unsigned int i, count = functions->hook_count + functions->observer_count;
	struct hvp_searches searches = {
		.probes = kcalloc(count, sizeof(*searches.probes), GFP_KERNEL),
		.all = kcalloc(count, sizeof(*searches.all), GFP_KERNEL),
	};

	if (!searches.probes || !searches.all)
		goto free;
	for (i = 0; i < functions->hook_count; i++)
		functions->hooks[i]->address =
			hvp_search(&searches, functions->hooks[i]->function);
	for (i = 0; i < functions->observer_count; i++)
		functions->observers[i]->address =
			hvp_search(&searches, functions->observers[i]->function);
	/* All at once, as it waits for a grace period. */
	unregister_kprobes(searches.probes, searches.count);
free:
	kfree(searches.all);
	kfree(searches.probes);
}
