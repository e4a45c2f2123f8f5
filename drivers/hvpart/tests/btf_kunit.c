// SPDX-License-Identifier: GPL-2.0
/* Reading BTF: a small kernel and a module of it, written by hand; and rubbish. */

#include <linux/btf.h>
#include <linux/vmalloc.h>
#include <kunit/test.h>
#include "../hook/btf.h"

/* Names, of which the first is empty.  The module's begin behind the kernel's. */
#define KERNEL_NAMES	"\0int\0u32\0inner\0value\0many\0bool\0flag"
#define AT_INT		1
#define AT_U32		5
#define AT_INNER	9
#define AT_VALUE	15
#define AT_MANY		21
#define AT_BOOL		26
#define AT_FLAG		31
#define MODULE_NAMES	"outer\0arch\0work\0next"
#define AT_OUTER	(sizeof(KERNEL_NAMES) + 0)
#define AT_ARCH		(sizeof(KERNEL_NAMES) + 6)
#define AT_WORK		(sizeof(KERNEL_NAMES) + 11)
#define AT_NEXT		(sizeof(KERNEL_NAMES) + 16)

#define INFO(kind, vlen)	((kind) << 24 | (vlen))

/* IDs 1 to 6 */
static const u32 kernel_types[] = {
	/* 1: int, 2: u32, 3: an array of 5 of those */
	AT_INT, INFO(BTF_KIND_INT, 0), 4, 32,
	AT_U32, INFO(BTF_KIND_TYPEDEF, 0), 1,
	0, INFO(BTF_KIND_ARRAY, 0), 0, 2, 1, 5,
	/* 4: struct inner { u32 value; u32 many[5]; } */
	AT_INNER, INFO(BTF_KIND_STRUCT, 2), 24,
	AT_VALUE, 2, 0,
	AT_MANY, 3, 32,
	/* 5: bool, 6: an unnamed union { bool flag; } */
	AT_BOOL, INFO(BTF_KIND_INT, 0), 1, 8,
	0, INFO(BTF_KIND_UNION, 1), 1,
	AT_FLAG, 5, 0,
};

/* IDs 7 to 12 */
static const u32 module_types[] = {
	/* 7: const struct inner */
	0, INFO(BTF_KIND_CONST, 0), 4,
	/* 8: struct outer { union { bool flag; }; const struct inner arch; struct outer *next; } */
	AT_OUTER, INFO(BTF_KIND_STRUCT, 3), 40,
	0, 6, 0,
	AT_ARCH, 7, 32,
	AT_NEXT, 9, 256,
	/* 9: struct outer *, 10: that * */
	0, INFO(BTF_KIND_PTR, 0), 8,
	0, INFO(BTF_KIND_PTR, 0), 9,
	/* 11: void (struct outer **, u32, bool), 12: the function */
	0, INFO(BTF_KIND_FUNC_PROTO, 3), 0,
	0, 10,
	0, 2,
	0, 5,
	AT_WORK, INFO(BTF_KIND_FUNC, 0), 11,
};

/* BTF as a file of sysfs has it; NULL without memory. */
static void *make_btf(const u32 *types, size_t types_size, const char *names, size_t names_size,
		      size_t *size)
{
	struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = types_size,
		.str_off = types_size,
		.str_len = names_size,
	};
	void *data;

	*size = sizeof(header) + types_size + names_size;
	data = vmalloc(*size);
	if (!data)
		return NULL;
	memcpy(data, &header, sizeof(header));
	memcpy(data + sizeof(header), types, types_size);
	memcpy(data + sizeof(header) + types_size, names, names_size);
	return data;
}

static void *make_kernel(struct kunit *test, size_t *size)
{
	void *data = make_btf(kernel_types, sizeof(kernel_types), KERNEL_NAMES,
			      sizeof(KERNEL_NAMES), size);

	KUNIT_ASSERT_NOT_NULL(test, data);
	return data;
}

