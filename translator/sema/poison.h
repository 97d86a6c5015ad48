/*
 * Poison: an expression that was reported as wrong. Later phases take it as
 * any type and say nothing about it, so one mistake gives one message.
 */
#ifndef SPILE_SEMA_POISON_H
#define SPILE_SEMA_POISON_H

#include <stdbool.h>

struct expr;
struct scope;
struct sema;

extern const char poison_mark[];

void expr_poison(struct expr *expr);
bool expr_is_poison(const struct expr *expr);

/* Resolves one expression in a scope, for context.c and resolve.c together. */
void resolve_one(struct sema *sema, struct scope *scope, struct expr **slot);

#endif
