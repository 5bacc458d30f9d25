"""SQL for users: one read-only session over lake and registry that can reach nothing else."""

import json
import re
from collections.abc import Iterator
from string import Template

import duckdb
import polars as pl

import sql as sql_files
from schemas.errors import HccerError
from storage.connection import load_extension, open_session, quoted
from storage.home import Home, without_password
from storage.registry import NAMES

# Everything a SELECT may call as a table. What opens a file, a database or a query string
# (sqlite_scan, query, postgres_query, ducklake_cleanup_old_files) is refused by not being here;
# so are histogram and histogram_values, which take the name of any table as a value.
TABLE_FUNCTIONS = frozenset(
    """
    duckdb_columns duckdb_functions duckdb_tables duckdb_types duckdb_views
    ducklake_snapshots ducklake_table_changes ducklake_table_deletions ducklake_table_info
    ducklake_table_insertions generate_series generate_subscripts
    json_each json_tree pragma_table_info range repeat repeat_row summary unnest
    """.split()  # noqa: SIM905
)
# What may stand before a table's name: with two parts, the first is a catalog or a schema. The
# source of the registry and the catalog of the lake hold addresses, with passwords.
QUALIFIERS = frozenset({"", "lake", "registry", "memory", "main", "information_schema"})
# DuckDB's own views, which it finds without a qualifier; a few of them show paths.
SYSTEM_VIEW = re.compile(r"(duckdb|pragma|pg|sqlite|ducklake)_")
SHOWN = frozenset({"", '"tables"'})
# folders of queries that have a name for users; of equal names, those of the first
NAMED = ("queries", "report")
# types that a frame cannot hold
FOREIGN_TYPE = re.compile(r"\b(INTERVAL|UNION|VARIANT|BIGNUM|GEOMETRY)\b")


class Reader:
    """A sandboxed session.

    Args:
        home: the store.
        snapshot: the state of the lake to see (the registry is always the present one).

    Raises:
        HccerError: there is no store, or no such snapshot.
    """

    def __init__(self, home: Home, snapshot: int | None = None) -> None:
        _check_there(home)
        self.home = home
        self.session = open_session(home, read_only=True, snapshot=snapshot)
        _attach_registry(self.session, home)
        try:
            self._create_views()
        except duckdb.CatalogException:
            raise HccerError(f"snapshot {snapshot} is older than the tables of the lake") from None
        except duckdb.Error as error:
            reason = _sentence(error)
            raise HccerError(f"the store in {home.path} does not open: {reason}") from None
        self._lock()

    def _create_views(self) -> None:
        self.session.execute("set search_path = 'memory.main,lake.main,registry.main'")
        for view in sql_files.load("views").values():
            self.session.execute(f"create view memory.main.{view.name} as {view.text}")
        names = self.session.execute(
            "select distinct feature_name, position from lake.feature_definition order by position"
        ).fetchall()
        listed = ", ".join(dict.fromkeys(f"'{name}'" for name, _ in names)) or "''"
        for macro in sql_files.load("macros").values():
            text = Template(macro.text).safe_substitute(feature_names=listed)
            head = f"create macro memory.main.{macro.name}({macro.fields['parameters']})"
            self.session.execute(f"{head} as table {text}")

    def _lock(self) -> None:
        folder = quoted(self.home.data)
        self.session.execute(f"set allowed_directories = ['{folder}/']")
        self.session.execute("set enable_external_access = false")
        self.session.execute("set lock_configuration = true")

    def query(self, text: str, parameters: dict | None = None) -> pl.DataFrame:
        """Rows of one SELECT.

        Raises:
            HccerError: not a single SELECT, a function that leaves the lake, or wrong SQL.
        """
        check_statement(self.session, text)
        try:
            result = self.session.execute(text, parameters or None)
            _check_types(result.description)
            return result.pl()
        except (duckdb.Error, pl.exceptions.PolarsError) as error:
            raise HccerError(_sentence(error)) from None

    def named(self, name: str, parameters: dict[str, str]) -> pl.DataFrame:
        """Rows of a query of `sql/queries`, or of one that a report shows.

        Raises:
            HccerError: a parameter is missing or unknown, or names a cohort that is not there.
        """
        query = {**sql_files.load(NAMED[1]), **sql_files.load(NAMED[0])}[name]
        wanted = query.fields.get("parameters", "").replace(",", " ").split()
        if set(wanted) != set(parameters):
            options = " ".join(f"-p {each}=..." for each in wanted) or "no parameter"
            raise HccerError(f"the query {name} takes {options}")
        if "cohort" in parameters:
            self.check_cohort(parameters["cohort"])
        return self.query(query.text, parameters)

    def check_cohort(self, cohort_id: str) -> None:
        """Raise HccerError, naming those there are, when a cohort is not registered."""
        known = [name for (name,) in self.session.execute(
            "select cohort_id from registry.cohort order by all").fetchall()]  # fmt: skip
        if not known:
            raise HccerError(f"the store in {self.home.path} is empty: `hccer cohort add` first")
        if cohort_id not in known:
            raise HccerError(f"there is no cohort {cohort_id!r}; registered: {', '.join(known)}")

    def check_not_empty(self) -> None:
        """Raise HccerError when no cohort is registered."""
        first = self.session.execute("select cohort_id from registry.cohort limit 1").fetchone()
        self.check_cohort(first[0] if first else "")


