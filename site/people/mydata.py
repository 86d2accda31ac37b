"""What people hold of a person: the account itself, how they sign in, what the journal says they did."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.models import Entry
from people.holdings import Holder, Kept, Record, Subject, Text, facts
from people.models import Citizen, NoticeChoice, ProvenPhone, Represented
from people.notices import KINDS

_AT_ONCE = 500


class Profile(Holder):
    name, title, position = "profil", gettext_lazy("Who you are to the office"), 10

    def records(self, subject: Subject) -> Iterator[Record]:
        user = subject.user
        citizen = Citizen.objects.filter(user=user).select_related("confirmed_in").first()
        yield Record(
            _("Account"),
            facts(
                ("first_name", _("First name"), user.first_name),
                ("last_name", _("Last name"), user.last_name),
                ("email", _("E-mail address"), user.email),
                ("phone", _("Phone"), user.phone),
                ("created_at", _("Created"), user.date_joined),
            ),
        )
        if citizen is None:
            return
        place = " ".join(part for part in (citizen.street, citizen.house) if part)
        yield Record(
            _("Data for forms"),
            facts(
                ("pesel", "PESEL", citizen.pesel),
                ("birth_date", _("Date of birth"), citizen.birth_date),
                ("street", _("Street and house"), place + (f"/{citizen.flat}" if citizen.flat else "")),
                ("postcode", _("Postcode"), citizen.postcode),
                ("town", _("Town"), citizen.town),
                ("language", _("Language"), citizen.language),
                ("assurance", _("How sure the office is who you are"), str(citizen.get_assurance_display())),
                ("confirmed_at", _("Identity confirmed"), citizen.confirmed_at),
                ("confirmed_in", _("Identity confirmed in"), str(citizen.confirmed_in or "")),
            ),
        )

    def goes(self, subject: Subject) -> list[Text]:
        return [
            _("your name, e-mail address, phone, address and PESEL kept in the account"),
            _("settings of the account"),
        ]


class Addresses(Holder):
    name, title, position = "adresy-e-mail", gettext_lazy("E-mail addresses"), 15

    def records(self, subject: Subject) -> Iterator[Record]:
        for address in EmailAddress.objects.filter(user=subject.user).order_by("pk").iterator():
            yield Record(
                address.email,
                facts(("verified", _("Confirmed"), address.verified), ("primary", _("Main address"), address.primary)),
            )


class Notices(Holder):
    name, title, position = "powiadomienia", gettext_lazy("Notifications"), 20

    def records(self, subject: Subject) -> Iterator[Record]:
        phone = ProvenPhone.objects.filter(user=subject.user).first()
        if phone is not None:
            yield Record(
                _("Telephone for text messages"),
                facts(("number", _("Number"), phone.number), ("confirmed_at", _("Confirmed"), phone.confirmed_at)),
            )
        for row in NoticeChoice.objects.filter(user=subject.user).order_by("kind"):
            label = KINDS[row.kind].label if row.kind in KINDS else row.kind
            yield Record(str(label), facts(("email", _("E-mail"), row.email), ("sms", _("Text message"), row.sms)))

    def goes(self, subject: Subject) -> list[Text]:
        return [_("the telephone for text messages and the choice of notifications")]

    def erase(self, subject: Subject) -> None:
        ProvenPhone.objects.filter(user=subject.user).delete()
        NoticeChoice.objects.filter(user=subject.user).delete()


class Parties(Holder):
    name, title, position = "reprezentowani", gettext_lazy("Whom you represent"), 25

    def records(self, subject: Subject) -> Iterator[Record]:
        for party in Represented.objects.of(subject.user).iterator():
            place = " ".join(part for part in (party.street, party.house) if part)
            yield Record(
                str(party),
                facts(
                    ("kind", _("Kind"), str(party.get_kind_display())),
                    ("basis", _("Basis"), str(party.get_basis_display())),
                    ("pesel", "PESEL", party.pesel),
                    ("nip", "NIP", party.nip),
                    ("krs", "KRS", party.krs),
                    ("street", _("Street and house"), place + (f"/{party.flat}" if party.flat else "")),
                    ("postcode", _("Postcode"), party.postcode),
                    ("town", _("Town"), party.town),
                    ("valid_until", _("Until"), party.valid_until),
                    ("ended_at", _("Ended"), party.ended_at),
                ),
            )

    def goes(self, subject: Subject) -> list[Text]:
        return [_("the list of those whom you represent")]

    def erase(self, subject: Subject) -> None:
        Represented.objects.of(subject.user).delete()


class SigningIn(Holder):
    name, title, position = "logowanie", gettext_lazy("Signing in"), 80

    def records(self, subject: Subject) -> Iterator[Record]:
        kinds = {"totp": _("Authenticator app"), "webauthn": _("Passkey"), "recovery_codes": _("Recovery codes")}
        for key in Authenticator.objects.filter(user=subject.user).order_by("pk").iterator():
            yield Record(
                kinds.get(key.type, key.type),
                facts(
                    ("kind", _("Kind"), key.type),
                    ("name", _("Name"), str(key.data.get("name", ""))),
                    ("added_at", _("Added"), key.created_at),
                    ("last_used_at", _("Last used"), key.last_used_at),
                ),
            )
        for session in UserSession.objects.filter(user=subject.user).order_by("pk").iterator():
            yield Record(
                _("Session"),
                facts(
                    ("since", _("Since"), session.created_at),
                    ("last_seen_at", _("Last seen"), session.last_seen_at),
                    ("network_address", _("Network address"), session.ip),
                    ("browser", _("Browser"), session.user_agent),
                ),
            )

    def goes(self, subject: Subject) -> list[Text]:
        return [_("the password, passkeys, the second factor, and all sessions: you are signed out everywhere")]

    def stays(self, subject: Subject) -> list[Kept]:
        return [
            Kept(
                _("The log of sign-ins (e-mail address, network address, time)"),
                _("security of the office's systems: regulation on the National Interoperability Framework, § 21"),
                _("two years from each sign-in"),
            )
        ]


class Deeds(Holder):
    name, title, position = "dziennik", gettext_lazy("What you did, as the journal says"), 90

    def records(self, subject: Subject) -> Iterator[Record]:
        entries = Entry.objects.filter(user_id=subject.user.pk).order_by("pk")
        for entry in entries.iterator(chunk_size=_AT_ONCE):
            yield Record(
                str(entry.message),
                facts(
                    ("number", _("Number of the entry"), entry.pk),
                    ("action", _("Action"), entry.action),
                    ("happened_at", _("When"), entry.timestamp),
                    ("thing", _("Concerns"), entry.label),
                    ("case", _("Case number in the system"), entry.case_id),
                ),
            )

    def stays(self, subject: Subject) -> list[Kept]:
        return [
            Kept(
                _("The journal: that something was done, when, and by which account, as a number without a name"),
                _("proof of what was done in official cases: GDPR art. 17(3)(b) and (e)"),
                _("as long as the cases it speaks of"),
            )
        ]
