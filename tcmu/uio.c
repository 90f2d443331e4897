// SPDX-License-Identifier: GPL-2.0-only
/*
 * The UIO device of a queue: its name, its file, its mapping.
 */
#include "uio.h"

#include "compat.h"
#include "drain.h"
#include "fill.h"
#include "pages.h"
#include "queue.h"
#include "recover.h"
#include "replay.h"
#include "ringmem.h"
#include "tcmu.h"
#include "trace.h"

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

/* A fault maps this many pages round the one that was touched */
#define FAULT_AROUND	16

static struct device *tcmu_root;

/*
 * The core of UIO gives a minor to the next device before it has taken the name that
 * goes with it from sysfs: the next one of ours waits until both are gone.
 */
static DEFINE_MUTEX(register_lock);

int tcmu_uio_setup(void)
{
	tcmu_root = root_device_register("tcm_user");
	return PTR_ERR_OR_ZERO(tcmu_root);
}

void tcmu_uio_teardown(void)
{
	root_device_unregister(tcmu_root);
}

static struct tcmu_queue *to_queue(struct uio_info *info)
{
	return container_of(info, struct tcmu_queue, uio);
}

/* The program has answers */
static int tcmu_uio_irqcontrol(struct uio_info *info, s32 irq_on)
{
	tcmu_queue_drain(to_queue(info));
	return 0;
}

static void set_owner(struct tcmu_queue *q, struct inode *inode,
		      struct pid *owner)
{
	struct pid *old;

	down_write(&q->map_sem);
	old = q->owner;
	q->owner = owner;
	q->inode = inode;
	up_write(&q->map_sem);
	put_pid(old);
}

static int tcmu_uio_open(struct uio_info *info, struct inode *inode)
{
	struct tcmu_queue *q = to_queue(info);

	if (test_and_set_bit(0, &q->uio_open))
		return -EBUSY;
	/* the file holds the inode until it is released, and so do mappings */
	set_owner(q, inode, get_pid(task_tgid(current)));
	trace_tcmu_open(q);
	tcmu_fill_clear_all(q);
	tcmu_replay_come(q);
	return 0;
}

static int tcmu_uio_release(struct uio_info *info, struct inode *inode)
{
	struct tcmu_queue *q = to_queue(info);

	trace_tcmu_release(q);
	set_owner(q, NULL, NULL);
	tcmu_ring_forget_words(q->mbox);
	clear_bit(0, &q->uio_open);
	/* it may have died between its answer and the write(2) */
	tcmu_queue_drain(q);
	tcmu_queue_free_all_kept(q);
	tcmu_replay_go(q);
	return 0;
}

/* The page at an index of the mapping, or NULL */
static struct page *find_page(struct tcmu_queue *q, unsigned long pgoff)
{
	unsigned long ring_pages = q->geo.ring_bytes >> PAGE_SHIFT;

	if (pgoff < ring_pages)
		return tcmu_ringmem_find(q, pgoff);
	return tcmu_pages_get(q, pgoff - ring_pages);
}

/* The same for one that was touched: in the ring it is made if it is not there */
static struct page *touch_page(struct tcmu_queue *q, unsigned long pgoff,
			       vm_fault_t *error)
{
	if (pgoff < q->geo.ring_bytes >> PAGE_SHIFT) {
		*error = VM_FAULT_OOM;
		return tcmu_ringmem_get(q, pgoff);
	}
	*error = VM_FAULT_SIGBUS;
	return find_page(q, pgoff);
}

/* Map what is there of the neighbours; those that are mapped already stay */
static void map_around(struct vm_fault *vmf, struct tcmu_queue *q)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = FAULT_AROUND << PAGE_SHIFT;
	unsigned long addr = max(vma->vm_start,
				 ALIGN_DOWN(vmf->address, size));
	unsigned long end = min(vma->vm_end,
				ALIGN_DOWN(vmf->address, size) + size);
	struct page *page;

	for (; addr < end; addr += PAGE_SIZE) {
		page = find_page(q, linear_page_index(vma, addr));
		if (page && vmf_insert_page(vma, addr, page) != VM_FAULT_NOPAGE)
			return;
	}
}

/*
 * map_sem keeps reclaim from taking a page between here and the page table:
 * either it is not found, or reclaim undoes its mapping.
 */
static vm_fault_t tcmu_vma_fault(struct vm_fault *vmf)
{
	struct tcmu_queue *q = vmf->vma->vm_private_data;
	struct page *page;
	vm_fault_t ret;

	down_read(&q->map_sem);
	page = touch_page(q, vmf->pgoff, &ret);
	if (page)
		ret = vmf_insert_page(vmf->vma, vmf->address & PAGE_MASK, page);
	if (ret == VM_FAULT_NOPAGE)
		map_around(vmf, q);
	up_read(&q->map_sem);
	return ret;
}

static void tcmu_vma_open(struct vm_area_struct *vma)
{
	tcmu_queue_get(vma->vm_private_data);
}

