/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core uses of the kernel, in user space.  Every <linux/...> and
 * <asm/...> header that the core includes is this one, but for those that "run"
 * takes from the kernel's headers as they are: lists and CPU features.
 *
 * Nothing in here is faster or more lenient than the kernel: what lockdep,
 * KASAN, SLUB's debugging or a grace period at the worst moment would find there
 * ends the program here.
 */
#ifndef _HVPART_FUZZ_KERNEL_H
#define _HVPART_FUZZ_KERNEL_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* types.h, compiler.h, kernel.h and the small ones */
typedef unsigned char u8, __u8;
typedef unsigned short u16, __u16;
typedef unsigned int u32, __u32;
typedef unsigned long long u64, __u64;
typedef unsigned int gfp_t;
#define U8_MAX			((u8)~0U)
#define U16_MAX			((u16)~0U)
#define U32_MAX			((u32)~0U)
#define U64_MAX			((u64)~0ULL)
#define S64_MAX			((long long)(U64_MAX >> 1))

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

#define __percpu
#define __acquires(lock)
#define __releases(lock)
#define __acquire(lock)		((void)0)
#define __release(lock)		((void)0)
#define notrace
#define likely(x)		(x)
#define unlikely(x)		(x)
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile typeof(x) *)&(x) = (value))
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)	WRITE_ONCE(*(p), v)
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define IS_ENABLED(option)	0
#define _AC(x, suffix)		x##suffix

#define BITS_PER_LONG		64
#define BITS_PER_LONG_LONG	64
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK_ULL(high, low)	((~0ULL << (low)) & (~0ULL >> (63 - (high))))
#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)
#define ALIGN(n, to)		(((n) + (to) - 1) & ~((to) - 1))
#define ilog2(n)		(63 - __builtin_clzll(n))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), d)
#define order_base_2(n)		((n) < 2 ? 0 : 64 - __builtin_clzll((n) - 1))
#define min_t(type, a, b)	({ type _a = (a), _b = (b); _a < _b ? _a : _b; })
#define max_t(type, a, b)	({ type _a = (a), _b = (b); _a > _b ? _a : _b; })
#define min(a, b)		min_t(typeof(a), a, b)
#define max(a, b)		max_t(typeof(a), a, b)
#define clamp_t(type, x, low, high)	min_t(type, max_t(type, x, low), high)
#define clamp(x, low, high)	min_t(typeof(x), max_t(typeof(x), x, low), high)
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define div_u64(n, d)		((n) / (d))

/* bug.h: what warns in the kernel has gone wrong here. */
__attribute__((__noreturn__, __format__(__printf__, 1, 2)))
void shim_die(const char *format, ...);
bool shim_warn(bool warn, const char *condition);
#define WARN_ON_ONCE(condition)	shim_warn(!!(condition), #condition)

/* nospec.h: an index that is out of bounds would be one without speculation, too. */
#define array_index_nospec(index, size)						\
	({									\
		typeof(index) _index = (index);					\
		WARN_ON_ONCE(_index >= (size));					\
		_index;								\
	})

/* string.h */
static inline void *memset64(u64 *at, u64 value, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		at[i] = value;
	return at;
}

/* bitmap.h, bitops.h */
#define DECLARE_BITMAP(name, bits) unsigned long name[DIV_ROUND_UP(bits, BITS_PER_LONG)]

static inline void set_bit(unsigned long bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] |= BIT(bit % BITS_PER_LONG);
}

static inline bool test_bit(unsigned long bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

static inline bool test_and_set_bit(unsigned long bit, unsigned long *map)
{
	bool was_set = test_bit(bit, map);

	map[bit / BITS_PER_LONG] |= BIT(bit % BITS_PER_LONG);
	return was_set;
}

static inline void clear_bit(unsigned long bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] &= ~BIT(bit % BITS_PER_LONG);
}

/* sched.h: where the kernel may do something else, another vCPU may have its turn. */
extern void (*shim_preempted)(void);
void might_sleep(void);
#define cond_resched()		might_sleep()

/* Nobody kills the VMM. */
#define current			NULL
static inline bool fatal_signal_pending(const void *task)
{
	return false;
}

/*
 * spinlock.h, lockdep.h: locks are taken in the order of their subclass, and after those of
 * partitions, that of a space, that of a map, that of a virtual processor, that of doorbells,
 * and those of xarrays.
 */
#define MAX_LOCKDEP_SUBCLASSES	8
#define SHIM_XARRAY_SUBCLASS	(MAX_LOCKDEP_SUBCLASSES + 5)

typedef struct {
	bool held;
	unsigned int subclass;
} spinlock_t;

