"""What a plain Wagtail site has: pages of text, and a form page of `wagtail.contrib.forms` with a file field, both made
the way Wagtail's own documentation makes them.

What the form stores: the file through Django's default storage (which does not fsync), its name and the answers as one
row. No receipt, no register, no journal, no index, no jobs.
"""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.db import models
from django.forms import FileField
from django.http import HttpRequest
from modelcluster.fields import ParentalKey
from wagtail.contrib.forms.forms import FormBuilder
from wagtail.contrib.forms.models import FORM_FIELD_CHOICES, AbstractForm, AbstractFormField
from wagtail.fields import RichTextField
from wagtail.models import Page, Site


class RivalField(AbstractFormField):
    page = ParentalKey("RivalPage", on_delete=models.CASCADE, related_name="form_fields")
    field_type = models.CharField(max_length=16, choices=(*FORM_FIELD_CHOICES, ("file", "File")))


class RivalBuilder(FormBuilder):
    def create_file_field(self, field: RivalField, options: dict[str, Any]) -> FileField:
        return FileField(**options)


class RivalPage(AbstractForm):
    form_builder = RivalBuilder
    template = "bench_rival/form.html"
    landing_page_template = "bench_rival/landing.html"

    def process_form_submission(self, form: Any) -> Any:
        for name, value in form.cleaned_data.items():
            if isinstance(form.fields[name], FileField):
                form.cleaned_data[name] = default_storage.save(f"submissions/{value.name}", value)
        return super().process_form_submission(form)


class PlainPage(Page):
    """A page of text with the pages below it, the menu of the tutorial's base template around it."""

    lead = models.CharField(max_length=300, blank=True)
    body = RichTextField(blank=True)
    template = "bench_rival/plain.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        site = Site.find_for_request(request)
        menu = site.root_page.get_children().live().in_menu() if site else Page.objects.none()
        context.update(menu=menu, below=self.get_children().live().specific())
        return context
