"""How this project compiles its inner loops: Numba, without the global lock, cached on disk where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled"]

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
