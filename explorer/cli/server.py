"""``explorer serve``: serves the same app as ``panel serve explorer``."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from explorer.cli.quick_start import fewer_collections
from explorer.serving.access import public_name
from pipeline.errors import ParameterError, ServeError

__all__ = ["check_port", "check_prefix", "serve"]

ADDRESS = "127.0.0.1"


def check_port(port: int) -> None:
    """Check that a port is free before anything slow starts.

    Raises
    ------
    ServeError
        If another program listens there.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise ServeError(
                f"Port {port} on {ADDRESS} cannot be used ({error.strerror}). Choose another with --port N; 0 takes a "
                "free one."
            ) from error


def check_prefix(prefix: str) -> str:
    """Return a prefix as ``/a/b``, or "".

    Raises
    ------
    ParameterError
        If the prefix is not a path.
    """
    path = prefix.strip("/")
    if path and not re.fullmatch(r"[A-Za-z0-9._~@-]+(/[A-Za-z0-9._~@-]+)*", path):
        raise ParameterError(
            f"{prefix!r} is no prefix. Use the path below which a proxy shows the map, for example --prefix "
            "/maps/birds. It may hold letters, digits and . _ ~ @ -."
        )
    return f"/{path}" if path else ""


def serve(
    collection: Path,
    *,
    port: int,
    browser: bool,
    announce: Callable[[str], None],
    origins: Sequence[str] = (),
    prefix: str = "",
) -> None:
    """Serve one collection until Ctrl-C.

    Parameters
    ----------
    collection
        Folder of a built collection.
    port
        Port on 127.0.0.1; 0 takes a free one.
    browser
        Whether to open a browser window.
    announce
        Called with the address once the server answers.
    origins
        Names of the server in addition to those of this machine, ``HOST[:PORT]``, for example a proxy's.
    prefix
        Path below which everything is served, if a proxy passes the whole path on.

    Raises
    ------
    CollectionError
        If the collection cannot be opened.
    ServeError
        If the port is taken.
    ParameterError
        If a name or the prefix is not valid.
    """
    names, below = [public_name(origin) for origin in origins], check_prefix(prefix)
    check_port(port)
    with fewer_collections():
        server, url = _started(collection, port, names, below)
    announce(url)
    if browser:
        import webbrowser

        webbrowser.open(url)
    server.run_until_shutdown()


def _started(collection: Path, port: int, names: Sequence[str], prefix: str) -> tuple[Any, str]:
    """Start the server and the compilation of what the first frame can do without. Return it with its address."""
    import panel as pn
    from panel.io.application import build_single_handler_application

    from explorer.composition import THIS_PROCESS
    from explorer.services.warm_up import warm_up
    from explorer.serving.server import harden

    services = THIS_PROCESS.services(collection)
    warm_up(services, whole=False)
    harden(option="--allow-origin")
    sys.argv = [sys.argv[0], str(collection)]
    app = build_single_handler_application(str(Path(__file__).parents[1]), [str(collection)])
    port = port or _free_port()
    server = pn.serve(
        {"/": app},
        port=port,
        address=ADDRESS,
        websocket_origin=[f"{ADDRESS}:{port}", f"localhost:{port}", *names],
        prefix=prefix,
        show=False,
        start=False,
        verbose=False,
        title="BAM Explorer",
    )
    services.start()
    return server, f"http://{ADDRESS}:{port}{prefix}/"


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((ADDRESS, 0))
        number: int = probe.getsockname()[1]
    return number
