"""The runner's disk and that of the ledger are full from a step of a deploy on: what serves afterwards, once there is room."""

from __future__ import annotations

import errno
import os
import sys
import unittest
from pathlib import Path

from steps import KILLED, NEW, OLD, Moments, World, shared_out
from test_faults import KilledOnCommands

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class NoRoom(Moments):
    """From the chosen moment on nothing can be written below the checkout and the ledger, in this phase and in later
    ones. What exists can be read."""

    def __init__(self, world: World, phase: str, at: list | None = None, act=None, trace: bool = False) -> None:
        super().__init__(world, phase, at, lambda: full(world).touch(), trace)

    def install(self) -> None:
        super().install()
        below = tuple(str(self.world.folder / name) + os.sep for name in ("repo", "ledger"))

        def look(event: str, words: tuple) -> None:
            if event == "open" and isinstance(words[0], str) and words[2] & WRITES:
                path = os.path.abspath(words[0])
                if path.startswith(below) and full(self.world).exists():
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

        sys.addaudithook(look)  # of this phase's process, which ends with it


def full(world: World) -> Path:
    return world.folder / "full"


class Full(KilledOnCommands):
    def killed(self, key: list, rate: str = "0") -> World:
        """A run that goes on to its end without room; then there is some again."""
        world = self.world(rate)
        world.moments = NoRoom
        code = world.deploy(at=key)
        world.moments = Moments
        full(world).unlink()
        log = world.log()
        assert code != KILLED and "Traceback" not in log, f"{code}\n{log}"
        if code == 0:
            assert "good" in world.kinds(), log
        else:
            assert os.strerror(errno.ENOSPC) in log, f"{code}\n{log}"
        assert world.live() in (NEW, OLD), log
        return world


del KilledOnCommands  # is run where it stands

if __name__ == "__main__":
    unittest.main()
