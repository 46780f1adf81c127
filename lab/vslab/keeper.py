# SPDX-License-Identifier: GPL-2.0-or-later
"""The process that builds a lab, minds its daemons, and takes it down.

One keeper per lab, so that a lab has an owner whatever becomes of those who asked for it:
it outlives `lab/lab up`, but dies with a test run that crashes.  It ends on SIGTERM, and
then everything of the lab ends.  Daemons are its children: it sees their end, writes why
into the log, and starts ours again as systemd's Restart=always would.
"""

import contextlib
import ctypes
import json
import os
import pwd
import select
import signal
import subprocess
import sys
import time

from . import topologies
from .build import Builder
from .netns import run

STATE = "/run/vsubnet-lab"
RESTART_MIN, RESTART_MAX = 0.1, 1.0  # seconds
PR_SET_PDEATHSIG = 1


def repository():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build_dir():
    return os.path.abspath(os.environ.get("VSUBNET_BUILD", f"{repository()}/build"))


def program(name):
    """Where the build put one of our programs."""
    for place in (f"src/{name}", "src/daemon", "src/cli", "."):
        path = f"{build_dir()}/{place}/{name}"
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise FileNotFoundError(f"no {name} in {build_dir()}: build first, or set VSUBNET_BUILD")


def die_with_parent(sig):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, sig)


