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

/* The chunk of a page that whoever has the cursor holds. */
static struct hvp_claim_chunk *hvp_claims_chunk(struct hvp_claims_cursor *cursor, u64 gfn)
{
	u64 index = gfn / HVP_CLAIM_CHUNK_PAGES;

	if (!cursor->chunk || cursor->index != index) {
		cursor->index = index;
		cursor->chunk = xa_load(&cursor->claims->chunks, index);
	}
	return cursor->chunk;
}

/* Hold the chunk that is there.  Return: the chunk, or NULL if there is none. */
static struct hvp_claim_chunk *hvp_claims_hold_locked(struct hvp_claims *claims, u64 index)
{
	struct hvp_claim_chunk *chunk = xa_load(&claims->chunks, index);

	if (chunk)
		refcount_inc(&chunk->holds);
	return chunk;
}

/* Hold a chunk, which is made if it is not there.  Return: the chunk, or NULL. */
static struct hvp_claim_chunk *hvp_claims_hold(struct hvp_claims *claims, u64 index)
{
	struct hvp_claim_chunk *chunk;
	struct hvp_claim_chunk *fresh;
	int error;

	xa_lock(&claims->chunks);
	chunk = hvp_claims_hold_locked(claims, index);
	xa_unlock(&claims->chunks);
	if (chunk)
		return chunk;

	fresh = hvp_cache_alloc(HVP_CACHE_CLAIM_CHUNK, HVP_PROXIMITY_ANY);
	if (!fresh)
		return NULL;
	refcount_set(&fresh->holds, 1);
	xa_lock(&claims->chunks);
	error = __xa_insert(&claims->chunks, index, fresh, HVP_GFP);
	/* Another vCPU has put one there first, which serves as well. */
	if (error == -EBUSY)
		chunk = hvp_claims_hold_locked(claims, index);
	xa_unlock(&claims->chunks);
	if (!error)
		return fresh;
	hvp_cache_free(HVP_CACHE_CLAIM_CHUNK, fresh);
	return chunk;
}

static void hvp_claims_unhold(struct hvp_claims_cursor *cursor)
{
	struct xarray *chunks = &cursor->claims->chunks;
	struct hvp_claim_chunk *chunk = cursor->chunk;

	if (!refcount_dec_and_lock(&chunk->holds, &chunks->xa_lock))
		return;
	__acquire(&chunks->xa_lock);	/* sparse has not seen it */
	__xa_erase(chunks, cursor->index);
	xa_unlock(chunks);
	hvp_cache_free(HVP_CACHE_CLAIM_CHUNK, chunk);
	cursor->chunk = NULL;
}

/**
 * hvp_claims_take() - take a page, for a pool for example
 * @cursor:	into the record
 * @gfn:	GPA page number of a page that exists
 *
 * Whoever sees the page taken sees all that was done before.
 *
 * Context: May sleep; no lock held.
 * Return: 0; -EBUSY: somebody has it; -ENOMEM: nobody has, and it cannot be noted.
 */
int hvp_claims_take(struct hvp_claims_cursor *cursor, u64 gfn)
{
	u64 index = gfn / HVP_CLAIM_CHUNK_PAGES;
	bool held = cursor->chunk && cursor->index == index;

	if (!held) {
		cursor->index = index;
		cursor->chunk = hvp_claims_hold(cursor->claims, index);
		if (!cursor->chunk)
			return -ENOMEM;
	}
	if (test_and_set_bit(gfn % HVP_CLAIM_CHUNK_PAGES, cursor->chunk->claimed)) {
		if (!held) {
			hvp_claims_unhold(cursor);
			cursor->chunk = NULL;
		}
		return -EBUSY;
	}
	if (held)
		refcount_inc(&cursor->chunk->holds);
	return 0;
}

/**
 * hvp_claims_taken() - has somebody taken this page?
 * @claims:	the record
 * @gfn:	GPA page number
 *
 * Context: Any that may take a spinlock.
 * Return: true if somebody has.
 */
bool hvp_claims_taken(struct hvp_claims *claims, u64 gfn)
{
	struct hvp_claim_chunk *chunk;
	bool taken;

	xa_lock(&claims->chunks);
	chunk = xa_load(&claims->chunks, gfn / HVP_CLAIM_CHUNK_PAGES);
	taken = chunk && test_bit(gfn % HVP_CLAIM_CHUNK_PAGES, chunk->claimed);
	xa_unlock(&claims->chunks);
	return taken;
}

/**
 * hvp_claims_drop() - the page has left its pool, or has not come into one
 * @cursor:	into the record
 * @gfn:	GPA page number of a page that was taken
 *
 * Context: Any.
 */
void hvp_claims_drop(struct hvp_claims_cursor *cursor, u64 gfn)
{
	struct hvp_claim_chunk *chunk = hvp_claims_chunk(cursor, gfn);

	if (WARN_ON_ONCE(!chunk))
		return;
	clear_bit(gfn % HVP_CLAIM_CHUNK_PAGES, chunk->claimed);
	hvp_claims_unhold(cursor);
}