static void tcmu_vma_close(struct vm_area_struct *vma)
{
	tcmu_queue_put(vma->vm_private_data);
}

/* uio holds the mutex that keeps the queue registered until the mapping exists */
static int __maybe_unused tcmu_vma_mapped(unsigned long start, unsigned long end,
					  pgoff_t pgoff,
					  const struct file *file,
					  void **private)
{
	tcmu_queue_get(*private);
	return 0;
}

static const struct vm_operations_struct tcmu_vm_ops = {
	.open = tcmu_vma_open,
	.close = tcmu_vma_close,
	.fault = tcmu_vma_fault,
	TCMU_VM_MAPPED(tcmu_vma_mapped)
};

static int tcmu_uio_mmap(struct uio_info *info, struct tcmu_mapping *map)
{
	struct tcmu_queue *q = to_queue(info);

	if (tcmu_mapping_pages(map) != q->geo.map_bytes >> PAGE_SHIFT)
		return -EINVAL;
	tcmu_mapping_set(map, &tcmu_vm_ops, q);
	return 0;
}

/**
 * tcmu_uio_make_name - the name by which programs know a queue
 * @q: the queue
 * @config: the device's dev_config
 *
 * Programs that know one queue per device take a name for a device of its own
 * unless it begins with another word.
 *
 * Return: tcm-user/HOST/NAME[/CONFIG], or tcmu-queue/HOST/NAME/INDEX for another
 * queue than the first; to be freed by kfree(). NULL without memory.
 */
char *tcmu_uio_make_name(const struct tcmu_queue *q, const char *config)
{
	const char *name = q->dev->name + strlen(TCMU_HBA_PREFIX);

	if (q->idx)
		return kasprintf(GFP_KERNEL, "tcmu-queue/%s/%u", name, q->idx);
	return kasprintf(GFP_KERNEL, "tcm-user/%s%s%s", name,
			 *config ? "/" : "", config);
}

/**
 * tcmu_uio_rename - give a registered UIO device another name
 * @q: the queue
 * @name: from tcmu_uio_make_name(); owned by the queue from here on
 *
 * sysfs shows the name under info_lock.
 */
void tcmu_uio_rename(struct tcmu_queue *q, char *name)
{
	struct uio_device *idev = q->uio.uio_dev;
	const char *old;

	mutex_lock(&idev->info_lock);
	old = q->uio.name;
	q->uio.name = name;
	mutex_unlock(&idev->info_lock);
	kfree(old);
}

/**
 * tcmu_uio_register - let programs find a queue
 * @q: the queue
 *
 * Return: 0 or -errno; then tcmu_uio_unregister() is not called for.
 */
int tcmu_uio_register(struct tcmu_queue *q)
{
	struct uio_info *info = &q->uio;
	int ret;

	info->name = tcmu_uio_make_name(q, q->dev->config);
	if (!info->name)
		return -ENOMEM;
	info->version = __stringify(TCMU_MAILBOX_VERSION);
	info->mem[0].name = "tcm-user command & data buffer";
	info->mem[0].size = q->geo.map_bytes;
	info->mem[0].memtype = UIO_MEM_NONE;
	info->irq = UIO_IRQ_CUSTOM;
	info->irqcontrol = tcmu_uio_irqcontrol;
	info->TCMU_UIO_MMAP = tcmu_uio_mmap;
	info->open = tcmu_uio_open;
	info->release = tcmu_uio_release;
	mutex_lock(&register_lock);
	ret = uio_register_device(tcmu_root, info);
	mutex_unlock(&register_lock);
	if (ret) {
		/* it was there for a moment, and somebody may have opened it */
		set_owner(q, NULL, NULL);
		return ret;
	}
	get_device(&info->uio_dev->dev);
	return 0;
}

/**
 * tcmu_uio_unregister - take a queue away from programs
 * @q: the queue
 *
 * An open file lives on and fails in every call; the release hook is not called
 * for it any more. Mappings live on. Who is about to send an event may still do
 * so, until tcmu_uio_put().
 */
void tcmu_uio_unregister(struct tcmu_queue *q)
{
	mutex_lock(&register_lock);
	uio_unregister_device(&q->uio);
	mutex_unlock(&register_lock);
	set_owner(q, NULL, NULL);
}

/**
 * tcmu_uio_put - let go of a device that was unregistered
 * @q: the queue; nobody sends events any more
 */
void tcmu_uio_put(struct tcmu_queue *q)
{
	put_device(&q->uio.uio_dev->dev);
}

/**
 * tcmu_uio_may_answer - does the calling process speak for a queue's program?
 * @q: the queue
 *
 * While a process has the UIO file open, only this one does. One that has ended
 * and left the file to others speaks no more, so that anybody may.
 */
bool tcmu_uio_may_answer(struct tcmu_queue *q)
{
	bool may;

	down_read(&q->map_sem);
	may = !q->owner || q->owner == task_tgid(current) ||
	      !pid_has_task(q->owner, PIDTYPE_TGID);
	up_read(&q->map_sem);
	return may;
}
