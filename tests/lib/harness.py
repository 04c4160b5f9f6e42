"""The runner of the black-box programs: arguments, servers, numbered checks, the client table.

A program registers tests with @test and ends with main(). It prints one line per test and exits
with 0 (all good), 1 (a test failed) or 77 (skipped, which ctest shows as such).
"""
import argparse
import fcntl
import json
import os
import select
import sys
import time
import traceback

from .servers import DovecotServer, PosternServer, REPOSITORY, default_binary

SKIPPED = 77
_tests = []
options = None


class Skip(Exception):
    """The test cannot run here; the text says why."""


class Failure(Exception):
    pass


def test(function):
    _tests.append(function)
    return function


def check(condition, text):
    if not condition:
        raise Failure(text() if callable(text) else text)


def equal(found, wanted, text):
    if found == wanted:
        return
    if isinstance(found, list) and isinstance(wanted, list) and len(found) + len(wanted) > 8:
        extra, missing = list(found), list(wanted)
        for item in list(extra):
            if item in missing:
                missing.remove(item)
                extra.remove(item)
        raise Failure(f"{text}: {len(found)} found, {len(wanted)} wanted; not wanted {len(extra)}: "
                      f"{shorten(extra)}; missing {len(missing)}: {shorten(missing)}")
    if isinstance(found, dict) and isinstance(wanted, dict):
        other = {key: (found.get(key), wanted.get(key)) for key in {*found, *wanted}
                 if found.get(key) != wanted.get(key)}
        raise Failure(f"{text}: different (found, wanted): {shorten(other)}")
    raise Failure(f"{text}: found {shorten(found)}, wanted {shorten(wanted)}")


def shorten(value, most=600):
    shown = repr(value)
    return shown if len(shown) <= most else shown[:most] + f"... ({len(shown)} characters)"


def wait_until(condition, what, seconds=10):
    """For what cannot be awaited otherwise; fails when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, f"gave up waiting for {what}")
        select.select([], [], [], 0.05)


def new_server(**more):
    """The server this run is about, not started."""
    if options.server == "dovecot":
        try:
            return DovecotServer()
        except FileNotFoundError as error:
            raise Skip(str(error)) from None
    if not os.path.exists(options.binary):
        raise Failure(f"{options.binary} does not exist: build it first (scripts/quickstart --build-only)")
    return PosternServer(options.binary, **more)


def need(program, package):
    """The full path of a program, or Skip; under --require-all a missing one is a failure."""
    import shutil
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/bin")
    if not path:
        text = f"{program} is not installed (apt: {package})"
        raise Failure(text) if os.environ.get("POSTERN_REQUIRE_CLIENTS") else Skip(text)
    return path


def record(client, version, exercised, result="passed"):
    """One row of the client table in README, as a JSON line (see scripts/client-table)."""
    row = {"client": client, "version": version, "exercised": exercised, "result": result,
           "server": options.server, "program": os.path.basename(sys.argv[0])}
    _change_table(lambda rows: rows + [row])
    print(f"     client: {client} {version}: {exercised}: {result}", flush=True)


def _forget_own_rows():
    """What an earlier run of this program found says nothing about this one."""
    program = os.path.basename(sys.argv[0])
    _change_table(lambda rows: [row for row in rows
                                if (row.get("program"), row["server"]) != (program, options.server)])


def _change_table(change):
    if not options.table:
        return
    os.makedirs(os.path.dirname(os.path.abspath(options.table)), exist_ok=True)
    with open(options.table, "a+") as table:
        fcntl.flock(table, fcntl.LOCK_EX)
        table.seek(0)
        rows = change([json.loads(line) for line in table])
        table.truncate(0)
        table.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def note(text):
    print(f"     {text}", flush=True)


def main(configure=None):
    """Runs every registered test whose name contains one of the arguments (all by default)."""
    global options
    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="*", help="run tests whose name contains one of these")
    parser.add_argument("--server", choices=("postern", "dovecot"),
                        default=os.environ.get("POSTERN_TEST_SERVER", "postern"))
    parser.add_argument("--binary", default=default_binary())
    parser.add_argument("--table", default=os.environ.get(
        "POSTERN_CLIENT_TABLE", os.path.join(REPOSITORY, "build", "clients.jsonl")))
    parser.add_argument("--messages", type=int, default=None, help="messages to use (0 = all)")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("POSTERN_TEST_SEED", "1")))
    if configure:
        configure(parser)
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")
    program = os.path.basename(sys.argv[0])
    print(f"== {program} against {options.server} (seed {options.seed})", flush=True)
    _forget_own_rows()
    failed = skipped = passed = 0
    for function in _tests:
        if options.only and not any(word in function.__name__ for word in options.only):
            continue
        began = time.monotonic()
        try:
            function()
            passed += 1
            print(f"ok   {function.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skip as reason:
            skipped += 1
            print(f"skip {function.__name__}: {reason}", flush=True)
        except Exception as error:  # every failure is shown, the other tests still run
            failed += 1
            print(f"FAIL {function.__name__} ({time.monotonic() - began:.1f} s): {error}", flush=True)
            if not isinstance(error, Failure):
                traceback.print_exc(file=sys.stdout)
    print(f"== {program}: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    sys.exit(1 if failed else SKIPPED if skipped and not passed else 0)
