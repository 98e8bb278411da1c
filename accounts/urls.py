from django.urls import path

from accounts.views import companies, security, set_up, sign_in, team

app_name = "accounts"

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/code/", sign_in.sign_in_code, name="sign_in_code"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("company/switch/", companies.switch, name="switch_company"),
    path("settings/team/", team.members, name="team"),
    path("settings/security/", security.overview, name="security"),
    path("settings/security/set-up/", set_up.choose, name="security_set_up"),
    path("settings/security/password/", security.change_password, name="security_change_password"),
    path("settings/security/authenticator/", security.start_authenticator, name="security_authenticator_start"),
    path(
        "settings/security/authenticator/confirm/",
        security.confirm_authenticator,
        name="security_authenticator_confirm",
    ),
    path("settings/security/authenticator/code.svg", security.authenticator_qr, name="security_authenticator_qr"),
    path(
        "settings/security/authenticator/remove/", security.remove_authenticator, name="security_authenticator_remove"
    ),
    path("settings/security/recovery-codes/", security.replace_recovery_codes, name="security_replace_recovery_codes"),
]
