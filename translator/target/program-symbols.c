/*
 * Symbols of a program: its tables, those of its debug file, and the small
 * table that some distributions compress into the program (.gnu_debugdata).
 */
#include "translator/target/program-private.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/target/demangle.h"

/* Symbols in memory that has been unpacked may not grow beyond this. */
enum { MOST_UNPACKED = 256 << 20 };

struct symbol_vec {
	VEC(struct program_symbol) list;
	const char *wanted;	/* only what has this name; NULL: all */
};

/* ---- reading the tables ---- */

static const char *without_version(struct program *program, const char *name)
{
	const char *at = strchr(name, '@');

	return at && at != name ?
		arena_strndup(program->arena, name, (size_t)(at - name)) : name;
}

static bool is_wanted(struct program *program, const char *wanted,
		      const char *name)
{
	const char *demangled;

	if (strncmp(name, wanted, strlen(wanted)) == 0)
		return strcmp(without_version(program, name), wanted) == 0;
	if (name[0] != '_' || !strstr(name, wanted))
		return false;
	demangled = demangle_name(program->arena, name);
	return demangled && demangle_match(wanted, demangled);
}

static void add_symbol(struct program *program, struct symbol_vec *vec,
		       const GElf_Sym *raw, const char *name, bool is_dynamic)
{
	int type = GELF_ST_TYPE(raw->st_info);
	struct program_symbol *symbol;

	if (raw->st_shndx == SHN_UNDEF || raw->st_shndx == SHN_ABS ||
	    !name || !*name)
		return;
	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_OBJECT &&
	    type != STT_TLS && type != STT_COMMON)
		return;
	if (vec->wanted && !is_wanted(program, vec->wanted, name))
		return;
	symbol = vec_push(program->arena, &vec->list);
	symbol->name = without_version(program, name);
	symbol->address = raw->st_value;
	symbol->size = raw->st_size;
	symbol->is_ifunc = type == STT_GNU_IFUNC;
	symbol->is_function = type == STT_FUNC || symbol->is_ifunc;
	symbol->is_data = type == STT_OBJECT || type == STT_COMMON;
	symbol->is_tls = type == STT_TLS;
	symbol->is_global = GELF_ST_BIND(raw->st_info) != STB_LOCAL;
	symbol->is_exported = is_dynamic && symbol->is_global;
}

/* True if the file has a table of this type. */
static bool read_table(struct program *program, Elf *elf, uint32_t type,
		       struct symbol_vec *vec)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Ehdr file;
	bool found = false, is_object = elf && gelf_getehdr(elf, &file) &&
					file.e_type == ET_REL;

	while (elf && (section = elf_nextscn(elf, section)) != NULL) {
		Elf_Data *data;
		GElf_Sym raw;

		if (!gelf_getshdr(section, &header) || header.sh_type != type)
			continue;
		data = elf_file_contents(elf, section);
		if (!data || data->d_type != ELF_T_SYM)
			continue;
		found = true;
		for (int i = 0; gelf_getsym(data, i, &raw); i++) {
			if (is_object)
				raw.st_value = elf_file_symbol(elf, &raw);
			add_symbol(program, vec, &raw,
				   elf_strptr(elf, header.sh_link, raw.st_name),
				   type == SHT_DYNSYM);
		}
	}
	return found;
}

/* ---- .gnu_debugdata ---- */

typedef int unpack_call(uint64_t *memory_limit, uint32_t flags,
			const void *allocator, const uint8_t *in,
			size_t *in_at, size_t in_size, uint8_t *out,
			size_t *out_at, size_t out_size);

/* Tries with more room until it is enough; NULL if that never is so. */
static void *unpack_with(unpack_call *unpack, const uint8_t *bytes, size_t size,
			 size_t *ret_size)
{
	enum { WAS_TOO_SMALL = 10 };

	for (size_t room = 1 << 20; room <= MOST_UNPACKED; room *= 4) {
		uint64_t limit = MOST_UNPACKED;
		uint8_t *out = malloc(room);
		size_t at = 0;
		int result;

		*ret_size = 0;
		result = out ? unpack(&limit, 0, NULL, bytes, &at, size, out,
				      ret_size, room) : -1;
		if (result == 0)
			return out;
		free(out);
		if (result != WAS_TOO_SMALL)
			return NULL;
	}
	return NULL;
}

