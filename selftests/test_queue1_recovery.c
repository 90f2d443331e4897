// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second queue of two obeys the same rules.
 * timeout: 400
 */
#include "test_recovery.c"

__attribute__((constructor)) static void second_queue(void)
{
	lun_queue = 1;
}
