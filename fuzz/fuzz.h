/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"

/*
 * A fuzz target is one file with this function; it must() what has to hold.  Built with
 * clang it is a libFuzzer program (-Dfuzz=true); with fuzz/replay.c, by any compiler, it
 * is a test that replays files.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The vectors that serve as seeds are whole BGP messages: where does the body begin?  An
 * input without the marker is a body itself. */
static inline size_t fuzz_body(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < 16; i++) {
		if (size < 19 || data[i] != 0xff)
			return 0;
	}
	return 19;
}
