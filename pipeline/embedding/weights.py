"""Find weights in the torch cache, download them once, read them without unpickling, and check names and shapes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse

    import torch

__all__ = [
    "PublishedWeights",
    "cache_folder",
    "check_state",
    "download",
    "file_sha256",
    "find_cached",
    "read_state",
]

_CHUNK = 1 << 16
_STARTED_BYTES = 1 << 20
"""After this number of bytes there is internet access, and the download goes on."""


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """A file of weights published at a fixed address.

    Parameters
    ----------
    url
        Address of the file. Its last part is the file's name in the torch cache, ``NAME-PREFIX.pth``.
    """

    url: str

    @property
    def file_name(self) -> str:
        """Name of the file in the cache."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def sha256_prefix(self) -> str:
        """First digits of the file's SHA-256, which torch writes into the name, or empty."""
        match = re.search(r"-([0-9a-f]{8,64})\.", self.file_name)
        return match.group(1) if match else ""


def cache_folder() -> Path:
    """Return the folder in which torch keeps downloaded weights. ``TORCH_HOME`` can change it."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_cached(published: PublishedWeights, folder: Path) -> tuple[Path | None, str]:
    """Find published weights in a cache.

    Parameters
    ----------
    published
        The weights.
    folder
        The cache.

    Returns
    -------
    path, note
        The file and ``""``, or None and a clause with the reason.
    """
    path = folder / published.file_name
    try:
        if not path.is_file():
            return None, "none in the torch cache"
        digest = file_sha256(path)
    except OSError as error:
        return None, f"those in the torch cache cannot be read ({error.strerror})"
    if not digest.startswith(published.sha256_prefix):
        return None, f"those in the torch cache are damaged (SHA-256 {digest[:8]}, not {published.sha256_prefix})"
    return path, ""


@dataclass(slots=True)
class _Transfer:
    """State shared by the downloading thread and the waiting thread."""

    done: threading.Event
    lock: threading.Lock
    received: int = 0
    abandoned: bool = False
    problem: str = ""


def download(
    published: PublishedWeights, folder: Path, *, patience: float = 5.0, longest: float = 30.0
) -> tuple[Path | None, str]:
    """Try once to download published weights into a cache.

    The attempt runs in a thread that is abandoned at the time limit, because a name look-up or a silent connection
    ignores timeouts. The file appears in the cache complete and checked, or not at all.

    Parameters
    ----------
    published
        The weights.
    folder
        The cache. It is made if missing.
    patience
        Total time limit in seconds for blocked, missing or very slow internet access.
    longest
        Total time limit in seconds if a mebibyte arrives within ``patience`` and data continues to arrive.

    Returns
    -------
    path, note
        The file and ``""``, or None and a clause with the problem.
    """
    start = time.monotonic()
    transfer = _Transfer(done=threading.Event(), lock=threading.Lock())
    target = folder / published.file_name
    thread = threading.Thread(
        target=_fetch, args=(published, target, transfer, patience), name="weights-download", daemon=True
    )
    thread.start()
    transfer.done.wait(patience)
    seen = 0
    while not transfer.done.is_set() and time.monotonic() - start < longest:
        if transfer.received < _STARTED_BYTES or transfer.received == seen:
            break
        seen = transfer.received
        transfer.done.wait(1.0)
    with transfer.lock:
        if not transfer.done.is_set():
            transfer.abandoned = True
            seconds = time.monotonic() - start
            return None, f"the download had not finished after {seconds:.0f} s and was given up"
    return (None, transfer.problem) if transfer.problem else (target, "")


def _fetch(published: PublishedWeights, target: Path, transfer: _Transfer, timeout: float) -> None:
    try:
        # the address is a constant; no file is made before the server answers
        with urllib.request.urlopen(published.url, timeout=timeout) as response:  # noqa: S310
            _receive(response, published, target, transfer)
    except (OSError, ValueError, HTTPException) as error:
        # urllib wraps errors of the system, but not those of a server
        reason = error if isinstance(error, HTTPError) else getattr(error, "reason", error)
        if isinstance(error, HTTPError):
            error.close()  # the error is also a response with an open connection
        transfer.problem = f"the download failed ({getattr(reason, 'strerror', None) or reason})"
    finally:
        with transfer.lock:
            transfer.done.set()


def _receive(response: HTTPResponse, published: PublishedWeights, target: Path, transfer: _Transfer) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=published.file_name, suffix=".part", dir=target.parent)
    temporary, digest = Path(name), hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as file:
            while not transfer.abandoned and (chunk := response.read(_CHUNK)):
                file.write(chunk)
                digest.update(chunk)
                transfer.received += len(chunk)
        with transfer.lock:
            if transfer.abandoned:
                return
            if digest.hexdigest().startswith(published.sha256_prefix):
                temporary.replace(target)
            else:
                transfer.problem = f"the downloaded file was not the published one (SHA-256 {digest.hexdigest()[:8]})"
    finally:
        temporary.unlink(missing_ok=True)


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """Return the state dictionary of a file. Only tensors are read, and nothing is unpickled.

    Parameters
    ----------
    path
        ``.safetensors``, or ``.pth`` / ``.pt`` of tensors, plain or as ``{"state_dict": ...}``. A prefix ``module.`` of
        all names, from data-parallel training, is removed.

    Returns
    -------
    dict of str to torch.Tensor
        Tensors on the CPU.

    Raises
    ------
    WeightsError
        If the file is missing, damaged or has other content.
    """
    allowed = "a .safetensors, .pth or .pt file"
    if path.suffix.lower() not in {".safetensors", ".pth", ".pt"}:
        raise WeightsError(f"{path} does not have the name of a file of weights. Use {allowed}.")
    if not path.is_file():
        raise WeightsError(f"There is no file {path}. Use {allowed} that exists.")
    content = _read_safetensors(path) if path.suffix.lower() == ".safetensors" else _read_torch(path)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    return _named_tensors(content, path)


def _read_safetensors(path: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path} cannot be read as safetensors ({error}). Copy or download it again.") from error


def _read_torch(path: Path) -> Any:
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch.load raises many kinds of errors for a damaged file; the first line has the reason
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        message = (
            f"{path} cannot be read as plain tensors ({first_line[:160]}). Nothing else is loaded. "
            "Copy or download it again, or save its state_dict as .safetensors."
        )
        raise WeightsError(message) from error


def _named_tensors(content: Any, path: Path) -> dict[str, torch.Tensor]:
    import torch

    if not isinstance(content, dict) or not content:
        raise WeightsError(f"{path} has no state dictionary. Save one with torch.save(model.state_dict(), ...).")
    strangers = [str(name) for name, value in content.items() if not isinstance(value, torch.Tensor)]
    if strangers:
        message = f"{path} contains {strangers[0]!r}, which is no tensor. Save only the model's state_dict()."
        raise WeightsError(message)
    names = [str(name) for name in content]
    if all(name.startswith("module.") for name in names):
        names = [name.removeprefix("module.") for name in names]
    return dict(zip(names, content.values(), strict=True))


def check_state(
    state: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], *, head: str, title: str, origin: str
) -> dict[str, torch.Tensor]:
    """Check a state dictionary against the names and shapes of a network.

    Parameters
    ----------
    state
        The state dictionary of a file.
    expected
        The state dictionary of the network.
    head
        Prefix of the final layer's names. These can be absent or have any shape, because that layer is not used.
    title
        The network's name for people.
    origin
        Origin of the state, for people.

    Returns
    -------
    dict of str to torch.Tensor
        Every expected name except those of the head, in float32 (counters stay integer).

    Raises
    ------
    WeightsError
        If names or shapes differ, or values are not finite.
    """
    remedy = f"Use weights of {title} in the format of its package, or leave the option out."
    wanted = {name: value for name, value in expected.items() if not name.startswith(head)}
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    given = {name for name in state if not name.startswith(head)}
    missing, unknown = sorted(wanted.keys() - given - counters), sorted(given - wanted.keys())
    if missing or unknown:
        parts = [f"lacks {_some(missing)}"] * bool(missing) + [f"has unknown {_some(unknown)}"] * bool(unknown)
        raise WeightsError(f"{origin} does not fit {title}: it {' and '.join(parts)}. {remedy}")
    checked = {}
    for name, default in wanted.items():
        if name not in state or name in counters:
            checked[name] = default
            continue
        value, shape = state[name], tuple(default.shape)
        if tuple(value.shape) != shape:
            message = f"{origin} does not fit {title}: {name} has shape {tuple(value.shape)}, not {shape}. {remedy}"
            raise WeightsError(message)
        checked[name] = value.float()
        if not bool(checked[name].isfinite().all()):
            raise WeightsError(f"{origin} is damaged: {name} contains values that are not finite. {remedy}")
    return checked


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
