// SPDX-License-Identifier: GPL-2.0
/*
 * What hvpart maps into a VMM: a file of its own with a mapping of its own, of which parts
 * are mapped one by one.
 *
 * An area is there as a whole or not at all: it can be neither split nor moved, is not
 * inherited and does not merge.  So its VMM can unmap it, which harms none but its own
 * children, and nothing else.  The files do not hold the module, which would never go
 * before its VMMs do; its end unmaps the areas and waits for the files instead.  An area that its
 * VMM has sealed (mseal(), which asks nobody) goes with the VMM alone, and is waited for until
 * then.
 */

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "ending.h"
#include "mapping.h"

/*
 * Threads of a VMM's that look for room at the same time find the same, and one of them gets it.
 * That is over when all vCPUs have some, but for a VMM that is out to be there first.
 */
#define HVP_ROOM_TRIES		1000

/**
 * struct hvp_mapping - parts of a file in a VMM
 * @file:	the file; each area has a reference, and whoever made this
 * @inode:	holds the mapping: that of other anonymous files is shared by all of them
 * @mm:		the VMM's address space, there until @ending is over
 * @ops:	of the areas
 * @flags:	of the areas, besides those that all have
 * @private:	for their fault handler
 * @release:	lets go of @private when nothing is mapped any more, or NULL
 * @maker:	who maps a part at the moment; nobody else does
 * @areas:	page number in the file -> address, of those that are there
 * @sizes:	likewise -> size in pages
 * @ending:	unmaps what is left
 */
struct hvp_mapping {
	struct file *file;
	struct inode *inode;
	struct mm_struct *mm;
	const struct vm_operations_struct *ops;
	unsigned long flags;
	void *private;
	hvp_mapping_release_fn release;
	struct task_struct *maker;
	struct xarray areas;
	struct xarray sizes;
	struct hvp_ending ending;
};

static atomic_t hvp_mappings_alive;
static DECLARE_WAIT_QUEUE_HEAD(hvp_mappings_gone);

/**
 * hvp_mapping_private() - what a mapping was made with
 * @vma:	one of its areas
 *
 * Context: Any; the area is there.
 * Return: the pointer.
 */
void *hvp_mapping_private(const struct vm_area_struct *vma)
{
	const struct hvp_mapping *mapping = vma->vm_private_data;

	return mapping->private;
}

/**
 * hvp_mapping_has() - is an area one of a mapping's?
 * @mapping:	the mapping
 * @vma:	an area, of whatever mapping
 *
 * A mapping is there as long as any of its areas, so no other one is taken for it.
 *
 * Context: Any; the area is there.
 * Return: true if it is.
 */
bool hvp_mapping_has(const struct hvp_mapping *mapping, const struct vm_area_struct *vma)
{
	return vma->vm_private_data == mapping;
}

/**
 * hvp_mapping_close() - an area is there no more
 * @vma:	the area
 *
 * Context: With the VMM's mmap_lock.
 */
void hvp_mapping_close(struct vm_area_struct *vma)
{
	struct hvp_mapping *mapping = vma->vm_private_data;

	/* mremap() also closes the copy that it was refused. */
	xa_cmpxchg(&mapping->areas, vma->vm_pgoff, xa_mk_value(vma->vm_start >> PAGE_SHIFT),
		   NULL, 0);
}

/**
 * hvp_mapping_may_split() - no part of an area goes, is protected or moved by itself
 * @vma:	the area
 * @address:	where
 *
 * Context: With the VMM's mmap_lock.
 * Return: -EINVAL.
 */
int hvp_mapping_may_split(struct vm_area_struct *vma, unsigned long address)
{
	return -EINVAL;
}

/**
 * hvp_mapping_mremap() - nor is the whole moved
 * @vma:	where it would be
 *
 * Context: With the VMM's mmap_lock.
 * Return: -EINVAL.
 */
int hvp_mapping_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

/*
 * VM_IO keeps madvise() from taking VM_DONTCOPY and VM_DONTDUMP away.  By remap_file_pages() a
 * VMM would map other pages of the file, in areas that nobody knows of.
 */
