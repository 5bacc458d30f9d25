"""Taking things out: a cohort, a study, a patient, with all that names them."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

import duckdb
import polars as pl

from schemas.errors import HccerError
from schemas.registry import Withdrawal
from schemas.study_file import StudyFile
from schemas.table import Table
from schemas.tables import REJECTED, SOURCE_FILE
from storage.checkpoints import Checkpoints
from storage.compaction import Removal, erased, snapshots, vacuum
from storage.ddl import STORED
from storage.erasing import is_marked, marked
from storage.identity import Identity
from storage.registry import patient_sha256
from storage.store import Change, Store

# tables of files and refusals: the column of the file, and those in whose text a patient may stand
MENTIONING = ((SOURCE_FILE, "path", "path"), (REJECTED, "source", "source, reason"))


def remove_cohort(
    store: Store, cohort_id: str, *, purge: bool, erase_logs: Callable[[], None] = lambda: None
) -> Removal:
    """Take a cohort out of the lake's present state and the registry; hashes of withdrawals stay.

    Args:
        purge: also out of every snapshot and blob, so that nothing of it can be read again; a
            cohort that was removed before, or half purged, is taken too.
        erase_logs: called by a purge while no run can begin, and before the registry forgets the
            cohort: what fails here is finished by the next purge.

    Raises:
        HccerError: no such cohort, a study names it, or a run is going on.
    """
    with store.activity(exclusive=True):
        _check_unnamed(store, cohort_id)
        if not (purge and _left_traces(store, cohort_id)):
            store.registry.cohort(cohort_id)
        rows = _delete(store, {"cohort_id": cohort_id}, f"cohort {cohort_id} removed")
        removal = erased(store, rows, erase_logs) if purge else Removal(rows, 0, 0)
        _forget_report(store, cohort_id)
        own_registry = purge and store.home.registry_url is None
        if own_registry:  # while the same command can still be given again
            vacuum(store.home.registry)
        if purge:
            Identity(store.home).forget_cohort(cohort_id)
        store.registry.forget_cohort(cohort_id, runs=purge)
        if own_registry:
            vacuum(store.home.registry)
        return removal


def _check_unnamed(store: Store, cohort_id: str) -> None:
    naming = studies_of(store, cohort_id)
    if naming:
        raise HccerError(
            f"cohort {cohort_id} is named by study {', '.join(naming)}: remove that first "
            f"(hccer study remove {naming[0]})"
        )


def studies_of(store: Store, cohort_id: str) -> list[str]:
    """Registered studies that read a cohort."""
    files = {row.study_id: StudyFile.model_validate_json(row.file_json)
             for row in store.registry.studies()}  # fmt: skip
    return [study_id for study_id, file in files.items() if cohort_id in file.cohorts]


def remove_study(store: Store, study_id: str) -> int:
    """Take a study and its rows out; values computed for it stay, as do older snapshots.

    Returns:
        How many rows went.

    Raises:
        HccerError: no such study, or a run is going on.
    """
    with store.activity(exclusive=True):
        row = store.registry.study(study_id)
        count = _empty_study(store, study_id)
        store.registry.remove(row)
        return count


def _empty_study(store: Store, study_id: str) -> int:
    Checkpoints(store.home, study_id).keep(())
    _forget_report(store, study_id)
    return _delete(store, {"study_id": study_id}, f"rows of study {study_id} removed")


def _left_traces(store: Store, cohort_id: str) -> bool:
    return store.registry.ran(cohort_id) or _ever_held(store, {"cohort_id": cohort_id})


def remove_patient(
    store: Store, cohort_id: str, given: str, *, erase_logs: Callable[[], None] = lambda: None
) -> Removal | None:
    """Take a patient out of every table, snapshot and blob, and never take them in again.

    Args:
        given: the patient's id, that of the source or as stored.
        erase_logs: called while no run can begin, after the rest is erased.

    Returns:
        What went; None where the patient was removed before.

    Raises:
        HccerError: no such cohort or patient, now or in any snapshot, or a run is going on.
    """
    check_cohort(store, cohort_id)
    patient_id = Identity(store.home).stored_patient(cohort_id, given)
    named = {"cohort_id": cohort_id, "patient_id": patient_id}
    hashed = patient_sha256(cohort_id, patient_id)
    with store.activity(exclusive=True):
        if _is_erased(store, named, hashed):
            return None
        if hashed not in store.registry.withdrawals(cohort_id) and not _ever_held(store, named):
            raise HccerError(f"there is no patient {given!r} in cohort {cohort_id}")
        with marked(store.home, hashed):
            # first of all: whoever is killed from here on can be finished by the same call
            store.registry.put(Withdrawal(cohort_id=cohort_id, patient_sha256=hashed))
            return _erase(store, named, erase_logs)


def check_cohort(store: Store, cohort_id: str) -> None:
    """Raise HccerError for a cohort that is neither registered nor was it ever."""
    if not (store.registry.ran(cohort_id) or store.registry.withdrawals(cohort_id)):
        store.registry.cohort(cohort_id)


def _is_erased(store: Store, named: dict[str, str], hashed: str) -> bool:
    withdrew = hashed in store.registry.withdrawals(named["cohort_id"])
    return withdrew and not (is_marked(store.home, hashed) or _ever_held(store, named))


def _erase(store: Store, named: dict[str, str], erase_logs: Callable[[], None]) -> Removal:
    cohort_id = named["cohort_id"]
    # before the rows go: they are the only ones that know the patient's files
    paths = _paths(store, named)
    Identity(store.home).forget_patient(cohort_id, named["patient_id"], paths)
    _forget_report(store, cohort_id)
    # fitted models hold the rows of patients they learned from
    rows = sum(_empty_study(store, each) for each in studies_of(store, cohort_id))
    rows += _delete(store, named, f"a patient of {cohort_id} removed")
    rows += _delete_mentions(store, named, paths)
    return erased(store, rows, erase_logs)


def _paths(store: Store, named: dict[str, str]) -> set[str]:
    """Files of a patient, as any snapshot has them, and what lies in folders of theirs alone."""
    found: set[str] = set()
    for number in snapshots(store):
        if _held_at(store, number, SOURCE_FILE, named):
            condition = " and ".join(f"{name} = ?" for name in named)
            sql = f"select path from lake.source_file at (version => {number}) where {condition}"
            found |= set(store.rows(sql, list(named.values()))["path"])
    others = store.rows("select path from lake.source_file where cohort_id = $cohort_id and "
                        "patient_id is distinct from $patient_id", named)["path"]  # fmt: skip
    known = Identity(store.home).paths(named["cohort_id"])
    folders = {token: set(PurePosixPath(path).parents) for token, path in known.items()}
    theirs = _together(folders, found) - _together(folders, others)
    return found | {token for token, above in folders.items() if above & theirs}


def _delete_mentions(store: Store, named: dict[str, str], paths: set[str]) -> int:
    """Rows of others, or of nobody, that name a patient or their files: the next run makes anew
    what of them still holds."""
    changes = [Change(table, delete=_mentions(store, table, column, texts, named, paths))
               for table, column, texts in MENTIONING]  # fmt: skip
    store.commit(changes, f"what named a patient of {named['cohort_id']} removed")
    return sum(len(change.delete) for change in changes)


def _mentions(
    store: Store, table: Table, path: str, texts: str, named: dict[str, str], paths: set[str]
) -> pl.DataFrame:
    """Keys of the rows of a table that are of one of the paths, or have the id as a word."""
    return store.rows(
        f"select {', '.join(table.key)} from lake.{table.name} where cohort_id = $cohort_id "
        f"and (list_contains($paths, {path}) or regexp_matches(concat_ws(' ', {texts}), "
        "'(^|[^[:alnum:]])' || regexp_escape($patient_id) || '($|[^[:alnum:]])'))",
        {**named, "paths": sorted(paths)},
    )


def _together(folders: dict[str, set[PurePosixPath]], tokens: Iterable[str]) -> set[PurePosixPath]:
    return set().union(*(folders.get(token, set()) for token in tokens))


def _forget_report(store: Store, partition: str) -> None:
    """Pages of a cohort or study show its patients; the next run makes them anew."""
    shutil.rmtree(store.home.reports / partition, ignore_errors=True)


def _delete(store: Store, named: dict[str, str], message: str) -> int:
    changes = [Change(table, delete=pl.DataFrame([named])) for table in _naming(named)]
    count = sum(_count(store, change.table, named) for change in changes)
    if count:
        store.commit(changes, message)
    return count


def _naming(named: dict[str, str]) -> Iterator[Table]:
    return (table for table in STORED if set(named) <= set(table.column_names))


def _count(store: Store, table: Table, named: dict[str, str], at: str = "") -> int:
    condition = " and ".join(f"{name} = ?" for name in named)
    sql = f"select count(*) as n from lake.{table.name} {at} where {condition}"
    return store.rows(sql, list(named.values())).item()


def _ever_held(store: Store, named: dict[str, str]) -> bool:
    """Whether a row of any snapshot has these values, the latest looked at first."""
    numbers = sorted(snapshots(store), reverse=True)
    return any(_held_at(store, number, table, named)
               for number in numbers for table in _naming(named))  # fmt: skip


def _held_at(store: Store, number: int, table: Table, named: dict[str, str]) -> bool:
    try:
        return _count(store, table, named, f"at (version => {number})") > 0
    except (duckdb.CatalogException, duckdb.BinderException):
        return False  # the table, or the column, came later
    except duckdb.Error as error:
        raise HccerError(f"snapshot {number} cannot be read: {error}") from None
