"""Shows of a patch of MiniStack that it is needed and that it is enough."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

_MODULES = (
    "core.lambda_runtime",
    "services.apigateway_v1",
    "services.dynamodb",
    "services.eventbridge",
    "services.lambda_svc",
    "services.s3",
    "services.sns",
    "services.sqs",
)


def held_by(patch: ModuleType) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test twice: it must fail on MiniStack as it is, and pass with the patch.

    Once upstream does what the patch does, the test says so, and the patch can go (the promise stays as a plain test).
    """

    def decorate(promise: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(promise)
        def test(*arguments: Any, **fixtures: Any) -> None:
            with ministack():
                try:
                    promise(*arguments, **fixtures)
                except AssertionError:
                    pass
                else:
                    pytest.fail(f"MiniStack keeps this promise by itself: {patch.__name__} is not needed any more")
            with ministack():
                patch.apply()
                promise(*arguments, **fixtures)

        return test

    return decorate


@contextlib.contextmanager
def ministack() -> Iterator[None]:
    """MiniStack's modules in this process, restored afterwards to what they were: functions, classes and state."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # upstream's own
        modules = [importlib.import_module(f"ministack.{name}") for name in _MODULES]
        stores = [_stores_of(module) for module in modules]
        before = [dict(vars(module)) for module in modules]
        worker = importlib.import_module("ministack.core.lambda_runtime").Worker
        methods = {name: value for name, value in vars(worker).items() if callable(value)}
        actions = dict(importlib.import_module("ministack.services.sqs")._HANDLERS)
        try:
            yield
        finally:
            for module, attributes, kept in zip(modules, before, stores, strict=True):
                vars(module).update(attributes)
                for store, content in kept:
                    store._data.clear()
                    store._data.update(content)
            for name, value in methods.items():
                setattr(worker, name, value)
            importlib.import_module("ministack.services.sqs")._HANDLERS.update(actions)


def _stores_of(module: ModuleType) -> list[tuple[Any, dict[Any, Any]]]:
    stores = [value for value in vars(module).values() if hasattr(value, "all_items") and not isinstance(value, type)]
    return [(store, copy.copy(store._data)) for store in stores]
