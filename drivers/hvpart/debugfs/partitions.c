// SPDX-License-Identifier: GPL-2.0
/*
 * The files that show partitions: a table of all, and one for each.
 *
 * A reader takes one partition's lock at a time, to copy its numbers, and none
 * while it prints.  It never takes one that is held while a virtual processor runs.
 */

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include "../core/hierarchy.h"
#include "../core/memory/proximity.h"
#include "../core/partition.h"
#include "../core/snapshot.h"
#include "partitions.h"

/**
 * hvp_shown_set() - show these partitions from now on
 * @shown:	where
 * @hierarchy:	the partitions, which the caller holds, or NULL: none
 *
 * Context: Any.
 */
void hvp_shown_set(struct hvp_shown *shown, struct hvp_hierarchy *hierarchy)
{
	struct hvp_hierarchy *before;

	if (hierarchy && WARN_ON_ONCE(!hvp_hierarchy_hold(hierarchy)))
		hierarchy = NULL;
	spin_lock(&shown->lock);
	before = shown->hierarchy;
	shown->hierarchy = hierarchy;
	spin_unlock(&shown->lock);
	hvp_hierarchy_drop(before);
}

/**
 * hvp_shown_hold() - the partitions that are shown at the moment
 * @shown:	where
 *
 * Context: Any.
 * Return: the partitions, for the caller to drop, or NULL.
 */
struct hvp_hierarchy *hvp_shown_hold(struct hvp_shown *shown)
{
	struct hvp_hierarchy *hierarchy;

	spin_lock(&shown->lock);
	hierarchy = shown->hierarchy;
	if (hierarchy && !hvp_hierarchy_hold(hierarchy))
		hierarchy = NULL;
	spin_unlock(&shown->lock);
	return hierarchy;
}

static void hvp_show_proximity(struct seq_file *seq, struct hvp_proximity proximity)
{
	if (hvp_proximity_any(proximity))
		seq_puts(seq, "any");
	else
		seq_printf(seq, "node %u %s", proximity.id,
			   hvp_proximity_required(proximity) ? "required" : "preferred");
}

#define HVP_USE_TEXT(value, name, text)	[value] = text,
static const char * const use_names[HVP_NR_USES] = { HVP_USE_LIST(HVP_USE_TEXT) };

/* The properties that are kept; read-only ones say nothing about the partition. */
static void hvp_show_properties(struct seq_file *seq, const struct hvp_snapshot *s)
{
	const struct hvp_property_row *row;
	unsigned int i;

	for (i = 0; (row = hvp_property_at(i)); i++) {
		const u64 *values = NULL;

		if (row->kind == HVP_PROPERTY_EARLY)
			values = s->early_properties;
		else if (row->kind == HVP_PROPERTY_REGULAR && s->has_regular_properties)
			values = s->regular_properties;
		if (values)
			seq_printf(seq, "property 0x%08x %s 0x%llx\n", row->code, row->name,
				   values[row->slot]);
	}
}

#define HVP_EXIT_TEXT(value, name, text)	[value] = text,
static const char * const exit_names[HVP_NR_EXIT_REASONS] = { HVP_EXIT_LIST(HVP_EXIT_TEXT) };

#define HVP_VP_DOES_TEXT(value, name, text)	[value] = text,
static const char * const vp_does_names[HVP_NR_VP_DOES] = { HVP_VP_DOES_LIST(HVP_VP_DOES_TEXT) };

static void hvp_show_vps(struct seq_file *seq, struct hvp_partition *partition)
{
	struct hvp_vp_snapshot vp;
	unsigned int reason;
	u32 index = 0;

	while (hvp_snapshot_next_vp(partition, &index, &vp)) {
		seq_printf(seq, "vp %u state %s run_time %llu hypercalls %llu signals %llu exits",
			   vp.index, vp_does_names[vp.does], vp.run_time, vp.hypercalls,
			   vp.signals);
		for (reason = 0; reason < HVP_NR_EXIT_REASONS; reason++)
			seq_printf(seq, " %s %llu", exit_names[reason], vp.exits[reason]);
		seq_putc(seq, '\n');
	}
}

