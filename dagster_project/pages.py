"""The store's pages on localhost beside the Dagster UI, which can link to no file.

python -m dagster_project.pages PORT FOLDER PARENT
"""

import os
import socket
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from hccer.cli.dagster import UI_PORT
from hccer.parallel import end_with
from schemas.errors import HccerError

HOST = "127.0.0.1"
ADDRESS = "HCCER_PAGES"  # where they are, for the processes of a UI


def beside(ui_port: int) -> int:
    """The port of the pages of a UI.

    Raises:
        HccerError: another program listens there.
    """
    port = ui_port + 1
    with socket.socket() as attempt:
        if attempt.connect_ex((HOST, port)) == 0:
            raise HccerError(
                f"port {port}, for reports and contact sheets, is in use: end what listens there, "
                f"or name another port of the UI with --port"
            )
    return port


def address(port: int) -> str:
    """Where the pages are."""
    return f"http://{HOST}:{port}"


def link(folder: Path, file: Path) -> str:
    """The address of a page; one made from the shell is served by a UI on the usual port."""
    there = os.environ.get(ADDRESS, address(UI_PORT + 1))
    return f"{there}/{file.relative_to(folder).as_posix()}"


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder, for browsers that asked this machine itself for them."""

    def send_head(self) -> BinaryIO | None:
        """Send a file's head and open the file, unless the browser asked another machine for it."""
        # a foreign name that leads here would let a foreign page read patients' pages
        asked = self.headers.get("Host", "").partition(":")[0]
        if asked in (HOST, "localhost"):
            return super().send_head()
        self.send_error(HTTPStatus.FORBIDDEN)
        return None

    def list_directory(self, path: str) -> None:
        """Say that there is nothing."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(port: str, folder: str, parent: str) -> None:
    """Serve until the parent process ends."""
    end_with(int(parent))
    server = ThreadingHTTPServer((HOST, int(port)), partial(Handler, directory=folder))
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
