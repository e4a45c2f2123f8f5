/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_BTF_H
#define _HVPART_KVM_BTF_H

#include <linux/types.h>

/**
 * struct hvp_btf_section - the types that the kernel, or a module, says it has
 * @data:	BTF as it is in sysfs
 * @types:	struct btf_type, one behind the other
 * @types_size:	bytes of that
 * @strings:	names, one behind the other
 * @strings_size: bytes of that; the last one is 0
 * @offsets:	of each type in @types
 * @count:	how many there are
 */
struct hvp_btf_section {
	const void *data;
	const void *types;
	u32 types_size;
	const char *strings;
	u32 strings_size;
	u32 *offsets;
	u32 count;
};

/**
 * struct hvp_btf - types of a module and of the kernel, which they refer to
 * @kernel:	IDs from 1 on
 * @module:	the IDs behind those; empty for what is built in
 */
struct hvp_btf {
	struct hvp_btf_section kernel;
	struct hvp_btf_section module;
};

int hvp_btf_section_parse(struct hvp_btf_section *section, const void *data, size_t size);
int hvp_btf_read(struct hvp_btf *btf, const char *module);
void hvp_btf_free(struct hvp_btf *btf);

bool hvp_btf_knows(const struct hvp_btf *btf, const char *function);
int hvp_btf_signature(const struct hvp_btf *btf, const char *function, char *text, size_t size);
int hvp_btf_member(const struct hvp_btf *btf, const char *structure, const char *path,
		   u32 *offset, u32 *size);

#endif /* _HVPART_KVM_BTF_H */
