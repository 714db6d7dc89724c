"""What is sent in another form than was asked for: objects, documents, archives, cells that run."""

from __future__ import annotations

import csv
import gzip
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from kombu import Connection

from scheduling.models import RegisterImport
from tests.attacks.pages import Url, body_of
from tests.factories import House, make_fill, make_patient, make_running_pump
from tests.servers import Process


class Bomb:
    """An object that makes a file when somebody reads it."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.made),)


DOCUMENTS = {
    "application/xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "text/xml": b"<x/>",
    "application/x-yaml": b"!!python/object/apply:os.system ['true']",
    "text/yaml": b"a: 1",
    "application/x-java-serialized-object": b"\xac\xed\x00\x05",
    "application/x-www-form-urlencoded": b"patient=1",
    "multipart/form-data; boundary=b": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
    "text/plain": b'{"patient": "1"}',
}


@pytest.mark.django_db
def test_a08_the_interface_reads_json_and_nothing_else(house: House, nurse: Client, tmp_path: Path) -> None:
    """OpenMRS CVE-2018-19276: what came in was taken for an object and made one."""
    made = tmp_path / "made"
    sent = DOCUMENTS | {"application/x-python-serialize": pickle.dumps(Bomb(made))}
    visits = f"/api/v1/clinics/{house.clinic.slug}/visits"
    for address in ("/api/v1/forecast", visits):
        for kind, body in sent.items():
            answer = nurse.generic("POST", address, body, content_type=kind)
            assert answer.status_code == 415, (address, kind)
    assert not made.exists()


@pytest.mark.broker("puts a task into it that is no JSON")
@pytest.mark.django_db(transaction=True)
def test_a08_a_worker_makes_no_object_of_what_lies_in_the_queue(
    broker_address: str, start_worker: Callable[..., Process], tmp_path: Path
) -> None:
    """OpenMRS CVE-2018-19276, through the queue: a task that is a pickle is refused and never opened."""
    made, worker = tmp_path / "made", start_worker()
    head = {"id": "a08", "task": "scheduling.tick", "argsrepr": "()", "kwargsrepr": "{}"}
    with Connection(broker_address) as connection:
        connection.SimpleQueue("celery", serializer="pickle").put(
            (Bomb(made), {}, {}), headers=head, serializer="pickle"
        )
    worker.wait_until(lambda: "ContentDisallowed" in worker.output())
    assert not made.exists()
    assert worker.process.poll() is None, "and it works on"


def archive(**files: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as found:
        for name, content in files.items():
            found.writestr(name, content)
    return kept.getvalue()


@pytest.mark.django_db
def test_a09_nothing_that_is_uploaded_is_unpacked(house: House, administrator: Client, url: Url) -> None:
    """OpenMRS CVE-2026-40076 (zip slip): archives are refused at the field, whatever their name says."""
    packed = {
        "slip": archive(**{"../../../../tmp/slipped.py": b"1", "register.csv": b"mrn\n1\n"}),
        "absolute": archive(**{"/tmp/slipped.py": b"1"}),  # noqa: S108
        "bomb": archive(**{"register.csv": b"0" * 5_000_000}),
        "workbook": archive(**{"xl/workbook.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}),
        "gzip": gzip.compress(b"mrn,last_name\n1,Ode\n"),
        "tar": b"../../slipped".ljust(257, b"\0") + b"ustar\x0000",
        "seven": b"7z\xbc\xaf\x27\x1c\x00\x04",
    }
    for name, content in packed.items():
        file = SimpleUploadedFile("register.csv", content, content_type="text/csv")
        assert administrator.post(url("register"), {"file": file}).status_code == 422, name
    assert not RegisterImport.objects.exists()
    assert not Path("/tmp/slipped.py").exists()  # noqa: S108


FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    " =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    '=cmd|"/C x"!A0',
)
RUNS = tuple("=+-@\t\r\n＝＋－＠")


@pytest.mark.django_db
def test_a23_no_table_that_is_downloaded_holds_a_cell_that_runs(
    house: House, administrator: Client, url: Url
) -> None:
    """Appointment Hour Booking CVE-2022-4034: what a stranger typed ran in the administrator's spreadsheet."""
    for formula in FORMULAS:
        patient = make_patient(house, last_name=formula, first_name=formula)
        implant = make_running_pump(house, patient, filled_on=house.today - timedelta(days=60))
        make_fill(house, implant, filled_on=house.today - timedelta(days=3), lot="LOT1", volume_ml="20")
    pages = ("worklist_csv", "report_refills_csv", "report_preparation_csv", "report_discrepancy_csv")
    tables = {name: body_of(administrator.get(url(name))) for name in (*pages, "report_outcomes_csv")}
    tables["lots_download"] = body_of(administrator.post(url("lots_download"), {"lot": "LOT1"}))
    tables["paper_list_table"] = body_of(administrator.get(url("paper_list_table")))
    names = 0
    for table, text in tables.items():
        for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"))):
            for cell in line:
                assert not cell.lstrip(" \u00a0").startswith(RUNS), (table, cell)
                names += "1+1" in cell
    assert names >= len(FORMULAS), "the names are in the tables"
