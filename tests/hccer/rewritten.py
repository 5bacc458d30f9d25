"""The same lake with its rows in another order, in several files: what no number may depend on."""

from storage.store import Store

FILLED = """
select table_name from duckdb_tables()
where database_name = 'lake' and not internal and estimated_size > 0
"""
FILES = 2


def rewrite(store: Store, seed: int) -> None:
    """Write every table of the lake anew, its rows in an order that the seed decides."""
    tables = store.session.execute(FILLED).fetchall()
    store.session.execute("begin")
    for (table,) in tables:
        _rewrite(store, f'lake."{table}"', seed)
    store.session.execute("commit")


def _rewrite(store: Store, table: str, seed: int) -> None:
    con = store.session
    con.execute(f"create or replace temp table former as from {table}")
    con.execute(f"delete from {table}")
    for file in range(FILES):
        con.execute(
            f"insert into {table} from former where hash(rowid) % {FILES} = {file} "
            f"order by hash(rowid + {7919 * seed})"
        )
