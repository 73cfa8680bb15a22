"""Tables: what fits, and what is left out."""

from __future__ import annotations

import pytest

from cli import output


@pytest.mark.parametrize(
    ("needed", "available", "widths"),
    [
        ({"id": 16, "name": 10}, 80, {"id": 16, "name": 10}),
        ({"id": 16, "name": 60}, 80, {"id": 16, "name": 60}),
        ({"id": 16, "name": 60, "status": 6}, 80, {"id": 16, "name": 52, "status": 6}),
        ({"id": 16, "name": 60, "status": 6, "email": 60}, 80, {"id": 16, "name": 52, "status": 6}),
        ({"id": 16, "name": 60, "email": 60}, 100, {"id": 16, "name": 50, "email": 28}),
        ({"id": 16, "name": 60}, 30, {"id": 16, "name": 11}),
        ({"id": 16, "name": 60}, 10, {"id": 16, "name": 4}),
        ({"comment": 500}, 80, {"comment": 500}),
        ({}, 80, {}),
    ],
)
def test_the_first_columns_are_whole_and_the_last_ones_left_out(needed, available, widths):
    assert output.fitting(needed, available) == widths