static void *unpack(const uint8_t *bytes, size_t size, size_t *ret_size)
{
	void *library = dlopen("liblzma.so.5", RTLD_NOW | RTLD_LOCAL);
	unpack_call *call = NULL;
	void *memory = NULL;

	if (!library)
		return NULL;
	*(void **)&call = dlsym(library, "lzma_stream_buffer_decode");
	if (call)
		memory = unpack_with(call, bytes, size, ret_size);
	dlclose(library);
	return memory;
}

/* Names point into the file in memory; they are copied before it goes. */
static void keep_names(struct program *program, struct symbol_vec *vec, size_t from)
{
	for (size_t i = from; i < vec->list.count; i++)
		vec->list.items[i].name = arena_strdup(program->arena,
						  vec->list.items[i].name);
}

static void read_packed(struct program *program, struct symbol_vec *vec)
{
	struct program_section section;
	struct elf_file file;
	size_t from = vec->list.count, size;
	void *memory;

	if (!program_section(program, ".gnu_debugdata", &section) ||
	    !section.bytes)
		return;
	memory = unpack(section.bytes, section.size, &size);
	if (!memory || !elf_file_parse(&file, memory, size))
		return;
	read_table(program, file.elf, SHT_SYMTAB, vec);
	keep_names(program, vec, from);
	elf_file_close(&file);
}

/* ---- one sorted list ---- */

/* Of those that share an address, what people call it comes first. */
static int rank(const struct program_symbol *symbol)
{
	return !symbol->is_function * 4 + !symbol->is_global * 2 +
	       (symbol->name[0] == '_');
}

static int compare_symbols(const void *a, const void *b)
{
	const struct program_symbol *x = a, *y = b;

	if (x->is_tls != y->is_tls)
		return x->is_tls - y->is_tls;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	return strcmp(x->name, y->name);
}

static bool is_same(const struct program_symbol *a,
		    const struct program_symbol *b)
{
	return a->address == b->address && a->is_tls == b->is_tls &&
	       strcmp(a->name, b->name) == 0;
}

static void unite(struct symbol_vec *vec)
{
	size_t kept = 0;

	if (!vec->list.count)
		return;
	qsort(vec->list.items, vec->list.count, sizeof(*vec->list.items), compare_symbols);
	for (size_t i = 1; i < vec->list.count; i++) {
		struct program_symbol *last = &vec->list.items[kept];

		if (!is_same(last, &vec->list.items[i])) {
			vec->list.items[++kept] = vec->list.items[i];
			continue;
		}
		last->is_exported |= vec->list.items[i].is_exported;
		if (!last->size)
			last->size = vec->list.items[i].size;
	}
	vec->list.count = kept + 1;
}

/* For every symbol the greatest end so far, so that a search can stop. */
static void note_ends(struct program *program)
{
	uint64_t greatest = 0;

	program->ends = arena_array(program->arena, uint64_t,
				    program->symbol_count + 1);
	for (size_t i = 0; i < program->symbol_count; i++) {
		const struct program_symbol *symbol = &program->symbols[i];
		uint64_t end = symbol->address + symbol->size;

		if (end > greatest && !symbol->is_tls)
			greatest = end;
		program->ends[i] = greatest;
	}
}

static void read_tables(struct program *program, struct symbol_vec *vec)
{
	struct elf_file *debug;

	read_table(program, program->file.elf, SHT_DYNSYM, vec);
	if (read_table(program, program->file.elf, SHT_SYMTAB, vec))
		return;
	read_packed(program, vec);
	debug = program_debug_file(program);
	if (debug)
		read_table(program, debug->elf, SHT_SYMTAB, vec);
}

static void read_symbols(struct program *program)
{
	struct symbol_vec vec = { 0 };

	program->symbols_read = true;
	read_tables(program, &vec);
	unite(&vec);
	program->symbols = vec.list.items;
	program->symbol_count = vec.list.count;
	note_ends(program);
}

