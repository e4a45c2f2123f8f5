/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The boundary between the core and what runs a child: a machine is a child that the host
 * runs, with its virtual processors.  No KVM type crosses it.
 */
#ifndef _HVPART_MACHINE_H
#define _HVPART_MACHINE_H

#include <linux/types.h>
#include <hvpart/vp_state.h>

struct hvp_cpuid_value;
struct hvp_gpa_map;
struct hvp_guest;
struct hvp_lapic;
struct hvp_machine;
struct hvp_machine_vp;

/*
 * Why a virtual processor has come back to its parent: the parent's thread has something else
 * to do; it has nothing to do until an event, of which woken() tells; port I/O; access to
 * memory that the map does not allow; triple fault, or a state that no processor can be in;
 * the host cannot run it: memory, or the module goes; CPUID, or an MSR, that its parent wants to
 * see.
 */
#define HVP_EXIT_LIST(X)				\
	X(0, INTERRUPTED, "interrupted")		\
	X(1, BLOCKED, "blocked")			\
	X(2, IO, "io")					\
	X(3, MEMORY, "memory")				\
	X(4, UNRECOVERABLE, "unrecoverable")		\
	X(5, DENIED, "denied")				\
	X(6, CPUID, "cpuid")				\
	X(7, MSR, "msr")

#define HVP_EXIT_ENUM(value, name, text) HVP_EXIT_##name = value,
enum hvp_exit_reason { HVP_EXIT_LIST(HVP_EXIT_ENUM) HVP_NR_EXIT_REASONS };

#define HVP_ACCESS_LIST(X)				\
	X(0, READ, "read")				\
	X(1, WRITE, "write")				\
	X(2, EXECUTE, "execute")

#define HVP_ACCESS_ENUM(value, name, text) HVP_ACCESS_##name = value,
enum hvp_access { HVP_ACCESS_LIST(HVP_ACCESS_ENUM) HVP_NR_ACCESSES };

#define HVP_INSTRUCTION_BYTES	16

/* Of an XSAVE area, as much as a parent gets: a page. */
#define HVP_XSAVE_BYTES		4096

/**
 * struct hvp_exit - an exit; nothing of the instruction has happened
 * @reason:	why
 * @port:	HVP_EXIT_IO: which one
 * @size:	HVP_EXIT_IO: bytes of one access: 1, 2, 4
 * @access:	HVP_EXIT_IO, HVP_EXIT_MEMORY and HVP_EXIT_MSR: what it was to do
 * @string:	HVP_EXIT_IO: INS or OUTS
 * @rep:	HVP_EXIT_IO: with a REP prefix
 * @gpa:	HVP_EXIT_MEMORY: exact to the page; to the byte if @gva_valid
 * @gva:	HVP_EXIT_MEMORY: the linear address, if @gva_valid
 * @gva_valid:	it is known, and @gpa is its translation
 * @instruction_length: bytes of the instruction, 0 if it is not known
 * @instruction_count: valid ones of @instruction
 * @instruction: bytes from RIP on
 * @msr:	HVP_EXIT_MSR: which one
 * @cpuid:	HVP_EXIT_CPUID: what would be answered, by hvp_machine_events.cpuid() as well
 * @hypercalls:	that it has made since it was made
 * @guest_os_id: what the guest has said that it is, HV_X64_MSR_GUEST_OS_ID
 */
struct hvp_exit {
	enum hvp_exit_reason reason;
	u16 port;
	u8 size;
	enum hvp_access access;
	bool string;
	bool rep;
	u64 gpa;
	u64 gva;
	bool gva_valid;
	u8 instruction_length;
	u8 instruction_count;
	u8 instruction[HVP_INSTRUCTION_BYTES];
	u32 msr;
	u32 cpuid[4];
	u64 hypercalls;
	u64 guest_os_id;
};

/**
 * struct hvp_interrupt - what HvAssertVirtualInterrupt asks for
 * @type:	delivery mode as in an MSI: 0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT,
 *		6 startup, 7 external interrupt
 * @vector:	likewise
 * @logical:	destination mode
 * @level:	level-triggered, as its parent has it
 * @destination: APIC ID or logical destination
 */
struct hvp_interrupt {
	u8 type;
	u8 vector;
	bool logical;
	bool level;
	u32 destination;
};

/* What becomes of dirty bits that have been read. */
enum hvp_dirty_change { HVP_DIRTY_KEEP, HVP_DIRTY_CLEAR, HVP_DIRTY_SET };

/**
 * struct hvp_hyperv_features - what a child may use of Hyper-V, in CPUID's terms
 * @privileges:	leaf 0x40000003, EAX and EBX << 32: these
 * @features:	likewise, EDX: none but these
 * @hints:	leaf 0x40000004, EAX: none but these
 */
