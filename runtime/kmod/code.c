/*
 * What the runner tells of files with code: the rows by which stacks are walked,
 * and the names of functions. They come while probes fire, too, and stay as long
 * as the module.
 */
#include "runtime/kmod/stack.h"

#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "runtime/common/unwind.h"

/* Bytes of a table: those of the largest libraries are a tenth. */
enum { TABLE_MOST = 1 << 27 };

static DEFINE_MUTEX(adding);
static struct rt_code *codes;

static const struct rt_code *find_exactly(u64 device, u64 inode)
{
	const struct rt_code *code = smp_load_acquire(&codes);

	while (code && (code->inode != inode || code->device != device))
		code = code->next;
	return code;
}

/* On an overlay; the runner does not know the device. The vdso has no inode. */
const struct rt_code *rt_code_find(u64 device, u64 inode)
{
	const struct rt_code *code = find_exactly(device, inode);

	return code || !inode ? code : find_exactly(0, inode);
}

/* One after the other, each where a word may begin. */
static u64 bytes_of(const struct kmod_code *asked)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < KMOD_TABLES; i++) {
		if (asked->tables[i].bytes > TABLE_MOST)
			return 0;
		sum += round_up(asked->tables[i].bytes, 8);
	}
	return sum;
}

static int fill_code(struct rt_code *code, const struct kmod_code *asked)
{
	const void *at[KMOD_TABLES];
	char *to = code->tables;
	u32 i;

	for (i = 0; i < KMOD_TABLES; i++) {
		u64 bytes = asked->tables[i].bytes;

		if (copy_from_user(to, (const void __user *)(unsigned long)
				   asked->tables[i].at, bytes))
			return -EFAULT;
		/* a text that the caller did not end is ended */
		if (i >= KMOD_NAMES && bytes)
			to[bytes - 1] = '\0';
		at[i] = to;
		to += round_up(bytes, 8);
	}
	code->device = asked->device;
	code->inode = asked->inode;
	code->bias = asked->bias;
	code->size = asked->size;
	code->rows = at[KMOD_ROWS];
	code->row_count = asked->tables[KMOD_ROWS].bytes / sizeof(u64);
	code->symbols = at[KMOD_SYMBOLS];
	code->symbol_count = asked->tables[KMOD_SYMBOLS].bytes /
			     sizeof(*code->symbols);
	code->names = at[KMOD_NAMES];
	code->names_size = asked->tables[KMOD_NAMES].bytes;
	code->path = asked->tables[KMOD_PATH].bytes ? at[KMOD_PATH] : "";
	return 0;
}

static long add_code(const struct kmod_code *asked)
{
	u64 bytes = bytes_of(asked);
	struct rt_code *code;

	if (!bytes)
		return -EINVAL;
	if (find_exactly(asked->device, asked->inode))
		return 0;
	code = RT_TRY(vmalloc(sizeof(*code) + bytes));
	if (!code)
		return -ENOMEM;
	if (fill_code(code, asked)) {
		vfree(code);
		return -EFAULT;
	}
	code->next = codes;
	smp_store_release(&codes, code);
	return 0;
}

long rt_code_add(const struct kmod_code __user *from)
{
	struct kmod_code asked;
	long error;

	if (copy_from_user(&asked, from, sizeof(asked)))
		return -EFAULT;
	mutex_lock(&adding);
	error = add_code(&asked);
	mutex_unlock(&adding);
	return error;
}

void rt_code_destroy(void)
{
	while (codes) {
		struct rt_code *code = codes;

		codes = code->next;
		vfree(code);
	}
}

u64 rt_code_row(const struct rt_code *code, u32 address)
{
	u64 low = 0, high = code->row_count;

	while (high - low > 1) {
		u64 middle = low + (high - low) / 2;

		if (unwind_address(code->rows[middle]) <= address)
			low = middle;
		else
			high = middle;
	}
	return high && unwind_address(code->rows[low]) <= address ?
		code->rows[low] : 0;
}

const struct kmod_symbol *rt_code_symbol(const struct rt_code *code, u64 address)
{
	u64 low = 0, high = code->symbol_count;
	const struct kmod_symbol *symbol;

	while (high - low > 1) {
		u64 middle = low + (high - low) / 2;

		if (code->symbols[middle].from <= address)
			low = middle;
		else
			high = middle;
	}
	symbol = &code->symbols[low];
	return high && address >= symbol->from &&
	       address - symbol->from < symbol->size &&
	       symbol->name < code->names_size ? symbol : NULL;
}
