/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/errlist.h"
#include "config/typed.h"

/*
 * What makes no sense as a whole although each value is a good one: overlaps, doubles,
 * addresses outside their subnets.  Only what is there is checked; a hole in the
 * configuration was an error before.
 */
void check_all(const struct typed *t, struct errlist *errs);
