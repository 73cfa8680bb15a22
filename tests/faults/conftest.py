"""The table of R1, printed at the end of the session."""

from tests.faults.harness import REPORTS, table


def pytest_terminal_summary(terminalreporter):
    if REPORTS:
        terminalreporter.section("fault harness: every door, every wire call, every kind")
        for row in table(REPORTS):
            terminalreporter.line(row)
