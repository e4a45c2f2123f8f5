/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer's parts: a guest (guest.c), what the contract says of its calls
 * (contract.c), what can be seen of a hierarchy (books.c), a VM that makes calls and
 * does not believe the answers (vm.c), and the language of the inputs (program.c).
 */
#ifndef _HVPART_FUZZ_H
#define _HVPART_FUZZ_H

#include "shim.h"
#include <hvpart/abi.h>
#include <hvpart/guest.h>
#include <hvpart/host.h>
#include "../../../drivers/hvpart/core/hierarchy.h"
#include "../../../drivers/hvpart/core/snapshot.h"
#include "../../../drivers/hvpart/core/vp/vp.h"
#include <hvpart/abi/gpa.h>
#include <hvpart/abi/registers.h>
#include <hvpart/machine.h>
#include "../contract/calls.h"

/* Pages of the guest: some in a row, and some across the end of a chunk of claims. */
#define GUEST_PAGES		128
#define GUEST_INPUT_PAGE	62
#define GUEST_OUTPUT_PAGE	63

/**
 * struct page - a host page
 * @gfn:	where in the guest it is, or was
 * @node:	its NUMA node
 * @mapped:	it is the guest's page @gfn now; freed when it is not and not pinned
 * @pins:	how often it is pinned
 * @zeroed:	since it was pinned
 * @data:	its content
 */
struct page {
	u64 gfn;
	int node;
	bool mapped;
	unsigned int pins;
	bool zeroed;
	u8 data[HVP_PAGE_SIZE];
};

enum guest_page_kind {
	GUEST_RAM,
	GUEST_UNMAPPED,
	GUEST_READ_ONLY,
	GUEST_NOT_RAM,		/* can be read and written, not be pinned */
	GUEST_IN_USE,		/* RAM, with a meaning of its own */
	GUEST_REMAPPED,		/* RAM, other than before */
	GUEST_PAGE_KINDS,
};

/**
 * struct guest_page - a page as the guest sees it
 * @kind:	what it is
 * @node:	where the next host page for it comes from
 * @page:	the host page, made when somebody looks at it
 * @owner:	the partition in whose pool it is by what the calls have answered
 * @lent:	that partition has lent it
 * @stats:	it is a statistics page that nobody has lent
 * @lost:	what is there by now could not be zeroed when it was to be given back
 */
struct guest_page {
	enum guest_page_kind kind;
	int node;
	struct page *page;
	u64 owner;
	bool lent;
	bool stats;
	bool lost;
};

/* The VP indexes of its virtual processors. */
#define GUEST_VPS		8
#define GUEST_FIRST_VPS		2
#define GUEST_VP_INDEX(n)	(2 * (n))

enum guest_op {
	GUEST_READ,
	GUEST_WRITE,
	GUEST_PROBE,
	GUEST_PIN,		/* once a page */
	GUEST_RESERVE,
	GUEST_IS_RAM,
	GUEST_OPS,
};

/**
 * struct guest - the guest and what the host has of it
 * @guest:	as the core sees it
 * @pages:	its memory
 * @host:	what it runs on
 * @vps:	its virtual processors,
 * @vp:		and more that it may get
 * @refreshing:	statistics pages are being written anew
 * @machines:	children that it has, as far as they are run
 * @pinned:	how often pages are pinned
 * @locked:	pages charged to the limit of locked memory
 * @locked_limit: that limit
 * @fail_at:	the n-th operation from now fails, 0 for none
 * @error:	what pinning fails with
 */
struct guest {
	struct hvp_guest guest;
	struct guest_page pages[GUEST_PAGES];
	struct hvp_host host;
	struct hvp_vps vps;
	struct hvp_vp vp[GUEST_VPS];
	bool refreshing;
	unsigned int machines;
	unsigned long pinned;
	unsigned long locked;
	unsigned long locked_limit;
	unsigned int fail_at[GUEST_OPS];
	int error;
};

#define CALL_WORDS	(HVP_PAGE_SIZE / sizeof(u64))

