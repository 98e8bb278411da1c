from django.urls import path

from accounts.views import (
    companies,
    email_changes,
    factor_resets,
    factors,
    locking,
    passkeys,
    passwords,
    policy,
    security,
    sessions,
    set_up,
    sign_in,
    team,
)

app_name = "accounts"

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/code/", sign_in.sign_in_code, name="sign_in_code"),
    path("sign-in/lost-factor/", factor_resets.lost_factor, name="lost_factor"),
    path("sign-in/forgot/", passwords.forgot, name="forgot_password"),
    path("sign-in/reset/<str:token>/", passwords.reset, name="reset_password"),
    path("password-strength/", passwords.judge, name="password_strength"),
    path("sign-out/", sessions.sign_out, name="sign_out"),
    path("company/switch/", companies.switch, name="switch_company"),
    path("settings/team/", team.members, name="team"),
    path("settings/team/factor-resets/<uuid:id>/approve/", factor_resets.approve, name="factor_reset_approve"),
    path("settings/team/factor-resets/<uuid:id>/refuse/", factor_resets.refuse, name="factor_reset_refuse"),
    path("account/factor-reset/<str:token>/", factor_resets.cancel, name="factor_reset_cancel"),
    path("settings/sign-in/", policy.rules, name="sign_in_policy"),
    path("settings/security/", security.overview, name="security"),
    path("settings/security/events/", security.events, name="security_events"),
    path("settings/security/sessions/stay/", sessions.stay, name="session_stay"),
    path("settings/security/sessions/end-others/", sessions.end_others, name="sessions_end_others"),
    path("settings/security/sessions/<uuid:id>/end/", sessions.end, name="session_end"),
    path("settings/security/set-up/", set_up.choose, name="security_set_up"),
    path("settings/security/email/", email_changes.change, name="email_change"),
    path("settings/security/email/cancel/", email_changes.cancel, name="email_change_cancel"),
    path("account/email/<str:token>/", email_changes.agree, name="email_agree"),
    path("account/not-me/<str:token>/", locking.not_me, name="not_me"),
    path("account/unlock/<str:token>/", locking.unlock, name="unlock"),
    path("settings/security/password/", passwords.change, name="security_change_password"),
    path("settings/security/authenticator/", factors.start_authenticator, name="security_authenticator_start"),
    path(
        "settings/security/authenticator/confirm/", factors.confirm_authenticator, name="security_authenticator_confirm"
    ),
    path("settings/security/authenticator/code.svg", factors.authenticator_qr, name="security_authenticator_qr"),
    path(
        "settings/security/authenticator/<uuid:id>/rename/",
        factors.rename_authenticator,
        name="security_authenticator_rename",
    ),
    path(
        "settings/security/authenticator/<uuid:id>/remove/",
        factors.remove_authenticator,
        name="security_authenticator_remove",
    ),
    path("settings/security/passkeys/add/", passkeys.add, name="passkey_add"),
    path("settings/security/passkeys/<int:id>/rename/", passkeys.rename, name="passkey_rename"),
    path("settings/security/passkeys/<int:id>/remove/", passkeys.remove, name="passkey_remove"),
    path("settings/security/recovery-codes/", factors.replace_recovery_codes, name="security_replace_recovery_codes"),
]
