"""Compile inner loops with Numba, without the global lock, and cache them on disk where possible."""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.misc.appdirs import AppDirs

__all__ = ["compiled", "keep_machine_code", "let_import"]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with Numba on its first call.

    The machine code is stored next to the module, or in the user's cache directory (or ``NUMBA_CACHE_DIR``). If neither
    is writable (a read-only installation without a home directory), Numba rejects a cached function. Then
    it is compiled without a cache, again in every process.

    Kernels are serial, because Numba's portable threading layer aborts the process when two Python threads enter
    parallel kernels at once, and a server with several sessions does this. Without the global lock, two sessions
    already draw in parallel.

    Parameters
    ----------
    function
        A function that Numba can compile. The functions that it calls must be in the same file, because the cache
        detects changes only in that file.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    try:
        dispatcher = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # "no locator available": no place to store the machine code
        dispatcher = numba.njit(nogil=True)(function)
    return cast(Function, dispatcher)


def let_import(library: str) -> None:
    """Make sure that a library with cached machine code can be imported; call this before the import.

    These libraries (datashader, pynndescent, umap) cannot be imported if neither their own folder nor the user's cache
    is writable. Then a private folder takes the code, and is deleted with the process.

    Parameters
    ----------
    library
        Name of the library, e.g. ``"datashader"``.
    """
    found = importlib.util.find_spec(library)
    if numba.config.CACHE_DIR or found is None or found.origin is None:
        return
    beside = Path(found.origin).parent / "__pycache__"
    of_user = Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)
    if not (_can_write(beside) or _can_write(of_user)):
        # Never a place that others can write to, because code in a cache is executed.
        folder = tempfile.mkdtemp(prefix="bam-explorer-compiled-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        numba.config.CACHE_DIR = folder


def keep_machine_code(*kernels: Any) -> None:
    """Let functions that a library compiles with Numba keep their machine code on disk, as `compiled` does.

    Parameters
    ----------
    *kernels
        Compiled functions of a library, before their first call. They call no compiled function of another file,
        because the cache detects changes only in their own. Where no place is writable, every process compiles them.
    """
    for kernel in kernels:
        with suppress(RuntimeError):  # "no locator available"
            kernel.enable_caching()


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
