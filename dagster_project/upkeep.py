"""Keep Dagster's records as the registry says, and serve its UI; none of it loads the assets."""

import os
import sqlite3
import subprocess
import sys

from sqlalchemy.exc import OperationalError

from dagster_project import pages
from dagster_project.instance import forget, opened, prepare
from dagster_project.resources import shared_store
from schemas.errors import HccerError
from storage.home import Home


def synchronise() -> None:
    """Make Dagster's partitions those of the registry."""
    with opened(shared_store(Home.from_environment())):
        pass


def forget_partitions(partition_keys: list[str]) -> None:
    """Erase Dagster's runs, events, check results and logs of cohorts and studies.

    Raises:
        HccerError: another process, such as the UI, uses Dagster's files.
    """
    try:
        store = shared_store(Home.from_environment())
        with opened(store) as instance:
            for key in partition_keys:
                forget(instance, store, key)
    except (sqlite3.OperationalError, OperationalError) as error:
        reason = str(error).splitlines()[0]
        raise HccerError(f"Dagster's files are in use ({reason}): end `hccer ui` first") from None


def serve(port: int) -> None:
    """Replace this process by Dagster's UI and daemon on localhost, the store's pages beside it.

    Raises:
        HccerError: another program listens on the port of the pages.
    """
    synchronise()
    beside = pages.beside(port)
    home = Home.from_environment()
    home.reports.mkdir(parents=True, exist_ok=True)
    subprocess.Popen([sys.executable, "-m", pages.__name__, str(beside), str(home.reports),
                      str(os.getpid())])  # fmt: skip
    quiet = "ignore:Function `dev_command`:FutureWarning"  # `dg dev` needs the project's folder
    command = [sys.executable, "-W", quiet, "-m", "dagster", "dev",
               "-m", "dagster_project.definitions",
               "--host", pages.HOST, "--port", str(port)]  # fmt: skip
    environment = prepare(shared_store(home)) | {pages.ADDRESS: pages.address(beside)}
    os.execve(sys.executable, command, environment)
