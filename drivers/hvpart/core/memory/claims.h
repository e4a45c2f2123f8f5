/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CLAIMS_H
#define _HVPART_CLAIMS_H

#include <linux/bitmap.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/xarray.h>

#define HVP_CLAIM_CHUNK_PAGES	1024

/**
 * struct hvp_claim_chunk - a bit for each of some neighbouring pages
 * @claimed:	the page is taken
 * @holds:	one for each page that is taken, and one for who is about to take one; the
 *		chunk goes with the last
 */
struct hvp_claim_chunk {
	DECLARE_BITMAP(claimed, HVP_CLAIM_CHUNK_PAGES);
	refcount_t holds;
};

/**
 * struct hvp_claims - which guest pages are in some pool of a hierarchy, or about to be
 * @chunks:	GPA page number / HVP_CLAIM_CHUNK_PAGES -> struct hvp_claim_chunk.  Under
 *		its lock a chunk is held by somebody as long as it can be found
 *
 * There are never more chunks than pages that are taken.
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
 * Pages of a list are neighbours more often than not.  Whoever has the cursor goes
 * through pages that he takes and then holds, or that he holds from before he comes to the
 * first of them until he has dropped the last; so a chunk that the cursor knows is still
 * there for as long as it has pages to come.
 */
struct hvp_claims_cursor {
	struct hvp_claims *claims;
	u64 index;
	struct hvp_claim_chunk *chunk;
};

#define HVP_CLAIMS_CURSOR(record) ((struct hvp_claims_cursor){ .claims = (record) })

void hvp_claims_init(struct hvp_claims *claims);
void hvp_claims_destroy(struct hvp_claims *claims);
int hvp_claims_take(struct hvp_claims_cursor *cursor, u64 gfn);
bool hvp_claims_taken(struct hvp_claims *claims, u64 gfn);
void hvp_claims_drop(struct hvp_claims_cursor *cursor, u64 gfn);

#endif /* _HVPART_CLAIMS_H */
