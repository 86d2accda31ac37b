from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bind what needs loaded models: the journal's actions, jobs, what is held of a person, permission policies,
        the second factor's signal."""
        from allauth.mfa.signals import authenticator_added

        from journal import notify
        from people import actions, holdings, jobs, library_rights, mydata, notices, policies
        from people.login import note_second_factor

        holdings.register(
            mydata.Profile(), mydata.Addresses(), mydata.Notices(), mydata.Parties(), mydata.SigningIn(), mydata.Deeds()
        )
        notify.choose_by(notices.channels)
        library_rights.install()
        authenticator_added.connect(note_second_factor, dispatch_uid="people.second_factor")