const struct program_symbol *program_symbols(struct program *program,
					     size_t *ret_count)
{
	if (!program->symbols_read)
		read_symbols(program);
	*ret_count = program->symbol_count;
	return program->symbols;
}

/* ---- searching ---- */

/* The last component of a name without wildcards is spelled in its symbol. */
static bool may_match(const char *symbol, const char *part)
{
	return !part || strstr(symbol, part);
}

static bool matches(struct program *program, const char *pattern,
		    const char *part, const char *name)
{
	char *demangled;

	if (strcmp(pattern, name) == 0 || glob_match(pattern, name))
		return true;
	if (name[0] != '_' || !may_match(name, part))
		return false;
	demangled = demangle_name(program->arena, name);
	return demangled && demangle_match(pattern, demangled);
}

/* "ns::shape::area(int)" is asked for as "ns::shape::area". */
static const char *without_parameters(struct program *program,
				      const char *pattern)
{
	const char *end = strchr(pattern, '(');

	if (!end || end == pattern || strstr(pattern, "operator()") ||
	    strstr(pattern, "(anonymous"))
		return pattern;
	return arena_strndup(program->arena, pattern, (size_t)(end - pattern));
}

static const char *literal_part(const char *pattern)
{
	const char *part = pattern;

	if (glob_is_pattern(pattern) || strchr(pattern, '~') ||
	    strstr(pattern, "operator") || strchr(pattern, '{'))
		return NULL;
	for (const char *at = pattern; (at = strstr(at, "::")) != NULL; at += 2)
		part = at + 2;
	return part;
}

/* One name in a large program is not worth the list of all. */
static void find_exact(struct program *program, const char *name,
		       struct program_symbols *ret_symbols)
{
	struct symbol_vec vec = { .wanted = name };

	read_tables(program, &vec);
	unite(&vec);
	for (size_t i = 0; i < vec.list.count; i++)
		*vec_push(program->arena, &ret_symbols->symbols) =
			&vec.list.items[i];
}

static bool is_c_name(const char *name)
{
	while (isalnum((unsigned char)*name) || *name == '_' || *name == '.')
		name++;
	return !*name;
}

void program_find_symbols(struct program *program, const char *pattern,
			  struct program_symbols *ret_symbols)
{
	const struct program_symbol *symbols;
	const char *part;
	size_t count;

	memset(ret_symbols, 0, sizeof(*ret_symbols));
	pattern = without_parameters(program, pattern);
	part = literal_part(pattern);
	if (!program->symbols_read && is_c_name(pattern)) {
		find_exact(program, pattern, ret_symbols);
		return;
	}
	symbols = program_symbols(program, &count);
	for (size_t i = 0; i < count; i++)
		if (matches(program, pattern, part, symbols[i].name))
			*vec_push(program->arena, &ret_symbols->symbols) =
				&symbols[i];
}

/* The number of symbols whose address is not beyond this one. */
static size_t count_up_to(const struct program *program, uint64_t address)
{
	size_t low = 0, high = program->symbol_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (!program->symbols[middle].is_tls &&
		    program->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool holds(const struct program_symbol *symbol, uint64_t address)
{
	return address - symbol->address < (symbol->size ? symbol->size : 1);
}

const struct program_symbol *program_symbol_at(struct program *program,
					       uint64_t address)
{
	const struct program_symbol *found = NULL;
	size_t at;

	if (!program->symbols_read)
		read_symbols(program);
	for (at = count_up_to(program, address); at > 0; at--) {
		const struct program_symbol *symbol = &program->symbols[at - 1];

		if (found && symbol->address != found->address)
			break;
		if (holds(symbol, address))
			found = symbol;
		else if (program->ends[at - 1] <= address &&
			 symbol->address != address)
			break;
	}
	return found;
}

const char *program_demangle(struct program *program, const char *name)
{
	const char *demangled = demangle_name(program->arena, name);

	return demangled ? demangled : name;
}
