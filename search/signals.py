"""The border with Wagtail: a page that goes live, is taken down, moved or closed changes the public index."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from wagtail.models import Page, PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move

from cms_pages.models import StaffPage
from journal.jobs import job
from journal.outside import TryLater
from search import sources
from search.backends import cluster, in_database
from search.backends.base import Backend, Outage

#: Kinds under which a page may stand in the index.
PAGE_KINDS = ("page", "service", "intranet")


def refresh(top: Page, backend: Backend) -> None:
    """Bring a page and all below it up to date: in the index if anybody (or the staff) may read it, else out."""
    below = Page.objects.descendant_of(top, inclusive=True)
    open_now = sources.indexed_pages().filter(pk__in=below.values("pk"))
    closed = below.exclude(pk__in=open_now.values("pk")).values_list("pk", flat=True)
    backend.remove([f"{kind}:{pk}" for pk in closed for kind in PAGE_KINDS])
    for chunk in sources.iter_chunks(sources.page(found) for found in open_now.specific(defer=False)):
        backend.put(chunk)


def _published(sender: type[Page], instance: Page, **_kwargs: Any) -> None:
    if isinstance(instance, StaffPage):
        _moved(sender, instance)  # who may read it decides about the pages below
    elif sources.open_pages().filter(pk=instance.pk).exists():
        in_database().put([sources.page(instance)])
        _tell_cluster(instance.pk)


def _unpublished(sender: type[Page], instance: Page, **_kwargs: Any) -> None:
    in_database().remove([f"{kind}:{instance.pk}" for kind in PAGE_KINDS])
    _tell_cluster(instance.pk)


def _moved(sender: type[Page], instance: Page, **_kwargs: Any) -> None:
    refresh(Page.objects.get(pk=instance.pk), in_database())
    _tell_cluster(instance.pk)


def _restriction(sender: type[PageViewRestriction], instance: PageViewRestriction, **_kwargs: Any) -> None:
    top = Page.objects.filter(pk=instance.page_id).first()
    if top is not None:  # a page that is being deleted takes its restrictions with it
        refresh(top, in_database())
        _tell_cluster(top.pk)


def _tell_cluster(page_id: int) -> None:
    """The cluster may be away; publishing does not wait for it."""
    if cluster() is not None:
        refresh_in_cluster.defer(page_id=page_id)


@job(name="search.refresh_in_cluster")
def refresh_in_cluster(page_id: int) -> None:
    """Bring a page and all below it up to date in the cluster. Waits for a cluster that is away."""
    backend, top = cluster(), Page.objects.filter(pk=page_id).first()
    if backend is None:
        return
    try:
        if top is None:
            backend.remove([f"{kind}:{page_id}" for kind in ("page", "service")])
        else:
            refresh(top, backend)
    except Outage as outage:
        raise TryLater(str(outage)) from outage


def connect() -> None:
    """Listen; called once by the app."""
    page_published.connect(_published, dispatch_uid="search-published")
    page_unpublished.connect(_unpublished, dispatch_uid="search-unpublished")
    post_page_move.connect(_moved, dispatch_uid="search-moved")
    for signal in (post_save, post_delete):
        signal.connect(_restriction, sender=PageViewRestriction, dispatch_uid=f"search-restricted-{id(signal)}")
