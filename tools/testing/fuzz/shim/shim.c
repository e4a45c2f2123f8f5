// SPDX-License-Identifier: GPL-2.0
/* The kernel's part: locks, grace periods and memory that do not forgive. */

#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include "shim.h"

void shim_die(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "fuzz: ");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	abort();
}

bool shim_warn(bool warn, const char *condition)
{
	if (warn)
		shim_die("WARN_ON_ONCE(%s)", condition);
	return false;
}

/* Locks, and what may not be done under them */

static spinlock_t *locks[SHIM_XARRAY_SUBCLASS + 1];
static unsigned int locks_held;
static unsigned int rcu_depth;
static bool in_callback;
static struct rcu_head *callbacks;

void (*shim_preempted)(void);

static unsigned int srcu_readers;

bool shim_killed;

static bool shim_atomic(void)
{
	return locks_held || rcu_depth || in_callback;
}

static void shim_preempt(void)
{
	if (shim_preempted && !srcu_readers)
		shim_preempted();
}

void might_sleep(void)
{
	if (shim_atomic())
		shim_die("sleeping with %u locks, RCU depth %u", locks_held, rcu_depth);
	shim_preempt();
}

/* Nobody reads under RCU any more, nor has a spinlock: a grace period is over. */
static void shim_quiescent(void)
{
	struct rcu_head *head;

	while (!shim_atomic() && callbacks) {
		head = callbacks;
		callbacks = head->next;
		in_callback = true;
		head->function(head);
		in_callback = false;
	}
}

void spin_lock(spinlock_t *lock)
{
	/* Another vCPU may have had it first. */
	if (!shim_atomic())
		shim_preempt();
	if (lock->held)
		shim_die("deadlock: the lock is held already");
	if (locks_held && lock->subclass <= locks[locks_held - 1]->subclass)
		shim_die("lock of subclass %u taken inside one of %u", lock->subclass,
			 locks[locks_held - 1]->subclass);
	lock->held = true;
	locks[locks_held++] = lock;
}

void spin_unlock(spinlock_t *lock)
{
	if (!locks_held || locks[locks_held - 1] != lock)
		shim_die("unlock of a lock that is not the one taken last");
	lock->held = false;
	locks_held--;
	shim_quiescent();
}

void shim_assert_held(bool held)
{
	if (!held)
		shim_die("lock not held");
}

/* Of a lock that is given no subclass: what it is called says where it belongs. */
unsigned int shim_lock_subclass(const char *name)
{
	static const char * const names[] = { "space.lock", "map->lock", "interrupting",
					      "signals->lock", "rules->lock",
					      "doorbells->lock" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strstr(name, names[i]))
			return MAX_LOCKDEP_SUBCLASSES + i;
	}
	return 0;
}

bool mutex_trylock(struct mutex *mutex)
{
	might_sleep();
	if (mutex->held)
		return false;
	mutex->held = true;
	return true;
}

int mutex_lock_killable(struct mutex *mutex)
{
	if (mutex_trylock(mutex))
		return 0;
	shim_killed = true;
	return -EINTR;
}

void mutex_unlock(struct mutex *mutex)
{
	if (!mutex->held)
		shim_die("unlock of a mutex that is not held");
	mutex->held = false;
}

int srcu_read_lock(struct srcu_struct *srcu)
{
	srcu_readers++;
	return srcu->readers++;
}

void srcu_read_unlock(struct srcu_struct *srcu, int token)
{
	if (!srcu->readers || (unsigned int)token != --srcu->readers)
		shim_die("SRCU: a reader ends that has not begun");
	srcu_readers--;
}

void synchronize_srcu(struct srcu_struct *srcu)
{
	might_sleep();
	if (srcu->readers)
		shim_die("SRCU: a reader waits for itself");
}

void rcu_read_lock(void)
{
	rcu_depth++;
}

