/*
 * Statistic cells: one per CPU, merged when read.
 *
 * A cell keeps only what a program reads; the parts stand in this order and
 * those left out take no room (offsets come from stat_offset()). All parts are
 * 8 bytes. Shared by both backends, the reader and the constant folder.
 */
#ifndef SPILE_COMMON_STAT_H
#define SPILE_COMMON_STAT_H

#include <linux/types.h>

/* ORDER: as IR_STAT_* in translator/ir/ir.h. */
enum stat_part {
	STAT_COUNT = 1,		/* values added; always kept */
	STAT_SUM = 2,
	STAT_MIN = 4,
	STAT_MAX = 8,
	STAT_AVG = 16,		/* needs COUNT and SUM */
	STAT_VARIANCE = 32,	/* Welford: shifted mean and sum of squares */
	STAT_HIST = 64,		/* buckets at the end */
};

enum { STAT_BUCKETS_LOG = 129, STAT_BUCKETS_MOST = 130 };

#endif
