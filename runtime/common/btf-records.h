/* How the records of BTF follow each other. */
#ifndef SPILE_COMMON_BTF_RECORDS_H
#define SPILE_COMMON_BTF_RECORDS_H

#include <linux/btf.h>
#include <stdint.h>

enum {
	BTF_ENUM64_RECORD = 19,	/* BTF_KIND_ENUM64, new in Linux 6.0 */
};

/* Bytes after the head of a record (struct btf_type) that tells of @length
 * members; -1 for kinds that are not known. */
static inline int64_t btf_rest_size(int kind, uint32_t length)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return 12;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_ENUM64_RECORD:
		return 12 * (int64_t)length;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * (int64_t)length;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	}
	return -1;
}

#endif