def start_time(pid):
    """Of a process, in ticks; tells it from a later one with the same number.  None if it
    has ended, reaped or not."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def write(path, text):
    with open(path + "~", "w") as f:
        f.write(text)
    os.rename(path + "~", path)


class Child:
    """A daemon of a node."""

    def __init__(self, keeper, node):
        self.keeper, self.node = keeper, node
        self.dir = f"{keeper.dir}/{node.name}"
        self.process = None
        self.due = None  # when to start it (again)
        self.delay = RESTART_MIN
        self.started = 0.0

    def prepare(self):
        daemon = self.node.daemon
        os.makedirs(self.dir, exist_ok=True)
        names = {"dir": self.dir, "bpf": f"{self.keeper.dir}/bpf/{self.node.name}"}
        for name, text in daemon.files.items():
            for key, value in names.items():
                text = text.replace("{" + key + "}", value)
            write(f"{self.dir}/{name}", text)
        if daemon.kind == "vsubnetd":
            names["vsubnetd"] = program("vsubnetd")
        self.argv = [arg.format(**names) for arg in daemon.argv]
        if daemon.owner != "root":
            user = pwd.getpwnam(daemon.owner)
            for path in (self.dir, *(f"{self.dir}/{n}" for n in daemon.files)):
                os.chown(path, user.pw_uid, user.pw_gid)

    def start(self):
        self.due = None
        self.started = time.monotonic()
        with open(f"{self.dir}/log", "a") as log:
            self.process = self.keeper.builder.ns(self.node.name).popen(
                *self.argv, stdout=log, stderr=log, cwd=self.dir, start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGKILL))
        write(f"{self.dir}/pid", f"{self.process.pid}\n")

    def reap(self):
        """Has it ended?  Then say so, and plan the next start."""
        if self.process is None or self.process.poll() is None:
            return
        status = self.process.returncode
        how = f"signal {-status}" if status < 0 else f"exit {status}"
        with open(f"{self.dir}/log", "a") as log:
            log.write(f"--- {self.node.daemon.kind} ended: {how}\n")
        with open(f"{self.dir}/ends", "a") as ends:
            ends.write(f"{how}\n")
        self.process = None
        if self.node.daemon.restart:
            lasted = time.monotonic() - self.started
            self.delay = RESTART_MIN if lasted > 5 else min(self.delay * 2, RESTART_MAX)
            self.due = time.monotonic() + self.delay

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stopped(self, deadline):
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Keeper:
    def __init__(self, lab_id, name, options):
        self.id, self.name, self.options = lab_id, name, options
        self.dir = f"{STATE}/{lab_id}"
        self.topology = topologies.make(name, **options)
        self.builder = Builder(self.topology, f"vs-{lab_id}-", self.dir)
        self.children = []
        self.wake_r, self.wake_w = os.pipe()
        os.set_blocking(self.wake_w, False)
        self.stopping = False

    def up(self):
        os.makedirs(self.dir)
        write(f"{self.dir}/state.json", json.dumps({
            "id": self.id, "topology": self.name, "options": self.options,
            "keeper": os.getpid(), "keeper_start": start_time(os.getpid()),
            "build": build_dir()}))
        os.mkdir(f"{self.dir}/bpf")
        run("mount", "-t", "bpf", "bpf", f"{self.dir}/bpf")
        self.builder.build()
        for node in self.topology.nodes.values():
            os.makedirs(f"{self.dir}/{node.name}", exist_ok=True)
            if node.daemon:
                child = Child(self, node)
                child.prepare()
                self.children.append(child)
        for child in self.children:
            child.start()

    def down(self):
        for child in self.children:
            child.stop()
        deadline = time.monotonic() + 3
        for child in self.children:
            child.stopped(deadline)
        self.builder.destroy()
        clean(self.dir)

    def signalled(self, sig, frame):
        if sig != signal.SIGCHLD:
            self.stopping = True

    def run(self, tell):
        """tell(text): to whoever waits for us; "ready", or what is wrong."""
        signal.set_wakeup_fd(self.wake_w)
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(sig, self.signalled)
        try:
            self.up()
            tell("ready")
            while not self.stopping:
                self.tend()
        except Exception as e:  # whatever it is: tell, clean up, end
            tell(f"{type(e).__name__}: {e}")
            self.down()
            return 1
        self.down()
        return 0

    def tend(self):
        now = time.monotonic()
        dues = [c.due for c in self.children if c.due is not None]
        timeout = max(0.0, min(dues) - now) if dues else 3600
        select.select([self.wake_r], [], [], timeout)
        if select.select([self.wake_r], [], [], 0)[0]:
            os.read(self.wake_r, 4096)
        for child in self.children:
            child.reap()
            if child.due is None or child.due > time.monotonic():
                continue
            if os.path.exists(f"{child.dir}/held"):
                child.due = time.monotonic() + RESTART_MIN
            else:
                child.start()


def clean(directory):
    """Remove what a lab leaves on disk.  Never follows into the bpffs: that is unmounted,
    and with it go its pins."""
    bpf = f"{directory}/bpf"
    while os.path.ismount(bpf):
        run("umount", bpf)
    run("rm", "-rf", "--one-file-system", directory)
    with contextlib.suppress(OSError):
        os.rmdir(STATE)


def spawn(lab_id, name, options, die_with_us):
    """Start a keeper; returns when its lab is up, raises when it will not be.

    The keeper is a fresh interpreter, not a fork of ours: a test run has threads.
    """
    request = json.dumps({"id": lab_id, "topology": name, "options": options,
                          "parent": os.getpid() if die_with_us else 0})
    read_fd, write_fd = os.pipe()
    p = subprocess.Popen(
        [sys.executable, "-m", "vslab.keeper", request, str(write_fd)],
        cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[write_fd],
        start_new_session=True)
    os.close(write_fd)
    with os.fdopen(read_fd) as f:
        said = f.read().strip()
    if said != "ready":
        p.wait()
        raise RuntimeError(said or f"the keeper of {lab_id} ended without a word")
    return p


def main():
    request, fd = json.loads(sys.argv[1]), int(sys.argv[2])

    def tell(text):
        nonlocal fd
        if fd >= 0:
            os.write(fd, text.encode())
            os.close(fd)
            fd = -1

    os.umask(0o022)
    keeper = Keeper(request["id"], request["topology"], request["options"])
    if request["parent"]:
        die_with_parent(signal.SIGTERM)
        if os.getppid() != request["parent"]:
            return 1
    return keeper.run(tell)


if __name__ == "__main__":
    sys.exit(main())
