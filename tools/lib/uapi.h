/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The UAPI header together with <sys/uio.h>. <linux/uio.h>, which it includes,
 * defines struct iovec once more, and does not look whether somebody has.
 */
#ifndef TCMUSER_UAPI_H
#define TCMUSER_UAPI_H

#include <sys/uio.h>

/* its guard in a kernel's tree, and as it is installed */
#define _UAPI__LINUX_UIO_H
#define __LINUX_UIO_H

#include <linux/target_core_user.h>

#endif /* TCMUSER_UAPI_H */