static int hvp_mapping_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct hvp_mapping *mapping = file->private_data;

	if (READ_ONCE(mapping->maker) != current)
		return -EPERM;
	hvp_vma_set_flags(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP |
			       mapping->flags);
	vma->vm_ops = mapping->ops;
	vma->vm_private_data = mapping;
	return 0;
}

static int hvp_mapping_release(struct inode *inode, struct file *file)
{
	struct hvp_mapping *mapping = file->private_data;

	if (mapping->release)
		mapping->release(mapping->private);
	iput(mapping->inode);
	xa_destroy(&mapping->areas);
	xa_destroy(&mapping->sizes);
	kfree(mapping);
	if (atomic_dec_and_test(&hvp_mappings_alive))
		wake_up_all(&hvp_mappings_gone);
	return 0;
}

static const struct file_operations hvp_mapping_fops = {
	.mmap = hvp_mapping_mmap,
	.release = hvp_mapping_release,
};

static void hvp_mapping_unmap_all(struct hvp_mapping *mapping)
{
	unsigned long offset;
	void *address, *size;

	xa_for_each(&mapping->areas, offset, address) {
		size = xa_load(&mapping->sizes, offset);
		vm_munmap(xa_to_value(address) << PAGE_SHIFT, xa_to_value(size) << PAGE_SHIFT);
		cond_resched();
	}
}

static void hvp_mapping_end(struct hvp_ending *ending)
{
	struct hvp_mapping *mapping = container_of(ending, struct hvp_mapping, ending);

	/* Otherwise all areas go with the address space. */
	if (mmget_not_zero(mapping->mm)) {
		kthread_use_mm(mapping->mm);
		hvp_mapping_unmap_all(mapping);
		kthread_unuse_mm(mapping->mm);
		mmput(mapping->mm);
	}
	fput(mapping->file);
}

/**
 * hvp_mapping_create() - make a mapping of which nothing is mapped yet
 * @mm:		the VMM's address space
 * @ops:	operations of its areas, HVP_MAPPING_OPS among them
 * @flags:	VM_* that they have, besides those that all have
 * @private:	what hvp_mapping_private() returns
 * @release:	lets go of @private when nothing is mapped any more, also if this fails; or
 *		NULL
 *
 * Context: May sleep.
 * Return: the mapping or an ERR_PTR().
 */
struct hvp_mapping *hvp_mapping_create(struct mm_struct *mm,
				       const struct vm_operations_struct *ops,
				       unsigned long flags, void *private,
				       hvp_mapping_release_fn release)
{
	struct hvp_mapping *mapping = kzalloc(sizeof(*mapping), HVP_GFP);
	struct file *file = ERR_PTR(-ENOMEM);
	struct inode *inode;

	if (!mapping || hvp_ending_prepare(&mapping->ending, mm, hvp_mapping_end))
		goto free;
	mapping->release = release;
	mapping->mm = mm;
	mapping->ops = ops;
	mapping->flags = flags;
	mapping->private = private;
	xa_init_flags(&mapping->areas, XA_FLAGS_ACCOUNT);
	xa_init_flags(&mapping->sizes, XA_FLAGS_ACCOUNT);

	/*
	 * What it is released with is known from the start; only then is there something to
	 * be released.
	 */
	file = anon_inode_getfile("[hvpart]", &hvp_mapping_fops, mapping, O_RDWR);
	if (IS_ERR(file))
		goto forget;
	atomic_inc(&hvp_mappings_alive);
	mapping->file = file;
	inode = alloc_anon_inode(file_inode(file)->i_sb);
	if (IS_ERR(inode)) {
		hvp_ending_forget(&mapping->ending);
		fput(file);
		return ERR_CAST(inode);
	}
	mapping->inode = inode;
	file->f_mapping = inode->i_mapping;
	return mapping;

forget:
	hvp_ending_forget(&mapping->ending);
free:
	kfree(mapping);
	if (release)
		release(private);
	return ERR_CAST(file);
}