void rcu_read_unlock(void)
{
	if (!rcu_depth--)
		shim_die("RCU: a reader ends that has not begun");
	shim_quiescent();
}

void call_rcu(struct rcu_head *head, void (*function)(struct rcu_head *head))
{
	head->function = function;
	head->next = callbacks;
	callbacks = head;
	shim_quiescent();
}

bool refcount_inc_not_zero(refcount_t *refs)
{
	if (refs->count < 0)
		shim_die("reference count is %d", refs->count);
	if (!refs->count)
		return false;
	refs->count++;
	return true;
}

void refcount_inc(refcount_t *refs)
{
	if (!refcount_inc_not_zero(refs))
		shim_die("reference taken where there is none");
}

bool refcount_dec_and_test(refcount_t *refs)
{
	if (refs->count <= 0)
		shim_die("reference dropped that nobody had");
	return !--refs->count;
}

/* Before the lock is taken, another vCPU may take a reference. */
bool refcount_dec_and_lock(refcount_t *refs, spinlock_t *lock)
{
	if (refs->count > 1)
		return refcount_dec_and_test(refs);
	spin_lock(lock);
	if (refcount_dec_and_test(refs))
		return true;
	spin_unlock(lock);
	return false;
}

/* Memory: each object is one of malloc()'s, behind a poisoned header that says whose. */

struct kmem_cache {
	const char *name;
	unsigned int size;
	unsigned int live;
	void (*constructor)(void *object);
	struct kmem_cache *next;
};

struct shim_header {
	struct kmem_cache *cache;
	size_t size;
};

static struct kmem_cache *caches;
static struct kmem_cache kmalloced = { .name = "kmalloc" };
static struct kmem_cache kvmalloced = { .name = "kvmalloc" };

unsigned int shim_live_objects;
unsigned int shim_fail_nth;
bool shim_fail_all;
bool shim_failed;

static bool shim_allocation_fails(void)
{
	if (!shim_fail_nth)
		return false;
	if (shim_fail_nth > 1) {
		shim_fail_nth--;
		return false;
	}
	if (!shim_fail_all)
		shim_fail_nth = 0;
	shim_failed = true;
	return true;
}

/* What a guest can make the host allocate is accounted, quiet and without OOM kills. */
static void shim_check_gfp(gfp_t gfp)
{
	const gfp_t wanted = GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;

	if ((gfp & wanted) != wanted)
		shim_die("allocation with flags %#x", gfp);
	might_sleep();
}

static void *shim_alloc(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	struct shim_header *header;

	shim_check_gfp(gfp);
	if (shim_allocation_fails())
		return NULL;
	header = malloc(sizeof(*header) + size);
	header->cache = cache;
	header->size = size;
	memset(header + 1, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	ASAN_POISON_MEMORY_REGION(header, sizeof(*header));
	shim_live_objects++;
	cache->live++;
	return header + 1;
}

static void shim_free(struct kmem_cache *cache, struct kmem_cache *or, const void *object)
{
	struct shim_header *header = (struct shim_header *)object - 1;

	/* Has it been freed already?  Its header is poisoned in any case. */
	READ_ONCE(*(const char *)object);
	ASAN_UNPOISON_MEMORY_REGION(header, sizeof(*header));
	if (header->cache != cache && header->cache != or)
		shim_die("object of cache %s freed to %s", header->cache->name, cache->name);
	header->cache->live--;
	shim_live_objects--;
	free(header);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*constructor)(void *object))
{
	struct kmem_cache *cache;

	might_sleep();
	if (!(flags & SLAB_ACCOUNT))
		shim_die("cache %s is not accounted", name);
	if (shim_allocation_fails())
		return NULL;
	cache = calloc(1, sizeof(*cache));
	cache->name = name;
	cache->size = size;
	cache->constructor = constructor;
	cache->next = caches;
	caches = cache;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	struct kmem_cache **link = &caches;

	might_sleep();
	if (!cache)
		return;
	if (cache->live)
		shim_die("cache %s destroyed with %u objects", cache->name, cache->live);
	while (*link != cache)
		link = &(*link)->next;
	*link = cache->next;
	free(cache);
}

