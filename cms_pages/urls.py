"""Addresses of the citizen's side. Polish, since citizens read them."""

from __future__ import annotations

from django.urls import include, path

from cms_pages import account, event_views, feedback, feeds, library, portal_views
from cms_pages.mine import area, calendar, data, identity, leave, messages, notices, represented

app_name = "cms_pages"
urlpatterns = [
    path("", include("cms_pages.forms.urls")),
    path("wyglad/<slug:digest>.css", portal_views.colour_sheet, name="colours"),
    path("media/images/<str:name>", portal_views.picture, name="picture"),
    path("wydarzenia/zapis/<int:pk>/", event_views.RegisterView.as_view(), name="event_register"),
    path("wydarzenia/moj-zapis/<str:token>/", event_views.MineView.as_view(), name="event_mine"),
    path("sprawdz-sprawe/", account.TrackView.as_view(), name="track"),
    path("ocena/", feedback.HelpfulView.as_view(), name="helpful"),
    path("do-pobrania/<int:pk>/<str:name>", library.LibraryFileView.as_view(), name="library_file"),
    path("kanaly/aktualnosci.rss", feeds.NewsFeed(), name="rss"),
    path("kanaly/aktualnosci.atom", feeds.NewsAtom(), name="atom"),
    path("moje-sprawy/", account.MyCasesView.as_view(), name="my_cases"),
    path("moje-sprawy/listy/", area.LettersView.as_view(), name="my_letters"),
    path("moje-sprawy/wersje-robocze/", area.DraftsView.as_view(), name="my_drafts"),
    path("moje-sprawy/ustawienia/kalendarz/", calendar.CalendarView.as_view(), name="calendar"),
    path("moje-sprawy/kalendarz/<str:token>.ics", calendar.feed, name="calendar_feed"),
    path("moje-sprawy/wiadomosci/", messages.MyMessagesView.as_view(), name="my_messages"),
    path("moje-sprawy/ustawienia/moje-dane/", data.DataView.as_view(), name="my_data"),
    path("moje-sprawy/ustawienia/moje-dane/<int:export_id>.zip", data.fetch, name="my_data_file"),
    path("moje-sprawy/ustawienia/moje-konto/", identity.ProfileView.as_view(), name="my_profile"),
    path("moje-sprawy/ustawienia/tozsamosc/", identity.IdentityView.as_view(), name="my_identity"),
    path("moje-sprawy/ustawienia/usun-konto/", leave.LeaveView.as_view(), name="delete_account"),
    path("konto-usuniete/", leave.DeletedView.as_view(), name="account_deleted"),
    path("moje-sprawy/reprezentuje/", represented.RepresentedView.as_view(), name="represented"),
    path("moje-sprawy/reprezentuje/<slug:kind>/", represented.PartyView.as_view(), name="represented_add"),
    path("moje-sprawy/reprezentuje/<slug:kind>/<int:pk>/", represented.PartyView.as_view(), name="represented_change"),
    path("moje-sprawy/ustawienia/powiadomienia/", notices.NoticesView.as_view(), name="my_notices"),
    path("moje-sprawy/ustawienia/", area.SettingsView.as_view(), name="my_settings"),
    path("moje-sprawy/<int:case_id>/", account.MyCaseView.as_view(), name="my_case"),
    path("moje-sprawy/<int:case_id>/wiadomosc/", messages.MessageView.as_view(), name="message"),
    path("moje-sprawy/<int:case_id>/odbierz/<int:delivery_id>/", account.SignForView.as_view(), name="sign_for"),
    path("moje-sprawy/<int:case_id>/odpowiedz/", account.AnswerView.as_view(), name="answer"),
]