void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
/* A mutex, too. */
void shim_assert_held(bool held);
#define lockdep_assert_held(lock)	shim_assert_held((lock)->held)
unsigned int shim_lock_subclass(const char *name);
#define spin_lock_init(lock)						\
	(*(lock) = (spinlock_t){ .subclass = shim_lock_subclass(#lock) })
#define lockdep_set_subclass(lock, n)	((lock)->subclass = (n))
/* There are no interrupts; but what may be taken in one comes after all others. */
typedef spinlock_t raw_spinlock_t;
#define DEFINE_SPINLOCK(name)		spinlock_t name = { .subclass = SHIM_XARRAY_SUBCLASS - 1 }
#define raw_spin_lock_init(lock)	spin_lock_init(lock)
#define raw_spin_lock_irq(lock)		spin_lock(lock)
#define raw_spin_unlock_irq(lock)	spin_unlock(lock)
#define raw_spin_lock_irqsave(lock, flags)	({ (flags) = 0; spin_lock(lock); })
#define raw_spin_unlock_irqrestore(lock, flags)	({ (void)(flags); spin_unlock(lock); })

/*
 * mutex.h: who waits for one that a call around it has, would wait for ever; so the thread is
 * killed instead.
 */
struct mutex { bool held; };

extern bool shim_killed;
#define mutex_init(mutex)	((mutex)->held = false)
bool mutex_trylock(struct mutex *mutex);
int mutex_lock_killable(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

/* srcu.h: nobody waits for a reader, since nothing else happens while there is one. */
struct srcu_struct { unsigned int readers; };
#define DEFINE_SRCU(name)	struct srcu_struct name
int srcu_read_lock(struct srcu_struct *srcu);
void srcu_read_unlock(struct srcu_struct *srcu, int token);
void synchronize_srcu(struct srcu_struct *srcu);

/* rcupdate.h: a grace period ends as soon as it can. */
struct rcu_head {
	struct rcu_head *next;
	void (*function)(struct rcu_head *head);
};

void rcu_read_lock(void);
void rcu_read_unlock(void);
#define rcu_read_lock_sched()	rcu_read_lock()
#define rcu_read_unlock_sched()	rcu_read_unlock()
void call_rcu(struct rcu_head *head, void (*function)(struct rcu_head *head));
#define rcu_barrier()		do { } while (0)

/* atomic.h, refcount.h, kref.h */
typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
#define atomic_read(v)			((v)->counter)
#define atomic_long_read(v)		((v)->counter)
#define atomic_inc_return(v)		(++(v)->counter)
#define atomic_inc(v)			((void)((v)->counter += 1))
#define atomic_dec(v)			((void)((v)->counter -= 1))
#define atomic_sub(n, v)		((void)((v)->counter -= (n)))
#define atomic_long_add_return(n, v)	((v)->counter += (n))
#define atomic_long_sub(n, v)		((void)((v)->counter -= (n)))

typedef struct { long long counter; } atomic64_t;
#define atomic64_read(v)		((v)->counter)
#define atomic64_inc(v)			((void)((v)->counter += 1))
#define smp_mb()			do { } while (0)
#define smp_rmb()			do { } while (0)
#define smp_wmb()			do { } while (0)

typedef struct { int count; } refcount_t;

#define refcount_set(refs, n)		((refs)->count = (n))
void refcount_inc(refcount_t *refs);
bool refcount_inc_not_zero(refcount_t *refs);
bool refcount_dec_and_test(refcount_t *refs);
bool refcount_dec_and_lock(refcount_t *refs, spinlock_t *lock);

/* string.h */
static inline void *memchr_inv(const void *start, int byte, size_t size)
{
	const u8 *at = start;

	for (; size; size--, at++) {
		if (*at != (u8)byte)
			return (void *)at;
	}
	return NULL;
}

/* gfp.h, slab.h */
#define __GFP_DIRECT_RECLAIM	0x01u
#define __GFP_ACCOUNT		0x02u
#define __GFP_RETRY_MAYFAIL	0x04u
#define __GFP_NOWARN		0x08u
#define __GFP_ZERO		0x10u
#define __GFP_THISNODE		0x20u
#define GFP_KERNEL		__GFP_DIRECT_RECLAIM
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define SLAB_ACCOUNT		0x1u

struct kmem_cache;
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*constructor)(void *object));
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc_node(struct kmem_cache *cache, gfp_t gfp, int node);
void kmem_cache_free(struct kmem_cache *cache, void *object);
unsigned int kmem_cache_size(struct kmem_cache *cache);

void *kmalloc(size_t size, gfp_t gfp);
static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

void kfree(const void *object);
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp);
void kvfree(const void *object);

#define sort(base, count, size, compare, swap)	qsort(base, count, size, compare)

/* What is allocated, and the allocations that fail: the n-th, and all after it. */
extern unsigned int shim_live_objects;
extern unsigned int shim_fail_nth;
extern bool shim_fail_all;
extern bool shim_failed;
unsigned int shim_cache_bytes(const char *name);

/* xarray.h */
#define XA_FLAGS_ACCOUNT	1u
#define XA_PRESENT		0

struct xarray {
	spinlock_t xa_lock;		/* of the entries */
	struct shim_entry *entries;	/* by index */
};

void xa_init_flags(struct xarray *xa, unsigned int flags);
void *xa_load(struct xarray *xa, unsigned long index);
static inline bool xa_empty(const struct xarray *xa)
{
	return !xa->entries;
}

void *xa_store(struct xarray *xa, unsigned long index, void *value, gfp_t gfp);
void *__xa_store(struct xarray *xa, unsigned long index, void *value, gfp_t gfp);
int xa_insert(struct xarray *xa, unsigned long index, void *value, gfp_t gfp);
int __xa_insert(struct xarray *xa, unsigned long index, void *value, gfp_t gfp);
int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void *__xa_erase(struct xarray *xa, unsigned long index);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, int mark);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, int mark);
void xa_destroy(struct xarray *xa);
int xa_err(void *entry);
#define xa_lock(xa)		spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa)		spin_unlock(&(xa)->xa_lock)
#define xa_for_each(xa, index, entry)						\
	for (index = 0, entry = xa_find(xa, &index, ULONG_MAX, XA_PRESENT);	\
	     entry; entry = xa_find_after(xa, &index, ULONG_MAX, XA_PRESENT))

