"""The store as a Dagster resource; assets read and write through it, there is no IO manager."""

from functools import cache

import dagster as dg

from storage.home import Home
from storage.store import Store


@cache
def shared_store(home: Home) -> Store:
    """The store of a home, opened once per process."""
    return Store.open(home)


class StoreResource(dg.ConfigurableResource):
    """The store of the environment (HCCER_HOME)."""

    @property
    def store(self) -> Store:
        """The open store."""
        return shared_store(Home.from_environment())
