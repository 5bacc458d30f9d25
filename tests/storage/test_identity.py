"""Pseudonyms: stable, kept by the owner alone, forgotten on request, and never ambiguous."""

import base64
import hashlib
import hmac
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from schemas.errors import HccerError
from storage.home import Home
from storage.identity import FILE, Identity
from storage.spellings import spellings
from tests.support import REPOSITORY

COHORT = "centre_a"
PATIENT = "KH-004711"


@pytest.fixture
def identity(home: Home) -> Identity:
    return Identity(home)


@pytest.fixture
def umask_0() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path) -> int:
    return path.stat().st_mode & 0o777


def known(identity: Identity) -> str:
    """Two patients with names, birth dates and files; returns the pseudonym of the first."""
    first, second = (identity.pseudonym(COHORT, each) for each in (PATIENT, "7"))
    identity.remember(COHORT, "patient_id", {PATIENT: first, "7": second})
    identity.remember(COHORT, "patient_name", [("Meyer^Anna Maria", first), ("Li^Bo", second)])
    identity.remember(COHORT, "birth_date", [("19500131", first), ("19500131", second)])
    paths = ("Meyer_Anna/AP.nii.gz", "Meyer_Anna")
    identity.remember(COHORT, "path", {each: identity.path_token(COHORT, each) for each in paths})
    return first


@pytest.mark.usefixtures("umask_0")
def test_nobody_else_can_read_the_file_at_any_moment(identity: Identity):
    identity.key(COHORT)
    assert identity.file == identity.home.path / FILE
    assert mode(identity.file) == 0o600
    with identity._opened() as con:
        con.execute("insert into known values ('a', 'path', 'b', 'c')")
        there = list(identity.home.path.iterdir())
        assert len(there) == 2  # the journal too
        assert {mode(each) for each in there} == {0o600}
    identity.file.chmod(0o644)
    assert Identity(identity.home).key(COHORT) == identity.key(COHORT)
    assert mode(identity.file) == 0o600
    assert list(identity.home.path.iterdir()) == [identity.file]


def test_a_pseudonym_is_a_keyed_hash_that_never_changes(identity: Identity):
    key = identity.key(COHORT)
    assert len(key) == 32
    pseudonym = identity.pseudonym(COHORT, f" {PATIENT}\n")
    digest = hmac.new(key, PATIENT.encode(), hashlib.sha256).digest()
    assert pseudonym == "P" + base64.b32encode(digest).decode()[:12]
    assert re.fullmatch("P[A-Z2-7]{12}", pseudonym)
    again = Identity(identity.home)
    assert again.pseudonym(COHORT, PATIENT) == pseudonym
    assert again.pseudonym("centre_b", PATIENT) != pseudonym
    assert key.hex() not in repr(again) and repr(key) not in repr(again)
    with pytest.raises(HccerError, match=f"a patient of cohort {COHORT} has an empty id"):
        identity.pseudonym(COHORT, " ")


@pytest.mark.parametrize("path, suffix", [
    ("Meyer/AP.nii.gz", ".nii.gz"), ("Meyer/1.2.840.dcm", ".dcm"), ("a/IM.DCM", ".DCM"),
    ("a/1.2.840.113", ""), ("scan.Meyer", ""), ("Meyer", ""), ("x.Meyer.json", ".json"),
])  # fmt: skip
def test_a_path_keeps_what_says_its_type_and_nothing_else(identity: Identity, path, suffix):
    token = identity.path_token(COHORT, path)
    assert re.fullmatch("[0-9a-f]{24}", token.removesuffix(suffix))
    assert token == Identity(identity.home).path_token(COHORT, path)
    assert token != identity.path_token(COHORT, f"b/{path}")


def test_the_map_answers_both_ways(identity: Identity):
    first = known(identity)
    known(identity)  # once more changes nothing
    again = Identity(identity.home)
    assert again.patients(COHORT) == {first: PATIENT, again.pseudonym(COHORT, "7"): "7"}
    assert set(again.paths(COHORT).values()) == {"Meyer_Anna/AP.nii.gz", "Meyer_Anna"}
    assert again.source_of(COHORT, first) == PATIENT
    token = again.path_token(COHORT, "Meyer_Anna")
    assert again.source_of(COHORT, token) == "Meyer_Anna"
    assert again.source_of("other", token) is None
    assert len(again.values()) == len(again.values(COHORT)) == 8
    assert again.values("other") == []
    assert "Meyer" not in repr(again.values())


def test_two_patients_never_share_a_pseudonym_in_silence(identity: Identity):
    identity.remember(COHORT, "patient_id", {PATIENT: "PAAAA"})
    with pytest.raises(HccerError, match="would get the same pseudonym") as error:
        identity.remember(COHORT, "patient_id", {"new": "PBBBB", "SCHMIDT": "PAAAA"})
    assert PATIENT not in str(error.value) and "SCHMIDT" not in str(error.value)
    assert identity.patients(COHORT) == {"PAAAA": PATIENT}
    identity.remember("other", "patient_id", {"SCHMIDT": "PAAAA"})


def test_a_patient_who_is_forgotten_leaves_no_byte(identity: Identity):
    first = known(identity)
    identity.scrub(COHORT, "")
    identity.forget_patient(COHORT, first, list(identity.paths(COHORT)))
    assert {each.value for each in identity.values()} == {"7", "Li^Bo", "19500131"}
    content = identity.file.read_bytes()
    assert b"Meyer" not in content and PATIENT.encode() not in content
    assert identity.scrub(COHORT, PATIENT) == PATIENT
    identity.forget_patient(COHORT, first)


