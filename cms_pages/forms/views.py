"""Filling in a form, one page at a time, also without JavaScript. The server alone decides what is shown."""

from __future__ import annotations

import uuid as uuids
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import View

from cms_pages.forms import browser, drafts, submit
from cms_pages.forms.conditions import depends_within
from cms_pages.forms.fields import kind_of
from cms_pages.forms.fill import StepForm, input_name
from cms_pages.forms.models import Draft, FormPage
from cms_pages.forms.spec import Field, Step
from journal.errors import DomainError, NotFound
from people.models import Represented, Unit, User


class FormView(View):
    """Base: answers are private and never cached; domain errors become pages in plain words."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        try:
            response = super().dispatch(request, *args, **kwargs)
        except drafts.AlreadySent as error:
            if request.method == "POST":
                messages.warning(request, str(error.message))
            response = redirect("cms_pages:confirmation", uuid=error.submission.pk)
        except drafts.LoginNeeded as error:
            messages.info(request, str(error.message))
            response = redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.path})}")
        except NotFound as error:
            response = render(request, "forms/gone.html", {"message": error.message}, status=404)
        except DomainError as error:
            response = render(request, "forms/gone.html", {"message": error.message, "kept": True}, status=409)
        add_never_cache_headers(response)
        return browser.keep(request, response)


class StartView(FormView):
    """Begins a form. Only by POST, so that no link and no robot makes drafts."""

    def get(self, request: HttpRequest, page_id: int) -> HttpResponse:
        return redirect(self._page(page_id).get_url(request))

    def post(self, request: HttpRequest, page_id: int) -> HttpResponse:
        page = self._page(page_id)
        unit = Unit.objects.active().filter(slug=request.POST.get("jednostka", "")[:80]).first()
        draft = drafts.start(request, page, unit=unit, represented=self._represented(request))
        return redirect("cms_pages:form_go_on", uuid=draft.pk)

    def _represented(self, request: HttpRequest) -> Represented | None:
        """In whose name: one of those whom the account represents today; None for one's own."""
        named, user = request.POST.get("w-imieniu", ""), request.user
        if not isinstance(user, User) or not (named.isascii() and named.isdigit() and len(named) < 19):
            return None
        return Represented.objects.of(user).current().filter(pk=int(named)).first()

    def _page(self, page_id: int) -> FormPage:
        page = FormPage.objects.live().filter(pk=page_id).first()
        if page is None:
            raise Http404
        return page


class DraftView(FormView):
    """Base of the pages of one draft."""

    draft: Draft

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.language = (get_language() or "pl")[:2]

    def find(self, uuid: uuids.UUID) -> Draft:
        """The draft, moved to the newest version; what changed is said once."""
        draft, changes = drafts.move_to_current(drafts.find(self.request, uuid))
        if changes:
            text = _("The form has been changed while you were filling it in. Your answers are kept.")
            messages.warning(self.request, " ".join([text, *(c if c.endswith(".") else c + "." for c in changes)]))
        self.draft = draft
        return draft

    def context(self, **extra: Any) -> dict[str, Any]:
        """What every page of the form knows: the form's name, the unit, the steps, where to save."""
        draft, document = self.draft, self.draft.version.spec
        return {"draft": draft, "form_title": document.title.in_language(self.language), "unit": draft.unit,
                "lang": self.language, "page": draft.version.page, **extra}  # fmt: skip

    def step_url(self, step: Step) -> str:
        number = self.draft.version.spec.steps.index(step) + 1
        return reverse("cms_pages:form_step", args=[self.draft.pk, number])

    def next_url(self, where: drafts.Progress) -> str:
        """Where to go on: the unit, the first page that is not answered in full, or the check."""
        if self.draft.unit_id is None:
            return reverse("cms_pages:form_unit", args=[self.draft.pk])
        if where.first_open is not None:
            return self.step_url(where.first_open)
        return reverse("cms_pages:form_check", args=[self.draft.pk])

    def indicator(self, where: drafts.Progress, current: Step | None) -> dict[str, Any]:
        """The steps for the indicator, the check as the last one."""
        steps = [{"title": s.title.in_language(self.language), "url": self.step_url(s)} for s in where.steps]
        if self.draft.version.spec.review:
            steps.append({"title": _("Check your answers"), "url": ""})
        place = where.steps.index(current) + 1 if current in where.steps else len(steps)
        return {"steps": steps, "current": place}


