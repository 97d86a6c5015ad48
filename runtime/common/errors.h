/* Numbers of the rows of errors.def, from 1: the operand of fail.with. */
#ifndef SPILE_COMMON_ERRORS_H
#define SPILE_COMMON_ERRORS_H

enum error_code {
	ERROR_CODE_NONE,
#define ERROR(id, sentence) ERROR_CODE_##id,
#include "runtime/common/errors.def"
#undef ERROR
	ERROR_CODES
};

#endif
