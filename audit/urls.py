from django.urls import path

from audit.views import logs

app_name = "audit"
urlpatterns = [
    path("audit/billing/", logs.billing_log, name="billing_log"),
    path("audit/security/", logs.security_log, name="security_log"),
    path("audit/history/<slug:object_type>/<uuid:object_id>/", logs.history, name="history"),
]
