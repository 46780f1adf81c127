/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* yang/vsubnet.yang; the build makes the other side of this with embed.py. */
extern const char schema_text[];
