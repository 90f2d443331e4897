/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command's buffers hold when the program first sees them: Data-Out, or
 * zeros where the program may write less than it says.
 */
#ifndef TCMU_FILL_H
#define TCMU_FILL_H

#include "copy.h"
#include "pages.h"
#include "ring.h"
#include "tcmu.h"

#include <linux/compiler.h>
#include <linux/dma-direction.h>

int tcmu_fill_any(struct tcmu_queue *q, struct tcmu_cmd *cmd);
void tcmu_fill_clear(struct tcmu_queue *q, struct tcmu_cmd *cmd);
void tcmu_fill_clear_all(struct tcmu_queue *q);

/*
 * As tcmu_fill_any(), for one buffer of one block and at most one page, which is
 * the slot's then.
 */
static __always_inline int tcmu_fill_one(struct tcmu_queue *q,
					 struct tcmu_cmd *cmd,
					 const struct tcmu_run *one)
{
	struct page *page = tcmu_pages_first(q, one);
	const struct tcmu_req *req = &cmd->req;
	bool clear = !tcmu_ring_fills(q->mbox);

	cmd->page = page;
	/* it is used for the first time */
	if (unlikely(!page))
		return tcmu_fill_any(q, cmd);
	cmd->as_it_was = !clear;
	if (req->dir != DMA_TO_DEVICE) {
		if (clear)
			tcmu_page_clear(page);
		return 0;
	}
	if (!tcmu_copy_one(page, req->sg, req->nents, req->len, true))
		tcmu_copy_to_area(q, cmd->runs, req->sg, req->nents, req->len);
	return 0;
}

#endif /* TCMU_FILL_H */
