"""What holds for all tests: none is timed or leaves a process of its own running; collecting garbage costs little."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import processes

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Every process that a test starts, however deep, carries this run's mark, and pytest's own word on which test.

    Where Python is told to keep no compiled files, they compile the product once and not each: in a folder of the run.
    """
    os.environ[processes.MARK] = str(os.getpid())
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = folder = tempfile.mkdtemp(prefix="compiled-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Processes that tests of a module left running are ended, and it fails with the test that started each."""
    yield
    left = processes.left_running()
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert list(left.values()) == []