void *kmem_cache_alloc_node(struct kmem_cache *cache, gfp_t gfp, int node)
{
	void *object;

	if (gfp & __GFP_THISNODE ? !node_online(node) :
	    node != NUMA_NO_NODE && (node < 0 || node >= (int)nr_node_ids))
		shim_die("allocation on node %d", node);
	object = shim_alloc(cache, cache->size, gfp);
	if (object && cache->constructor)
		cache->constructor(object);
	return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	shim_free(cache, cache, object);
}

unsigned int kmem_cache_size(struct kmem_cache *cache)
{
	return cache->size;
}

/* How many bytes of a cache are in use. */
unsigned int shim_cache_bytes(const char *name)
{
	struct kmem_cache *cache;

	for (cache = caches; cache; cache = cache->next) {
		if (!strcmp(cache->name, name))
			return cache->live * cache->size;
	}
	shim_die("no cache %s", name);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return shim_alloc(&kmalloced, size, gfp);
}

void kfree(const void *object)
{
	if (object)
		shim_free(&kmalloced, &kmalloced, object);
}

void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return shim_alloc(&kvmalloced, n * size, gfp);
}

void kvfree(const void *object)
{
	if (object)
		shim_free(&kvmalloced, &kmalloced, object);
}

/* XArray: a list in the order of the index; a reserved entry has no value. */

struct shim_entry {
	struct shim_entry *next;
	unsigned long index;
	void *value;
};

/* As the kernel's: not a pointer to anything. */
static void *shim_entry_error(int error)
{
	return (void *)((unsigned long)error << 2 | 2);
}

int xa_err(void *entry)
{
	return ((unsigned long)entry & 3) == 2 ? (long)entry >> 2 : 0;
}

void xa_init_flags(struct xarray *xa, unsigned int flags)
{
	if (!(flags & XA_FLAGS_ACCOUNT))
		shim_die("xarray is not accounted");
	spin_lock_init(&xa->xa_lock);
	lockdep_set_subclass(&xa->xa_lock, SHIM_XARRAY_SUBCLASS);
	xa->entries = NULL;
}

/* Where an entry with the index is, or would have to be. */
static struct shim_entry **shim_entry_link(struct xarray *xa, unsigned long index)
{
	struct shim_entry **link = &xa->entries;

	while (*link && (*link)->index < index)
		link = &(*link)->next;
	return link;
}

static struct shim_entry *shim_entry(struct xarray *xa, unsigned long index)
{
	struct shim_entry *entry = *shim_entry_link(xa, index);

	return entry && entry->index == index ? entry : NULL;
}

static struct shim_entry *shim_entry_add(struct xarray *xa, unsigned long index)
{
	struct shim_entry **link = shim_entry_link(xa, index);
	struct shim_entry *entry = calloc(1, sizeof(*entry));

	entry->index = index;
	entry->next = *link;
	*link = entry;
	shim_live_objects++;
	return entry;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	struct shim_entry *entry = shim_entry(xa, index);

	return entry ? entry->value : NULL;
}

/* Memory for an entry, before the lock is taken.  Return: 0 or -ENOMEM. */
static int shim_entry_prepare(gfp_t gfp)
{
	shim_check_gfp(gfp);
	return shim_allocation_fails() ? -ENOMEM : 0;
}

void *__xa_store(struct xarray *xa, unsigned long index, void *value, gfp_t gfp)
{
	struct shim_entry *entry = shim_entry(xa, index);
	void *old;

	lockdep_assert_held(&xa->xa_lock);
	if (!entry)
		return shim_entry_error(-ENOMEM);
	if (gfp)
		shim_die("allocation under the lock of an xarray");
	old = entry->value;
	entry->value = value;
	return old;
}

