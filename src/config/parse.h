/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "config/schema.h"

/* config_parse() with a schema made before: to compile it takes longer than most files.
 */
int config_parse_by(const struct schema *s, const char *text, size_t len,
                    const struct config **ret, struct config_errors **ret_errors);
