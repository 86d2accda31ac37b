"""The living page of components: every part in every state, for people who build screens and for the axe gate."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView


class ComponentsView(TemplateView):
    """Reads nothing from the database."""

    template_name = "components/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The examples, and the frame's own slots."""
        return super().get_context_data(**kwargs)