def check_statement(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """Refuse whatever is not one SELECT over the lake's own tables.

    Raises:
        HccerError: with what was refused.
    """
    try:
        statements = con.extract_statements(text)
    except duckdb.Error as error:
        raise HccerError(_sentence(error)) from None
    if len(statements) != 1:
        raise HccerError(f"one SELECT at a time, please (given: {len(statements)} statements)")
    kind = statements[0].type.name
    if kind != "SELECT":
        raise HccerError(f"only SELECT is allowed here, not {kind}: the store is read-only")
    tree = _tree(con, text)
    if tree["error"]:
        raise HccerError(
            "only a plain SELECT, DESCRIBE, SHOW or SUMMARIZE is allowed here (a PIVOT goes "
            "into FROM, with its values listed)"
        )
    for node in _nodes(tree):
        refused = _refused(node)
        if refused:
            raise HccerError(f"{refused} is refused: only the lake's data may be read")


def _tree(con: duckdb.DuckDBPyConnection, text: str) -> dict:
    try:
        return json.loads(con.execute("select json_serialize_sql(?)", [text]).fetchone()[0])
    except duckdb.Error as error:
        raise HccerError(_sentence(error)) from None
    except RecursionError:
        raise HccerError("the query is nested too deeply: write it in simpler parts") from None


def _nodes(tree: dict) -> Iterator[dict]:
    # a stack, not recursion: a long sum is a deep tree
    left: list[object] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def _refused(node: dict) -> str | None:
    """What a node reads outside the store, in words."""
    kind = node.get("type")
    if kind == "TABLE_FUNCTION":
        function = node["function"]
        name = function["function_name"].lower()
        allowed = name in TABLE_FUNCTIONS or name in sql_files.load("macros")
        return None if allowed else f"the function {name}"
    if kind == "SHOW_REF" and node["table_name"].lower() not in SHOWN:
        return "a list of more than the tables"
    if kind in ("BASE_TABLE", "SHOW_REF"):
        return _refused_table(node)
    return None


def _refused_table(node: dict) -> str | None:
    parts = [node[key].lower() for key in ("catalog_name", "schema_name", "table_name")]
    system = SYSTEM_VIEW.match(parts[2]) and parts[2] not in TABLE_FUNCTIONS
    if system or not QUALIFIERS.issuperset(parts[:2]):
        return f"the table {'.'.join(part for part in parts if part)}"
    return None


def _check_there(home: Home) -> None:
    try:
        there = home.exists
    except OSError as error:
        reason = error.strerror or error
        raise HccerError(f"the store in {home.path} cannot be read: {reason}") from None
    if not there:
        raise HccerError(
            f"there is no store in {home.path}: run `hccer demo`, or `hccer cohort add` "
            "and `hccer run`; HCCER_HOME names another folder"
        )


def _check_types(description: list[tuple]) -> None:
    for name, kind, *_ in description:
        if foreign := FOREIGN_TYPE.search(str(kind)):
            raise HccerError(f"the column {name} holds the type {foreign[0]}, which has no text "
                             "here: cast it, for example with ::varchar")  # fmt: skip


def _attach_registry(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    kind, address = "sqlite", quoted(home.registry)
    if home.registry_url:
        kind, address = "postgres", home.registry_url.replace("'", "''")
    load_extension(con, f"{kind}_scanner")
    try:
        con.execute(f"attach '{address}' as registry_source (type {kind}, read_only)")
        _registry_views(con)
    except duckdb.Error as error:
        raise HccerError(f"the registry does not open: {_sentence(error)}") from None


def _registry_views(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("attach ':memory:' as registry")
    there = con.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'registry_source' and list_contains(?, table_name)",
        [list(NAMES)],
    ).fetchall()
    for schema, name in there:
        source = f'registry_source."{schema}"."{name}"'
        con.execute(f'create view registry.main."{name}" as from {source}')


def _sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    shown = [line for line in lines if not line.startswith(("LINE ", "^"))]
    # raised by our own macros; the sentence stands for itself
    text = without_password(" ".join(shown[:2])).removeprefix("Invalid Input Error: ")
    if isinstance(error, duckdb.IOException) and "Cannot open file" in text:
        return f"a data file of the store is lost ({text}): see `hccer doctor`"
    return text
