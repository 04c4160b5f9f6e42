#!/usr/bin/env python3
"""Hostile input against the running server, one case for each row of docs/bad-input-matrix.md.

After every case the process lives, a neighbour's session works, mail is unchanged and no byte of a
payload was executed. The checked-in table and the cases here are compared at the end.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib import harness, scene, servers
from lib.harness import check, equal, test
from rows import before_login, commands, lmtp  # noqa: F401  (they register their cases)

MATRIX = os.path.join(servers.REPOSITORY, "docs", "bad-input-matrix.md")
_stage = []


def stage():
    """One server for all cases; a fresh one when a case has ended it."""
    if _stage and not _stage[0].server.alive():
        _stage.clear()
    if not _stage:
        server = harness.new_server().start()
        _stage.append(scene.Scene(server))
    return _stage[0]


def as_test(ids, function):
    def run():
        here = stage()
        function(here)
        here.unharmed()
    run.__name__ = f"{'_'.join(ids)}_{function.__name__}"
    test(run)


for ids, function in scene.cases:
    as_test(ids, function)


@test
def table_and_cases_agree():
    """Every case is in the table by its id; every row that claims a case here has one."""
    with open(MATRIX) as source:
        rows = re.findall(r"^\| ([A-D]\d+) \|.*\| ([^|]*) \| (tested|part|later|elsewhere) \|$", source.read(), re.M)
    states = {row: (tests, state) for row, tests, state in rows}
    have = {row: function.__name__ for ids, function in scene.cases for row in ids}
    for row, name in have.items():
        check(row in states, f"row {row} is not in {MATRIX}")
        check(f"`{name}`" in states[row][0], f"row {row} does not name {name}: {states[row][0]}")
    claimed = {row for row, (tests, state) in states.items() if "bad_input" in tests}
    equal(sorted(claimed), sorted(have), "rows that claim a case in bad_input.py")


@test
def log_holds_no_secrets():
    server = stage().server
    log = server.log_text()
    for address, password in server.accounts.items():
        check(password not in log, f"the password of {address} is in the log")
    check(not re.search(r"[\x00-\x08\x0b-\x1f]", log), "control bytes stand unescaped in the log")
    if server.name == "postern":
        check(server.stop() == 0, "the exit code after SIGTERM")
    server.stop()
    server.remove()


harness.main()
