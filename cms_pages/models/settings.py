"""What the town says of itself on every page, and its urgent messages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.models import Site
from wagtail.permission_policies.sites import SitePermissionPolicy

from cms_pages import colours
from journal.clock import db_now
from people.models import Unit
from people.policy import access_for

_HEX = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write the colour as # and six digits, for example #0e5a54."))


def _colour(label: Any) -> models.CharField:
    return models.CharField(label, max_length=7, blank=True, validators=[_HEX])


def _picture(label: Any, help_text: Any) -> models.ForeignKey:
    return models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=label, help_text=help_text,
    )  # fmt: skip


class TownPolicy(SitePermissionPolicy):
    """Superusers, and whoever edits the pages of the head office (Access): the editor of a school does not."""

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        if not user.is_authenticated or not user.is_active:
            return False
        return (
            user.is_superuser
            or Unit.objects.filter(depth=1, pk__in=access_for(user).units.get("edit_content", frozenset())).exists()
        )

    def user_has_permission(self, user: Any, action: str) -> bool:
        return self.user_has_any_permission(user, [action])

    def user_has_any_permission_for_instance(self, user: Any, actions: Any, instance: Any) -> bool:
        return self.user_has_any_permission(user, actions)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        return self.user_has_any_permission(user, [action])

    def sites_user_has_any_permission_for(self, user: Any, actions: Any) -> QuerySet[Site]:
        return Site.objects.all() if self.user_has_any_permission(user, actions) else Site.objects.none()

    def sites_user_has_permission_for(self, user: Any, action: str) -> QuerySet[Site]:
        return self.sites_user_has_any_permission_for(user, [action])


@register_setting(icon="site", order=10)
class PortalSettings(BaseSiteSetting):
    """What the town says of itself on every page."""

    town_name = models.CharField(_("name of the town"), max_length=80, default="Miasto Obiegowo")
    line = models.CharField(_("line below the name"), max_length=80, blank=True)
    logo = _picture(_("logo"), _("Square, at least 112 pixels. Empty: the built-in mark."))
    hero = _picture(_("photo of the home page"), _("Wide, at least 1600 pixels; it only decorates."))
    contact = models.TextField(_("contact"), blank=True, help_text=_("First line: the name of the office."))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    facebook = models.URLField("Facebook", blank=True)
    instagram = models.URLField("Instagram", blank=True)
    youtube = models.URLField("YouTube", blank=True)
    linkedin = models.URLField("LinkedIn", blank=True)

    brand_light = _colour(_("main colour, light look"))
    brand_dark = _colour(_("main colour, dark look"))
    brand_contrast = _colour(_("main colour, high contrast"))
    accent_light = _colour(_("second colour, light look"))
    accent_dark = _colour(_("second colour, dark look"))
    accent_contrast = _colour(_("second colour, high contrast"))

    edit_handler = TabbedInterface(
        [
            ObjectList([FieldPanel("town_name"), FieldPanel("line"), FieldPanel("logo"), FieldPanel("hero")],
                       heading=_("Identity")),
            ObjectList(
                [
                    HelpPanel(_("Empty fields keep the built-in colours. Every colour is checked before it is saved: "
                                "text in it must be readable by the rules of WCAG on every ground it stands on.")),
                    FieldRowPanel([FieldPanel(name) for name in ("brand_light", "brand_dark", "brand_contrast")]),
                    FieldRowPanel([FieldPanel(name) for name in ("accent_light", "accent_dark", "accent_contrast")]),
                ],
                heading=_("Colours"),
            ),
            ObjectList(
                [
                    FieldPanel("contact"),
                    FieldRowPanel([FieldPanel("phone"), FieldPanel("email")]),
                    MultiFieldPanel([FieldPanel(name) for name in ("facebook", "instagram", "youtube", "linkedin")],
                                    _("Social media")),
                ],
                heading=_("Contact"),
            ),
        ]
    )  # fmt: skip

    class Meta:
        verbose_name = _("portal")

    @classmethod
    def get_permission_policy(cls) -> TownPolicy:
        return TownPolicy(cls)

    def chosen(self) -> dict[tuple[str, str], str]:
        """(look, colour) -> what the editors chose."""
        found = {
            (look, name): getattr(self, f"{name}_{look}").lower() for look in colours.LOOKS for name in colours.NAMES
        }
        return {key: value for key, value in found.items() if value}

    def clean(self) -> None:
        """Refuses a colour in which text would be hard to read, with the ratio found and the one asked for."""
        super().clean()
        wrong: dict[str, list[str]] = {}
        for (look, name), value in self.chosen().items():
            if found := colours.unreadable(look, name, value):
                wrong[f"{name}_{look}"] = found
        if wrong:
            raise ValidationError(wrong)

    def links(self) -> list[dict[str, str]]:
        """The town's own pages in social media."""
        names = ("facebook", "instagram", "youtube", "linkedin")
        return [
            {"title": str(self._meta.get_field(name).verbose_name), "url": getattr(self, name)}
            for name in names
            if getattr(self, name)
        ]


class AlertQuerySet(models.QuerySet["Alert"]):
    def now(self, within: int = 0) -> AlertQuerySet:
        """Messages shown at this moment or beginning within so many seconds, the most serious first."""
        now = db_now()
        rank = models.Case(*[models.When(level=level, then=n) for n, level in enumerate(("bad", "warn", "info"))])
        return (
            self.filter(starts_at__lte=now + dt.timedelta(seconds=within))
            .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
            .annotate(rank=rank)
            .order_by("rank", "-starts_at", "-pk")
        )


class Alert(models.Model):
    """An urgent message on every page, or on one page and those below it, from a moment until a moment."""

    class Level(models.TextChoices):
        INFO = "info", _("information")
        WARN = "warn", _("warning")
        BAD = "bad", _("danger")

    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    level = models.CharField(_("level"), max_length=4, choices=Level.choices, default=Level.INFO)
    title = models.CharField(_("title"), max_length=80)
    text = models.CharField(_("text"), max_length=300)
    link = models.URLField(_("link to more"), blank=True)
    starts_at = models.DateTimeField(_("shown from"))
    ends_at = models.DateTimeField(_("shown until"), null=True, blank=True)
    page = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        verbose_name=_("only on this page and below it"),
    )  # fmt: skip
    dismissible = models.BooleanField(_("the reader can hide it"), default=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("urgent message")
        verbose_name_plural = _("urgent messages")
        default_permissions = ()

    def __str__(self) -> str:
        return self.title