/**
 * struct call - a call under way
 * @row:	what the contract says of it
 * @call:	its registers
 * @hierarchy:	on which it is made
 * @caller:	who makes it, 0 if the host has no memory for partitions
 * @privileges:	the caller's
 * @gpa_bits:	likewise
 * @in_bytes:	of input, all elements included
 * @out_bytes:	likewise
 * @in:		the input as the core has read it, as words,
 * @create:	as HvCreatePartition's,
 * @proximity:	HvWithdrawMemory's and HvGetMemoryBalance's,
 * @next_child:	HvGetNextChildPartition's,
 * @property:	HvSetPartitionProperty's, with HvGetPartitionPropertyEx's argument as value,
 * @stats:	HvMapStatsPage2's,
 * @create_vp:	HvCreateVp's,
 * @state_page:	HvMapVpStatePage's,
 * @interrupt:	HvAssertVirtualInterrupt's,
 * @create_port: HvCreatePort's,
 * @connect_port: HvConnectPort's,
 * @port:	HvDeletePort's,
 * @connection:	or HvDisconnectPort's
 * @out:	the output as the core has written it
 * @read:	half words of the input that have been read
 * @written:	half words of the output that have been written
 * @touched:	the guest's parameters have been looked at
 * @failed:	operations that have been made to fail
 * @interrupted: something else has happened in the middle
 * @created:	partitions that the watcher has been told of
 * @deleted:	likewise
 * @zeroed:	pages that have been zeroed
 * @lost:	how many of them as far as the host sees them, but not the guest
 * @filled:	statistics pages that have been written to
 * @killed:	its thread has been
 * @machine_failed: a machine was asked, and has failed
 */
struct call {
	const struct hvp_contract_call *row;
	struct hvp_call call;
	struct hvp_hierarchy *hierarchy;
	u64 caller;
	u64 privileges;
	unsigned int gpa_bits;
	size_t in_bytes;
	size_t out_bytes;
	union {
		u64 in[CALL_WORDS];
		struct hvp_create_partition_in create;
		struct hvp_partition_proximity proximity;
		struct hvp_get_next_child_in next_child;
		struct hvp_set_property_in property;
		struct hvp_map_stats_page2_in stats;
		struct hvp_create_vp_in create_vp;
		struct hvp_map_state_page_in state_page;
		struct hvp_assert_interrupt_in interrupt;
		struct hvp_create_port_in create_port;
		struct hvp_connect_port_in connect_port;
		struct hvp_delete_port_in port;
		struct hvp_disconnect_port_in connection;
	};
	u64 out[CALL_WORDS];
	DECLARE_BITMAP(read, HVP_PAGE_SIZE);
	DECLARE_BITMAP(written, HVP_PAGE_SIZE);
	bool touched;
	bool failed[GUEST_OPS];
	bool interrupted;
	unsigned int created;
	unsigned int deleted;
	unsigned int zeroed;
	unsigned int lost;
	bool filled;
	bool killed;
	bool machine_failed;
};

/**
 * struct machine_plan - what machines are to do
 * @exit:	what runs end with
 * @busy:	an external interrupt waits
 * @fail_nth:	the n-th operation from now fails, 0 for none
 * @error:	with what
 */
struct machine_plan {
	struct hvp_exit exit;
	bool busy;
	unsigned int fail_nth;
	unsigned int error;
};

extern struct machine_plan machine_plan;
#define MACHINE_ADDRESS_BITS	48
extern const struct hvp_machine_ops machine_ops;

void machines_check(const struct guest *guest);

extern struct call *current_call;
extern struct hvp_processor machine;

u64 guest_gfn(u8 index);
struct guest_page *guest_page(struct guest *guest, u64 gfn);
struct page *guest_host_page(struct guest *guest, u64 gfn);
bool guest_claimed(struct hvp_hierarchy *hierarchy, u64 gfn);
bool guest_readable(struct guest *guest, u64 gpa);
bool guest_writable(struct guest *guest, u64 gpa);
void guest_map(struct guest *guest, u8 index, enum guest_page_kind kind, int node);
void guest_add_vps(struct guest *guest, unsigned int count);
void guest_create(struct guest *guest);
void guest_destroy(struct guest *guest);

/**
 * struct mapped - a statistics page
 * @type:	of what it is: a partition or a virtual processor,
 * @vp_index:	which one,
 * @area:	and which area of it
 * @payer:	the partition that has mapped it
 * @lent:	it is one of the payer's pool
 * @gfn:	where it is
 * @page:	the host page
 */
struct mapped {
	u32 type;
	u32 vp_index;
	u32 area;
	bool lent;
	u64 payer;
	u64 gfn;
	struct page *page;
};

/* Each area of each object, and a partition's by its parent as well. */
#define MAX_MAPPED	(2 * GUEST_VPS + 4)

/**
 * struct book_vp - a virtual processor that its parent has made
 * @index:	its VP index
 * @mapped:	its state pages are,
 * @gfn:	and where
 * @rules:	what its parent has said of it alone,
 * @rule_blocks: and how many blocks these are in
 */
