"""The extras ``s3``, ``gcs`` and ``azure``: a service of buckets is asked in its own language."""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final, NamedTuple

import caldframe as cf

_EMPTY_IN_S3: Final = (
    "<ListBucketResult><Name>bucket</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>"
    "</ListBucketResult>"
)
_EMPTY_IN_AZURE: Final = (
    '<EnumerationResults ContainerName="bucket"><Blobs /><NextMarker /></EnumerationResults>'
)


class Service(NamedTuple):
    """A service of buckets: what its empty bucket answers, and how caldframe is told where it is."""

    scheme: str
    answer: str
    kind: str
    options: dict[str, Any]


def service_at(name: str, address: str) -> Service:
    """Give what a service at an address of this machine needs."""
    if name == "s3":
        options = {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": address}}
        return Service("s3", _EMPTY_IN_S3, "application/xml", options)
    if name == "gcs":
        options = {"token": "anon", "endpoint_url": address}
        return Service("gs", json.dumps({"kind": "storage#objects"}), "application/json", options)
    account = "DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;"
    options = {"connection_string": f"{account}BlobEndpoint={address}/account;"}
    return Service("az", _EMPTY_IN_AZURE, "application/xml", options)


def main() -> None:
    """Ask an empty bucket for an archive."""
    asked: list[str] = []

    class Bucket(BaseHTTPRequestHandler):
        """An empty bucket: nothing is found by its name, and every list is empty."""

        def do_HEAD(self) -> None:
            self.send_response(404)
            self.end_headers()

        def do_GET(self) -> None:
            asked.append(self.path)
            if "prefix=" not in self.path:
                self.do_HEAD()
                return
            content = service.answer.encode()
            self.send_response(200)
            self.send_header("Content-Type", service.kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = (
        "false"  # it asks in gRPC, and waits a minute for an answer
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        service = service_at(sys.argv[2], f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, daemon=True).start()
        archive = cf.Archive(f"{service.scheme}://bucket/archive", storage_options=service.options)
        try:
            archive.campaigns()
        except cf.ArchiveError as error:
            assert "There is no archive" in str(error), error  # noqa: PT017 - this is no test of pytest's
        else:
            raise AssertionError("there is an archive in an empty bucket")
        server.shutdown()
    assert any("bucket" in path for path in asked), asked


if __name__ == "__main__":
    main()
