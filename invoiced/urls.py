"""Every address the product answers."""

from importlib.util import find_spec

from django.urls import include, path

from invoiced import views


def landed(route, module):
    return [path(route, include(module))] if find_spec(module) else []


urlpatterns = [
    path("health/", views.health, name="health"),
    *landed("", "security.urls"),
    *landed("", "accounts.urls"),
    *landed("", "audit.urls"),
    *landed("", "portal.urls"),
    *landed("", "billing.urls"),
]

handler400 = "invoiced.views.bad_request"
handler403 = "invoiced.views.forbidden"
handler404 = "invoiced.views.not_found"
handler500 = "invoiced.views.server_error"
