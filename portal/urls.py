from django.urls import path

from portal.views import attempts, invoices, links, sandbox, staff

app_name = "portal"
urlpatterns = [
    path("i/<str:token>/", links.link, name="link"),
    path("portal/invoices/<uuid:id>/", invoices.invoice, name="invoice"),
    path("portal/invoices/<uuid:id>/pdf/", invoices.pdf, name="invoice_pdf"),
    path("portal/invoices/<uuid:id>/pay/", invoices.pay, name="pay"),
    path("portal/attempts/<uuid:id>/", attempts.attempt, name="attempt"),
    path("portal/end/", attempts.end, name="end"),
    path("portal/ended/", attempts.ended, name="ended"),
    path("portal/brand.css", invoices.brand, name="brand"),
    path("portal/logo.png", invoices.logo, name="logo"),
    path("sandbox/<str:id>/", sandbox.charge, name="sandbox"),
    path("invoices/<uuid:id>/links/", staff.invoice_links, name="invoice_links"),
    path("invoices/<uuid:id>/links/<uuid:link_id>/revoke/", staff.revoke, name="link_revoke"),
]
