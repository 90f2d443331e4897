// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What programs ask of a device, and tell it when they open it.
 */
#include "context.h"
#include "queue.h"

const char *tcmuser_dev_name(const struct tcmuser_dev *dev)
{
	return dev->name;
}

const char *tcmuser_dev_config(const struct tcmuser_dev *dev)
{
	return dev->config;
}

const struct tcmuser_handler *
tcmuser_dev_handler(const struct tcmuser_dev *dev)
{
	return dev->handler;
}

uint64_t tcmuser_dev_size(const struct tcmuser_dev *dev)
{
	return __atomic_load_n(&dev->disk.size, __ATOMIC_RELAXED);
}

uint32_t tcmuser_dev_block_size(const struct tcmuser_dev *dev)
{
	return dev->disk.block_size;
}

uint32_t tcmuser_dev_max_transfer(const struct tcmuser_dev *dev)
{
	return dev->disk.max_transfer;
}

unsigned int tcmuser_dev_nr_queues(const struct tcmuser_dev *dev)
{
	return dev->nr_queues;
}

/* Commands look at it, without a lock */
static bool may_change(struct tcmuser_dev *dev, const char *what)
{
	if (dev->opened)
		tcmuser_dev_error(dev, "a program's mistake: %s are set by open alone",
				  what);
	return !dev->opened;
}

/* The bits that a handler without these callbacks cannot have */
static uint32_t without_callback(const struct tcmuser_handler *handler)
{
	uint32_t mask = 0;

	if (!handler->flush)
		mask |= TCMUSER_CAN_FLUSH;
	if (!handler->discard)
		mask |= TCMUSER_CAN_DISCARD | TCMUSER_DISCARD_ZEROES;
	if (!handler->zero)
		mask |= TCMUSER_CAN_ZERO;
	if (!handler->tmr)
		mask |= TCMUSER_CAN_TMR;
	if (!handler->write)
		mask |= TCMUSER_CAN_FUA;
	return mask;
}

void tcmuser_dev_set_features(struct tcmuser_dev *dev, uint32_t features)
{
	if (may_change(dev, "features"))
		dev->disk.features = features & ~without_callback(dev->handler);
}

uint32_t tcmuser_dev_features(const struct tcmuser_dev *dev)
{
	return dev->disk.features;
}

void tcmuser_dev_set_limits(struct tcmuser_dev *dev, uint32_t physical_block,
			    uint32_t io_opt, uint32_t discard_granularity)
{
	if (!may_change(dev, "limits"))
		return;
	if (physical_block && !(physical_block & (physical_block - 1)) &&
	    physical_block >= dev->disk.block_size)
		dev->disk.physical_block = physical_block;
	dev->disk.io_opt = io_opt;
	dev->disk.discard_granularity = discard_granularity;
}

void tcmuser_dev_set_priv(struct tcmuser_dev *dev, void *priv)
{
	dev->priv = priv;
}

void *tcmuser_dev_priv(const struct tcmuser_dev *dev)
{
	return dev->priv;
}

struct tcmuser_dev *tcmuser_cmd_dev(const struct tcmuser_cmd *cmd)
{
	return cmd->q->dev;
}

unsigned int tcmuser_cmd_queue(const struct tcmuser_cmd *cmd)
{
	return cmd->q->index;
}
