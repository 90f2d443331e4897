/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A device that is served: claimed, opened, changed, closed.
 */
#ifndef TCMUSER_DEVICE_H
#define TCMUSER_DEVICE_H

#include "internal.h"

struct uio_name;

/* Another program serves it */
#define DEVICE_TAKEN 1

/*
 * Serve uio@nr by @handler. @reset: its ring is blocked and reset first. Returns 0,
 * %DEVICE_TAKEN, or -errno after a message.
 */
int device_open(struct tcmuser *ctx, const struct tcmuser_handler *handler,
		unsigned int nr, const struct uio_name *name, bool reset,
		struct tcmuser_dev **dev);

/* Take no more commands; to be followed by device_close(), which waits */
void device_stop(struct tcmuser_dev *dev);
/* Its commands are ended and answered; what is not fetched stays in the ring */
void device_close(struct tcmuser_dev *dev);

/* What an event wants to change: 0 or -errno, which is the answer */
int device_reconfig(struct tcmuser_dev *dev, const struct tcmuser_event *event);

/* Is it served by this UIO device? */
bool device_is(const struct tcmuser_dev *dev, unsigned int nr,
	       const struct uio_name *name);

/* Has the driver unregistered it? */
bool device_is_gone(const struct tcmuser_dev *dev);

/* What follows "name/" in a dev_config, if it begins by the handler's name */
const char *device_config(const struct tcmuser_handler *handler,
			  const char *dev_config);

#endif /* TCMUSER_DEVICE_H */