struct book_vp {
	u32 index;
	u32 mapped;
	u64 gfn[HVP_NR_STATE_PAGES];
	u64 rules;
	u64 rule_blocks;
};

/* As many as the limit lets a partition have. */
#define MAX_VPS		4

/**
 * struct book_port - a port that a partition has
 * @id:		its ID
 * @connected:	it is
 * @connection_id: and the ID of the connection
 * @size:	bytes that have to be written, 0: any
 * @any_value:	whatever they are
 * @child:	whom it is for
 * @gpa:	where that is
 * @value:	what has to be written
 */
struct book_port {
	u32 id;
	u32 connected;
	u32 connection_id;
	u16 size;
	u16 any_value;
	u64 child;
	u64 gpa;
	u64 value;
};

/* Likewise a VM. */
#define MAX_PORTS	4

/**
 * struct book - what can be seen of a partition
 * @id:		its ID
 * @parent:	its parent's, 0 for the root
 * @state:	its state
 * @depth:	levels below the root
 * @creation:	what it was created with
 * @active:	it has what an active partition has
 * @used_for:	pages in use by what they pay for
 * @deposited:	pages deposited, by node
 * @in_use:	those of them that are in use
 * @early:	early properties
 * @regular:	regular properties
 * @vp_count:	virtual processors that its parent has made,
 * @vps:	those
 * @vps_kept:	how many count, deleted ones included, until there is none
 * @vps_deleted: VP indexes of those that have been deleted, and not been made anew
 * @rules:	what its parent has said of all of them,
 * @rule_blocks: and how many blocks these are in
 * @map_nodes:	of its memory's map
 * @map_mapped:	4 KiB pages in it,
 * @map_no_access: and those that are no access
 * @port_count:	ports,
 * @ports:	in the order in which they were made
 * @mapped_count: how many
 * @mapped:	statistics pages of it, in the order in which they were mapped
 */
struct book {
	u64 id;
	u64 parent;
	enum hvp_state state;
	unsigned int depth;
	struct hvp_creation creation;
	bool active;
	u64 used_for[HVP_NR_USES];
	u16 deposited[HVP_PROXIMITY_DOMAINS];
	u16 in_use[HVP_PROXIMITY_DOMAINS];
	u64 early[HVP_NR_EARLY_PROPERTIES];
	u64 regular[HVP_NR_REGULAR_PROPERTIES];
	u64 vp_count;
	struct book_vp vps[MAX_VPS];
	u64 vps_kept;
	DECLARE_BITMAP(vps_deleted, HVP_HIGHEST_VP_INDEX + 1);
	u64 rules;
	u64 rule_blocks;
	u64 map_nodes;
	u64 map_mapped;
	u64 map_no_access;
	u64 port_count;
	struct book_port ports[MAX_PORTS];
	u64 mapped_count;
	struct mapped mapped[MAX_MAPPED];
};

/* Each partition but the root has cost a page that somebody deposited. */
#define MAX_BOOKS	(GUEST_PAGES + 2)

struct books {
	u64 last_id;
	unsigned int vps;
	unsigned int count;
	struct book book[MAX_BOOKS];
};

void books_keep(struct hvp_hierarchy *hierarchy, struct books *books);
struct book *books_find(struct books *books, u64 id);
unsigned int book_deposited(const struct book *book);
u64 books_deposited(const struct books *books);
u64 books_located(const struct books *books);
bool hierarchy_maps(struct hvp_hierarchy *hierarchy, u64 source);
unsigned int book_available(const struct book *book, struct hvp_proximity proximity);
void books_check(struct guest *guest, struct hvp_hierarchy *hierarchy, struct books *books,
		 bool idle);
void books_expect_same(const struct books *expected, const struct books *books);

enum contract_property_kind { EARLY, REGULAR, READ_ONLY, CLOCK };

/* Section 8 of the contract. */
struct contract_property {
	enum contract_property_kind kind;
	u32 code;
	u64 reserved;
	u64 minimum;
	u64 maximum;
	bool clamp;
	u64 initial;
	bool banks;
};

#define CONTRACT_PROPERTIES	36
extern const struct contract_property contract_properties[CONTRACT_PROPERTIES];

/**
 * struct answer - the answer to a call
 * @status:	status
 * @reps:	reps completed
 * @open:	it may as well be another of the call's own statuses
 */
