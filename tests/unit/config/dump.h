/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/buf.h"
#include "config/config.h"

/* Append a configuration as a file that says everything: no default, nothing derived. */
void dump_config(struct buf *b, const struct config *cfg);
