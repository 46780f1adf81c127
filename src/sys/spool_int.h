/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/* What the daemon and the writer of files say to each other, a message at a time; both
 * are the same program on the same machine. */
enum spool_op { SPOOL_OPEN = 1, SPOOL_OPEN_WHOLE, SPOOL_DATA, SPOOL_CLOSE };

struct spool_head { /* a path with its NUL, or data, follows */
	uint8_t op, file;
};

struct spool_answer {
	uint32_t file, closed;
	int32_t err; /* -errno */
	uint64_t octets, lost;
};
