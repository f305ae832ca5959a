"""A real S3 server (moto's) on loopback, a way in front of it that drops connections, and objects to read."""

from __future__ import annotations

import logging
import socket
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

__all__ = ["KEY", "SECRET", "Buckets", "Dropping", "dropping", "serving_s3"]

KEY, SECRET = "AKIATESTKEY000000000", "a-secret-that-is-told-to-nobody"
BUCKET = "pictures"


@dataclass(frozen=True)
class Buckets:
    """The server.

    Parameters
    ----------
    endpoint
        Its address, for ``AWS_ENDPOINT_URL``.
    client
        A client of boto3.
    """

    endpoint: str
    client: Any

    def put(self, objects: Mapping[str, bytes], bucket: str = BUCKET) -> None:
        """Store objects by their keys; the bucket is made if it is missing."""
        with suppress(self.client.exceptions.BucketAlreadyOwnedByYou, self.client.exceptions.BucketAlreadyExists):
            self.client.create_bucket(Bucket=bucket)
        for key, data in objects.items():
            self.client.put_object(Bucket=bucket, Key=key, Body=data)

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Let the server check credentials while the block runs; it knows none."""
        self._check_after("0")
        try:
            yield
        finally:
            self._check_after("inf")

    def _check_after(self, requests: str) -> None:
        request = urllib.request.Request(  # noqa: S310 -- the test's own server
            f"{self.endpoint}/moto-api/reset-auth", requests.encode(), {"Content-Type": "text/plain"}, method="POST"
        )
        with urllib.request.urlopen(request):  # noqa: S310
            pass


@contextmanager
def serving_s3() -> Iterator[Buckets]:
    """Serve buckets in memory while the block runs."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
    )
    try:
        yield Buckets(endpoint, client)
    finally:
        client.close()
        server.stop()


@dataclass
class Dropping:
    """A way to a server that closes connections in the middle.

    Parameters
    ----------
    endpoint
        Its address.
    cuts
        Bytes of answers after which the next connections are closed; the first is used first. 0 drops none.
    dropped
        Number of connections closed so far.
    """

    endpoint: str
    cuts: list[int] = field(default_factory=list)
    dropped: int = 0


@contextmanager
def dropping(endpoint: str) -> Iterator[Dropping]:
    """Forward connections to a server while the block runs; see `Dropping`."""
    host, _, port = endpoint.removeprefix("http://").partition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    way = Dropping(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def back(server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError), server, client:
            while data := server.recv(16_384):
                if way.cuts and len(data) >= 1 and (left := way.cuts[0] - len(data)) <= 0:
                    client.sendall(data[: way.cuts.pop(0)])
                    way.dropped += 1
                    client.shutdown(socket.SHUT_RDWR)
                    return
                if way.cuts:
                    way.cuts[0] = left
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    def forth(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(16_384):
                server.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((host, int(port)))
                threading.Thread(target=back, args=(server, client), daemon=True).start()
                threading.Thread(target=forth, args=(client, server), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield way
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
