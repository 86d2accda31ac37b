from __future__ import annotations

from django.apps import AppConfig


class CmsPagesConfig(AppConfig):
    name = "cms_pages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The worker must know our jobs by name, the journal our words; the editors' rights follow their roles;
        what is held of a person is known to people."""
        import cms_pages.actions
        import cms_pages.forms.jobs
        import cms_pages.jobs
        import cms_pages.links
        import cms_pages.policies
        import cms_pages.reports
        import cms_pages.translations_views
        from cms_pages import branches, mydata, page_cache, translations
        from journal import follow
        from people import holdings

        holdings.register(*mydata.HOLDERS)
        branches.connect()
        translations.connect()
        page_cache.connect()
        follow.register(page_cache.PageChanges())
