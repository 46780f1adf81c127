/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "msg.h"

/* What is measured: each phase writes one JSON object to bench.out. */
void phase_run_all(void);
struct dec_stats phase_stats(void); /* of all receivers, since the start */
