"""Which of allauth's pages exist here: sign in and out, one's own password. The clinic decides the rest."""

from allauth.account import views
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from web import second_factor, session_pages

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("sessions/", session_pages.sessions, name="sessions"),
    path("sessions/end/", session_pages.sessions_end, name="sessions_end"),
    path("sessions/<int:session_id>/end/", session_pages.session_end, name="session_end"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("2fa/webauthn/keys/<int:pk>/remove/", second_factor.remove_passkey, name="mfa_remove_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),  # closed by web.accounts
    # allauth leads to these two by name; an address is the administrator's to change, a first password comes
    # by the reset link.
    path("email/", RedirectView.as_view(pattern_name="home"), name="account_email"),
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