static void make_both(struct kunit *test, struct hvp_btf *btf)
{
	size_t size;
	void *data = make_kernel(test, &size);

	KUNIT_ASSERT_EQ(test, hvp_btf_section_parse(&btf->kernel, data, size), 0);
	data = make_btf(module_types, sizeof(module_types), MODULE_NAMES, sizeof(MODULE_NAMES),
			&size);
	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_ASSERT_EQ(test, hvp_btf_section_parse(&btf->module, data, size), 0);
}

static void hvp_btf_tells_signature(struct kunit *test)
{
	struct hvp_btf btf = {};
	char text[64], little[10];

	make_both(test, &btf);
	KUNIT_EXPECT_TRUE(test, hvp_btf_knows(&btf, "work"));
	KUNIT_EXPECT_FALSE(test, hvp_btf_knows(&btf, "outer"));
	KUNIT_EXPECT_EQ(test, hvp_btf_signature(&btf, "work", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "void (struct outer **, u32, bool)");
	KUNIT_EXPECT_EQ(test, hvp_btf_signature(&btf, "work", little, sizeof(little)), 0);
	KUNIT_EXPECT_STREQ(test, little, "void (str");
	KUNIT_EXPECT_EQ(test, hvp_btf_signature(&btf, "wor", text, sizeof(text)), -ENOENT);
	hvp_btf_free(&btf);
}

static const struct btf_place {
	const char *name;
	const char *structure;
	const char *path;
	int error;
	u32 offset, size;
} places[] = {
	{ "first", "inner", "value", 0, 0, 4 },
	{ "array", "inner", "many", 0, 4, 20 },
	{ "structure", "outer", "arch", 0, 4, 24 },
	{ "within_structure", "outer", "arch.many", 0, 8, 20 },
	{ "pointer", "outer", "next", 0, 32, 8 },
	{ "within_unnamed_union", "outer", "flag", 0, 0, 1 },
	{ "no_such_structure", "oute", "arch", -ENOENT },
	{ "no_such_member", "outer", "arc", -ENOENT },
	{ "longer_than_member", "outer", "archy", -ENOENT },
	{ "no_such_inner_member", "outer", "arch.flag", -ENOENT },
	{ "member_of_pointer", "outer", "next.arch", -ENOENT },
	{ "member_of_number", "inner", "value.value", -ENOENT },
};

KUNIT_ARRAY_PARAM_DESC(btf_place, places, name);

static void hvp_btf_finds_member(struct kunit *test)
{
	const struct btf_place *place = test->param_value;
	struct hvp_btf btf = {};
	u32 offset = 0, size = 0;

	make_both(test, &btf);
	KUNIT_EXPECT_EQ(test, hvp_btf_member(&btf, place->structure, place->path, &offset, &size),
			place->error);
	KUNIT_EXPECT_EQ(test, offset, place->offset);
	KUNIT_EXPECT_EQ(test, size, place->size);
	hvp_btf_free(&btf);
}

/* However little of it there is, nothing beyond is read: the end is the end of a page. */
static void hvp_btf_refuses_part(struct kunit *test)
{
	size_t whole, size;
	void *data = make_kernel(test, &whole);
	void *pages = vmalloc(PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (size = 0; size < whole; size++) {
		struct hvp_btf_section section = {};
		void *part = pages + round_down(PAGE_SIZE - size, 4);

		memcpy(part, data, size);
		KUNIT_EXPECT_EQ(test, hvp_btf_section_parse(&section, part, size), -EINVAL);
		KUNIT_EXPECT_NULL(test, section.offsets);
	}
	vfree(pages);
	vfree(data);
}

static const struct btf_rubbish {
	const char *name;
	size_t at;
	u32 value;
} rubbish[] = {
	{ "magic", 0, 0 },
	{ "types_end_beyond", offsetof(struct btf_header, type_len), 1000 },
	{ "types_begin_beyond", offsetof(struct btf_header, type_off), U32_MAX - 8 },
	{ "types_begin_odd", offsetof(struct btf_header, type_off), 1 },
	{ "names_end_beyond", offsetof(struct btf_header, str_len), 1000 },
	{ "names_begin_beyond", offsetof(struct btf_header, str_off), U32_MAX - 8 },
	{ "no_names", offsetof(struct btf_header, str_len), 0 },
	{ "names_without_end", offsetof(struct btf_header, str_len), 3 },
	{ "header_too_long", offsetof(struct btf_header, hdr_len), U32_MAX },
	{ "unknown_kind", sizeof(struct btf_header) + 4, INFO(NR_BTF_KINDS, 0) },
	{ "no_kind", sizeof(struct btf_header) + 4, 0 },
	{ "type_ends_beyond", sizeof(struct btf_header) + 4, INFO(BTF_KIND_STRUCT, 1000) },
};

KUNIT_ARRAY_PARAM_DESC(btf_rubbish, rubbish, name);

static void hvp_btf_refuses_rubbish(struct kunit *test)
{
	const struct btf_rubbish *row = test->param_value;
	struct hvp_btf_section section = {};
	size_t size;
	void *data = make_kernel(test, &size);

	memcpy(data + row->at, &row->value, sizeof(row->value));
	KUNIT_EXPECT_EQ(test, hvp_btf_section_parse(&section, data, size), -EINVAL);
	KUNIT_EXPECT_NULL(test, section.offsets);
	vfree(data);
}

/* Types that lead nowhere, or round in circles. */
static void hvp_btf_survives_circles(struct kunit *test)
{
	static const u32 types[] = {
		/* 1: a typedef of itself, 2: a pointer to itself, 3: struct inner { ID 99 } */
		AT_U32, INFO(BTF_KIND_TYPEDEF, 0), 1,
		0, INFO(BTF_KIND_PTR, 0), 2,
		AT_INNER, INFO(BTF_KIND_STRUCT, 3), 8,
		0, 3, 0,
		AT_VALUE, 99, 0,
		10000, 1, 0,
		/* 4: void (ID 1, ID 2), 5: the function */
		0, INFO(BTF_KIND_FUNC_PROTO, 2), 99,
		0, 1,
		0, 2,
		AT_FLAG, INFO(BTF_KIND_FUNC, 0), 4,
	};
	struct hvp_btf btf = {};
	u32 offset, length;
	char text[64];
	size_t size;
	void *data = make_btf(types, sizeof(types), KERNEL_NAMES, sizeof(KERNEL_NAMES), &size);

	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_ASSERT_EQ(test, hvp_btf_section_parse(&btf.kernel, data, size), 0);
	KUNIT_EXPECT_EQ(test, hvp_btf_signature(&btf, "flag", text, sizeof(text)), 0);
	KUNIT_EXPECT_EQ(test, hvp_btf_member(&btf, "inner", "many", &offset, &length), -ENOENT);
	KUNIT_EXPECT_EQ(test, hvp_btf_member(&btf, "inner", "value", &offset, &length), 0);
	KUNIT_EXPECT_EQ(test, length, 0);
	KUNIT_EXPECT_EQ(test, hvp_btf_member(&btf, "inner", "value.value", &offset, &length),
			-ENOENT);
	hvp_btf_free(&btf);
}

static struct kunit_case hvp_btf_cases[] = {
	KUNIT_CASE(hvp_btf_tells_signature),
	KUNIT_CASE_PARAM(hvp_btf_finds_member, btf_place_gen_params),
	KUNIT_CASE(hvp_btf_refuses_part),
	KUNIT_CASE_PARAM(hvp_btf_refuses_rubbish, btf_rubbish_gen_params),
	KUNIT_CASE(hvp_btf_survives_circles),
	{}
};

static struct kunit_suite hvp_btf = {
	.name = "hvp_btf",
	.test_cases = hvp_btf_cases,
};

kunit_test_suite(hvp_btf);
