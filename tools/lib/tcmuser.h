/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libtcmuser: a program serves SCSI disks through target_core_user.
 *
 * The least there is to a disk is one &struct tcmuser_handler with read and
 * write, and a call of tcmuser_serve(). tcmuser(7) is the overview; the tutorial
 * is Documentation/target/tutorial.rst.
 *
 * The library finds the devices whose dev_config begins with the handler's name,
 * claims and maps them, answers every control command of a disk by itself, and
 * calls the handler for what touches data. It runs on any version of the driver,
 * the distribution's included, and checks what it reads of the shared memory.
 *
 * Functions that can fail return a negative errno, unless they say otherwise.
 */
#ifndef TCMUSER_H
#define TCMUSER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define TCMUSER_VERSION_MAJOR 0
#define TCMUSER_VERSION_MINOR 1

struct tcmuser;		/* a program's connection to the driver */
struct tcmuser_dev;	/* a device that it serves */
struct tcmuser_cmd;	/* a command that it works on */

/* ---- what a callback returns ------------------------------------------------ */

/*
 * 0 is success. A negative errno becomes sense data: see tcmuser_sense(7).
 * One of these is neither:
 */

/* The command will be completed by tcmuser_cmd_complete(), from any thread */
#define TCMUSER_PENDING 1
/* tcmuser_cmd_sense() or tcmuser_cmd_status() has said how the command ends */
#define TCMUSER_SENSE 2
/* &tcmuser_handler.cdb only: the library is to carry the command out */
#define TCMUSER_NOT_HANDLED 3

/**
 * struct tcmuser_handler - the callbacks that make up a disk
 * @size: sizeof(struct tcmuser_handler) of the program, so that later versions
 *	can add members at the end
 * @name: serves devices whose dev_config is "name/config" or "name"; no '/'
 * @desc: one or more lines for people: what it does, what its config means
 * @threads: 0: callbacks run in the thread of the queue that got the command, one
 *	at a time. More: in so many threads per queue, so that they may block.
 *	At most 256.
 * @check: is this config one that open would take? @config is what follows the
 *	name and '/'. On failure a message for the user may be put into @why.
 *	Optional.
 * @open: a device comes up. Its size and block size are known; the config is
 *	tcmuser_dev_config(). May call tcmuser_dev_set_priv(),
 *	tcmuser_dev_set_features(), tcmuser_dev_error(). A failure refuses the
 *	device, and is what its creator sees. Optional.
 * @close: it goes, for good or for another program to take over. No command is
 *	being worked on any more. Optional.
 * @read: fill the @cnt pieces of @iov, @len bytes in all, from byte @off of the
 *	disk. Offsets and lengths are multiples of the block size and within the
 *	disk, unless the command was made by other means than SBC's.
 * @write: the same, the other way. With %TCMUSER_FUA in tcmuser_cmd_flags() the
 *	data has to be on stable storage before it returns; the library asks for
 *	it only of a device with %TCMUSER_CAN_FUA, and calls @flush otherwise.
 * @flush: what was written before is on stable storage. Without it the disk has
 *	no write cache.
 * @discard: bytes @off to @off + @len are not needed; they read as zeroes or as
 *	before. Without it the disk takes no UNMAP.
 * @zero: bytes @off to @off + @len read as zeroes. Without it the library writes
 *	zeroes.
 * @cdb: sees every command before the library does: for other commands than a
 *	disk's, or other answers. Returns %TCMUSER_NOT_HANDLED for what it leaves
 *	to the library. Optional.
 * @resize: the size shall become @bytes. Optional; without it the new size is
 *	taken if the disk grows or shrinks by itself, that is, always.
 * @reconfig: the config shall become @config (what follows the name). Without it
 *	a change is refused by EOPNOTSUPP.
 * @tmr: a task management function; @cmds are those of the aborted commands that
 *	are being worked on, valid until it returns. They have to be completed as
 *	ever, the earlier the better. @type is a TCMU_TMR_* of the UAPI header.
 *	Asked for by setting it. Optional.
 * @submit: the queue's thread has called back for every command that it found
 *	and is about to look for more, or to sleep: what the callbacks have only
 *	gathered for queue @queue is to be started now. So it is when another
 *	thread has called back for a further step of a command, from within
 *	tcmuser_cmd_complete(). Only with @threads 0. Optional.
 * @priv: for the program: tcmuser_dev_handler()->priv
 *
 * Callbacks for commands may run in several threads at once, for one device, too,
 * if @threads is more than 1, if the device has more than one queue, or if they
 * return %TCMUSER_PENDING. @open, @close, @resize and @reconfig of one device
 * never overlap each other.
 */
