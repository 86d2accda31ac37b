"""Who read a case: one row for a person and a day, shown to the party as unit and role, to the office with the name."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from documents import readings
from documents.models import Case, CaseReading, DocumentVersion
from journal.clock import db_now, warsaw_day
from people.access import GUEST, SYSTEM
from people.models import Citizen, Role
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.account.conftest import signed_in

pytestmark = pytest.mark.django_db


def test_opening_the_case_is_kept_once_a_day(town: Office, case: Case, citizen: Citizen) -> None:
    clerk = signed_in(town.clerk)
    for _again in range(2):
        assert clerk.get(reverse("desk:case", args=[case.pk])).status_code == 200
    row = CaseReading.objects.get()
    assert (row.reader, row.unit, row.role, row.day) == (town.clerk, town.unit, Role.CLERK, warsaw_day(db_now()))
    CaseReading.objects.update(day=row.day - dt.timedelta(days=1))
    clerk.get(reverse("desk:case", args=[case.pk]))
    assert CaseReading.objects.count() == 2


def test_the_party_sees_unit_and_role_and_no_name(town: Office, case: Case, citizen: Citizen) -> None:
    readings.note(town.access("head"), case)
    page = signed_in(citizen.user).get(reverse("cms_pages:my_case", args=[case.pk])).content.decode()
    section = page[page.index('id="czytali"') : page.index("</details>", page.index('id="czytali"'))]
    assert town.unit.name in section
    assert str(Role.HEAD.label) in section
    assert str(town.head) not in section
    desk = signed_in(town.clerk).get(reverse("desk:case", args=[case.pk])).content.decode()
    assert str(town.head) in desk[desk.index('id="czytali"') :]


def test_a_download_by_staff_is_a_reading_and_by_the_party_none(town: Office, case: Case, citizen: Citizen) -> None:
    version = DocumentVersion.objects.filter(document__letter__case=case, document__public=True).first()
    assert version is not None
    address = reverse("documents:download", args=[version.pk, version.file_name])
    assert signed_in(citizen.user).get(address).status_code == 200
    assert not CaseReading.objects.exists()
    assert signed_in(town.head).get(address).status_code == 200
    assert CaseReading.objects.get().reader == town.head


def test_whoever_may_not_see_the_case_leaves_no_reading(town: Office, case: Case) -> None:
    stranger = people.member(town.units["FN"], Role.CLERK)
    assert signed_in(stranger).get(reverse("desk:case", args=[case.pk])).status_code == 404
    readings.note(GUEST, case)
    readings.note(SYSTEM, case)
    assert not CaseReading.objects.exists()
