# SPDX-License-Identifier: GPL-2.0-or-later
"""Telling a story in a terminal: chapters, claims that are checked while they are told,
one line that moves while we wait."""

import contextlib
import sys
import threading
import time

DOTS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Story:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.tty = out.isatty()
        self.claims, self.broken = 0, None
        self.began = time.monotonic()

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.tty else text

    def say(self, text=""):
        print(text, file=self.out, flush=True)

    def title(self, text):
        self.say(self.paint("1", text))

    def chapter(self, text):
        self.say()
        self.say(self.paint("1;36", text))

    def tell(self, text):
        """Indented, as it is."""
        for line in text.rstrip().splitlines():
            self.say("    " + line)

    def held(self, text, detail=""):
        self.claims += 1
        tail = self.paint("2", f"  {detail}") if detail else ""
        self.say(f"  {self.paint('32', '✓')} {text}{tail}")

    def broke(self, text, why):
        self.broken = text
        self.say(f"  {self.paint('1;31', '✗')} {text}")
        for line in str(why).strip().splitlines():
            self.say("      " + self.paint("31", line))

    @contextlib.contextmanager
    def waiting(self, text):
        """A line that shows we are alive; gone when done, absent in a pipe."""
        if not self.tty:
            yield
            return
        done = threading.Event()
        began = time.monotonic()

        def spin():
            i = 0
            while not done.wait(0.08):
                i += 1
                seconds = time.monotonic() - began
                self.out.write(f"\r\033[K  {DOTS[i % len(DOTS)]} {text} … {seconds:.0f} s")
                self.out.flush()
            self.out.write("\r\033[K")
            self.out.flush()

        thread = threading.Thread(target=spin, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    @contextlib.contextmanager
    def claim(self, text):
        """with story.claim("A reaches B") as c: check; c.detail = "in 0.3 ms"

        While it is checked a line waits; then the tick, or the cross and the reason."""
        class Detail:
            detail = ""

        c = Detail()
        try:
            with self.waiting(text):
                yield c
        except BaseException as e:
            self.broke(text, e or type(e).__name__)
            raise
        self.held(text, c.detail)
