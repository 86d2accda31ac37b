"""Nothing is held of a person that no holder speaks of: neither in the archive nor at the end of the account."""

from __future__ import annotations

from django.apps import apps
from django.db import models
from wagtail.models import Page

from people import holdings
from people.models import User

OURS = {"people", "journal", "documents", "workflow", "cms_pages", "search"}
#: Models that keep something of a citizen: each is told, deleted or named among what stays by a holder (`mydata.py`).
HELD = {
    "cms_pages.CalendarFeed", "cms_pages.Draft", "cms_pages.EventRegistration", "cms_pages.Submission",
    "documents.Case", "documents.CaseMessage", "documents.Delivery", "documents.DocumentVersion", "documents.Letter",
    "documents.Party", "journal.Entry", "people.Citizen", "people.DataExport", "people.IdentityCode",
    "people.NoticeChoice", "people.ProvenPhone", "people.Represented", "people.User",
    "workflow.Visit",
    # deleted with the account, told of in the mail they wait for
    "people.Farewell",
}  # fmt: skip
#: Models that speak of staff only, or of the office itself.
OF_STAFF = {
    "cms_pages.PortalSettings", "cms_pages.Wording", "documents.CaseLink", "documents.CaseReading",
    "documents.CaseUserObjectPermission", "documents.VersionReading", "journal.Work", "people.Membership",
    "people.StaffMember", "people.Substitution", "people.Unit", "people.UnitUserObjectPermission", "people.User_groups",
    "people.User_user_permissions",
    "workflow.Assignment", "workflow.Looking", "workflow.RouteTemplate", "workflow.SavedFilter", "workflow.StaffNotice",
    "workflow.StaffNoticeChoice", "workflow.Task", "workflow.Webhook",
}  # fmt: skip


def test_every_model_about_a_person_belongs_to_a_holder() -> None:
    unspoken = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS and not issubclass(model, Page) and _of_a_person(model)
    }
    assert not unspoken - HELD - OF_STAFF, (
        "say in the app's mydata.py what these hold of a person, what goes and what stays, then name them here"
    )
    assert HELD <= unspoken, "these are gone"


def _of_a_person(model: type[models.Model]) -> bool:
    for field in model._meta.get_fields():
        related = field.related_model
        if getattr(field, "concrete", False) and isinstance(related, type) and issubclass(related, User):
            return True
        if isinstance(field, models.EmailField):
            return True
    return False


def test_the_areas_have_names_of_their_own() -> None:
    names = [holder.name for holder in holdings.holders()]
    assert len(names) == len(set(names)) >= 16
    assert names[0] == "profil"