struct tcmuser_handler {
	size_t size;
	const char *name;
	const char *desc;
	unsigned int threads;
	int (*check)(const struct tcmuser_handler *handler, const char *config,
		     char *why, size_t why_size);
	int (*open)(struct tcmuser_dev *dev);
	void (*close)(struct tcmuser_dev *dev);
	int (*read)(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		    size_t len, uint64_t off);
	int (*write)(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		     size_t len, uint64_t off);
	int (*flush)(struct tcmuser_cmd *cmd);
	int (*discard)(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len);
	int (*zero)(struct tcmuser_cmd *cmd, uint64_t off, uint64_t len);
	int (*cdb)(struct tcmuser_cmd *cmd);
	int (*resize)(struct tcmuser_dev *dev, uint64_t bytes);
	int (*reconfig)(struct tcmuser_dev *dev, const char *config);
	void (*tmr)(struct tcmuser_dev *dev, int type,
		    struct tcmuser_cmd *const *cmds, size_t nr);
	void (*submit)(struct tcmuser_dev *dev, unsigned int queue);
	void *priv;
};

/* ---- the simple way ---------------------------------------------------------- */

/**
 * tcmuser_serve - be the daemon for a handler, until SIGTERM or SIGINT
 * @handler: the disk
 *
 * Answers events, serves every device of that name, those that exist and those
 * that are made later, and logs warnings to stderr. Ends as tcmuser_free() does.
 *
 * Return: 0 after a signal; a negative errno if it could not begin: -ENODEV
 * without the module, -EPERM for who is not root.
 */
int tcmuser_serve(const struct tcmuser_handler *handler);

/* ---- the context --------------------------------------------------------------- */

/* Answer events: whoever makes, changes or removes a device waits for it */
#define TCMUSER_ANSWERS		0x01
/*
 * Take a found device's ring as it is. Otherwise one that exists when the program
 * begins is blocked and reset: commands that another program left unanswered are
 * ended with BUSY, which the initiator sends again. Where attrib/recovery is
 * "replay" there is no need: the driver has put them into a fresh ring.
 */
#define TCMUSER_NO_RESET	0x02
/* Serve the devices that exist; hear of no new ones. Needs no netlink. */
#define TCMUSER_NO_EVENTS	0x04
/*
 * With %TCMUSER_ANSWERS: refuse devices that no handler here knows, by ENOENT. For
 * a program that is the only daemon, where the creator of a device with a misspelt
 * config would wait in vain. Otherwise such a device is left to other programs,
 * and its events are not answered.
 */
#define TCMUSER_REFUSES		0x08

/**
 * tcmuser_new - a context without handlers
 * @ctx: where it goes
 * @flags: TCMUSER_ANSWERS and the like
 *
 * Return: 0, -EINVAL for unknown flags, -ENOMEM.
 */
int tcmuser_new(struct tcmuser **ctx, unsigned int flags);

/**
 * tcmuser_add_handler - serve devices of one more kind
 * @ctx: not started yet
 * @handler: stays the caller's, and in place until tcmuser_free()
 *
 * Return: 0, -EINVAL for a name that is empty or has a '/' in it, or neither read
 * and write nor cdb; -EEXIST; -EBUSY when @ctx is started.
 */
int tcmuser_add_handler(struct tcmuser *ctx,
			const struct tcmuser_handler *handler);

/**
 * tcmuser_start - listen to events, and take the devices that exist
 * @ctx: the context
 *
 * A device that cannot be taken is logged and left alone. Each queue of a device
 * that can gets a thread.
 *
 * Return: 0; -ENODEV if the module is not loaded; -EPERM.
 */
