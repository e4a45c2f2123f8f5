// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever runs the host traces the functions that hvpart redirects, or patches one of
 * them, before the module is loaded or while it is; and stops before it goes or after.
 * Guests make calls meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest.h"

#include "callers.h"
#include "code_patching.h"
#include "host.h"
#include "module.h"
#include "partitions.h"
#include "remains.h"

#define TRACING		"/sys/kernel/tracing/"
#define BTF		"/sys/kernel/btf/"
#define LIVE_PATCH	"/sys/kernel/livepatch/live_patch/enabled"

/* One of each kind: what calls come by, what a VMM does, the end of a VM. */
static const char *const functions[] = {
	"kvm_hv_hypercall", "kvm_hv_set_cpuid", "kvm_arch_flush_shadow_all",
};

/* ftrace appends to what has been set, unless the file is emptied. */
static void empty(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s: %m", path);
	close(fd);
}

static void attach_function_graph(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		write_text(TRACING "set_ftrace_filter", functions[i]);
	write_text(TRACING "current_tracer", "function_graph");
}

static void detach_function_graph(void)
{
	write_text(TRACING "current_tracer", "nop");
	empty(TRACING "set_ftrace_filter");
}

/* Of each function the end, for which there is one at the beginning, too. */
static void attach_kprobes(void)
{
	unsigned int i;
	char text[128];

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		snprintf(text, sizeof(text), "r:hvpart_test/end_%u kvm:%s", i, functions[i]);
		write_text(TRACING "kprobe_events", text);
	}
	write_text(TRACING "events/hvpart_test/enable", "1");
}

static void detach_kprobes(void)
{
	write_text(TRACING "events/hvpart_test/enable", "0");
	empty(TRACING "kprobe_events");
}

static void *read_whole(const char *path)
{
	struct stat status;
	size_t done = 0;
	char *data;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status))
		die("cannot read %s: %m", path);
	data = malloc(status.st_size);
	while (data && done < (size_t)status.st_size) {
		ssize_t length = read(fd, data + done, status.st_size - done);

		if (length <= 0)
			die("cannot read %s: %m", path);
		done += length;
	}
	if (!data)
		die("out of memory");
	close(fd);
	return data;
}

/* What follows a type, by its kind. */
static size_t btf_rest(const struct btf_type *type)
{
	unsigned int count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
		return sizeof(u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return count * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return count * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return 0;
	}
}

/* How many types there are, up to the function @name, whose names begin at @name_base. */
static unsigned int btf_count(const struct btf_header *btf, unsigned int name_base,
			      const char *name)
{
	const char *types = (const char *)btf + btf->hdr_len + btf->type_off;
	const char *names = (const char *)btf + btf->hdr_len + btf->str_off;
	unsigned int offset, count = 0;

	for (offset = 0; offset < btf->type_len; count++) {
		const struct btf_type *type = (const void *)(types + offset);

		if (name && BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    type->name_off >= name_base &&
		    !strcmp(names + type->name_off - name_base, name))
			return count + 1;
		offset += sizeof(*type) + btf_rest(type);
	}
	return name ? 0 : count;
}

/* KVM's types and names go on where the kernel's end. */
static unsigned int btf_id_in_kvm(const char *function)
{
	struct btf_header *kernel = read_whole(BTF "vmlinux");
	struct btf_header *kvm = read_whole(BTF "kvm");
	unsigned int count = btf_count(kvm, kernel->str_len, function);

	if (!count)
		die("KVM's BTF has no %s", function);
	count += btf_count(kernel, 0, NULL);
	free(kernel);
	free(kvm);
	return count;
}

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int open_btf_of_kvm(void)
{
	union bpf_attr next = {};

	while (!bpf(BPF_BTF_GET_NEXT_ID, &next)) {
		struct bpf_btf_info info = {};
		char name[64] = "";
		union bpf_attr attr = { .btf_id = next.next_id };
		int fd = bpf(BPF_BTF_GET_FD_BY_ID, &attr);

		info.name = (u64)(uintptr_t)name;
		info.name_len = sizeof(name);
		attr = (union bpf_attr) { .info = {
			.bpf_fd = fd, .info_len = sizeof(info), .info = (u64)(uintptr_t)&info,
		} };
		if (fd < 0 || bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
			die("cannot read BTF: %m");
		if (info.kernel_btf && !strcmp(name, "kvm"))
			return fd;
		close(fd);
		next = (union bpf_attr) { .start_id = next.next_id };
	}
	die("no BTF of KVM: %m");
}

static int links[ARRAY_SIZE(functions)];

static int attach_program(int btf, const char *function, enum bpf_attach_type type)
{
	/* r0 = 0; exit */
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACING,
		.insns = (u64)(uintptr_t)code,
		.insn_cnt = ARRAY_SIZE(code),
		.license = (u64)(uintptr_t)"GPL",
		.expected_attach_type = type,
		.attach_btf_id = btf_id_in_kvm(function),
		.attach_btf_obj_fd = btf,
	};
	int program = bpf(BPF_PROG_LOAD, &attr), link;

	if (program < 0)
		die("cannot load a program for %s: %m", function);
	attr = (union bpf_attr) { .raw_tracepoint = { .prog_fd = program } };
	link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	if (link < 0)
		die("cannot attach a program to %s: %m", function);
	close(program);
	return link;
}