/*
 * rbtree.h, interval_tree_generic.h: a list, in the order of where intervals begin.  One that
 * is in no tree, or in it with other bounds than it was inserted with, is not removed.
 */
struct rb_node { struct rb_node *next; };
struct rb_root_cached { struct rb_node *first; };
#define RB_ROOT_CACHED		((struct rb_root_cached){})
#define INTERVAL_TREE_DEFINE(type, member, number, subtree_last, start_of, last_of,	\
			     storage, prefix)						\
static type *prefix##_overlapping(struct rb_node *rb, number start, number last)	\
{											\
	for (; rb; rb = rb->next) {							\
		type *node = container_of(rb, type, member);				\
		if (start_of(node) <= last && last_of(node) >= start)			\
			return node;							\
	}										\
	return NULL;									\
}											\
storage type *prefix##_iter_first(struct rb_root_cached *root, number start, number last) \
{											\
	return prefix##_overlapping(root->first, start, last);				\
}											\
storage type *prefix##_iter_next(type *node, number start, number last)			\
{											\
	return prefix##_overlapping(node->member.next, start, last);			\
}											\
static struct rb_node **prefix##_link(type *node, struct rb_root_cached *root)		\
{											\
	struct rb_node **link = &root->first;						\
	while (*link && *link != &node->member &&					\
	       start_of(container_of(*link, type, member)) <= start_of(node))		\
		link = &(*link)->next;							\
	return link;									\
}											\
storage void prefix##_insert(type *node, struct rb_root_cached *root)			\
{											\
	struct rb_node **link = prefix##_link(node, root);				\
	if (*link == &node->member)							\
		shim_die("inserted twice");						\
	node->subtree_last = last_of(node);						\
	node->member.next = *link;							\
	*link = &node->member;								\
}											\
storage void prefix##_remove(type *node, struct rb_root_cached *root)			\
{											\
	struct rb_node **link = prefix##_link(node, root);				\
	if (*link != &node->member || node->subtree_last != last_of(node))		\
		shim_die("removed from where it is not");				\
	*link = node->member.next;							\
}

/* percpu.h: one allocation after the other, CPU by CPU */
#define SHIM_CPUS		2
#define SHIM_PERCPU_STRIDE	16384
extern unsigned int shim_cpu;
void *__alloc_percpu(size_t size, size_t align);
void free_percpu(void *pointer);
#define per_cpu_ptr(p, cpu)	((typeof(p))((char *)(p) + (cpu) * SHIM_PERCPU_STRIDE))
#define this_cpu_inc(x)		(++*per_cpu_ptr(&(x), shim_cpu))
#define for_each_possible_cpu(cpu) for (cpu = 0; cpu < SHIM_CPUS; cpu++)

/* numa.h, nodemask.h */
#define NUMA_NO_NODE		(-1)
#define SHIM_NODES		70
extern unsigned int nr_node_ids;
bool node_online(int node);

/* ktime.h */
extern u64 shim_time;
#define ktime_get_ns()		(shim_time)
#define ktime_get_raw_ns()	(shim_time)
#define ktime_mono_to_any(time, offset)	(time)
#define ktime_to_ns(time)	(time)

/* tracepoint.h: arguments are evaluated, and nothing else happens. */
#define TP_PROTO(...)		__VA_ARGS__
#define TRACE_EVENT(name, proto, ...)		static inline void trace_##name(proto) {}
#define DECLARE_EVENT_CLASS(name, ...)
#define DEFINE_EVENT(class, name, proto, ...)	static inline void trace_##name(proto) {}

#endif /* _HVPART_FUZZ_KERNEL_H */
