// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel says about its own functions and structures: BTF, as it is in
 * /sys/kernel/btf.  The kernel's own reader is not there for modules on all kernels.
 */

#include <linux/btf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "btf.h"

/* More than any kernel has. */
#define HVP_BTF_MAX_SIZE	(64 << 20)
/* Of pointers to pointers, typedefs of typedefs, structures in structures. */
#define HVP_BTF_MAX_DEPTH	16

/* What follows a struct btf_type: so many bytes, and so many for each of its vlen. */
static const struct {
	bool known;
	u8 fixed;
	u8 each;
} trailers[NR_BTF_KINDS] = {
	[BTF_KIND_INT] = { true, sizeof(u32) },
	[BTF_KIND_PTR] = { true },
	[BTF_KIND_ARRAY] = { true, sizeof(struct btf_array) },
	[BTF_KIND_STRUCT] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { true, 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { true },
	[BTF_KIND_TYPEDEF] = { true },
	[BTF_KIND_VOLATILE] = { true },
	[BTF_KIND_CONST] = { true },
	[BTF_KIND_RESTRICT] = { true },
	[BTF_KIND_FUNC] = { true },
	[BTF_KIND_FUNC_PROTO] = { true, 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { true, sizeof(struct btf_var) },
	[BTF_KIND_DATASEC] = { true, 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT] = { true },
	[BTF_KIND_DECL_TAG] = { true, sizeof(struct btf_decl_tag) },
	[BTF_KIND_TYPE_TAG] = { true },
	[BTF_KIND_ENUM64] = { true, 0, sizeof(struct btf_enum64) },
};

/* Return: bytes of the type that begins there, 0 if there is none that we know. */
static size_t hvp_btf_type_bytes(const struct hvp_btf_section *section, size_t offset)
{
	size_t left = section->types_size - offset;
	const struct btf_type *type = section->types + offset;
	size_t bytes = sizeof(*type);
	u32 kind;

	if (left < bytes)
		return 0;
	kind = BTF_INFO_KIND(type->info);
	if (kind >= NR_BTF_KINDS || !trailers[kind].known)
		return 0;
	bytes += trailers[kind].fixed + trailers[kind].each * (size_t)BTF_INFO_VLEN(type->info);
	return bytes <= left ? bytes : 0;
}

/* Return: how many types there are, whose offsets are noted if there is room, or -EINVAL. */
static int hvp_btf_walk(struct hvp_btf_section *section)
{
	size_t offset, bytes;
	int count = 0;

	for (offset = 0; offset < section->types_size; offset += bytes) {
		bytes = hvp_btf_type_bytes(section, offset);
		if (!bytes)
			return -EINVAL;
		if (section->offsets)
			section->offsets[count] = offset;
		count++;
	}
	return count;
}

/**
 * hvp_btf_section_parse() - find the types in BTF
 * @section:	zeroed; hvp_btf_free() frees what it gets, and @data, also after an error
 * @data:	BTF, from vmalloc()
 * @size:	bytes of it
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or -EINVAL if it is none that we can read.
 */
int hvp_btf_section_parse(struct hvp_btf_section *section, const void *data, size_t size)
{
	const struct btf_header *header = data;
	u32 types, strings;
	int count;

	section->data = data;
	if (size < offsetofend(struct btf_header, str_len) || header->magic != BTF_MAGIC ||
	    check_add_overflow(header->hdr_len, header->type_off, &types) ||
	    check_add_overflow(header->hdr_len, header->str_off, &strings) ||
	    types > size || header->type_len > size - types || !IS_ALIGNED(types, 4) ||
	    strings > size || header->str_len > size - strings || !header->str_len)
		return -EINVAL;
	section->types = data + types;
	section->types_size = header->type_len;
	section->strings = data + strings;
	section->strings_size = header->str_len;
	if (section->strings[section->strings_size - 1])
		return -EINVAL;

	count = hvp_btf_walk(section);
	if (count < 0)
		return count;
	section->offsets = vmalloc_array(max(count, 1), sizeof(*section->offsets));
	if (!section->offsets)
		return -ENOMEM;
	section->count = hvp_btf_walk(section);
	return 0;
}

static void hvp_btf_section_free(struct hvp_btf_section *section)
{
	vfree(section->offsets);
	vfree(section->data);
}

/**
 * hvp_btf_free() - the reverse of hvp_btf_read()
 * @btf:	what was read
 *
 * Context: May sleep.
 */
void hvp_btf_free(struct hvp_btf *btf)
{
	hvp_btf_section_free(&btf->module);
	hvp_btf_section_free(&btf->kernel);
}

/*
 * As a program would.  kernel_read_file() asks what for, and the kernel's security modules
 * know no such purpose.
 */
static int hvp_btf_read_file(const char *path, void **data, size_t *size)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	loff_t at = 0;
	loff_t length;
	ssize_t got;

	if (IS_ERR(file))
		return PTR_ERR(file);
	length = i_size_read(file_inode(file));
	*data = length > 0 && length <= HVP_BTF_MAX_SIZE ? vmalloc(length) : NULL;
	if (*data) {
		do {
			got = kernel_read(file, *data + at, length - at, &at);
		} while (got > 0 && at < length);
	}
	filp_close(file, NULL);
	*size = at;
	return *data ? 0 : -ENOMEM;
}

static int hvp_btf_section_read(struct hvp_btf_section *section, const char *name)
{
	char path[64];
	void *data;
	size_t size;
	int error;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	error = hvp_btf_read_file(path, &data, &size);
	return error ?: hvp_btf_section_parse(section, data, size);
}

/**
 * hvp_btf_read() - get the types of a module and of the kernel
 * @btf:	zeroed; receives them
 * @module:	name of the module, which may be built in, or have none of its own
 *
 * Context: May sleep; in a process.
 * Return: 0; -ENOENT if this kernel has none; another negative error.  hvp_btf_free() is to
 * be called in any case.
 */
int hvp_btf_read(struct hvp_btf *btf, const char *module)
{
	int error = hvp_btf_section_read(&btf->kernel, "vmlinux");

	if (error)
		return error;
	error = hvp_btf_section_read(&btf->module, module);
	return error == -ENOENT ? 0 : error;
}

static const struct btf_type *hvp_btf_type(const struct hvp_btf *btf, u32 id)
{
	const struct hvp_btf_section *section = &btf->kernel;

	if (!id)
		return NULL;
	id--;
	if (id >= section->count) {
		id -= section->count;
		section = &btf->module;
	}
	return id < section->count ? section->types + section->offsets[id] : NULL;
}

static const char *hvp_btf_name(const struct hvp_btf *btf, u32 offset)
{
	const struct hvp_btf_section *section = &btf->kernel;

	if (offset >= section->strings_size) {
		offset -= section->strings_size;
		section = &btf->module;
	}
	return offset < section->strings_size ? section->strings + offset : "?";
}

/* A module's own types come first. */
static const struct btf_type *hvp_btf_find(const struct hvp_btf *btf, u32 kind, const char *name)
{
	u32 first = btf->kernel.count + 1;
	const struct btf_type *type;
	u32 i;

	for (i = 0; i < btf->kernel.count + btf->module.count; i++) {
		type = hvp_btf_type(btf, i < btf->module.count ? first + i :
							 i - btf->module.count + 1);
		if (BTF_INFO_KIND(type->info) == kind &&
		    !strcmp(hvp_btf_name(btf, type->name_off), name))
			return type;
	}
	return NULL;
}

/**
 * hvp_btf_knows() - is a function among what was read?
 * @btf:	from hvp_btf_read()
 * @function:	its name
 *
 * Return: true if it is.
 */
bool hvp_btf_knows(const struct hvp_btf *btf, const char *function)
{
	return hvp_btf_find(btf, BTF_KIND_FUNC, function);
}

/* The type itself, without const and the like, and without typedef if that is wanted. */
static const struct btf_type *hvp_btf_resolve(const struct hvp_btf *btf, u32 id, bool typedefs)
{
	const struct btf_type *type = hvp_btf_type(btf, id);
	int depth;

	for (depth = 0; type && depth < HVP_BTF_MAX_DEPTH; depth++) {
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
			if (!typedefs)
				return type;
			fallthrough;
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			type = hvp_btf_type(btf, type->type);
			break;
		default:
			return type;
		}
	}
	return NULL;
}

