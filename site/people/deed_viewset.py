"""The base of every staff screen that writes: Wagtail's ModelViewSet whose save and delete call a deed.

A subclass says what a person may see and which deeds there are; the views log nothing, since the deed writes the one
entry. Copying, reordering, bulk actions and usage are off, and a deed that is not there has no address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button

from journal.errors import DomainError, NotFound
from people.access import Access
from people.keyset import KeysetIndex


def day_column(name: str, label: Any, *, sortable: bool = False) -> Column:
    """A column that shows a day as a day ("25.11.2026"), a dash for none; Wagtail's own says how long ago it was."""

    def text(row: Any) -> str:
        day = getattr(row, name)
        return date_format(day, "d.m.Y") if day else "–"

    return Column(name, label=label, accessor=text, sort_key=name if sortable else None)


@dataclass(frozen=True)
class DeedAction:
    """A further deed on one thing, with a page that asks for confirmation: `deed(access, thing)`.

    `shown(access, thing)` says whether the button appears; the deed itself decides whether it may be done."""

    name: str
    label: Any
    question: Any
    deed: Callable[[Access, Any], object]
    shown: Callable[[Access, Any], bool] = lambda _access, _thing: True
    icon: str = "check"
    serious: bool = False


class _OfViewSet:
    """What the views below share: rows come from the viewset's own query, so a foreign id is no id at all."""

    viewset: Any = None
    request: HttpRequest
    model: Any
    object: Any

    @property
    def access(self) -> Access:
        return self.request.access  # type: ignore[attr-defined]  # set by the middleware

    def get_queryset(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.viewset.visible(self.access)
        return found

    def may_do(self, run: Callable[[], Any]) -> tuple[Any, DomainError | None]:
        """Run a deed; a rule that forbids it becomes a sentence for the form, an unseen thing a 404."""
        try:
            with transaction.atomic():
                return run(), None
        except NotFound as error:
            raise Http404 from error
        except DomainError as error:
            return None, error


class DeedIndexView(KeysetIndex, _OfViewSet, generic.IndexView):
    """The list of what the person may see."""

    @property
    def add_item_label(self) -> str:
        return str(self.viewset.add_label or super().add_item_label)

    def get_queryset(self) -> QuerySet[Any]:
        queryset = self.order_queryset(self.get_base_queryset())
        return self.search_queryset(self.filter_queryset(queryset))

    def get_base_queryset(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.viewset.visible(self.access)
        return found

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.is_searching:
            return queryset if self.viewset.browsable else queryset.none()
        found: QuerySet[Any] = self.viewset.search(queryset, self.search_query)
        return found


class DeedCreateView(_OfViewSet, generic.CreateView):
    success_message = gettext_lazy("Saved: %(object)s")

    def get_page_subtitle(self) -> str:
        return str(self.viewset.add_label or super().get_page_subtitle())

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        *path_here, last = super().get_breadcrumbs_items()
        return [*path_here, {**last, "label": self.get_page_subtitle()}]

    def form_valid(self, form: ModelForm[Any]) -> HttpResponse:
        self.form = form
        made, error = self.may_do(lambda: self.viewset.create(self.access, form.cleaned_data))
        if error is not None:
            return _refused(self, form, error)
        self.object = made
        return self.save_action()

    def get_success_buttons(self) -> list[Any]:
        return super().get_success_buttons() if self.edit_url_name else []


class DeedEditView(_OfViewSet, generic.EditView):
    success_message = gettext_lazy("Saved: %(object)s")

    def form_valid(self, form: ModelForm[Any]) -> HttpResponse:
        self.form = form
        thing = get_object_or_404(self.get_queryset(), pk=self.object.pk)  # not the one the form has written into
        done, error = self.may_do(lambda: self.viewset.change(self.access, thing, form.cleaned_data))
        if error is not None:
            return _refused(self, form, error)
        self.object = done or thing
        return self.save_action()

    @property
    def can_delete(self) -> bool:
        return self.viewset.has("remove") and super().can_delete

    @property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        for action in self.viewset.deed_actions:
            if action.shown(self.access, self.object):
                url = reverse(self.viewset.get_url_name(action.name), args=(self.object.pk,))
                buttons.append(Button(action.label, url=url, icon_name=action.icon, priority=15))
        return buttons


class DeedDeleteView(_OfViewSet, generic.DeleteView):
    template_name = "people/confirm.html"
    page_title = gettext_lazy("Delete")
    success_message = gettext_lazy("Done: %(object)s")
    question: Any = None
    label: Any = gettext_lazy("Yes, delete")
    serious = True

    @property
    def confirmation_message(self) -> str:
        return str(self.question or super().confirmation_message)

    def form_valid(self, form: Any) -> HttpResponse:
        _done, error = self.may_do(lambda: self.viewset.remove(self.access, self.object))
        if error is not None:
            messages.error(self.request, str(error.message))
            return HttpResponseRedirect(self.get_success_url())
        messages.success(self.request, self.get_success_message())
        return HttpResponseRedirect(self.get_success_url())


class DeedInspectView(_OfViewSet, generic.InspectView):
    def get_object(self, queryset: QuerySet[Any] | None = None) -> Model:
        return get_object_or_404(self.get_queryset(), pk=self.pk)


class DeedActionView(_OfViewSet, generic.base.WagtailAdminTemplateMixin, TemplateView):
    """Asks, then does one further deed on one thing."""

    template_name = "people/confirm.html"
    action: Any = None
    index_url_name: Any = None
    header_icon = "warning"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = get_object_or_404(self.get_queryset(), pk=kwargs["pk"])
        if not self.action.shown(self.access, self.object):
            raise PermissionDenied

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        index = {"url": self.get_success_url(), "label": capfirst(self.object._meta.verbose_name_plural)}
        return [*super().get_breadcrumbs_items(), index, {"url": "", "label": self.get_header_title()}]

    def get_page_title(self) -> str:
        return str(self.action.label)

    def get_page_subtitle(self) -> str:
        return str(self.object)

    @property
    def confirmation_message(self) -> str:
        return str(self.action.question)

    @property
    def label(self) -> str:
        return str(self.action.label)

    @property
    def serious(self) -> bool:
        return bool(self.action.serious)

    def get_success_url(self) -> str:
        return reverse(self.index_url_name)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _done, error = self.may_do(lambda: self.action.deed(self.access, self.object))
        if error is not None:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Done: %(object)s") % {"object": self.object})
        return HttpResponseRedirect(self.get_success_url())


class DeedViewSet(ModelViewSet):
    """Staff screens of one model.

    Override `visible` (what the person may see) and those of `create`, `change`, `remove` that exist as deeds; each is
    called once, inside a transaction, with cleaned data only. Give `list_display`, `ordering` over NOT NULL fields,
    `form_fields` or `get_form_class`, and a registered permission policy."""

    index_view_class = DeedIndexView
    add_view_class = DeedCreateView
    edit_view_class = DeedEditView
    delete_view_class = DeedDeleteView
    inspect_view_class = DeedInspectView
    copy_view_enabled = False
    sort_order_field = None
    add_to_reference_index = False
    search_backend_name = None
    ordering: Any = "-pk"
    deed_actions: Sequence[DeedAction] = ()
    #: Words of the button and page that make a thing, e.g. "Add a unit" (a language inflects the noun).
    add_label: Any = None
    #: False: the list stays empty until somebody searches.
    browsable = True
    search_fields: Sequence[str] = ()
    #: Words of the page that asks before `remove`.
    remove_question: Any = None
    remove_label: Any = gettext_lazy("Yes, delete")

    def visible(self, access: Access) -> QuerySet[Any]:
        """Rows the person may see on any of the screens."""
        raise NotImplementedError

    def search(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        """Rows that match the search box; by default every word in one of `search_fields`."""
        for word in words.split()[:8]:
            match = Q()
            for name in self.search_fields:
                match |= Q(**{f"{name}__icontains": word})
            queryset = queryset.filter(match)
        return queryset

    def create(self, access: Access, data: Mapping[str, Any]) -> Model:
        """The deed that makes a thing."""
        raise NotImplementedError

    def change(self, access: Access, thing: Any, data: Mapping[str, Any]) -> Model | None:
        """The deed that changes it."""
        raise NotImplementedError

    def remove(self, access: Access, thing: Any) -> None:
        """The deed that ends or deletes it."""
        raise NotImplementedError

    def has(self, deed: str) -> bool:
        """Whether the subclass has the deed `create`, `change` or `remove`."""
        return getattr(type(self), deed) is not getattr(DeedViewSet, deed)

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        absent = {"usage_url_name": None, "history_url_name": None}
        for deed, name in (("create", "add"), ("change", "edit"), ("remove", "delete")):
            if not self.has(deed):
                absent[f"{name}_url_name"] = None
        return super().get_common_view_kwargs(**{"viewset": self, **absent, **kwargs})

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(
            **{
                "results_template_name": self.index_view_class.results_template_name,
                **kwargs,
            }
        )

    def get_delete_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_delete_view_kwargs(
            **{
                "question": self.remove_question,
                "label": self.remove_label,
                **kwargs,
            }
        )

    def get_urlpatterns(self) -> list[URLPattern]:
        gone = {"usage", "history", "history_results", "copy", "reorder"}
        gone |= {
            name for deed, name in (("create", "add"), ("change", "edit"), ("remove", "delete")) if not self.has(deed)
        }
        patterns = [pattern for pattern in super().get_urlpatterns() if pattern.name not in gone]
        conv = self.pk_path_converter
        return patterns + [
            path(f"{action.name}/<{conv}:pk>/", self.construct_view(DeedActionView, action=action), name=action.name)
            for action in self.deed_actions
        ]


def _refused(view: Any, form: ModelForm[Any], error: DomainError) -> HttpResponse:
    """The form again, with the sentence of the rule; nothing typed is lost."""
    form.add_error(None, str(error.message))
    view.produced_error_code = "refused"
    view.produced_error_message = view.get_error_message()
    return view.form_invalid(form)