int tcmuser_start(struct tcmuser *ctx);

/**
 * tcmuser_fd - what a program's own event loop polls for POLLIN
 * @ctx: started
 *
 * Return: a file descriptor, the same for the life of @ctx.
 */
int tcmuser_fd(const struct tcmuser *ctx);

/**
 * tcmuser_dispatch - deal with the events that have come
 * @ctx: started
 *
 * Opens and closes devices: it does not wait for events, but for handlers.
 *
 * Return: 0; -ECANCELED after tcmuser_stop(); an error of the socket.
 */
int tcmuser_dispatch(struct tcmuser *ctx);

/**
 * tcmuser_run - tcmuser_start(), unless that was done, and dispatch until stopped
 * @ctx: the context
 *
 * Return: 0 after tcmuser_stop(), or an error of tcmuser_start() or of the socket.
 */
int tcmuser_run(struct tcmuser *ctx);

/**
 * tcmuser_stop - let tcmuser_run() return
 * @ctx: the context
 *
 * Context: any thread, and signal handlers.
 */
void tcmuser_stop(struct tcmuser *ctx);

/**
 * tcmuser_free - hand the devices over, and end
 * @ctx: NULL is fine
 *
 * No more commands are taken; those that are being worked on are waited for and
 * answered; then devices are closed. What the ring still holds stays there for the
 * next program, as long as the device's cmd_time_out allows.
 */
void tcmuser_free(struct tcmuser *ctx);

/* Levels, as syslog(3) has them */
enum tcmuser_level {
	TCMUSER_ERROR = 3,
	TCMUSER_WARNING = 4,
	TCMUSER_NOTICE = 5,
	TCMUSER_INFO = 6,
	TCMUSER_DEBUG = 7,
};

typedef void (*tcmuser_log_fn)(void *priv, enum tcmuser_level level,
			       const char *message);

/**
 * tcmuser_set_log - who gets the library's messages
 * @ctx: the context
 * @log: NULL for stderr. Called by any thread, one at a time; @message is a line
 *	without newline
 * @priv: its first argument
 * @level: the least important one to be logged; %TCMUSER_WARNING at first
 */
void tcmuser_set_log(struct tcmuser *ctx, tcmuser_log_fn log, void *priv,
		     enum tcmuser_level level);

/**
 * tcmuser_log - say something by the same way
 * @ctx: the context
 * @level: how important it is
 * @format: as of printf(3), without newline
 */
