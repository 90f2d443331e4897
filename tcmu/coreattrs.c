// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attributes of the target core's SBC emulation, which I/O mode has and
 * passthrough mode has not.
 *
 * configfs knows one set of attributes for all devices of a backend. So a device
 * in passthrough mode has them too, where each shows the core's default and takes
 * exactly that back, since programs save and restore whatever can be written.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "configfs.h"

#include "tcmu.h"

#include <linux/slab.h>
#include <linux/string.h>

/* Whoever writes it may add a newline or a NUL */
static bool same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	a_len = strnlen(a, a_len);
	b_len = strnlen(b, b_len);
	if (a_len && a[a_len - 1] == '\n')
		a_len--;
	if (b_len && b[b_len - 1] == '\n')
		b_len--;
	return a_len == b_len && !memcmp(a, b, a_len);
}

static ssize_t store_same(struct config_item *item,
			  const struct configfs_attribute *core,
			  const char *page, size_t count)
{
	struct tcmu_dev *dev = tcmu_attrib_to_dev(item);
	char *now;
	ssize_t len;

	now = (char *)get_zeroed_page(GFP_KERNEL);
	if (!now)
		return -ENOMEM;
	len = core->show(item, now);
	if (len >= 0 && !same_text(now, len, page, count)) {
		pr_err("%s: %s is fixed in mode=%s\n", dev->name,
		       core->ca_name,
		       dev->mode == TCMU_MODE_IO ? "io" : "passthrough");
		len = -EINVAL;
	}
	free_page((unsigned long)now);
	return len < 0 ? len : count;
}

/* @changes: in I/O mode */
static ssize_t store(struct config_item *item,
		     const struct configfs_attribute *core, bool changes,
		     const char *page, size_t count)
{
	if (changes && tcmu_attrib_to_dev(item)->mode == TCMU_MODE_IO)
		return core->store(item, page, count);
	return store_same(item, core, page, count);
}

/* core_<name> is the core's own; NULL where this kernel has none of that name */
#define TCMU_CORE_ATTR(name, changes)					\
	static const struct configfs_attribute *core_##name;		\
									\
	static ssize_t tcmu_core_##name##_show(struct config_item *item, \
					       char *page)		\
	{								\
		return core_##name->show(item, page);			\
	}								\
									\
	static ssize_t tcmu_core_##name##_store(struct config_item *item, \
						const char *page,	\
						size_t count)		\
	{								\
		return store(item, core_##name, changes, page, count);	\
	}								\
	CONFIGFS_ATTR(tcmu_core_, name)

/*
 * Not among them: what all backends have (hw_*, *_support, emulate_pr), what is
 * ours (emulate_write_cache), and promises that a program would have to keep
 * (atomic_*). block_size is what hw_block_size says, in either mode: the program
 * counts in it.
 */
TCMU_CORE_ATTR(emulate_model_alias, true);
TCMU_CORE_ATTR(emulate_dpo, true);
TCMU_CORE_ATTR(emulate_fua_write, true);
TCMU_CORE_ATTR(emulate_fua_read, true);
TCMU_CORE_ATTR(emulate_ua_intlck_ctrl, true);
TCMU_CORE_ATTR(emulate_tas, true);
TCMU_CORE_ATTR(emulate_tpu, true);
TCMU_CORE_ATTR(emulate_tpws, true);
TCMU_CORE_ATTR(emulate_caw, true);
TCMU_CORE_ATTR(emulate_3pc, true);
TCMU_CORE_ATTR(emulate_rsoc, true);
TCMU_CORE_ATTR(pi_prot_type, true);
TCMU_CORE_ATTR(pi_prot_format, true);
TCMU_CORE_ATTR(pi_prot_verify, true);
TCMU_CORE_ATTR(is_nonrot, true);
TCMU_CORE_ATTR(emulate_rest_reord, true);
TCMU_CORE_ATTR(block_size, false);
TCMU_CORE_ATTR(optimal_sectors, true);
TCMU_CORE_ATTR(queue_depth, true);
TCMU_CORE_ATTR(max_unmap_lba_count, true);
TCMU_CORE_ATTR(max_unmap_block_desc_count, true);
TCMU_CORE_ATTR(unmap_granularity, true);
TCMU_CORE_ATTR(unmap_granularity_alignment, true);
TCMU_CORE_ATTR(unmap_zeroes_data, true);
TCMU_CORE_ATTR(max_write_same_len, true);

#define TCMU_CORE_ATTR_ENTRY(name) { &tcmu_core_attr_##name, &core_##name }

static const struct {
	struct configfs_attribute *ours;
	const struct configfs_attribute **core;
} attrs[] = {
	TCMU_CORE_ATTR_ENTRY(emulate_model_alias),
	TCMU_CORE_ATTR_ENTRY(emulate_dpo),
	TCMU_CORE_ATTR_ENTRY(emulate_fua_write),
	TCMU_CORE_ATTR_ENTRY(emulate_fua_read),
	TCMU_CORE_ATTR_ENTRY(emulate_ua_intlck_ctrl),
	TCMU_CORE_ATTR_ENTRY(emulate_tas),
	TCMU_CORE_ATTR_ENTRY(emulate_tpu),
	TCMU_CORE_ATTR_ENTRY(emulate_tpws),
	TCMU_CORE_ATTR_ENTRY(emulate_caw),
	TCMU_CORE_ATTR_ENTRY(emulate_3pc),
	TCMU_CORE_ATTR_ENTRY(emulate_rsoc),
	TCMU_CORE_ATTR_ENTRY(pi_prot_type),
	TCMU_CORE_ATTR_ENTRY(pi_prot_format),
	TCMU_CORE_ATTR_ENTRY(pi_prot_verify),
	TCMU_CORE_ATTR_ENTRY(is_nonrot),
	TCMU_CORE_ATTR_ENTRY(emulate_rest_reord),
	TCMU_CORE_ATTR_ENTRY(block_size),
	TCMU_CORE_ATTR_ENTRY(optimal_sectors),
	TCMU_CORE_ATTR_ENTRY(queue_depth),
	TCMU_CORE_ATTR_ENTRY(max_unmap_lba_count),
	TCMU_CORE_ATTR_ENTRY(max_unmap_block_desc_count),
	TCMU_CORE_ATTR_ENTRY(unmap_granularity),
	TCMU_CORE_ATTR_ENTRY(unmap_granularity_alignment),
	TCMU_CORE_ATTR_ENTRY(unmap_zeroes_data),
	TCMU_CORE_ATTR_ENTRY(max_write_same_len),
};

static const struct configfs_attribute *find(const char *name)
{
	struct configfs_attribute **attr;

	for (attr = sbc_attrib_attrs; *attr; attr++)
		if (!strcmp((*attr)->ca_name, name))
			return *attr;
	return NULL;
}

/* At most so many, with the end */
size_t tcmu_core_attrs_max(void)
{
	return ARRAY_SIZE(attrs) + 1;
}

/* Those that this kernel has; the rest of the array is zero */
void tcmu_core_attrs_append(struct configfs_attribute **to)
{
	const struct configfs_attribute *core;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		core = find(attrs[i].ours->ca_name);
		if (!core || !core->show || !core->store)
			continue;
		*attrs[i].core = core;
		*to++ = attrs[i].ours;
	}
}
