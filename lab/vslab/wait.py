# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for things to become so: poll with a deadline, never sleep and hope."""

import time


class Timeout(AssertionError):
    """It did not become so; says what, for how long, and what was seen last."""


def until(what, probe, timeout=10.0, interval=0.05):
    """Call probe() until it returns something true, and return that.

    An AssertionError in probe() means "not yet" and is shown when time is up, so a probe
    may be written with plain asserts.
    """
    end = time.monotonic() + timeout
    while True:
        try:
            seen = probe()
            if seen:
                return seen
        except Timeout:
            raise
        except AssertionError as e:
            seen = e
        if time.monotonic() >= end:
            last = str(seen).strip() or repr(seen)
            raise Timeout(f"not within {timeout:g} s: {what}\nlast seen: {last}")
        time.sleep(interval)


def always(what, probe, seconds, interval=0.05):
    """The opposite: probe() must hold at every look for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not probe():
            raise AssertionError(f"did not stay so: {what}")
        time.sleep(interval)