void tcmuser_log(struct tcmuser *ctx, enum tcmuser_level level,
		 const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * tcmuser_version - the version of the library that runs: "0.1.0"
 *
 * Return: a static string.
 */
const char *tcmuser_version(void);

/* ---- events ---------------------------------------------------------------------- */

enum tcmuser_event_type {
	TCMUSER_EVENT_ADDED = 1,
	TCMUSER_EVENT_REMOVED,
	TCMUSER_EVENT_RECONFIG,
	TCMUSER_EVENT_LOST,	/* some have not been received; the rest is unset */
};

/**
 * struct tcmuser_event - what the driver has said of a device
 * @type: what happened
 * @name: name of the UIO device: "tcm-user/HOST/NAME/CONFIG"
 * @uio: N of /dev/uioN
 * @dev_id: the driver's number for the device; -1 if it did not say
 * @config: RECONFIG: the new dev_config, or NULL
 * @has_size: RECONFIG: @dev_size is the new size, in bytes
 * @dev_size: see @has_size
 * @write_cache: RECONFIG: 0 or 1; -1 if it is not what changes
 */
struct tcmuser_event {
	enum tcmuser_event_type type;
	const char *name;
	uint32_t uio;
	int64_t dev_id;
	const char *config;
	bool has_size;
	uint64_t dev_size;
	int write_cache;
};

/**
 * tcmuser_on_event - hear of all events, of whatever device
 * @ctx: not started yet; it needs no handler
 * @fn: called by tcmuser_dispatch() before the library acts on the event, which
 *	is valid until it returns
 * @priv: its first argument
 */
void tcmuser_on_event(struct tcmuser *ctx,
		      void (*fn)(void *priv, const struct tcmuser_event *event),
		      void *priv);

/* ---- a device ---------------------------------------------------------------------- */

/* What tcmuser_dev_set_features() knows. The first four are set for handlers that
 * have the callback.
 */
#define TCMUSER_CAN_FLUSH	0x01	/* there is a write cache */
#define TCMUSER_CAN_DISCARD	0x02
#define TCMUSER_CAN_ZERO	0x04
#define TCMUSER_CAN_TMR		0x08
#define TCMUSER_CAN_FUA		0x10	/* write honours TCMUSER_FUA */
#define TCMUSER_READ_ONLY	0x20	/* write protected: DATA PROTECT */
#define TCMUSER_ROTATIONAL	0x40	/* else it says that it is not */
#define TCMUSER_DISCARD_ZEROES	0x80	/* discarded blocks read as zeroes */
/*
 * What read says it has read it has filled, and so has cdb, as far as it says by
 * tcmuser_cmd_set_read_len(): the kernel need not zero the buffers before. Only
 * where it can be told (%TCMU_MAILBOX_FLAG_CAP_FILLS).
 */
#define TCMUSER_FILLS		0x100
/*
 * Commands take a few microseconds. So a thread that serves many of them naps for 50
 * to 400 microseconds rather than being woken for each; it tries whether more get
 * done that way, and does it as long as that holds. Only where the kernel can be
 * told that it is awake (%TCMU_MAILBOX_FLAG_CAP_AWAKE).
 */
#define TCMUSER_NAPS		0x200

/**
 * tcmuser_dev_name - "HOST/NAME", as in /sys/kernel/config/target/core/user_HOST/NAME
 * @dev: the device
 *
 * Return: valid until close returns.
 */
const char *tcmuser_dev_name(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_config - what follows "name/" in dev_config; "" if nothing does
 * @dev: the device
 *
 * Return: valid until reconfig or close returns.
 */
const char *tcmuser_dev_config(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_handler - the handler that serves it
 * @dev: the device
 *
 * Return: as it was given to tcmuser_add_handler().
 */
const struct tcmuser_handler *
tcmuser_dev_handler(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_size - in bytes, a multiple of the block size
 * @dev: the device
 */
uint64_t tcmuser_dev_size(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_block_size - bytes of a logical block
 * @dev: the device
 */
uint32_t tcmuser_dev_block_size(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_max_transfer - the most bytes of one read or write
 * @dev: the device
 */
uint32_t tcmuser_dev_max_transfer(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_nr_queues - rings that are served side by side; 1 for most devices
 * @dev: the device
 */
unsigned int tcmuser_dev_nr_queues(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_set_features - what the disk can do; from open only
 * @dev: the device
 * @features: TCMUSER_CAN_* and the like, instead of what the handler's callbacks
 *	say. A bit without its callback is not set.
 */
void tcmuser_dev_set_features(struct tcmuser_dev *dev, uint32_t features);

/**
 * tcmuser_dev_features - what tcmuser_dev_set_features() said, or the default
 * @dev: the device
 */
uint32_t tcmuser_dev_features(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_set_limits - what the block limits page says; from open only
 * @dev: the device
 * @physical_block: bytes, a power of two and a multiple of the block size; 0
 *	leaves it
 * @io_opt: bytes of the transfer that is best; 0: not said
 * @discard_granularity: bytes; 0: one block
 */
void tcmuser_dev_set_limits(struct tcmuser_dev *dev, uint32_t physical_block,
			    uint32_t io_opt, uint32_t discard_granularity);

/**
 * tcmuser_dev_set_size - the disk has another size than the creator said
 * @dev: the device
 * @bytes: a multiple of the block size
 *
 * From open, or when what backs the disk has grown; the driver is told, and the
 * initiator hears of it by a unit attention. Not from callbacks for commands.
 *
 * Return: 0; -EINVAL; what the driver says.
 */
int tcmuser_dev_set_size(struct tcmuser_dev *dev, uint64_t bytes);

/**
 * tcmuser_dev_set_priv - the program's own pointer
 * @dev: the device
 * @priv: what tcmuser_dev_priv() returns
 */
void tcmuser_dev_set_priv(struct tcmuser_dev *dev, void *priv);
void *tcmuser_dev_priv(const struct tcmuser_dev *dev);

/**
 * tcmuser_dev_error - log why something went wrong with a device, with its name
 * @dev: the device
 * @format: as of printf(3), without newline
 *
 * Return: -EINVAL, so that an open can end by it.
 */
int tcmuser_dev_error(struct tcmuser_dev *dev, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for other levels */
void tcmuser_dev_log(struct tcmuser_dev *dev, enum tcmuser_level level,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- a command ----------------------------------------------------------------------- */

/**
 * tcmuser_cmd_complete - end a command for which a callback said %TCMUSER_PENDING
 * @cmd: not to be touched afterwards
 * @result: what the callback would have returned
 *
 * Context: any thread, the callback itself included, before it returns
 * %TCMUSER_PENDING. May carry out more of the same command, by calling further
 * callbacks.
 */
void tcmuser_cmd_complete(struct tcmuser_cmd *cmd, int result);

/**
 * tcmuser_cmd_sense - a CHECK CONDITION with this sense
 * @cmd: the command
 * @key: sense key (SPC-4 4.5.6), e.g. 3 for MEDIUM ERROR
 * @asc_ascq: additional sense code and qualifier, e.g. 0x1100
 *
 * Return: %TCMUSER_SENSE, to be returned by the callback or given to
 * tcmuser_cmd_complete().
 */
int tcmuser_cmd_sense(struct tcmuser_cmd *cmd, uint8_t key, uint16_t asc_ascq);

/**
 * tcmuser_cmd_status - another SAM status, without sense, such as 8 for BUSY
 * @cmd: the command
 * @status: SAM status code
 *
 * Return: %TCMUSER_SENSE.
 */
int tcmuser_cmd_status(struct tcmuser_cmd *cmd, uint8_t status);

/* With TCMUSER_CAN_FUA: on stable storage, please */
#define TCMUSER_FUA	0x01

unsigned int tcmuser_cmd_flags(const struct tcmuser_cmd *cmd);
struct tcmuser_dev *tcmuser_cmd_dev(const struct tcmuser_cmd *cmd);
/* Which queue it came by: 0 to tcmuser_dev_nr_queues() - 1 */
unsigned int tcmuser_cmd_queue(const struct tcmuser_cmd *cmd);
/* The program's own pointer; NULL in a command that is new */
void tcmuser_cmd_set_priv(struct tcmuser_cmd *cmd, void *priv);
void *tcmuser_cmd_priv(const struct tcmuser_cmd *cmd);

/**
 * tcmuser_cmd_cdb - the command's own bytes, a private copy
 * @cmd: the command
 * @len: how many there are: 6, 10, 12, 16, 32 or so
 */
const uint8_t *tcmuser_cmd_cdb(const struct tcmuser_cmd *cmd, size_t *len);

/**
 * tcmuser_cmd_iov - the command's data buffer; for &tcmuser_handler.cdb
 * @cmd: the command
 * @cnt: how many pieces it has
 * @len: how many bytes
 */
const struct iovec *tcmuser_cmd_iov(const struct tcmuser_cmd *cmd, int *cnt,
				    size_t *len);

/**
 * tcmuser_cmd_set_read_len - fewer bytes than the initiator made room for
 * @cmd: one that reads
 * @len: how many are valid
 */
void tcmuser_cmd_set_read_len(struct tcmuser_cmd *cmd, size_t len);

/* ---- pieces of memory ------------------------------------------------------------------ */

/* Copy up to @len bytes; how many it were is returned. The other bytes stay. */
size_t tcmuser_iov_put(const struct iovec *iov, int cnt, size_t skip,
		       const void *from, size_t len);
size_t tcmuser_iov_get(const struct iovec *iov, int cnt, size_t skip, void *to,
		       size_t len);
size_t tcmuser_iov_zero(const struct iovec *iov, int cnt, size_t skip,
			size_t len);
size_t tcmuser_iov_len(const struct iovec *iov, int cnt);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* TCMUSER_H */