/* More would fill the file of who has made a child of single pages. */
#define HVP_MEMORY_LINES	128

static void hvp_show_memory_line(struct seq_file *seq, u64 gfn, u64 count,
				 const struct hvp_gpa_page *page)
{
	seq_printf(seq, "memory 0x%llx pages %llu ", gfn << HVP_PAGE_SHIFT, count);
	if (page->kind == HVP_GPA_MAPPED)
		seq_printf(seq, "rights %c%c%c%c source 0x%llx\n",
			   page->rights & HVP_MAP_READ ? 'r' : '-',
			   page->rights & HVP_MAP_WRITE ? 'w' : '-',
			   page->rights & HVP_MAP_KERNEL_EXECUTE ? 'k' : '-',
			   page->rights & HVP_MAP_USER_EXECUTE ? 'u' : '-',
			   page->source << HVP_PAGE_SHIFT);
	else
		seq_puts(seq, "rights none\n");
}

static void hvp_show_memory(struct seq_file *seq, struct hvp_partition *partition,
			    const struct hvp_gpa_counts *map)
{
	unsigned int lines = 0;
	struct hvp_gpa_page page;
	u64 gfn, count;

	seq_printf(seq, "memory_mapped %llu\n", map->mapped);
	seq_printf(seq, "memory_no_access %llu\n", map->no_access);
	seq_printf(seq, "memory_map_nodes %llu\n", map->nodes);
	seq_printf(seq, "memory_map_bytes %llu\n", map->bytes);
	for (gfn = 0; hvp_snapshot_next_memory(partition, &gfn, &count, &page); gfn += count) {
		if (lines++ == HVP_MEMORY_LINES) {
			seq_printf(seq, "memory_not_shown 0x%llx\n", gfn << HVP_PAGE_SHIFT);
			break;
		}
		hvp_show_memory_line(seq, gfn, count, &page);
	}
}

static int hvp_partition_file_show(struct seq_file *seq, void *unused)
{
	struct hvp_partition_file *file = seq->private;
	struct hvp_hierarchy *hierarchy = hvp_shown_hold(file->shown);
	struct hvp_partition *partition = NULL;
	struct hvp_snapshot s;
	unsigned int node;
	int use;

	if (hierarchy)
		partition = hvp_hierarchy_find(hierarchy, file->id);
	if (!partition) {
		hvp_hierarchy_drop(hierarchy);
		return -ENOENT;
	}
	hvp_snapshot_take(partition, &s);

	seq_printf(seq, "id %llu\n", s.id);
	seq_printf(seq, "parent %llu\n", s.parent_id);
	seq_printf(seq, "state %s\n", hvp_state_name(s.state));
	seq_printf(seq, "creation_flags 0x%llx\n", s.creation.flags);
	seq_printf(seq, "compatibility_version 0x%x\n", s.creation.compatibility_version);
	seq_puts(seq, "proximity ");
	hvp_show_proximity(seq, s.creation.proximity);
	seq_printf(seq, "\ndeposited %llu\n", s.total.available + s.total.in_use);
	seq_printf(seq, "available %llu\n", s.total.available);
	seq_printf(seq, "in_use %llu\n", s.total.in_use);
	for (use = 0; use < HVP_NR_USES; use++)
		seq_printf(seq, "in_use_%s %llu\n", use_names[use], s.used_for[use]);
	for (node = 0; node < hvp_pool_nodes(); node++) {
		struct hvp_balance *balance = &s.nodes[node];

		if (balance->available || balance->in_use)
			seq_printf(seq, "node %u deposited %llu available %llu in_use %llu\n",
				   node, balance->available + balance->in_use,
				   balance->available, balance->in_use);
	}
	hvp_show_properties(seq, &s);
	seq_printf(seq, "virtual_processors %u\n", s.virtual_processors);
	hvp_show_vps(seq, partition);
	if (s.has_map)
		hvp_show_memory(seq, partition, &s.map);
	hvp_partition_put(partition);
	hvp_hierarchy_drop(hierarchy);
	return 0;
}

