/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CLAIMS_H
#define _HVPART_CLAIMS_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include <linux/xarray.h>

#define HVP_CLAIM_CHUNK_PAGES	1024

struct hvp_claim_chunk {
	DECLARE_BITMAP(claimed, HVP_CLAIM_CHUNK_PAGES);
};

/**
 * struct hvp_claims - which guest pages are in some pool of a hierarchy
 * @chunks:	GPA page number / HVP_CLAIM_CHUNK_PAGES -> struct hvp_claim_chunk
 *
 * A chunk stays once it is there, so that claiming cannot fail for want of
 * memory and needs no lock; all of them together are at most 1/32768 of the
 * guest's RAM.
 */
struct hvp_claims {
	struct xarray chunks;
};

/**
 * struct hvp_claims_cursor - the chunk that was looked up last
 * @claims:	the record
 * @index:	of the chunk
 * @chunk:	the chunk, or NULL if none was found yet
 *
 * Pages of a list are neighbours more often than not.
 */
struct hvp_claims_cursor {
	struct hvp_claims *claims;
	u64 index;
	struct hvp_claim_chunk *chunk;
};

#define HVP_CLAIMS_CURSOR(record) ((struct hvp_claims_cursor){ .claims = (record) })

void hvp_claims_init(struct hvp_claims *claims);
void hvp_claims_destroy(struct hvp_claims *claims);
int hvp_claims_prepare(struct hvp_claims_cursor *cursor, u64 gfn);
bool hvp_claims_test(struct hvp_claims_cursor *cursor, u64 gfn);
bool hvp_claims_take(struct hvp_claims_cursor *cursor, u64 gfn);
void hvp_claims_drop(struct hvp_claims_cursor *cursor, u64 gfn);

#endif /* _HVPART_CLAIMS_H */
