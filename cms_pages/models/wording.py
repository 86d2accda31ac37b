"""What a page says, as a digest: how it is known that a translation is older than the text it translates."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class WordingQuerySet(models.QuerySet["Wording"]):
    def behind(self) -> WordingQuerySet:
        """Of translations: those whose Polish page says something else today."""
        return self.filter(original__isnull=False).exclude(digest=F("original__digest"))


class Wording(models.Model):
    """The words of a live page. Of a Polish page: what it says now, since when and by whom. Of a translation: what the
    Polish page said that it renders."""

    page = models.OneToOneField("wagtailcore.Page", on_delete=models.CASCADE, related_name="wording")
    #: Of a translation: the words of the page that was translated.
    original = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="translations"
    )
    digest = models.CharField(max_length=64)
    #: Of a translation that waits for approval: the words that it will render.
    pending = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = WordingQuerySet.as_manager()

    class Meta:
        verbose_name = _("wording of a page")
        verbose_name_plural = _("wordings of pages")
        default_permissions = ()


def newer_original(page: Page) -> Wording | None:
    """The words of the Polish page, where they are newer than what this translation says; else None. One query."""
    found = Wording.objects.behind().filter(page_id=page.pk).select_related("original__page").first()
    return found.original if found else None
