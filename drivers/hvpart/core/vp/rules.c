// SPDX-License-Identifier: GPL-2.0
/*
 * What a parent has said of CPUID and MSRs of its child: results that it wants, and what it
 * wants to see itself.
 *
 * Rules come and change, and go together; there are few, so that they are looked for one by
 * one, as KVM does with its own table.
 */

#include <linux/bits.h>
#include <linux/math.h>
#include <linux/string.h>
#include "../memory/caches.h"
#include "rules.h"

/*
 * Bits that say what the processor is doing at the moment, and what it is for somebody else to
 * say what it can do: OSXSAVE and OSPKE.
 */
#define HVP_CPUID_1_ECX_OSXSAVE		BIT(27)
#define HVP_CPUID_7_ECX_OSPKE		BIT(4)

/**
 * hvp_rules_init() - there are none yet
 * @rules:	zeroed
 */
void hvp_rules_init(struct hvp_rules *rules)
{
	spin_lock_init(&rules->lock);
}

/**
 * hvp_rule_block_pages() - what the pool pays for each HVP_RULES_PER_BLOCK rules
 *
 * Return: pages: the bytes of the object, rounded up.
 */
unsigned int hvp_rule_block_pages(void)
{
	return DIV_ROUND_UP(hvp_cache_object_size(HVP_CACHE_RULE_BLOCK), HVP_PAGE_SIZE);
}

static bool hvp_rule_is(const struct hvp_rule *rule, enum hvp_rule_kind kind, u32 index,
			u32 subleaf)
{
	return rule->kind == kind && rule->index == index && rule->subleaf == subleaf;
}

static struct hvp_rule *hvp_rules_find(const struct hvp_rules *rules, enum hvp_rule_kind kind,
				       u32 index, u32 subleaf)
{
	struct hvp_rule_block *block;
	unsigned int i;

	for (block = rules->top; block; block = block->below) {
		for (i = 0; i < block->count; i++) {
			if (hvp_rule_is(&block->rules[i], kind, index, subleaf))
				return &block->rules[i];
		}
	}
	return NULL;
}

/**
 * hvp_rules_new() - how many of some rules are about something new
 * @rules:	those that there are, which nobody changes meanwhile
 * @added:	some
 * @count:	how many, no two of which are about the same
 *
 * Context: Any.
 * Return: how many do not replace one.
 */
unsigned int hvp_rules_new(const struct hvp_rules *rules, const struct hvp_rule *added,
			   unsigned int count)
{
	unsigned int new = 0;

	while (count--)
		new += !hvp_rules_find(rules, added[count].kind, added[count].index,
				       added[count].subleaf);
	return new;
}

/**
 * hvp_rules_need_block() - do more rules need another block?
 * @rules:	those that there are, which nobody changes meanwhile
 * @new:	how many more, up to HVP_RULES_PER_BLOCK
 *
 * Context: Any.
 * Return: true if they do.
 */
bool hvp_rules_need_block(const struct hvp_rules *rules, unsigned int new)
{
	unsigned int room = rules->top ? HVP_RULES_PER_BLOCK - rules->top->count : 0;

	return new > room;
}

static void hvp_rule_add(struct hvp_rules *rules, const struct hvp_rule *rule,
			 struct hvp_rule_block **spare)
{
	struct hvp_rule *old = hvp_rules_find(rules, rule->kind, rule->index, rule->subleaf);

	if (old) {
		*old = *rule;
		return;
	}
	if (hvp_rules_need_block(rules, 1)) {
		(*spare)->below = rules->top;
		rules->top = *spare;
		*spare = NULL;
	}
	rules->top->rules[rules->top->count++] = *rule;
	rules->count++;
}

/**
 * hvp_rules_add() - add some rules, which replace those that are about the same
 * @rules:	those that there are; nobody else changes them
 * @added:	what to add
 * @count:	how many
 * @spare:	a block, if hvp_rules_need_block(); NULL afterwards if it is in use
 *
 * Context: Any that may take a spinlock.
 */
void hvp_rules_add(struct hvp_rules *rules, const struct hvp_rule *added, unsigned int count,
		   struct hvp_rule_block **spare)
{
	spin_lock(&rules->lock);
	while (count--)
		hvp_rule_add(rules, added++, spare);
	spin_unlock(&rules->lock);
}

/**
 * hvp_rules_empty() - there are none any more
 * @rules:	the rules; nobody else changes them
 *
 * Context: Any that may take a spinlock.
 * Return: what hvp_rules_free() is to free.
 */
struct hvp_rule_block *hvp_rules_empty(struct hvp_rules *rules)
{
	struct hvp_rule_block *top;

	spin_lock(&rules->lock);
	top = rules->top;
	rules->top = NULL;
	rules->count = 0;
	spin_unlock(&rules->lock);
	return top;
}

/**
 * hvp_rules_free() - free rules that nobody looks at
 * @block:	the block that is not full, and with it the others; or NULL
 *
 * Context: Any.
 */
void hvp_rules_free(struct hvp_rule_block *block)
{
	struct hvp_rule_block *below;

	for (; block; block = below) {
		below = block->below;
		hvp_cache_free(HVP_CACHE_RULE_BLOCK, block);
	}
}

static void hvp_rule_apply(const struct hvp_rule *rule, struct hvp_cpuid_value *value)
{
	unsigned int i;
	u32 mask;

	for (i = 0; rule && i < ARRAY_SIZE(value->registers); i++) {
		mask = rule->registers[i].mask;
		value->registers[i] = (value->registers[i] & ~mask) |
				      (rule->registers[i].value & mask);
	}
}

static u32 hvp_cpuid_bits_of_now(u32 leaf, u32 subleaf)
{
	if (leaf == 1)
		return HVP_CPUID_1_ECX_OSXSAVE;
	return leaf == 7 && !subleaf ? HVP_CPUID_7_ECX_OSPKE : 0;
}

/**
 * hvp_rules_apply_cpuid() - what CPUID is to answer
 * @rules:	those for whoever asks
 * @leaf:	what is asked for
 * @subleaf:	likewise
 * @value:	what there is without these rules, which they change
 *
 * A rule for one subleaf comes after that for all of them.
 *
 * Context: Any that may take a spinlock.
 */
void hvp_rules_apply_cpuid(struct hvp_rules *rules, u32 leaf, u32 subleaf,
			   struct hvp_cpuid_value *value)
{
	u32 now = hvp_cpuid_bits_of_now(leaf, subleaf);
	u32 ecx = value->registers[2];

	spin_lock(&rules->lock);
	hvp_rule_apply(hvp_rules_find(rules, HVP_RULE_CPUID, leaf, 0), value);
	hvp_rule_apply(hvp_rules_find(rules, HVP_RULE_CPUID_SUBLEAF, leaf, subleaf), value);
	spin_unlock(&rules->lock);
	value->registers[2] = (value->registers[2] & ~now) | (ecx & now);
}

/**
 * hvp_rules_find_number() - is there a rule that is a number?
 * @rules:	those for whoever asks
 * @kind:	what about
 * @index:	likewise
 * @number:	receives it, if there is
 *
 * Context: Any that may take a spinlock.
 * Return: true if there is.
 */
bool hvp_rules_find_number(struct hvp_rules *rules, enum hvp_rule_kind kind, u32 index,
			   u32 *number)
{
	const struct hvp_rule *rule;

	spin_lock(&rules->lock);
	rule = hvp_rules_find(rules, kind, index, 0);
	if (rule)
		*number = rule->number;
	spin_unlock(&rules->lock);
	return rule;
}
