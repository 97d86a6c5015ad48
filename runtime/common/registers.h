/*
 * Registers of probed code by their DWARF numbers: where each lies in the
 * pt_regs that handlers get (on arm64 user_pt_regs), and the rules of calls.
 * One table a machine, of the machine that this is compiled for.
 */
#ifndef SPILE_COMMON_REGISTERS_H
#define SPILE_COMMON_REGISTERS_H

enum {
	REGISTER_PC = -1,	/* the address of the probed code */
	/* The stack pointer, of which no more is asked than that it tells one call
	 * from others: something else may stand for it. */
	REGISTER_CALL = -2,
	REGISTER_RESULT = 0,	/* rax, x0 */
#if defined(__x86_64__)
	/* How far a trap moves it: its instruction is of one byte. */
	REGISTER_TRAP = 1,
	REGISTER_SP = 7,
	REGISTER_PC_PLACE = 128,
	/* How far a call moves the stack pointer before the function begins. */
	REGISTER_CALL_PUSH = 8,
#elif defined(__aarch64__)
	REGISTER_TRAP = 0,
	REGISTER_SP = 31,
	REGISTER_PC_PLACE = 256,
	REGISTER_CALL_PUSH = 0,
#endif
};

/* Byte offset of a register, or -1. */
static inline int register_place(int number)
{
#if defined(__x86_64__)
	static const unsigned char places[] = {
		80, 96, 88, 40, 104, 112, 32, 152,
		72, 64, 56, 48, 24, 16, 8, 0, 128,
	};

	if (number == REGISTER_PC)
		return REGISTER_PC_PLACE;
	if (number == REGISTER_CALL)
		number = REGISTER_SP;
	return number >= 0 && number < (int)sizeof(places) ? places[number] :
							     -1;
#elif defined(__aarch64__)
	if (number == REGISTER_PC)
		return REGISTER_PC_PLACE;
	if (number == REGISTER_CALL)
		number = REGISTER_SP;
	return number >= 0 && number <= 31 ? 8 * number : -1;
#endif
}

/* Words of pt_regs, and the one that tells whose they are: of a program if, with
 * the mask, it is the value. */
enum {
#if defined(__x86_64__)
	REGISTER_WORDS = 21, REGISTER_MODE = 17, REGISTER_MODE_MASK = 3,
	REGISTER_MODE_USER = 3,
#elif defined(__aarch64__)
	REGISTER_WORDS = 34, REGISTER_MODE = 33, REGISTER_MODE_MASK = 15,
	REGISTER_MODE_USER = 0,
#endif
};

/* DWARF number of the register of the @index-th integer argument, or -1 for
 * those on the stack. */
static inline int register_argument(int index)
{
#if defined(__x86_64__)
	static const signed char registers[] = { 5, 4, 1, 2, 8, 9 };
#elif defined(__aarch64__)
	static const signed char registers[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
#endif
	return index >= 0 && index < (int)sizeof(registers) ?
		       registers[index] : -1;
}

#endif
