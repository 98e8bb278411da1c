from django.apps import AppConfig


class InvoicedConfig(AppConfig):
    name = "invoiced"