def test_a_cohort_that_is_forgotten_keeps_its_key(identity: Identity):
    first, key = known(identity), identity.key(COHORT)
    identity.remember("other", "patient_id", {"x": "PX"})
    identity.forget_cohort(COHORT)
    again = Identity(identity.home)
    assert [each.cohort_id for each in again.values()] == ["other"]
    assert again.key(COHORT) == key
    assert again.pseudonym(COHORT, PATIENT) == first
    assert PATIENT.encode() not in identity.file.read_bytes()


def test_looking_makes_no_file(identity: Identity):
    assert not identity.has_key(COHORT)
    assert identity.values() == [] and identity.paths(COHORT) == {}
    assert identity.source_of(COHORT, "P") is None
    identity.forget_cohort(COHORT)
    assert identity.scrub(COHORT, "as it is") == "as it is"
    assert not identity.file.exists()
    identity.key(COHORT)
    assert identity.has_key(COHORT) and not identity.has_key("other")


def test_processes_agree_on_one_key_and_one_map(identity: Identity):
    code = (
        "import sys; from storage.home import Home; from storage.identity import Identity\n"
        "one = Identity(Home.from_environment())\n"
        "for at in range(40):\n"
        "    name = f'{sys.argv[1] if at % 2 else 0}-{at}'\n"
        f"    one.remember('{COHORT}', 'patient_id', {{name: one.pseudonym('{COHORT}', name)}})\n"
        f"print(one.key('{COHORT}').hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(number)], cwd=REPOSITORY, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for number in (1, 2)
    ]  # fmt: skip
    said = [process.communicate(timeout=60) for process in started]
    assert [error for _, error in said] == ["", ""]
    assert {key.strip() for key, _ in said} == {identity.key(COHORT).hex()}
    assert len(identity.patients(COHORT)) == 20 + 2 * 20
    assert list(identity.home.path.iterdir()) == [identity.file]


def test_a_damaged_file_is_one_sentence(identity: Identity):
    identity.home.path.mkdir()
    identity.file.write_bytes(b"no database at all" * 100)
    for action in (lambda: identity.key(COHORT), identity.values):
        with pytest.raises(
            HccerError, match="not a database; bring it back from a backup"
        ) as error:
            action()
        assert "\n" not in str(error.value)
    identity.file.unlink()
    identity.file.mkdir()
    with pytest.raises(HccerError, match="does not open"):
        identity.key(COHORT)


SCRUBBED = [
    ("file /data/Meyer_Anna/AP.nii.gz is torn", "file /data/{file} is torn"),
    ("Meyer_Anna cannot be listed", "{folder} cannot be listed"),
    (f"two rows of {PATIENT}, {PATIENT.lower()}", "two rows of {first}, {first}"),
    ("patient 7 has 17 slices in 7.5 mm", "patient {second} has 17 slices in {second}.5 mm"),
    ("MEYER^ANNA MARIA, born 31.01.1950", "{first}, born {either}"),
    ("Mrs Meyer; Meyers; meyerhold", "Mrs {first}; Meyers; meyerhold"),
    ("nothing of anybody", "nothing of anybody"),
    (f"{PATIENT}2 is another", f"{PATIENT}2 is another"),
]


@pytest.mark.parametrize("text, expected", SCRUBBED)
def test_a_reason_names_nobody(identity: Identity, text: str, expected: str):
    first = known(identity)
    second = identity.pseudonym(COHORT, "7")
    file = identity.path_token(COHORT, "Meyer_Anna/AP.nii.gz")
    folder = identity.path_token(COHORT, "Meyer_Anna")
    meant = {
        expected.format(first=first, second=second, file=file, folder=folder, either=either)
        for either in (first, second)
    }
    assert identity.scrub(COHORT, text) in meant
    assert identity.scrub("other", text) == text


@pytest.mark.parametrize("kind, value, expected", [
    ("birth_date", "1950-01-31", {"19500131", "1950-01-31", "31.01.1950", "31/01/1950"}),
    ("birth_date", "about 1950", {"about 1950"}),
    ("patient_id", 'a"b', {'a"b', 'a\\"b', "a&quot;b"}),
    ("patient_name", "Meyer^Anna", {"Meyer^Anna", "Meyer Anna", "Meyer, Anna", "Anna Meyer",
                                    "Meyer_Anna", "AnnaMeyer", "Meyer", "ANNA"}),
    ("patient_name", "Anna Meyer", {"Anna Meyer", "Meyer, Anna", "Meyer^Anna", "MEYER"}),
    ("patient_name", "Li^Bo", {"Li Bo", "Bo Li"}),
    ("patient_name", "Yamada^Tarou=山田^太郎", {"Tarou Yamada", "山田 太郎", "\\u5c71\\u7530^"
                                              "\\u592a\\u90ce"}),
    ("patient_name", "Müller^Jörg", {"JÖRG MÜLLER", "m\\u00fcller j\\u00f6rg", "Müller"}),
])  # fmt: skip
def test_an_identity_is_known_in_every_usual_spelling(kind, value, expected):
    texts = {each.text for each in spellings(kind, value, "P")}
    assert expected <= texts
    assert not {"Li", "Bo"} & texts