struct hvp_hyperv_features {
	u64 privileges;
	u32 features;
	u32 hints;
};

/**
 * struct hvp_cpuid_query - what CPUID would say
 * @leaf:	of this
 * @subleaf:	likewise
 * @own_states:	with the state components that the virtual processor has enabled;
 * @xfem:	or if it had enabled these, as in XCR0,
 * @xss:	and these, as in the MSR
 */
struct hvp_cpuid_query {
	u32 leaf;
	u32 subleaf;
	bool own_states;
	u64 xfem;
	u64 xss;
};

/**
 * struct hvp_machine_config - what a machine is made with; the same for its life
 * @guest:	the parent's memory, which the map's source pages are of
 * @map:	which of its pages is which of the child's
 * @gpa_bits:	width of the child's physical addresses
 * @hyperv:	what it has of Hyper-V
 * @disabled_features: HV_PARTITION_PROCESSOR_FEATURES that it has not
 * @disabled_xsave: HV_PARTITION_PROCESSOR_XSAVE_FEATURES that it has not
 * @disabled_states: state components that it has not, as in XCR0
 * @socket_bits: of its APIC ID, which is its index: the lowest ones, by which processors of one
 *		socket differ
 * @time_ns:	as set_time() says
 * @x2apic:	it may have an x2APIC
 * @track_writes: as track() says from then on
 */
struct hvp_machine_config {
	struct hvp_guest *guest;
	struct hvp_gpa_map *map;
	unsigned int gpa_bits;
	struct hvp_hyperv_features hyperv;
	u64 disabled_features[2];
	u64 disabled_xsave;
	u64 disabled_states;
	unsigned int socket_bits;
	u64 time_ns;
	bool x2apic;
	bool track_writes;
};

/* What becomes of an access to an MSR that nobody knows. */
enum hvp_msr_action {
	HVP_ACTION_FAULT,	/* #GP */
	HVP_ACTION_IGNORE,	/* it reads 0 */
	HVP_ACTION_EXIT,	/* HVP_EXIT_MSR */
};

/**
 * struct hvp_machine_events - what a machine tells the core
 * @waits:	a virtual processor is about to come back with HVP_EXIT_BLOCKED: from here on,
 *		and until it is run again, @woken tells of it.  Raw spinlocks held
 * @woken:	it has something to do again; as often as that is found out.  Any context, hard
 *		interrupts included, raw spinlocks held
 * @cpuid:	a virtual processor that runs asks for CPUID: its parent may have others for
 *		an answer.  This and the others may take spinlocks
 * @intercepts_cpuid: or wants to see that it does: HVP_EXIT_CPUID
 * @unknown_msr: it reads or writes an MSR that nobody knows
 */
struct hvp_machine_events {
	void (*waits)(void *owner);
	void (*woken)(void *owner);
	void (*cpuid)(void *owner, u32 leaf, u32 subleaf, struct hvp_cpuid_value *value);
	bool (*intercepts_cpuid)(void *owner, u32 leaf);
	enum hvp_msr_action (*unknown_msr)(void *owner, u32 msr, bool write);
};

