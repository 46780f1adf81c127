/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A point in monotonic time, in microseconds.  A struct, so that seconds cannot be added
 * to it by accident.  Who needs the time is handed it; only sys/ reads a clock.
 */
struct mono {
	int64_t us;
};

#define MONO_NEVER ((struct mono){ INT64_MAX })

static inline struct mono mono_add_ms(struct mono t, int64_t ms)
{
	return (struct mono){ t.us + ms * 1000 };
}

static inline struct mono mono_add_us(struct mono t, int64_t us)
{
	return (struct mono){ t.us + us };
}

static inline int64_t mono_ms_since(struct mono now, struct mono then)
{
	return (now.us - then.us) / 1000;
}

static inline bool mono_reached(struct mono now, struct mono deadline)
{
	return now.us >= deadline.us;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.us < b.us ? a : b;
}

static inline bool mono_is_never(struct mono t)
{
	return t.us == INT64_MAX;
}
