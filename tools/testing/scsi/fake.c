// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk in memory, and commands without a ring: see fake.h.
 */
#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Odd sizes, so that blocks lie across pieces */
static const size_t pieces[] = { 1, 511, 7, 513, 300, 4096, 2, 1024, 90000 };

struct fake fake;
struct fake_answer answer;
uint8_t cdb[260];

/* A command, and where its data goes */
struct item {
	struct tcmuser_cmd cmd;	/* the first */
	void *buf;		/* of fake_run(); NULL for fake_cmd() */
};

static struct item *item_of(struct tcmuser_cmd *cmd)
{
	return (struct item *)cmd;
}

struct completion {
	struct completion *next;
	struct tcmuser_cmd *cmd;
	int result;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct completion *first;
	bool stop;
} other = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* ---- completion ------------------------------------------------------------------ */

static void *complete(void *unused)
{
	struct completion *item;

	pthread_mutex_lock(&other.lock);
	while (!other.stop) {
		item = other.first;
		if (!item) {
			pthread_cond_wait(&other.changed, &other.lock);
			continue;
		}
		other.first = item->next;
		pthread_mutex_unlock(&other.lock);
		tcmuser_cmd_complete(item->cmd, item->result);
		free(item);
		pthread_mutex_lock(&other.lock);
	}
	pthread_mutex_unlock(&other.lock);
	return NULL;
}

static void hand_over(struct tcmuser_cmd *cmd, int result)
{
	struct completion *item = calloc(1, sizeof(*item));

	item->cmd = cmd;
	item->result = result;
	pthread_mutex_lock(&other.lock);
	item->next = other.first;
	other.first = item;
	pthread_cond_broadcast(&other.changed);
	pthread_mutex_unlock(&other.lock);
}

static int end(struct tcmuser_cmd *cmd, int result)
{
	switch (fake.mode) {
	case FAKE_INSIDE:
		tcmuser_cmd_complete(cmd, result);
		return TCMUSER_PENDING;
	case FAKE_THREAD:
		hand_over(cmd, result);
		return TCMUSER_PENDING;
	default:
		return result;
	}
}

/* ---- callbacks --------------------------------------------------------------------- */

static unsigned int count(unsigned int *nr)
{
	return __atomic_fetch_add(nr, 1, __ATOMIC_RELAXED);
}

/* The error of this callback, if it shall have one */
static int failure(uint64_t off, uint64_t len)
{
	if (off % fake.dev.disk.block_size || len % fake.dev.disk.block_size ||
	    !len || off > fake.dev.disk.size || len > fake.dev.disk.size - off)
		__atomic_store_n(&fake.lies, true, __ATOMIC_RELAXED);
	if (count(&fake.callbacks) >= (unsigned int)fake.fail_after)
		return fake.fail;
	return 0;
}

static void note_length(const struct iovec *iov, int cnt, size_t len)
{
	if (tcmuser_iov_len(iov, cnt) != len)
		__atomic_store_n(&fake.lies, true, __ATOMIC_RELAXED);
	if (len > __atomic_load_n(&fake.longest, __ATOMIC_RELAXED))
		__atomic_store_n(&fake.longest, len, __ATOMIC_RELAXED);
}

static int ram_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		    size_t len, uint64_t off)
{
	int ret = failure(off, len);

	note_length(iov, cnt, len);
	count(&fake.reads);
	if (!ret && fake.ram)
		tcmuser_iov_put(iov, cnt, 0, fake.ram + off, len);
	return end(cmd, ret);
}

static int ram_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		     size_t len, uint64_t off)
{
	int ret = failure(off, len);

	note_length(iov, cnt, len);
	count(&fake.writes);
	__atomic_store_n(&fake.flags, tcmuser_cmd_flags(cmd), __ATOMIC_RELAXED);
	if (!ret && fake.ram)
		tcmuser_iov_get(iov, cnt, 0, fake.ram + off, len);
	return end(cmd, ret);
}

static int ram_flush(struct tcmuser_cmd *cmd)
{
	count(&fake.flushes);
	return end(cmd, failure(0, fake.dev.disk.block_size));
}

static int ram_discard(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len)
{
	int ret = failure(off, len);

	count(&fake.discards);
	if (!ret && fake.ram)
		memset(fake.ram + off, 0, len);
	return end(cmd, ret);
}

static int ram_zero(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len)
{
	int ret = failure(off, len);

	count(&fake.zeroes);
	if (!ret && fake.ram)
		memset(fake.ram + off, 0, len);
	return end(cmd, ret);
}