/**
 * struct hvp_machine_ops - what the core asks of whoever runs children
 *
 * All may sleep and are called in one of the parent's vCPU threads, outside KVM's loop
 * and without a lock, unless they say otherwise.  Errors: -ENOMEM for memory and
 * limits, -EINTR when the caller's thread is to go, -EFAULT when the VMM has taken away
 * what the machine needs, -EINVAL for a value that no processor can have.
 *
 * @create:	make a machine without a virtual processor
 * @let_go:	let go of all pages, before @forget is called no more; it has no virtual
 *		processor, and gets none.  Any task
 * @destroy:	the reverse of @create, with all virtual processors that are left; none of them
 *		runs.  Any task
 * @mapped:	pages [gfn, gfn + count) are in @map now; may be called inside KVM's loop
 * @forget:	pages [gfn, gfn + count) change in @map: the host is to let go of what was
 *		there.  To be called under the map's lock, together with the change: whoever
 *		takes a page away looks for it in the map.  Must not sleep
 * @unmapped:	pages [gfn, gfn + count) are in @map no more, or are others now: when this
 *		returns, no virtual processor can reach what was there.  Does not wait
 *		for a VMM; may be called inside KVM's loop, and without a machine lock
 * @track:	from when it returns on, it is noted, or not any more, which pages virtual
 *		processors write to; on: none is dirty yet.  May fail when it is to be noted,
 *		and then it is as before, or more is noted than need be
 * @dirty:	which of pages [gfn, gfn + count) have been written to since they were last
 *		cleared; then change that.  Of what is written meanwhile nothing is lost: it is
 *		in this answer or in the next one.  A page whose memory the machine has
 *		never made anything of is clean, and stays so.  Only while it is tracked.
 *		Return: how many of the pages this was done for, from the first one on, at
 *		least one; or an error
 * @set_time:	the reference time that its virtual processors see is this now, in
 *		nanoseconds, and goes on
 * @set_socket:	so many bits of an APIC ID are within a socket, as @create has been told, by what
 *		those of its virtual processors say of themselves that have not run yet
 * @create_vp:	make a virtual processor, in reset state, waiting for SIPI if it is not 0.  There
 *		has been none with its index.  One that could not be made for want of memory can
 *		be made later; after -EFAULT there may be no other one
 * @keeps_vp:	has @create_vp failed for this index, and left something behind that the next
 *		attempt takes?
 * @destroy_vp:	the reverse of @create_vp; it does not run.  Any task
 * @run:	run it until there is something for its parent; @groups that it has
 *		changed are in @state when it returns, GENERAL and SPECIAL, always, but for
 *		an error: then nothing in there counts
 * @interrupt:	make @run return soon, or the next one at once, with HVP_EXIT_INTERRUPTED.
 *		Any context
 * @get:	fill in the @groups of @state; it does not run
 * @set:	take the @groups of @state over: -EINVAL if it cannot be in that state, -EAGAIN
 *		if what an MSR names first has to be a page that can be written to, which
 *		@gpa receives, in bytes; then which of them have been taken over is not said
 * @get_lapic:	read the LAPIC of one that does not run
 * @set_lapic:	change it, all but its task priority; -EINVAL if it is not one of that
 *		processor's
 * @get_xsave:	read an XSAVE area of the standard format, of which HVP_XSAVE_BYTES are
 *		given; it does not run
 * @set_xsave:	take such an area over, what is behind these bytes left as it is; -EINVAL if
 *		no processor takes it
 * @assert:	raise an interrupt; does not wait for one that runs.  -ENOENT if nobody is
 *		at that destination, -EBUSY if an external interrupt with another vector
 *		waits already
 * @cpuid:	what CPUID would say without hvp_machine_events.cpuid(); it does not run
 */
struct hvp_machine_ops {
	int (*create)(const struct hvp_machine_config *config, struct hvp_machine **machine);
	void (*let_go)(struct hvp_machine *machine);
	void (*destroy)(struct hvp_machine *machine);
	void (*mapped)(struct hvp_machine *machine, u64 gfn, u64 count);
	void (*forget)(struct hvp_machine *machine, u64 gfn, u64 count);
	void (*unmapped)(struct hvp_machine *machine, u64 gfn, u64 count);
	int (*track)(struct hvp_machine *machine, bool on);
	long (*dirty)(struct hvp_machine *machine, u64 gfn, u64 count,
		      enum hvp_dirty_change change, bool *dirty);
	int (*set_time)(struct hvp_machine *machine, u64 ns);
	void (*set_socket)(struct hvp_machine *machine, unsigned int bits);
	int (*create_vp)(struct hvp_machine *machine, u32 index,
			 const struct hvp_machine_events *events, void *owner,
			 struct hvp_machine_vp **vp);
	bool (*keeps_vp)(struct hvp_machine *machine, u32 index);
	void (*destroy_vp)(struct hvp_machine_vp *vp);
	int (*run)(struct hvp_machine_vp *vp, struct hvp_vp_state *state,
		   struct hvp_exit *exit);
	void (*interrupt)(struct hvp_machine_vp *vp);
	int (*get)(struct hvp_machine_vp *vp, unsigned int groups, struct hvp_vp_state *state);
	int (*set)(struct hvp_machine_vp *vp, unsigned int groups,
		   const struct hvp_vp_state *state, u64 *gpa);
	int (*get_lapic)(struct hvp_machine_vp *vp, struct hvp_lapic *lapic);
	int (*set_lapic)(struct hvp_machine_vp *vp, const struct hvp_lapic *lapic);
	int (*get_xsave)(struct hvp_machine_vp *vp, void *area);
	int (*set_xsave)(struct hvp_machine_vp *vp, const void *area);
	int (*assert)(struct hvp_machine *machine, const struct hvp_interrupt *interrupt);
	int (*cpuid)(struct hvp_machine_vp *vp, const struct hvp_cpuid_query *query,
		     struct hvp_cpuid_value *value);
};

#endif /* _HVPART_MACHINE_H */