static void attach_programs(enum bpf_attach_type type)
{
	int btf = open_btf_of_kvm();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		links[i] = attach_program(btf, functions[i], type);
	close(btf);
}

static void attach_fentry(void)
{
	attach_programs(BPF_TRACE_FENTRY);
}

static void attach_fexit(void)
{
	attach_programs(BPF_TRACE_FEXIT);
}

static void detach_programs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		close(links[i]);
}

static const struct tracer {
	const char *name, *needs;
	void (*attach)(void);
	void (*detach)(void);
} tracers[] = {
	{ "function_graph", TRACING "set_graph_function", attach_function_graph,
	  detach_function_graph },
	{ "kprobes", TRACING "kprobe_events", attach_kprobes, detach_kprobes },
	{ "bpf_fentry", BTF "kvm", attach_fentry, detach_programs },
	{ "bpf_fexit", BTF "kvm", attach_fexit, detach_programs },
};

static void expect_functions(bool traced)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		if (ftrace_has(functions[i]) != traced)
			fail_at(__FILE__, __LINE__, "%s is %straced", functions[i],
				traced ? "not " : "");
	}
}

/* Who did so before may have failed. */
static void begin_without_module(void)
{
	if (hvpart_loaded())
		unload_module();
}

static void load_and_expect_answers(const struct callers *callers)
{
	struct vcpu *vcpu;

	load_module();
	callers_expect(callers, true);
	vcpu = new_guest();
	EXPECT_EQUAL(create_active_child(vcpu), 2);
	guest_destroy(vcpu->guest);
}

static void unload_and_expect_none(const struct callers *callers)
{
	unload_module();
	expect_unloaded();
	callers_expect(callers, false);
}

/* Attached before the module comes and while it is there; detached then and afterwards. */
static void try_tracer(const void *row)
{
	const struct tracer *tracer = row;
	long long pinned = pinned_pages();
	struct callers callers;

	if (access(tracer->needs, F_OK))
		case_skip("this kernel has no %s", tracer->needs);
	begin_without_module();
	callers = callers_start();
	expect_functions(false);
	tracer->attach();
	expect_functions(true);
	load_and_expect_answers(&callers);
	unload_and_expect_none(&callers);
	expect_functions(true);
	load_and_expect_answers(&callers);
	tracer->detach();
	callers_expect(&callers, true);
	tracer->attach();
	callers_expect(&callers, true);
	unload_and_expect_none(&callers);
	expect_functions(true);
	tracer->detach();
	expect_functions(false);
	callers_expect(&callers, false);
	callers_stop(&callers);
	EXPECT(pinned_pages_become(pinned));
	load_module();
}

static void remove_live_patch(void)
{
	write_text(LIVE_PATCH, "0");
	module_remove("live_patch");
}

/* Who comes second is refused. */
static void live_patch(void)
{
	struct callers callers;

	if (!module_exists("live_patch"))
		case_skip("this kernel has no live patches");
	begin_without_module();
	callers = callers_start();
	REQUIRE_EQUAL(module_insert("live_patch", ""), 0);
	callers_expect(&callers, false);
	EXPECT_EQUAL(module_insert("hvpart", ""), EBUSY);
	expect_unloaded();
	callers_expect(&callers, false);
	EXPECT_EQUAL(callers_answered(&callers), 0);
	remove_live_patch();
	load_and_expect_answers(&callers);
	EXPECT_EQUAL(module_insert("live_patch", ""), EBUSY);
	callers_expect(&callers, true);
	unload_and_expect_none(&callers);
	REQUIRE_EQUAL(module_insert("live_patch", ""), 0);
	callers_expect(&callers, false);
	remove_live_patch();
	expect_functions(false);
	callers_stop(&callers);
	load_module();
}

/* As in unload.c */
#define SECONDS	90

int main(void)
{
	struct test_case cases[ARRAY_SIZE(tracers) + 1];
	unsigned int i;

	stay_on_one_cpu_if_emulated();
	for (i = 0; i < ARRAY_SIZE(tracers); i++)
		cases[i] = (struct test_case) {
			.name = tracers[i].name, .run_row = try_tracer, .row = &tracers[i],
			.seconds = SECONDS,
		};
	cases[i] = (struct test_case) {
		.name = "live_patch", .run = live_patch, .seconds = SECONDS,
	};
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
