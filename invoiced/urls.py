"""Every address the product answers."""

from django.urls import include, path

from invoiced import views

urlpatterns = [
    path("health/", views.health, name="health"),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path("", include("portal.urls")),
    path("", include("billing.urls")),
]

handler400 = "invoiced.views.bad_request"
handler403 = "invoiced.views.forbidden"
handler404 = "invoiced.views.not_found"
handler500 = "invoiced.views.server_error"