static int hvp_partition_file_open(struct inode *inode, struct file *file)
{
	return single_open(file, hvp_partition_file_show, inode->i_private);
}

const struct file_operations hvp_partition_file_fops = {
	.owner = THIS_MODULE,
	.open = hvp_partition_file_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

/*
 * The table.  A line is one moment of one partition; position 0 is the header
 * and any other the lowest ID to show next.  The hierarchy is held while a read
 * is in progress, not while the file is open.
 */
struct hvp_table_reader {
	struct hvp_shown *shown;
	struct hvp_hierarchy *hierarchy;
};

static void *hvp_table_from(struct hvp_table_reader *table, loff_t *pos)
{
	struct hvp_partition *partition;

	if (!table->hierarchy)
		return NULL;
	partition = hvp_hierarchy_find_from(table->hierarchy, *pos);
	if (partition)
		*pos = partition->id;
	return partition;
}

static void *hvp_table_start(struct seq_file *seq, loff_t *pos)
{
	struct hvp_table_reader *table = seq->private;

	table->hierarchy = hvp_shown_hold(table->shown);
	return *pos ? hvp_table_from(table, pos) : SEQ_START_TOKEN;
}

static void *hvp_table_next(struct seq_file *seq, void *line, loff_t *pos)
{
	if (line != SEQ_START_TOKEN)
		hvp_partition_put(line);
	++*pos;
	return hvp_table_from(seq->private, pos);
}

static void hvp_table_stop(struct seq_file *seq, void *line)
{
	struct hvp_table_reader *table = seq->private;

	if (line != SEQ_START_TOKEN)
		hvp_partition_put(line);
	hvp_hierarchy_drop(table->hierarchy);
	table->hierarchy = NULL;
}

static void hvp_table_show_uses(struct seq_file *seq, const struct hvp_snapshot *s)
{
	int use;

	for (use = 0; use < HVP_NR_USES; use++) {
		if (s->used_for[use])
			seq_printf(seq, " %s:%llu", use_names[use], s->used_for[use]);
	}
	if (!s->total.in_use)
		seq_puts(seq, " -");
}

static int hvp_table_show(struct seq_file *seq, void *line)
{
	struct hvp_partition *partition = line;
	struct hvp_snapshot s;
	unsigned int node;

	if (line == SEQ_START_TOKEN) {
		seq_printf(seq, "%6s %6s %-13s %9s %9s %9s %3s %9s  %s\n", "ID", "PARENT", "STATE",
			   "DEPOSITED", "AVAILABLE", "IN-USE", "VPS", "MAPPED",
			   "IN USE BY; DEPOSITED BY NODE");
		return 0;
	}

	hvp_snapshot_take(partition, &s);
	/* Its parent may not be listed any more, and it is on its way out. */
	if (s.state == HVP_STATE_DELETED)
		return SEQ_SKIP;
	seq_printf(seq, "%6llu ", s.id);
	if (s.parent_id)
		seq_printf(seq, "%6llu", s.parent_id);
	else
		seq_printf(seq, "%6s", "-");
	seq_printf(seq, " %-13s %9llu %9llu %9llu %3u %9llu ", hvp_state_name(s.state),
		   s.total.available + s.total.in_use, s.total.available, s.total.in_use,
		   s.virtual_processors, s.map.mapped);
	hvp_table_show_uses(seq, &s);
	for (node = 0; node < hvp_pool_nodes(); node++) {
		u64 deposited = s.nodes[node].available + s.nodes[node].in_use;

		if (deposited)
			seq_printf(seq, "; node %u:%llu", node, deposited);
	}
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations hvp_table_seq_ops = {
	.start = hvp_table_start,
	.next = hvp_table_next,
	.stop = hvp_table_stop,
	.show = hvp_table_show,
};

static int hvp_table_open(struct inode *inode, struct file *file)
{
	struct hvp_table_reader *table;

	table = __seq_open_private(file, &hvp_table_seq_ops, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->shown = inode->i_private;
	return 0;
}

const struct file_operations hvp_partition_table_fops = {
	.owner = THIS_MODULE,
	.open = hvp_table_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};
