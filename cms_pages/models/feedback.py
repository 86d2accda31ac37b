"""What readers tell editors without saying who they are: votes, counted by day; and links that lead nowhere."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class Answer(models.TextChoices):
    """Whether a page helped; after a no, why not."""

    YES = "yes", _("Yes")
    NO = "no", _("No")
    MISSING = "missing", _("I did not find what I was looking for")
    UNCLEAR = "unclear", _("I do not understand the text")
    BROKEN = "broken", _("Something does not work")
    OTHER = "other", _("Another reason")


#: Reasons that may follow a no.
REASONS = (Answer.MISSING, Answer.UNCLEAR, Answer.BROKEN, Answer.OTHER)


class Place(models.TextChoices):
    """Where the question stood."""

    PAGE = "page", _("on the page")
    SENT = "sent", _("after sending a form")
    CASE = "case", _("after the case")


class PageVote(models.Model):
    """How many people gave one answer about a page on one day. A counter: no time, no address, no person."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(_("day"))
    place = models.CharField(_("where"), max_length=4, choices=Place.choices, default=Place.PAGE)
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices)
    count = models.PositiveIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("votes about a page")
        constraints = [models.UniqueConstraint(fields=["page", "day", "place", "answer"], name="page_vote_once")]


class BrokenLink(models.Model):
    """A link of a live page that led nowhere when it was last tried."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(_("address"), max_length=500)
    text = models.CharField(_("words of the link"), max_length=200, blank=True)
    problem = models.CharField(_("problem"), max_length=200)
    since = models.DateTimeField(_("broken since"))
    tried_at = models.DateTimeField(_("last tried"))

    class Meta:
        verbose_name = _("broken link")
        verbose_name_plural = _("broken links")
        constraints = [models.UniqueConstraint(fields=["page", "address"], name="broken_link_once")]