/* ---- the device -------------------------------------------------------------------- */

static const struct tcmuser_handler ram_handler = {
	.size = sizeof(ram_handler),
	.name = "ram",
	.read = ram_read,
	.write = ram_write,
	.flush = ram_flush,
	.discard = ram_discard,
	.zero = ram_zero,
};

void fake_open_huge(uint32_t block_size, uint64_t blocks)
{
	/* of a test that has failed */
	if (fake.dev.disk.compare)
		fake_close();
	memset(&fake, 0, sizeof(fake));
	memset(&answer, 0, sizeof(answer));
	fake.handler = ram_handler;
	fake.dev.handler = &fake.handler;
	fake.dev.dir = "/nowhere/user_0/ram";
	fake.queue.dev = &fake.dev;
	fake.dev.disk = (struct disk){
		.size = blocks * block_size,
		.block_size = block_size,
		.max_transfer = 65536,
		.physical_block = block_size,
		.features = TCMUSER_CAN_FLUSH | TCMUSER_CAN_DISCARD |
			    TCMUSER_CAN_ZERO | TCMUSER_DISCARD_ZEROES,
	};
	disk_start(&fake.dev.disk);
}

void fake_open(uint32_t block_size, uint64_t blocks, enum fake_mode mode)
{
	fake_open_huge(block_size, blocks);
	fake.ram = malloc(blocks * block_size);
	fake_fill(fake.ram, blocks * block_size, 1);
	fake.mode = mode;
	if (mode != FAKE_THREAD)
		return;
	other.stop = false;
	pthread_create(&other.thread, NULL, complete, NULL);
}

void fake_close(void)
{
	if (fake.mode == FAKE_THREAD) {
		pthread_mutex_lock(&other.lock);
		other.stop = true;
		pthread_cond_broadcast(&other.changed);
		pthread_mutex_unlock(&other.lock);
		pthread_join(other.thread, NULL);
	}
	disk_end(&fake.dev.disk);
	free(fake.ram);
	fake.ram = NULL;
}

struct tcmuser_dev *tcmuser_cmd_dev(const struct tcmuser_cmd *cmd)
{
	return cmd->q->dev;
}

/* ---- commands ----------------------------------------------------------------------- */

void fake_cdb6(uint8_t opcode, uint8_t byte1, uint8_t byte2, uint8_t byte4)
{
	memset(cdb, 0, sizeof(cdb));
	cdb[0] = opcode;
	cdb[1] = byte1;
	cdb[2] = byte2;
	cdb[4] = byte4;
}

void fake_cdb10(uint8_t opcode, uint8_t bits, uint32_t lba, uint16_t nr)
{
	fake_cdb6(opcode, bits, 0, 0);
	put_be32(cdb + 2, lba);
	put_be16(cdb + 7, nr);
}

void fake_cdb12(uint8_t opcode, uint8_t bits, uint32_t lba, uint32_t nr)
{
	fake_cdb6(opcode, bits, 0, 0);
	put_be32(cdb + 2, lba);
	put_be32(cdb + 6, nr);
}

void fake_cdb16(uint8_t opcode, uint8_t bits, uint64_t lba, uint32_t nr)
{
	fake_cdb6(opcode, bits, 0, 0);
	put_be64(cdb + 2, lba);
	put_be32(cdb + 10, nr);
}

void fake_fill(void *buf, size_t len, uint64_t seed)
{
	u64 state = seed * 0x9e3779b97f4a7c15ULL + 1;
	uint8_t *to = buf;
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (uint8_t)(unit_random(&state) | 1);
}

static void make_pieces(struct tcmuser_cmd *cmd, const uint8_t *buf, size_t len)
{
	size_t done = 0, n, i = 0;
	struct iovec *iov;

	cmd->iov = calloc(len + 1, sizeof(*cmd->iov));
	for (; done < len; done += n) {
		n = pieces[i++ % ARRAY_SIZE(pieces)];
		n = n < len - done ? n : len - done;
		iov = &cmd->iov[cmd->iov_cnt++];
		iov->iov_base = malloc(n);
		iov->iov_len = n;
		memcpy(iov->iov_base, buf + done, n);
	}
	cmd->data_len = len;
}

static size_t cdb_len(const uint8_t *from)
{
	static const uint8_t len[8] = { 6, 10, 10, 12, 16, 12, 10, 10 };

	return from[0] == 0x7f ? 8 + (size_t)from[7] : len[from[0] >> 5];
}