class GoOnView(DraftView):
    def get(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        self.find(uuid)
        return redirect(self.next_url(drafts.progress(self.draft)))


class UnitView(DraftView):
    """The citizen chooses the unit to write to, where the form leaves that open."""

    def get(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        self.find(uuid)
        return self._show()

    def post(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        draft = self.find(uuid)
        chosen = request.POST.get("unit", "")
        unit = next((u for u in drafts.units_of(draft.version.page) if str(u.pk) == chosen), None)
        if unit is None:
            return self._show(error=_("Choose the unit you write to."), status=422)
        drafts.choose_unit(draft, unit)
        return redirect(self.next_url(drafts.progress(draft)))

    def _show(self, error: str = "", status: int = 200) -> HttpResponse:
        units = drafts.units_of(self.draft.version.page)
        groups: dict[str, list[Unit]] = {}
        for unit in units:
            groups.setdefault(unit.category, []).append(unit)
        context = self.context(groups=sorted(groups.items()), units=units, error=error,
                               back_url=self.draft.version.page.get_url(self.request))  # fmt: skip
        return render(self.request, "forms/unit.html", context, status=status)


class StepView(DraftView):
    """One page of questions."""

    def get(self, request: HttpRequest, uuid: uuids.UUID, number: int) -> HttpResponse:
        draft = self.find(uuid)
        step, where = self._step(number)
        if step is None:
            return redirect(self.next_url(where))
        typed = draft.typed.get(step.id)
        data = QueryDict(mutable=True) if typed else None
        for name, texts in (typed or {}).items():
            data.setlist(name, texts)  # type: ignore[union-attr]  # made above
        form = self._form(step, data)
        if data is not None:
            form.forget_errors()  # what is wrong was said when it was sent; here somebody comes back to go on
        return self._show(step, where, form)

    def post(self, request: HttpRequest, uuid: uuids.UUID, number: int) -> HttpResponse:
        try:
            draft = self.find(uuid)
        except drafts.LoginNeeded as error:
            self._keep_typed(error.draft, number)
            raise
        step = next((s for s in draft.version.spec.steps if s.id == request.POST.get("_step")), None)
        reachable, where = self._step(draft.version.spec.steps.index(step) + 1 if step else number)
        if reachable is None:
            return redirect(self.next_url(where))
        step = reachable
        action = request.POST.get("_action", "next")
        sending = action == "send" and not draft.version.spec.review
        refused = self._take_files(step, keep=not sending)
        form = self._form(step, request.POST)
        if action == "refresh":
            form.forget_errors()
            return self._show(step, where, form)
        for item_id, text in refused.items():
            form.whole_errors[item_id] = text
        form.is_valid()
        form.whole_errors.update(refused)
        stamp = None if action == "overwrite" else _whole(request.POST.get("_stamp", ""))
        refusal = ""
        if sending:
            try:
                if form.is_valid():
                    sent = submit.submit(request.access, draft, submit.LastPage(step, form, stamp))  # type: ignore[attr-defined]  # by middleware
                    return redirect("cms_pages:confirmation", uuid=sent.pk)
            except submit.NotReady as error:
                messages.error(request, str(error.message))
            except DomainError as error:
                refusal = str(error.message)
            drafts.keep_files(draft, step)
        saved = drafts.save_step(draft, step, form, stamp=stamp)
        self.draft = saved.draft
        if saved.conflict:
            return self._show(step, where, form, conflict=True, status=409)
        if action == "files":
            if refused:
                form = self._form(step, request.POST)
                form.forget_errors()
                form.whole_errors.update(refused)
                return self._show(step, where, form, status=422)
            return redirect(self.step_url(step) + f"#id_{request.POST.get('_at', '')[:80]}")
        if action == "save":
            return redirect("cms_pages:form_save", uuid=draft.pk)
        if not form.is_valid():
            return self._show(step, where, form, status=422)
        if refusal:
            return self._show(step, where, form, refusal=refusal, status=409)
        after = drafts.progress(saved.draft)
        if request.POST.get("_back") == "check" and after.first_open is None:
            return redirect("cms_pages:form_check", uuid=draft.pk)
        return redirect(self._following(step, after))

    def _step(self, number: int) -> tuple[Step | None, drafts.Progress]:
        """The step asked for, None when it is hidden, unknown or further than the first open one."""
        where = drafts.progress(self.draft)
        all_steps = self.draft.version.spec.steps
        if self.draft.unit_id is None or not 1 <= number <= len(all_steps):
            return None, where
        step = all_steps[number - 1]
        if step not in where.steps:
            return None, where
        limit = where.steps.index(where.first_open) if where.first_open else len(where.steps)
        return (step if where.steps.index(step) <= limit else None), where

    def _following(self, step: Step, where: drafts.Progress) -> str:
        """The page after this one, or the first open one when that comes earlier."""
        if where.first_open is None or step not in where.steps:
            following = where.steps[where.steps.index(step) + 1:] if step in where.steps else ()
            return self.step_url(following[0]) if following else self.next_url(where)
        after = where.steps.index(step) + 1
        if after < len(where.steps) and where.steps.index(where.first_open) >= after:
            return self.step_url(where.steps[after])
        return self.next_url(where)

    def _form(self, step: Step, data: Any) -> StepForm:
        draft = self.draft
        return StepForm(draft.version.spec, step, draft.answers, language=self.language, data=data, files=draft.files)

    def _take_files(self, step: Step, *, keep: bool = True) -> dict[str, str]:
        """Store what was uploaded, remove and rename what was asked; messages of refused files by field id. `keep`:
        write it into the draft's row now; else the draft only holds it."""
        post, refused = self.request.POST, {}
        for item in step.fields:
            if item.kind != "files":
                continue
            if gone := post.get(f"remove-{item.id}"):
                drafts.change_files(self.draft, item, lambda files, sha=gone: [f for f in files if f["sha256"] != sha])
            if named := post.get(f"rename-{item.id}"):
                name = post.get(f"rename_{named[:64]}", "")
                drafts.change_files(self.draft, item,
                                    lambda files, sha=named, new=name: drafts.rename_file(files, sha, new))
            uploads = self.request.FILES.getlist(input_name(item))[:50]
            if not uploads:
                continue
            added, wrong = drafts.store_files(item, uploads, self.draft.files.get(item.id, []))
            if added and keep:
                drafts.change_files(self.draft, item, lambda files, new=added: files + new)
            elif added:
                self.draft.files[item.id] = [*self.draft.files.get(item.id, []), *added]
            if wrong:
                refused[item.id] = " ".join(wrong)
        return refused

    def _keep_typed(self, draft: Draft, number: int) -> None:
        """The login has ended: keep what was typed for the account, show nothing of it."""
        step = next((s for s in draft.version.spec.steps if s.id == self.request.POST.get("_step")), None)
        if step is None:
            return
        self.draft = draft
        self._take_files(step)
        form = self._form(step, self.request.POST)
        form.is_valid()
        drafts.save_step(draft, step, form, stamp=None)

    def _show(self, step: Step, where: drafts.Progress, form: StepForm, *, conflict: bool = False, refusal: str = "",
              status: int = 200) -> HttpResponse:  # fmt: skip
        place = where.steps.index(step)
        back = self.step_url(where.steps[place - 1]) if place else self.draft.version.page.get_url(self.request)
        from_check = self.request.GET.get("z") == "sprawdz" or self.request.POST.get("_back") == "check"
        context = self.context(
            step=step, title=step.title.in_language(self.language), intro=step.intro.in_language(self.language),
            form=form, sections=list(form.views()), errors=form.error_list(), conflict=conflict, refusal=refusal,
            back_url=back, sends=not self.draft.version.spec.review,
            stamp=self.draft.stamps.get(step.id, 0), refreshes=depends_within(step), from_check=from_check,
            has_files=any(f.kind == "files" for f in step.fields), **self.indicator(where, step))  # fmt: skip
        return render(self.request, "forms/step.html", context, status=status)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


class CheckView(DraftView):
    """All answers with "Change" beside each page, and the button that sends."""

    def get(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        draft = self.find(uuid)
        where = drafts.progress(draft)
        if draft.unit_id is None or where.first_open is not None:
            return redirect(self.next_url(where))
        return self._show(where)

    def post(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        draft = self.find(uuid)
        where = drafts.progress(draft)
        if request.POST.get("_version") != str(draft.version.number) or request.POST.get("_stamp") != self._stamp():
            if draft.unit_id is None or where.first_open is not None:
                return redirect(self.next_url(where))
            text = _("Your answers have changed since this page was shown. Check them once more.")
            return self._show(where, text, 409)
        try:
            sent = submit.submit(request.access, draft)  # type: ignore[attr-defined]
        except submit.NotReady as error:
            messages.error(request, str(error.message))
            return redirect(self.step_url(error.step) if error.step else self.next_url(where))
        except DomainError as error:
            return self._show(where, str(error.message), 409)
        return redirect("cms_pages:confirmation", uuid=sent.pk)

    def _stamp(self) -> str:
        return ".".join(str(self.draft.stamps.get(s.id, 0)) for s in self.draft.version.spec.steps)

    def _show(self, where: drafts.Progress, error: str = "", status: int = 200) -> HttpResponse:
        parts = []
        visible, answers = where.checked.shown, where.checked.shown.answers
        for step in where.steps:
            rows = [self._row(f, answers.get(f.id), self.step_url(step)) for f in step.fields
                    if f.id in visible.fields and kind_of(f).asks]  # fmt: skip
            if rows:
                parts.append({"title": step.title.in_language(self.language), "rows": rows})
        choosable = len(drafts.units_of(self.draft.version.page)) > 1
        context = self.context(parts=parts, error=error, stamp=self._stamp(), **self.indicator(where, None),
                               unit_url=reverse("cms_pages:form_unit", args=[self.draft.pk]) if choosable else "",
                               back_url=self.step_url(where.steps[-1]))  # fmt: skip
        return render(self.request, "forms/check.html", context, status=status)

    def _row(self, item: Field, value: Any, url: str) -> dict[str, Any]:
        shown = kind_of(item).display(item, value, self.language) if value is not None else ""
        first = next(iter(kind_of(item).parts(item, self.language)), "")
        return {"label": item.label.in_language(self.language), "value": shown,
                "change_url": f"{url}?z=sprawdz#id_{input_name(item, first)}"}  # fmt: skip
