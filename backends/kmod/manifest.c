/* What the module says about itself: runtime/common/manifest.h. */
#include "runtime/common/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "backends/kmod/gen.h"
#include "translator/base/arena.h"

static void copy_pairs(struct gen *gen, struct manifest_pairs *to,
		       const struct ir_pair *from, size_t count)
{
	to->items = arena_array(gen->arena, struct manifest_pair, count + 2);
	to->count = count;
	for (size_t i = 0; i < count; i++) {
		to->items[i].key = from[i].key;
		to->items[i].value = from[i].value;
	}
}

static void add_pair(struct manifest_pairs *pairs, const char *key,
		     const char *value)
{
	if (manifest_pair_get(pairs, key))
		return;
	pairs->items[pairs->count].key = key;
	pairs->items[pairs->count++].value = value;
}

static char value_type(const struct ir_global *global)
{
	switch (global->value) {
	case IR_VALUE_LONG: return 'l';
	case IR_VALUE_TEXT: return 't';
	case IR_VALUE_STAT: return 's';
	}
	return 'l';
}

/* How the keys of an array are packed. */
static const char *key_text(struct gen *gen, const struct ir_global *global)
{
	const char *text = "";

	for (size_t i = 0; i < global->keys.count; i++) {
		unsigned room = key_room(&global->keys.items[i]);

		text = !room ?
			arena_printf(gen->arena, "%s%sl", text, i ? " " : "") :
			arena_printf(gen->arena, "%s%st%u", text, i ? " " : "",
				     room);
	}
	return text;
}

static void fill_globals(struct gen *gen, struct manifest *manifest)
{
	const struct ir_program *program = gen->program;

	manifest->global_count = program->globals.count;
	manifest->globals = arena_array(gen->arena, struct manifest_global,
					program->globals.count);
	for (size_t i = 0; i < program->globals.count; i++) {
		const struct ir_global *from = program->globals.items[i];

		manifest->globals[i] = (struct manifest_global){
			.name = from->name,
			.type = from->kind == IR_ARRAY ? 'a' : value_type(from),
			.room = from->value == IR_VALUE_TEXT
				? (uint64_t)from->bound + 1 : 8,
			.hist = (int)from->hist,
			.start = from->hist_start,
			.stop = from->hist_stop,
			.step = from->hist_step,
			.value = value_type(from),
			.size = from->kind == IR_ARRAY ? (uint64_t)from->size : 0,
			.parts = (unsigned)from->stat_ops,
			.shift = (unsigned)from->stat_shift,
			.keys = key_text(gen, from),
		};
	}
}

static void fill_probes(struct gen *gen, struct manifest *manifest)
{
	const struct ir_program *program = gen->program;

	manifest->probe_count = program->probes.count;
	manifest->probes = arena_array(gen->arena, struct manifest_probe,
				       program->probes.count);
	for (size_t i = 0; i < program->probes.count; i++) {
		const struct ir_probe *from = program->probes.items[i];
		struct manifest_probe *to = &manifest->probes[i];

		to->kind = from->kind;
		to->name = from->name;
		to->program = arena_printf(gen->arena, "%zu", i);
		copy_pairs(gen, &to->pairs, from->pairs.items,
			   from->pairs.count);
	}
}

/* The runner finds out what they are on its kernel. */
static void fill_relocs(struct gen *gen, struct manifest *manifest)
{
	size_t count = gen->program->relocs.count;

	manifest->reloc_count = count;
	manifest->relocs = arena_array(gen->arena, struct manifest_reloc,
				       count);
	for (size_t i = 0; i < count; i++)
		manifest->relocs[i] = (struct manifest_reloc){
			.path = gen->program->relocs.items[i].path,
			.offset = 24 * i,
		};
}

static char *manifest_text(struct gen *gen)
{
	const struct ir_program *program = gen->program;
	struct manifest manifest = {
		.formats = program->formats.items,
		.format_count = program->formats.count,
		.site_count = program->sites.count,
	};

	copy_pairs(gen, &manifest.session, program->session.items,
		   program->session.count);
	add_pair(&manifest.session, "name", program->name);
	add_pair(&manifest.session, "backend", "kernel");
	manifest.sites = arena_array(gen->arena, struct manifest_site,
				     program->sites.count);
	for (size_t i = 0; i < program->sites.count; i++) {
		manifest.sites[i].identifier =
			program->sites.items[i].identifier;
		manifest.sites[i].place = program->sites.items[i].place;
	}
	fill_globals(gen, &manifest);
	fill_probes(gen, &manifest);
	fill_relocs(gen, &manifest);
	return manifest_print(&manifest);
}

/* A line of the manifest is a line of the literal. */
void manifest_write(struct gen *gen)
{
	char *text = manifest_text(gen);
	struct writer *out = &gen->out;

	write_line(out, "static const char manifest[] __used "
		   "__section(\".spile\") =");
	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		struct buf quoted = { 0 };

		length += line[length] == '\n';
		buf_escape(&quoted, line, length);
		write_line(out, "\t\"%s\"", buf_text(&quoted));
		buf_free(&quoted);
		line += length;
	}
	write_line(out, "\t\"\";");
	free(text);
}