struct tcmuser_cmd *fake_cmd(const uint8_t *from, const void *buf, size_t len)
{
	struct item *item = calloc(1, sizeof(*item));
	struct tcmuser_cmd *cmd = &item->cmd;

	/* what a recycled one may have in it */
	cmd->status = 0x55;
	cmd->sense_len = 18;
	cmd->has_read_len = true;
	cmd->turn = 3;
	cmd->q = &fake.queue;
	cmd->cdb_len = cdb_len(from);
	memset(cmd->cdb, 0xa5, sizeof(cmd->cdb));
	if (cmd->cdb_len > sizeof(cmd->cdb))
		cmd->cdb_len = sizeof(cmd->cdb);
	memcpy(cmd->cdb, from, cmd->cdb_len);
	make_pieces(cmd, buf, len);
	return cmd;
}

static void decode_sense(void)
{
	const uint8_t *sense = answer.sense;

	answer.key = 0xff;
	if (sense[0] == 0x72) {
		answer.key = sense[1];
		answer.asc = get_be16(sense + 2);
		answer.has_info = answer.sense_len > 8 && !sense[8];
		answer.info = answer.has_info ? get_be64(sense + 12) : 0;
	} else if (sense[0] == 0x70 || sense[0] == 0xf0) {
		answer.key = sense[2];
		answer.asc = get_be16(sense + 12);
		answer.has_info = sense[0] & 0x80;
		answer.info = get_be32(sense + 3);
	}
}

static void take_answer(struct tcmuser_cmd *cmd)
{
	answer.status = cmd->status;
	answer.sense_len = cmd->sense_len;
	memcpy(answer.sense, cmd->sense, sizeof(answer.sense));
	answer.has_read_len = cmd->has_read_len;
	answer.read_len = cmd->read_len;
	answer.key = 0;
	answer.asc = 0;
	answer.has_info = false;
	if (cmd->sense_len)
		decode_sense();
}

static void free_cmd(struct tcmuser_cmd *cmd)
{
	int i;

	for (i = 0; i < cmd->iov_cnt; i++)
		free(cmd->iov[i].iov_base);
	free(cmd->iov);
	free(cmd->step.buf);
	free(cmd->step.iov);
	free(item_of(cmd));
}

/* As the ring's: by any thread */
void queue_answer(struct tcmuser_cmd *cmd)
{
	struct item *item = item_of(cmd);

	pthread_mutex_lock(&other.lock);
	if (item->buf) {
		take_answer(cmd);
		tcmuser_iov_get(cmd->iov, cmd->iov_cnt, 0, item->buf,
				cmd->data_len);
	}
	free_cmd(cmd);
	answer.answers++;
	pthread_cond_broadcast(&other.changed);
	pthread_mutex_unlock(&other.lock);
}

void fake_wait(unsigned int answers)
{
	pthread_mutex_lock(&other.lock);
	while (answer.answers < answers)
		pthread_cond_wait(&other.changed, &other.lock);
	pthread_mutex_unlock(&other.lock);
}

static void forget(void)
{
	fake.reads = 0;
	fake.writes = 0;
	fake.flushes = 0;
	fake.discards = 0;
	fake.zeroes = 0;
	fake.callbacks = 0;
	fake.flags = 0;
	fake.longest = 0;
	answer.answers = 0;
}

void fake_run(void (*start)(struct tcmuser_cmd *cmd), void *buf, size_t len)
{
	struct tcmuser_cmd *cmd = fake_cmd(cdb, buf, len);
	uint8_t nothing;

	item_of(cmd)->buf = len ? buf : &nothing;
	forget();
	if (start)
		start(cmd);
	else
		cmd_start(cmd);
	fake_wait(1);
	CHECK(!fake.lies);
	CHECK_EQ(answer.answers, 1);
	CHECK(!answer.sense_len == (answer.status != STATUS_CHECK_CONDITION));
}

int fake_status(void *buf, size_t len)
{
	fake_run(NULL, buf, len);
	return answer.status;
}

int fake_sense(void *buf, size_t len)
{
	fake_run(NULL, buf, len);
	if (answer.status != STATUS_CHECK_CONDITION)
		return -1;
	return SENSE(answer.key, answer.asc);
}

/* Its handlers do not submit */
bool queue_enter(struct tcmuser_queue *q)
{
	return false;
}

void queue_leave(struct tcmuser_queue *q, bool called)
{
}

bool queue_resume(struct tcmuser_cmd *cmd)
{
	return false;
}