static size_t hvp_btf_print_type(const struct hvp_btf *btf, u32 id, char *text, size_t size)
{
	static const char stars[] = " ****";
	const struct btf_type *type = hvp_btf_resolve(btf, id, false);
	const char *kind = "", *name = "void";
	unsigned int pointers = 0;

	while (type && BTF_INFO_KIND(type->info) == BTF_KIND_PTR && pointers + 2 < sizeof(stars)) {
		type = hvp_btf_resolve(btf, type->type, false);
		pointers++;
	}
	if (type) {
		if (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT)
			kind = "struct ";
		name = hvp_btf_name(btf, type->name_off);
	}
	return scnprintf(text, size, "%s%s%.*s", kind, name, pointers ? pointers + 1 : 0, stars);
}

/**
 * hvp_btf_signature() - what a function takes and returns
 * @btf:	from hvp_btf_read()
 * @function:	its name
 * @text:	receives for example "int (struct kvm_vcpu *, u32)"
 * @size:	of @text
 *
 * Return: 0, or -ENOENT if there is no such function.
 */
int hvp_btf_signature(const struct hvp_btf *btf, const char *function, char *text, size_t size)
{
	const struct btf_type *type = hvp_btf_find(btf, BTF_KIND_FUNC, function);
	const struct btf_param *params;
	size_t length;
	u32 i;

	type = type ? hvp_btf_type(btf, type->type) : NULL;
	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC_PROTO)
		return -ENOENT;
	params = (const struct btf_param *)(type + 1);
	length = hvp_btf_print_type(btf, type->type, text, size);
	length += scnprintf(text + length, size - length, " (");
	for (i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		if (i)
			length += scnprintf(text + length, size - length, ", ");
		length += hvp_btf_print_type(btf, params[i].type, text + length, size - length);
	}
	scnprintf(text + length, size - length, ")");
	return 0;
}

