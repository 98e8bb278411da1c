"""Every address the product answers."""

from django.urls import include, path

from invoiced import views
from invoiced.mailbox import views as mailbox

urlpatterns = [
    path("health/", views.health, name="health"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<uuid:id>/", mailbox.letter, name="mailbox_letter"),
    path("mailbox/<uuid:id>/html/", mailbox.html, name="mailbox_html"),
    path("mailbox/<uuid:id>/attachments/<int:position>/", mailbox.attachment, name="mailbox_attachment"),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path("", include("portal.urls")),
    path("", include("billing.urls")),
]

handler400 = "invoiced.views.bad_request"
handler403 = "invoiced.views.forbidden"
handler404 = "invoiced.views.not_found"
handler500 = "invoiced.views.server_error"
