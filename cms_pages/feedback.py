"""“Was this page helpful?”: counted by page and day, without cookies, addresses or words of the reader.

No journal entry is written: a vote is a number of nobody's, not a deed of somebody's. The form carries no token, since
a token would need a cookie; other sites are kept out by `Sec-Fetch-Site`, floods by limits.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from wagtail.models import Page

from cms_pages.models.feedback import REASONS, Answer, PageVote, Place
from people.limits import Limit, address_of

#: From one address of the network: in an hour, and about one page in a day.
FROM_ADDRESS = Limit("helpful", 40, 3600)
ABOUT_PAGE = Limit("helpful-page", 2, 86_400)
ABOUT_PAGE_WHY = Limit("helpful-why", 2, 86_400)


def count(page: Page, answer: str, place: str = Place.PAGE) -> None:
    """Add one to a counter of today (Warsaw, database clock)."""
    table = connection.ops.quote_name(PageVote._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (page_id, day, place, answer, count) "  # noqa: S608  # our own table's name
            "VALUES (%s, (clock_timestamp() AT TIME ZONE 'Europe/Warsaw')::date, %s, %s, 1) "
            f"ON CONFLICT (page_id, day, place, answer) DO UPDATE SET count = {table}.count + 1",
            [page.pk, place, answer],
        )


class WhyForm(forms.Form):
    """What was wrong, after a no."""

    answer = forms.ChoiceField(
        label=_("Choose what fits best"), choices=[(reason.value, reason.label) for reason in REASONS],
        widget=forms.RadioSelect)  # fmt: skip


@method_decorator(csrf_exempt, name="dispatch")
class HelpfulView(View):
    """POST `page`, `answer`, `where`: counts, thanks, and after a no asks why."""

    def post(self, request: HttpRequest) -> HttpResponse:
        given = {name: request.POST.get(name, "") for name in ("page", "answer", "where")}
        place = given["where"] or Place.PAGE
        if given["answer"] not in Answer.values or place not in Place.values or not given["page"].isdecimal():
            return self._answer(request, None, status=400, wrong=True)
        number = int(given["page"]) if len(given["page"]) < 10 else 0
        page = Page.objects.live().public().filter(pk=number).first()
        if page is None:
            raise Http404
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return self._answer(request, page, status=403, wrong=True)
        who = address_of(request)
        why = given["answer"] in REASONS
        about = ABOUT_PAGE_WHY if why else ABOUT_PAGE
        if not FROM_ADDRESS.take(who) or not about.take(f"{who} {page.pk}"):
            return self._answer(request, page, status=429, full=True)
        count(page, given["answer"], place)
        return self._answer(request, page, ask_why=given["answer"] == Answer.NO, place=place)

    @staticmethod
    def _answer(request: HttpRequest, page: Page | None, *, status: int = 200, **said: Any) -> HttpResponse:
        back = (page.get_url(request) if page else None) or "/"
        context = {"about": page, "back": back, "form": WhyForm(), **said}
        if request.headers.get("X-Part"):
            return render(request, "portal/_helpful_answer.html", {**context, "heading": "p"}, status=status)
        return render(request, "portal/helpful_thanks.html", context, status=status)