/* Return: bytes that a value has, 0 if that is not known. */
static u32 hvp_btf_size(const struct hvp_btf *btf, u32 id)
{
	const struct btf_type *type = hvp_btf_resolve(btf, id, true);
	const struct btf_array *array;
	u32 elements = 1;

	if (type && BTF_INFO_KIND(type->info) == BTF_KIND_ARRAY) {
		array = (const struct btf_array *)(type + 1);
		elements = array->nelems;
		type = hvp_btf_resolve(btf, array->type, true);
	}
	if (!type)
		return 0;
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
		return elements * sizeof(void *);
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return elements * type->size;
	default:
		return 0;
	}
}

/* Also in what has no name.  Return: the member's type, 0 if there is no such member. */
static u32 hvp_btf_find_member(const struct hvp_btf *btf, const struct btf_type *type,
			       const char *name, size_t length, u32 *bits, int depth)
{
	const struct btf_member *members = (const struct btf_member *)(type + 1);
	u32 kind = BTF_INFO_KIND(type->info);
	u32 i, start, found;

	if ((kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) || !depth)
		return 0;
	for (i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		const char *member = hvp_btf_name(btf, members[i].name_off);
		const struct btf_type *inner;

		start = BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(members[i].offset) :
						     members[i].offset;
		if (!strncmp(member, name, length) && !member[length]) {
			*bits += start;
			return members[i].type;
		}
		inner = *member ? NULL : hvp_btf_resolve(btf, members[i].type, true);
		found = inner ? hvp_btf_find_member(btf, inner, name, length, bits, depth - 1) : 0;
		if (found) {
			*bits += start;
			return found;
		}
	}
	return 0;
}

/**
 * hvp_btf_member() - where a member of a structure is
 * @btf:	from hvp_btf_read()
 * @structure:	name of the structure
 * @path:	name of a member, or of a member of a member as in "arch.regs"
 * @offset:	receives where it begins, in bytes
 * @size:	receives how many bytes it has
 *
 * Return: 0, or -ENOENT if there is no such member.
 */
int hvp_btf_member(const struct hvp_btf *btf, const char *structure, const char *path,
		   u32 *offset, u32 *size)
{
	const struct btf_type *type = hvp_btf_find(btf, BTF_KIND_STRUCT, structure);
	u32 bits = 0, id = 0;

	while (*path) {
		size_t length = strcspn(path, ".");

		id = type ? hvp_btf_find_member(btf, type, path, length, &bits,
						HVP_BTF_MAX_DEPTH) : 0;
		if (!id)
			return -ENOENT;
		type = hvp_btf_resolve(btf, id, true);
		path += length;
		path += *path == '.';
	}
	*offset = bits / BITS_PER_BYTE;
	*size = hvp_btf_size(btf, id);
	return 0;
}