struct answer {
	enum hvp_status status;
	unsigned int reps;
	bool open;
};

struct answer contract_answer(struct guest *guest, const struct hvp_limits *limits,
			      struct call *call, struct books *books);
struct answer contract_withdraw(const struct call *call, struct books *books);
void contract_apply(struct guest *guest, struct call *call, struct answer answer,
		    struct books *books, struct books *after);

void contract_check_mapped(const struct books *books, const struct book *book,
			   const struct mapped *mapped, bool all);

/**
 * struct virtual_processor - what the host knows of one
 * @hypercalls:	as of its last call
 * @run_time:	likewise
 */
struct virtual_processor {
	u64 hypercalls;
	u64 run_time;
};

extern struct virtual_processor virtual_processors[GUEST_VPS];

static inline unsigned int call_rep_count(const struct call *call)
{
	return call->call.control >> HVP_CONTROL_REP_COUNT_SHIFT & HVP_CONTROL_REP_MASK;
}

static inline unsigned int call_rep_start(const struct call *call)
{
	return call->call.control >> HVP_CONTROL_REP_START_SHIFT & HVP_CONTROL_REP_MASK;
}

/**
 * struct vm - a VM, and how its next call is to be made
 * @guest:	its memory
 * @limits:	what its hierarchy may have
 * @watcher:	sees partitions come and go
 * @hierarchy:	its partitions, NULL before the first call
 * @privileges:	of its virtual processor
 * @gpa_bits:	likewise
 * @vp:		which one of the guest's that is
 * @interrupt:	called wherever something else may happen in a call, or NULL
 * @ids:	IDs that have been given out
 * @control:	bits of the next call's input value to be turned over
 * @input_placed: its input is at @input
 * @output_placed: its output is at @output
 * @input:	a GPA
 * @output:	a GPA
 */
struct vm {
	struct guest guest;
	struct hvp_limits limits;
	struct hvp_watcher watcher;
	struct hvp_hierarchy *hierarchy;
	u64 privileges;
	unsigned int gpa_bits;
	unsigned int vp;
	void (*interrupt)(void);
	DECLARE_BITMAP(ids, 4096);
	u64 control;
	bool input_placed;
	bool output_placed;
	u64 input;
	u64 output;
};

/* Limits that programs do not change. */
#define VM_VPS		MAX_VPS
#define VM_GPA_NODES	64

void module_load(unsigned int nodes, unsigned int cpu);
void module_unload(void);
void vm_create(struct vm *vm);
void vm_destroy(struct vm *vm);
void vm_reset(struct vm *vm);
void vm_look(struct vm *vm);
void vm_refresh(struct vm *vm);
u64 vm_id(struct vm *vm, u8 byte);
void vm_call(struct vm *vm, u8 who, const struct hvp_contract_call *row, const void *in,
	     unsigned int header_words, unsigned int count, unsigned int start, bool fast);
void vm_call_raw(struct vm *vm, u8 who, const struct hvp_call *registers);

/* Programs: a byte that names the operation, then its arguments. */
#define MAX_ARGUMENTS	10
#define MAX_OPERATION	(1 + MAX_ARGUMENTS * 8)

struct operation {
	const char *name;
	struct argument {
		const char *name;
		unsigned int bytes;
	} argument[MAX_ARGUMENTS];
};

/* First come the calls, in the contract's order. */
enum opcode {
	OP_RAW = HVP_CONTRACT_CALLS, OP_CONTROL, OP_INPUT, OP_OUTPUT, OP_PRIVILEGES,
	OP_WIDTH, OP_FAIL, OP_RACE, OP_LIMITS, OP_RESET, OP_LOOK, OP_REFRESH, OP_VP, OP_POKE,
	OP_MAP, OP_OS_ID, OP_WAIT, OP_CLOSE, OP_LOAD, OP_EXIT,
	OP_MACHINE, NR_OPS
};

/* What a call has for arguments: fields, by HVP_FIELD_*, and how it is made. */
enum call_argument {
	CALL_WHO = HVP_NR_FIELDS, CALL_COUNT, CALL_START, CALL_STEP, CALL_FAST, CALL_ARGUMENTS
};

struct step {
	enum opcode opcode;
	u64 argument[MAX_ARGUMENTS];
};

u64 call_arguments(const struct hvp_contract_call *call);
const struct operation *operation_of(enum opcode opcode);
size_t program_next(const u8 *data, size_t size, struct step *step);

/* libFuzzer has no header for these. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed);

#endif /* _HVPART_FUZZ_H */
