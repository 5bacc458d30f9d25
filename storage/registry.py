"""The registry: SQLModel tables in SQLite, or in PostgreSQL by address."""

import hashlib
from functools import cached_property

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, SQLModel, create_engine, delete, select

from schemas.errors import HccerError
from schemas.registry import Cohort, LineageEdge, Run, Study, Withdrawal
from storage.home import Home

MODELS: tuple[type[SQLModel], ...] = (Cohort, Study, Withdrawal, Run, LineageEdge)
NAMES = tuple(str(model.__tablename__) for model in MODELS)


class Registry:
    """Cohorts, studies, runs and lineage edges of one store."""

    def __init__(self, home: Home) -> None:
        self.home = home

    @cached_property
    def engine(self) -> Engine:
        """The database, its tables made where they are missing."""
        url = self.home.registry_url
        # no connection waits in a pool: DuckDB closes the file in this process too, and with it
        # the locks of all connections (https://www.sqlite.org/howtocorrupt.html, 2.2.1)
        engine = create_engine(driven(url)) if url else create_engine(
            f"sqlite:///{self.home.registry}", poolclass=NullPool
        )  # fmt: skip
        if url is None:
            event.listen(engine, "connect", _configure_sqlite)
        try:
            SQLModel.metadata.create_all(engine, tables=[m.__table__ for m in MODELS])
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise HccerError(f"the registry does not open: {reason}") from None
        return engine

    def cohorts(self) -> list[Cohort]:
        """Registered cohorts, by id."""
        return self._all(Cohort, Cohort.cohort_id)

    def studies(self) -> list[Study]:
        """Registered studies, by id."""
        return self._all(Study, Study.study_id)

    def cohort(self, cohort_id: str) -> Cohort:
        """One cohort; raises HccerError, naming those there are."""
        return self._one(Cohort, cohort_id, [row.cohort_id for row in self.cohorts()])

    def study(self, study_id: str) -> Study:
        """One study; raises HccerError, naming those there are."""
        return self._one(Study, study_id, [row.study_id for row in self.studies()])

    def withdrawals(self, cohort_id: str) -> set[str]:
        """Hashes of the patients who withdrew from a cohort (see `patient_sha256`)."""
        wanted = select(Withdrawal.patient_sha256).where(Withdrawal.cohort_id == cohort_id)
        with Session(self.engine) as session:
            return set(session.exec(wanted))

    def inputs_of(self, makers: dict[str, set[str]]) -> tuple[set[int], set[str]]:
        """Snapshots that the rows of today were made from, and the makers that are recorded.

        Args:
            makers: runs whose rows stand, of the tables that are made row by row; the others are
                those of their newest run.
        """
        wanted = select(LineageEdge).where(LineageEdge.computed > 0).order_by(LineageEdge.made_at)
        with Session(self.engine) as session:
            edges = session.exec(wanted).all()
        newest = {(e.asset, e.partition_key, e.input): e for e in edges if e.asset not in makers}
        theirs = [each for each in edges if each.run_id in makers.get(each.asset, ())]
        cited = {each.input_snapshot for each in (*newest.values(), *theirs)}
        return cited, {each.run_id for each in theirs}

    def put(self, *rows: SQLModel) -> None:
        """Insert rows, or replace those with their keys."""
        with Session(self.engine) as session:
            for row in rows:
                session.merge(row)
            session.commit()

    def put_run(self, run: Run) -> None:
        """Insert a run if it is not there."""
        with Session(self.engine) as session:
            if session.get(Run, run.run_id) is None:
                session.add(run)
                session.commit()

    def remove(self, row: SQLModel) -> None:
        """Delete a registered row."""
        with Session(self.engine) as session:
            session.delete(session.merge(row))
            session.commit()

    def ran(self, cohort_id: str) -> bool:
        """Whether a run of a cohort is recorded."""
        wanted = select(Run.run_id).where(Run.partition_key == cohort_id).limit(1)
        with Session(self.engine) as session:
            return session.exec(wanted).first() is not None

    def forget_cohort(self, cohort_id: str, *, runs: bool) -> None:
        """Delete a cohort with its lineage edges, if it is there.

        Withdrawals stay: a patient must not come back with a cohort added again under its id.

        Args:
            runs: its runs too, which the rows of older snapshots name.
        """
        with Session(self.engine) as session:
            session.exec(delete(LineageEdge).where(LineageEdge.partition_key == cohort_id))
            session.exec(delete(Cohort).where(Cohort.cohort_id == cohort_id))
            if runs:
                session.exec(delete(Run).where(Run.partition_key == cohort_id))
            session.commit()

    def _all(self, model: type[SQLModel], order: object) -> list:
        with Session(self.engine) as session:
            return list(session.exec(select(model).order_by(order)))

    def _one(self, model: type[SQLModel], key: str, known: list[str]) -> SQLModel:
        with Session(self.engine) as session:
            row = session.get(model, key)
        if row is None:
            kind = model.__name__.lower()
            there = f"registered: {', '.join(known)}" if known else f"add one: `hccer {kind} add`"
            raise HccerError(f"there is no {kind} {key!r}; {there}")
        return row


def patient_sha256(cohort_id: str, patient_id: str) -> str:
    """How a patient who withdrew is known."""
    return hashlib.sha256(f"{cohort_id}\n{patient_id}".encode()).hexdigest()


def driven(url: str) -> URL:
    """An address of PostgreSQL with the driver that is installed."""
    # SQLAlchemy's own choice of a driver is not the one that is installed
    return make_url(url).set(drivername="postgresql+psycopg2")


def _configure_sqlite(connection: object, _record: object) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma busy_timeout = 60000")