/**
 * hvp_mapping_destroy() - unmap all areas, soon
 * @mapping:	the mapping, of which nobody adds or unmaps parts any more; may be NULL
 *
 * Context: May sleep, but waits for nobody: the VMM may hold its mmap_lock.
 */
void hvp_mapping_destroy(struct hvp_mapping *mapping)
{
	if (mapping)
		hvp_ending_begin(&mapping->ending);
}

static unsigned long hvp_mapping_map(struct hvp_mapping *mapping, unsigned long address,
				     unsigned long size, unsigned long flags, u64 offset)
{
	unsigned long start;

	WRITE_ONCE(mapping->maker, current);
	start = vm_mmap(mapping->file, address, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | flags, offset);
	WRITE_ONCE(mapping->maker, NULL);
	return start;
}

/* Room for the area, in which 2 MiB of the file are 2 MiB of the address space. */
static unsigned long hvp_mapping_find_room(struct hvp_mapping *mapping, u64 offset,
					   unsigned long size)
{
	unsigned long room = size + PMD_SIZE;
	unsigned long start = hvp_mapping_map(mapping, 0, room, 0, offset);

	if (IS_ERR_VALUE(start))
		return start;
	vm_munmap(start, room);
	return ALIGN(start, PMD_SIZE) + (offset & ~PMD_MASK);
}

/* Return: the address or a negative error; -EEXIST if another thread has taken the room */
static unsigned long hvp_mapping_try_to_add(struct hvp_mapping *mapping, u64 offset,
					    unsigned long size)
{
	unsigned long room = hvp_mapping_find_room(mapping, offset, size);

	if (IS_ERR_VALUE(room))
		return room;
	return hvp_mapping_map(mapping, room, size, MAP_FIXED_NOREPLACE, offset);
}

/**
 * hvp_mapping_add() - map a part of it
 * @mapping:	the mapping
 * @offset:	first byte in the file, which no other part has
 * @size:	bytes
 *
 * Context: May sleep; in a thread of the VMM's that holds no lock.
 * Return: the address, which has the same place in 2 MiB as @offset, or a negative error.
 */
unsigned long hvp_mapping_add(struct hvp_mapping *mapping, u64 offset, unsigned long size)
{
	unsigned long index = offset >> PAGE_SHIFT;
	unsigned int tries = HVP_ROOM_TRIES;
	unsigned long start;
	int error;

	error = xa_err(xa_store(&mapping->sizes, index, xa_mk_value(size >> PAGE_SHIFT),
				HVP_GFP));
	if (!error)
		error = xa_reserve(&mapping->areas, index, HVP_GFP);
	if (error)
		return error;
	do {
		start = hvp_mapping_try_to_add(mapping, offset, size);
	} while (start == -EEXIST && --tries);
	if (IS_ERR_VALUE(start)) {
		xa_erase(&mapping->areas, index);
		return start == -EEXIST ? -ENOMEM : start;
	}
	xa_store(&mapping->areas, index, xa_mk_value(start >> PAGE_SHIFT), HVP_GFP);
	return start;
}

/**
 * hvp_mapping_unmap() - take entries out of the VMM's page table, which come by faults
 * @mapping:	the mapping
 * @offset:	first byte in the file
 * @size:	bytes
 *
 * Context: May sleep; holds no lock that a fault handler takes.
 */
void hvp_mapping_unmap(struct hvp_mapping *mapping, u64 offset, u64 size)
{
	unmap_mapping_range(mapping->inode->i_mapping, offset, size, 1);
}

/**
 * hvp_mappings_wait() - until the last mapping is gone; all have been destroyed
 *
 * Context: May sleep; waits for VMMs that hold their mmap_lock, and for the end of those that
 * have sealed an area.
 */
void hvp_mappings_wait(void)
{
	wait_event(hvp_mappings_gone, !atomic_read(&hvp_mappings_alive));
	/* Whoever has released the last one is out of the module, and out of what it reads. */
	synchronize_rcu_tasks();
}
