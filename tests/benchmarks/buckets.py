"""Read images from a bucket of a real S3 server on loopback, beside the same images in a local folder.

Prints a JSON line with images a second of reading, and of reading with decoding and shrinking, and how long a listing
takes. The server is a Python program on the same machine, so its own work counts as well.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from pipeline.build.image_stage import process_images
from pipeline.images.identity import image_ids
from pipeline.limits import Limits
from pipeline.sources import Source, open_source
from pipeline.sources.reading import read_location
from pipeline.storage import parse_storage_address
from tests.benchmarks.machine import facts
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import encode, photo
from tests.helpers.s3_server import BUCKET, KEY, SECRET, serving_s3

DIFFERENT = 50


def speed(source: Source) -> dict[str, float]:
    """Return images a second of reading alone, and of a build's first stage."""
    start = time.perf_counter()
    for item in source.items:
        read_location(item.location, Limits())
    reading = time.perf_counter() - start
    ids = image_ids(source.name, [item.key for item in source.items]).tolist()
    start = time.perf_counter()
    batches = process_images(list(zip(ids, source.items, strict=True)), FakeEmbedder())
    failed = sum(row.status != "ok" for batch in batches for row in batch.rows)
    assert not failed
    staged = time.perf_counter() - start
    count = len(source.items)
    return {"read_per_second": round(count / reading, 1), "processed_per_second": round(count / staged, 1)}


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_000)
    parser.add_argument("--listed", type=int, default=100_000)
    options = parser.parse_args()
    pictures = [encode(photo(640, 480, seed=seed), "JPEG") for seed in range(DIFFERENT)]
    with tempfile.TemporaryDirectory() as place, serving_s3() as s3:
        os.environ |= {
            "AWS_ENDPOINT_URL": s3.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for number in range(options.images):
            (Path(place) / f"{number:06d}.jpg").write_bytes(pictures[number % DIFFERENT])
        s3.put({f"set/{number:06d}.jpg": pictures[number % DIFFERENT] for number in range(options.images)})
        _fill(options.listed)
        local = speed(open_source(Path(place)))
        bucket = speed(open_source(parse_storage_address(f"s3://{BUCKET}/set")))
        start = time.perf_counter()
        listed = len(open_source(parse_storage_address(f"s3://{BUCKET}/many")).items)
        seconds = time.perf_counter() - start
        assert listed == options.listed
    command = f"python -m tests.benchmarks.buckets --images {options.images} --listed {options.listed}"
    figures = {
        "bench": "buckets",
        "images": options.images,
        "bytes_per_image": sum(map(len, pictures)) // DIFFERENT,
        "folder": local,
        "bucket": bucket,
        "listed_objects": listed,
        "listing_seconds": round(seconds, 1),
    }
    sys.stdout.write(json.dumps(figures | facts(command)) + "\n")


def _fill(count: int) -> None:
    """Put empty objects into the server's memory, which is in this process: requests would take minutes."""
    from moto.s3.models import s3_backends

    backend = s3_backends["123456789012"]["aws"]
    for number in range(count):
        backend.put_object(BUCKET, f"many/{number // 1_000:03d}/{number:06d}.jpg", b"x")


if __name__ == "__main__":
    main()
