"""What the report reads: queries of `sql/`, through the session that `hccer sql` uses."""

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

import sql
from hccer.report.items import Item
from schemas.errors import HccerError
from storage.home import Home
from storage.reading import Reader

WHO = ("cohort_id", "patient_id")
# the snapshot in which the newest of the rows behind the report came
STATE = """
select
    snapshot_id,
    strftime(make_timestamp(epoch_us(snapshot_time)), '%Y-%m-%d %H:%M:%S') as utc
from snapshot
order by snapshot_id = (
    select max(output_snapshot)
    from lineage_edge
    where computed > 0 and asset <> 'report' and (
        partition_key = $study
        or partition_key in (select cohort_id from split where study_id = $study)
    )
) desc, snapshot_id desc
limit 1
"""
PARAMETER = re.compile(r"\$study\b")


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def statement(item: Item, study_id: str) -> str:
    """The query of an item with the study filled in, as `hccer sql` takes it.

    Raises:
        HccerError: there is no such query.
    """
    return filled(*item.source, study_id)


def filled(folder: str, name: str, study_id: str) -> str:
    """A query of `sql/` with the study filled in.

    Raises:
        HccerError: there is no such query.
    """
    query = sql.load(folder).get(name)
    if query is None:
        raise HccerError(f"the report reads sql/{folder}/{name}.sql: it is not there")
    return PARAMETER.sub(lambda _: quoted(study_id), query.text)


def of_patient(text: str, cohort_id: str, patient_id: str) -> str:
    """The rows of one patient among those of a query."""
    return (
        f"select * exclude ({', '.join(WHO)})\nfrom (\n{text}\n)\n"
        f"where cohort_id = {quoted(cohort_id)} and patient_id = {quoted(patient_id)}"
    )


def joined(texts: dict[str, str]) -> str:
    """Queries of one and the same kind as one, each with its name."""
    parts = [f"select '{name}' as query, * from (\n{text}\n)" for name, text in texts.items()]
    return "\nunion all\n".join(parts)


@dataclass(frozen=True)
class Source:
    """The frames of one study's report."""

    home: Home
    study_id: str

    @cached_property
    def reader(self) -> Reader:
        """The read-only session."""
        return Reader(self.home)

    def statement(self, item: Item) -> str:
        """The query of an item for this study."""
        return statement(item, self.study_id)

    def filled(self, name: str) -> str:
        """A query of `sql/report` for this study."""
        return filled("report", name, self.study_id)

    def frame(self, item: Item) -> pl.DataFrame:
        """The rows of an item."""
        return self.reader.query(self.statement(item))

    def of_patient(self, name: str, who: tuple[str, str]) -> pl.DataFrame:
        """The rows of one patient of a query of `sql/report`."""
        return self.reader.query(of_patient(self.filled(name), *who))

    def patients(self, name: str) -> set[tuple[str, str]]:
        """Cohort and patient of everybody of whom a query of `sql/report` has a row."""
        text = f"select distinct {', '.join(WHO)} from (\n{self.filled(name)}\n)"
        return set(self.reader.query(text).rows())

    def named(self, name: str) -> pl.DataFrame:
        """The rows of a query of `sql/report`."""
        return self.reader.query(self.filled(name))

    def state(self) -> str:
        """The snapshot of the lake that the report shows, with its time."""
        number, time = self.reader.query(STATE, {"study": self.study_id}).row(0)
        return f"{number} of {time} UTC"
