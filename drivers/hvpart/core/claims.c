// SPDX-License-Identifier: GPL-2.0
/* A page is in at most one pool of a hierarchy: who takes the bit, has the page. */

#include "caches.h"
#include "claims.h"
#include "proximity.h"

/**
 * hvp_claims_init() - an empty record
 * @claims:	the record
 */
void hvp_claims_init(struct hvp_claims *claims)
{
	xa_init_flags(&claims->chunks, XA_FLAGS_ACCOUNT);
}

/**
 * hvp_claims_destroy() - free the record; nobody uses it any more
 * @claims:	the record
 *
 * Context: May sleep.
 */
void hvp_claims_destroy(struct hvp_claims *claims)
{
	struct hvp_claim_chunk *chunk;
	unsigned long index;

	xa_for_each(&claims->chunks, index, chunk) {
		hvp_cache_free(HVP_CACHE_CLAIM_CHUNK, chunk);
		cond_resched();
	}
	xa_destroy(&claims->chunks);
}

/* A chunk stays, so the cursor's is right whenever it was found. */
static struct hvp_claim_chunk *hvp_claims_chunk(struct hvp_claims_cursor *cursor, u64 gfn)
{
	u64 index = gfn / HVP_CLAIM_CHUNK_PAGES;

	if (!cursor->chunk || cursor->index != index) {
		cursor->index = index;
		cursor->chunk = xa_load(&cursor->claims->chunks, index);
	}
	return cursor->chunk;
}

/**
 * hvp_claims_prepare() - make sure that @gfn can be taken
 * @cursor:	into the record
 * @gfn:	GPA page number of a page that exists
 *
 * Context: May sleep; no lock held.
 * Return: 0 or -ENOMEM.
 */
int hvp_claims_prepare(struct hvp_claims_cursor *cursor, u64 gfn)
{
	struct hvp_claim_chunk *chunk;
	int error;

	if (hvp_claims_chunk(cursor, gfn))
		return 0;

	chunk = hvp_cache_alloc(HVP_CACHE_CLAIM_CHUNK, HVP_PROXIMITY_ANY);
	if (!chunk)
		return -ENOMEM;

	error = xa_insert(&cursor->claims->chunks, gfn / HVP_CLAIM_CHUNK_PAGES, chunk,
			  HVP_GFP);
	if (error)
		hvp_cache_free(HVP_CACHE_CLAIM_CHUNK, chunk);
	/* Another vCPU may have put one there first, which serves as well. */
	return error == -EBUSY ? 0 : error;
}

/**
 * hvp_claims_test() - is the page in a pool?
 * @cursor:	into the record
 * @gfn:	GPA page number
 *
 * Context: Any.
 * Return: true if it is.
 */
bool hvp_claims_test(struct hvp_claims_cursor *cursor, u64 gfn)
{
	struct hvp_claim_chunk *chunk = hvp_claims_chunk(cursor, gfn);

	return chunk && test_bit(gfn % HVP_CLAIM_CHUNK_PAGES, chunk->claimed);
}

/**
 * hvp_claims_take() - take a page for a pool
 * @cursor:	into the record
 * @gfn:	GPA page number, prepared
 *
 * Context: Any.
 * Return: false if it is in a pool already.
 */
bool hvp_claims_take(struct hvp_claims_cursor *cursor, u64 gfn)
{
	struct hvp_claim_chunk *chunk = hvp_claims_chunk(cursor, gfn);

	if (WARN_ON_ONCE(!chunk))
		return false;
	return !test_and_set_bit(gfn % HVP_CLAIM_CHUNK_PAGES, chunk->claimed);
}

/**
 * hvp_claims_drop() - the page has left its pool
 * @cursor:	into the record
 * @gfn:	GPA page number of a page that was taken
 *
 * Context: Any.
 */
void hvp_claims_drop(struct hvp_claims_cursor *cursor, u64 gfn)
{
	struct hvp_claim_chunk *chunk = hvp_claims_chunk(cursor, gfn);

	if (!WARN_ON_ONCE(!chunk))
		clear_bit(gfn % HVP_CLAIM_CHUNK_PAGES, chunk->claimed);
}
