/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Keyed hash for tables whose keys outsiders choose (SipHash-1-3, by J-P. Aumasson and
 * D. J. Bernstein).  The key is drawn once per process by hash_seed(), before any table
 * is made; tests leave it at zero and are deterministic.
 */
void hash_seed(uint64_t k0, uint64_t k1);
uint64_t hash_bytes(const void *data, size_t len);
