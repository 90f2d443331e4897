// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that race: see races.h.
 */
#include "files.h"
#include "harness.h"
#include "races.h"

uint32_t races_any(struct racer *racer, uint32_t below)
{
	return below ? verify_random(&racer->random, below) : 0;
}

static void *again_and_again(void *arg)
{
	struct racer *racer = arg;

	while (!*racer->stop) {
		racer->race->round(racer);
		racer->rounds++;
	}
	return NULL;
}

void races_run(struct racer *racers, int nr, int ms)
{
	volatile bool stop = false;
	int i;

	for (i = 0; i < nr; i++) {
		racers[i].stop = &stop;
		racers[i].rounds = 0;
		ASSERT_EQ(pthread_create(&racers[i].thread, NULL,
					 again_and_again, &racers[i]), 0);
	}
	sleep_ms(ms);
	stop = true;
	for (i = 0; i < nr; i++)
		pthread_join(racers[i].thread, NULL);
}
