# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: labs out of network namespaces, made by the same library as lab/lab.

A lab lives as long as the fixture that asked for it, and at most as long as this process:
its keeper ends with us even when we crash.  What our daemons logged is shown with each
failure.
"""

import itertools
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "lab"))
sys.dont_write_bytecode = True

from vslab import claims, lab as labs  # noqa: E402

LOG_LINES = 25
_serial = itertools.count(1)
_live = {}


def pytest_sessionstart(session):
    if os.geteuid():
        pytest.exit("these tests need root: network namespaces, BPF", 1)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for lab in _live.values():
        for node in lab.topology.nodes.values():
            tail = lab.log(node.name).splitlines()[-LOG_LINES:] if node.daemon else []
            if tail:
                report.sections.append((f"{node.name} of {lab.id}", "\n".join(tail)))


def start(name, **options):
    lab = labs.up(name, f"t{os.getpid()}-{next(_serial)}", die_with_us=True, **options)
    _live[lab.id] = lab
    return lab


def stop(lab):
    _live.pop(lab.id, None)
    lab.down()


@pytest.fixture(scope="module")
def module_lab():
    """module_lab("two-dc", core_mtu=1500): one that the module's tests share; asking
    again in the same words gives the same lab."""
    made = {}

    def get(name, ready=None, **options):
        key = (name, *sorted(options.items()))
        if key not in made:
            for lab in made.values():  # one at a time: two cores
                stop(lab)
            made.clear()
            made[key] = start(name, **options)
            if ready:
                ready(made[key])
        return made[key]

    yield get
    for lab in made.values():
        stop(lab)


@pytest.fixture
def fresh_lab():
    """fresh_lab("two-dc"): one for this test alone."""
    made = []

    def get(name, **options):
        made.append(start(name, **options))
        return made[-1]

    yield get
    for lab in made:
        stop(lab)


@pytest.fixture(scope="module")
def two_dc(module_lab):
    return module_lab("two-dc", ready=claims.converged)
