"""How this project compiles its inner loops: Numba, without the global lock, cached on disk where that is possible."""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.misc.appdirs import AppDirs

__all__ = ["compiled", "let_import"]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with Numba on its first call.

    The machine code is kept beside the module, else in the user's cache directory (or ``NUMBA_CACHE_DIR``). Where
    neither can be written (a read-only installation without a home directory) Numba refuses to decorate at all; then
    the function still runs, compiled again in every process.

    Kernels are serial on purpose: Numba's portable threading layer aborts the process when two Python threads enter
    parallel kernels at once, which is what a server with several sessions does. Without the global lock, two sessions
    already draw side by side.

    Parameters
    ----------
    function
        A function in Numba's language. Functions it calls must live in the same file, since the cache notices changes
        to that file only.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    try:
        dispatcher = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # "no locator available": no place to keep the machine code
        dispatcher = numba.njit(nogil=True)(function)
    return cast(Function, dispatcher)


def let_import(library: str) -> None:
    """Make sure that a library which keeps compiled code can be imported; to be called before.

    Such a library (datashader, pynndescent, umap) cannot be imported at all where neither its own folder nor the user's
    cache can be written. Then a folder of this process alone takes its code, and goes with the process.

    Parameters
    ----------
    library
        Its name, e.g. ``"datashader"``.
    """
    found = importlib.util.find_spec(library)
    if numba.config.CACHE_DIR or found is None or found.origin is None:
        return
    beside = Path(found.origin).parent / "__pycache__"
    of_user = Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)
    if not (_can_write(beside) or _can_write(of_user)):
        # Never a place that others can write to: what lies in a cache is run.
        folder = tempfile.mkdtemp(prefix="bam-explorer-compiled-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        numba.config.CACHE_DIR = folder


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
