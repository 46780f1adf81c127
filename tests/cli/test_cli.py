#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The vsubnet program against a real control socket, and against servers that misbehave.

usage: test_cli.py VSUBNET SERVER
"""
import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

VSUBNET, SERVER = sys.argv[1:3]
PATIENCE = 30  # seconds until what must come is given up


def frame(kind, data):
    return len(data).to_bytes(4, "big") + kind + data


class Fake:
    """A server that reads one request and answers with these bytes, cut as told."""

    def __init__(self, path, answer, cut=None, hang=False):
        self.request = b""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        self.sock.listen()
        self.thread = threading.Thread(target=self.serve, args=(answer, cut, hang))
        self.thread.start()

    def serve(self, answer, cut, hang):
        con, _ = self.sock.accept()
        with con:
            while not hang and b"\n" not in self.request:
                self.request += con.recv(4096)
            step = cut or len(answer) or 1
            try:
                for i in range(0, len(answer), step):
                    con.sendall(answer[i:i + step])
            except BrokenPipeError:
                pass

    def close(self):
        self.thread.join(PATIENCE)
        self.sock.close()


class Cli(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="vsubnet-cli-")
        self.path = self.dir + "/sock"
        self.env = {**os.environ, "VSUBNET_SOCKET": self.path, "LC_ALL": "C.UTF-8"}
        self.server = None
        self.stopped = False  # a second SIGTERM may meet a server that no longer listens to it

    def tearDown(self):
        if self.server:
            if not self.stopped:
                self.server.terminate()
            self.assertEqual(self.server.wait(PATIENCE), 0)
            self.server.stdout.close()
        shutil.rmtree(self.dir)

    def serve(self):
        self.server = subprocess.Popen([SERVER, self.path], stdout=subprocess.PIPE)
        self.assertEqual(self.server.stdout.readline(), b"ready\n")

    def run_cli(self, *args, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        p = subprocess.run([VSUBNET, *args], capture_output=True, env=self.env,
                           timeout=PATIENCE, **kw)
        return p.returncode, p.stdout.decode(), p.stderr.decode()

    def test_the_table_prints_as_the_daemon_wrote_it(self):
        self.serve()
        want = ("Prefix          Next-hop   Protocol\n"
                "1.1.0.0/16      Null       Direct\n"
                "1.1.1.1/32      Local      ARP\n")
        self.assertEqual(self.run_cli("show", "routes", "blue"), (0, want, ""))
        self.assertEqual(self.run_cli("sh", "ro"), (0, want, ""))

    def test_json_may_be_asked_for_before_and_behind_the_command(self):
        self.serve()
        for args in (["--json", "show", "routes"], ["show", "routes", "--json"],
                     ["show", "-j", "routes"]):
            code, out, err = self.run_cli(*args)
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(json.loads(out)["routes"][1],
                             {"prefix": "1.1.1.1/32", "next-hop": "Local", "protocol": "ARP"})

    def test_a_no_is_1_and_still_valid_json(self):
        self.serve()
        self.assertEqual(self.run_cli("show", "routes", "red"),
                         (1, "", 'vsubnet: no VPN "red"\n'))
        code, out, err = self.run_cli("show", "routes", "red", "--json")
        self.assertEqual((code, json.loads(out)), (1, {"error": 'no VPN "red"'}))

    def test_wrong_words_are_2_with_the_usage(self):
        self.serve()
        self.assertEqual(
            self.run_cli("show", "routes", "a", "b"),
            (2, "", "vsubnet: expected one VPN, found 2 words (usage: show routes [VPN])\n"))
        code, out, err = self.run_cli("show", "rotues")
        self.assertEqual(code, 2)
        self.assertIn('unknown word "rotues" after "show"', err)

    def test_wrong_options_and_no_command_are_2(self):
        self.assertEqual(self.run_cli("--frob")[0], 2)
        code, out, err = self.run_cli()
        self.assertEqual((code, out), (2, ""))
        self.assertTrue(err.startswith("usage: vsubnet"))

    def test_help_and_version_need_no_daemon(self):
        code, out, err = self.run_cli("--help")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("--json", out)
        code, out, err = self.run_cli("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^vsubnet \d+\.\d+\.\d+\n$")

    def test_no_daemon_is_3_in_one_line(self):
        self.assertEqual(
            self.run_cli("show", "routes"),
            (3, "", f"vsubnet: cannot reach vsubnetd at {self.path}: "
                    "No such file or directory (is it running?)\n"))
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(self.path)
        dead.close()
        self.assertEqual(
            self.run_cli("show", "routes"),
            (3, "", f"vsubnet: cannot reach vsubnetd at {self.path}: "
                    "Connection refused (is it running?)\n"))

    def test_the_option_beats_the_environment(self):
        self.serve()
        self.env["VSUBNET_SOCKET"] = "/nonexistent"
        self.assertEqual(self.run_cli("-s", self.path, "echo", "x")[1], "words: x\n")
        self.assertEqual(self.run_cli("-s", "/" + "x" * 200, "echo")[0], 2)

    def test_any_word_arrives_as_it_was(self):
        self.serve()
        words = ["a b", '"', "\\", "\n\t\x01", "ü", "--", "\U0001f600", "x" * 1000]
        code, out, err = self.run_cli("--json", "--", "echo", *words)
        self.assertEqual((code, json.loads(out)), (0, {"words": words}))
        code, out, err = self.run_cli("echo", b"\xff")
        self.assertEqual(code, 2)
        self.assertIn("bad request", err)
        code, out, err = self.run_cli("echo", "x" * 5000)
        self.assertEqual((code, err), (2, "vsubnet: request longer than 4096 bytes\n"))

    def test_frames_may_be_cut_anywhere(self):
        answer = (frame(b"O", b"one\n") + frame(b"?", b"of a later version") +
                  frame(b"O", b"two\n") + frame(b"E", b"a reason") + frame(b"S", b"\x01"))
        for cut in range(1, len(answer)):
            path = f"{self.path}{cut}"
            fake = Fake(path, answer, cut)
            self.env["VSUBNET_SOCKET"] = path
            self.assertEqual(self.run_cli("show", "x"),
                             (1, "one\ntwo\n", "vsubnet: a reason\n"))
            fake.close()
            self.assertEqual(json.loads(fake.request),
                             {"words": ["show", "x"], "format": "text"})

    def test_an_answer_that_ends_too_early_is_3(self):
        whole = frame(b"O", b"one\n") + frame(b"S", b"\x00")
        for n in range(len(whole)):
            path = f"{self.path}{n}"
            fake = Fake(path, whole[:n])
            self.env["VSUBNET_SOCKET"] = path
            code, out, err = self.run_cli("x")
            fake.close()
            self.assertEqual(code, 3)
            self.assertIn("closed the connection in mid-answer", err)

    def test_something_else_on_the_socket_is_3(self):
        fake = Fake(self.path, b"HTTP/1.1 400 Bad Request\r\n\r\n")
        code, out, err = self.run_cli("x")
        fake.close()
        self.assertEqual((code, out), (3, ""))
        self.assertIn("does not answer like vsubnetd", err)

    def test_a_server_that_refuses_before_it_reads_is_heard(self):
        fake = Fake(self.path, frame(b"E", b"too many clients") + frame(b"S", b"\x01"),
                    hang=True)
        self.assertEqual(self.run_cli("x", "y" * 3000), (1, "", "vsubnet: too many clients\n"))
        fake.close()

    def test_a_reader_that_has_had_enough_ends_it_quietly(self):
        self.serve()
        p = subprocess.Popen([VSUBNET, "show", "count", "100000000"], env=self.env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(p.stdout.readline(), b"N\n")
        p.stdout.close()
        self.assertEqual(p.wait(PATIENCE), -signal.SIGPIPE)
        self.assertEqual(p.stderr.read(), b"")
        p.stderr.close()
        self.assertEqual(self.run_cli("echo")[0], 0)

    def test_a_long_answer_is_whole(self):
        self.serve()
        code, out, err = self.run_cli("show", "count", "200000", "--json")
        self.assertEqual(code, 0)
        self.assertEqual([r["n"] for r in json.loads(out)["rows"]], list(range(200000)))

    def test_monitor_shows_each_event_when_it_comes_until_interrupted(self):
        self.serve()
        for args, pick in (([], lambda line: line.split(b" ", 1)[1].decode()),
                           (["--json"], lambda line: json.loads(line).get("host"))):
            p = subprocess.Popen([VSUBNET, "monitor", *args], env=self.env,
                                 stdout=subprocess.PIPE)
            first = p.stdout.readline()
            self.assertIn(b"listening", first)
            for host in ("1.1.1.3", "1.1.1.4"):
                self.assertEqual(self.run_cli("happen", host)[0], 0)
                self.assertIn(host, pick(p.stdout.readline()))
            p.send_signal(signal.SIGINT)
            self.assertEqual(p.wait(PATIENCE), -signal.SIGINT)
            p.stdout.close()

    def test_a_daemon_that_goes_away_ends_the_monitor_with_3(self):
        self.serve()
        p = subprocess.Popen([VSUBNET, "monitor"], env=self.env, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        p.stdout.readline()
        self.server.terminate()
        self.stopped = True
        self.assertEqual(p.wait(PATIENCE), 3)
        p.stdout.close()
        p.stderr.close()


class Terminal(Cli):
    """The prompt, by a pseudo terminal."""

    def setUp(self):
        super().setUp()
        self.serve()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # el_set(EL_ADDFN) keeps two strings for ever, as libedit says itself.
            os.environ.update(self.env, TERM="dumb", HOME=self.dir,
                              ASAN_OPTIONS="detect_leaks=0")
            os.execv(VSUBNET, [VSUBNET])
        self.seen = ""
        self.expect("vsubnet> ")

    def tearDown(self):
        os.close(self.fd)
        super().tearDown()

    def type(self, text):
        os.write(self.fd, text.encode())

    def shows(self, text, seconds):
        """Did it come in that time?"""
        end = time.monotonic() + seconds
        while text not in self.seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return False
            self.seen += os.read(self.fd, 4096).decode(errors="replace")
        return True

    def expect(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                self.fail(f"{text!r} never came, only {self.seen!r}")
            try:
                self.seen += os.read(self.fd, 4096).decode(errors="replace")
            except OSError:
                self.fail(f"it ended before {text!r} came: {self.seen!r}")
        before, _, self.seen = self.seen.partition(text)
        return before

    def ends(self, code, again=None):
        """It ends; `again` is typed once more every three seconds."""
        end = time.monotonic() + PATIENCE
        due = time.monotonic() + 3
        pid, status = 0, 0
        while not pid and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    os.read(self.fd, 4096)
                except OSError:
                    pass  # the other end is closed
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if again and not pid and time.monotonic() > due:
                self.type(again)
                due = time.monotonic() + 3
        if not pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.fail("it did not end")
        self.assertEqual(os.waitstatus_to_exitcode(status), code)

    def end_of_file(self):
        """^D.  One that comes as libedit goes to read is an end of file for the terminal's
        own line, and none for libedit: then another is needed, as ^C is."""
        self.type("\x04")
        self.ends(0, again="\x04")

    def test_lines_are_commands(self):
        self.type("echo 'a b' \"c d\" e\\ f # not this\r")
        self.expect("words: a b, c d, e f")
        self.expect("vsubnet> ")
        self.type("show routes red\r")
        self.expect('vsubnet: no VPN "red"')
        self.expect("vsubnet> ")
        self.type("echo 'open\r")
        self.expect("a quote is not closed")
        self.expect("vsubnet> ")
        self.type("exit\r")
        self.ends(2)

    def test_tab_completes_by_asking_the_daemon(self):
        self.type("sh\tro\t")
        self.expect("show ")
        self.expect("routes ")
        self.type("\r")
        self.expect("1.1.1.1/32      Local      ARP")
        self.expect("vsubnet> ")
        self.type("show \t")
        self.expect("control  count  routes")
        self.type("c\t")
        self.type("\x15")  # clear the line
        self.end_of_file()

    def interrupt(self):
        """^C until the prompt is there: libedit may miss one that comes as it goes to read."""
        for _ in range(3):
            self.type("\x03")
            if self.shows("vsubnet> ", 3):
                break
        self.expect("vsubnet> ")

    def test_interrupt_ends_the_monitor_and_clears_the_line_but_not_the_prompt(self):
        self.type("monitor\r")
        self.expect("listening=all")
        self.type("\x03")
        self.expect("vsubnet> ")
        self.type("echo never")
        self.expect("never")
        self.interrupt()
        self.type("echo again\r")
        self.expect("words: again")
        self.expect("vsubnet> ")
        self.type("exit\r")
        self.ends(0, again="\x15exit\r")


# Terminal inherits only the helpers.
for name in [n for n in vars(Cli) if n.startswith("test_")]:
    setattr(Terminal, name, None)

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