void *xa_store(struct xarray *xa, unsigned long index, void *value, gfp_t gfp)
{
	void *old;

	if (shim_entry_prepare(gfp))
		return shim_entry_error(-ENOMEM);
	xa_lock(xa);
	if (!shim_entry(xa, index))
		shim_entry_add(xa, index);
	old = __xa_store(xa, index, value, 0);
	xa_unlock(xa);
	return old;
}

int xa_insert(struct xarray *xa, unsigned long index, void *value, gfp_t gfp)
{
	int error;

	xa_lock(xa);
	error = __xa_insert(xa, index, value, gfp);
	xa_unlock(xa);
	return error;
}

/* The lock is let go of where that is needed to allocate. */
int __xa_insert(struct xarray *xa, unsigned long index, void *value, gfp_t gfp)
{
	int error;

	lockdep_assert_held(&xa->xa_lock);
	xa_unlock(xa);
	error = shim_entry_prepare(gfp);
	xa_lock(xa);
	if (error)
		return error;
	if (shim_entry(xa, index))
		return -EBUSY;
	shim_entry_add(xa, index)->value = value;
	return 0;
}

int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	int error = shim_entry_prepare(gfp);

	if (error)
		return error;
	xa_lock(xa);
	if (!shim_entry(xa, index))
		shim_entry_add(xa, index);
	xa_unlock(xa);
	return 0;
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	struct shim_entry **link = shim_entry_link(xa, index);
	struct shim_entry *entry = *link;
	void *value = NULL;

	lockdep_assert_held(&xa->xa_lock);
	if (entry && entry->index == index) {
		value = entry->value;
		*link = entry->next;
		free(entry);
		shim_live_objects--;
	}
	return value;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	void *value;

	xa_lock(xa);
	value = __xa_erase(xa, index);
	xa_unlock(xa);
	return value;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, int mark)
{
	struct shim_entry *entry = *shim_entry_link(xa, *index);

	while (entry && !entry->value)
		entry = entry->next;
	if (!entry || entry->index > max)
		return NULL;
	*index = entry->index;
	return entry->value;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, int mark)
{
	unsigned long from = *index + 1;
	void *value;

	if (!from)
		return NULL;
	value = xa_find(xa, &from, max, mark);
	if (value)
		*index = from;
	return value;
}

void xa_destroy(struct xarray *xa)
{
	struct shim_entry *entry;

	xa_lock(xa);
	while ((entry = xa->entries)) {
		xa->entries = entry->next;
		free(entry);
		shim_live_objects--;
	}
	xa_unlock(xa);
}

/* The machine */

unsigned int shim_cpu;
unsigned int nr_node_ids = 1;
u64 shim_time;

void *__alloc_percpu(size_t size, size_t align)
{
	char *pointer;
	int cpu;

	might_sleep();
	if (shim_allocation_fails())
		return NULL;
	if (size > SHIM_PERCPU_STRIDE)
		shim_die("%zu bytes for each CPU", size);
	pointer = aligned_alloc(64, SHIM_CPUS * SHIM_PERCPU_STRIDE);
	for_each_possible_cpu(cpu) {
		memset(per_cpu_ptr(pointer, cpu), 0, size);
		ASAN_POISON_MEMORY_REGION(per_cpu_ptr(pointer, cpu) + size,
					  SHIM_PERCPU_STRIDE - size);
	}
	shim_live_objects++;
	return pointer;
}

void free_percpu(void *pointer)
{
	if (!pointer)
		return;
	ASAN_UNPOISON_MEMORY_REGION(pointer, SHIM_CPUS * SHIM_PERCPU_STRIDE);
	free(pointer);
	shim_live_objects--;
}

/* Of many nodes, most are not there. */
bool node_online(int node)
{
	return node >= 0 && node < (int)nr_node_ids && (node < 3 || node > 60);
}
