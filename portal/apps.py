from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Customer portal"

    def ready(self) -> None:
        from billing.links import declare_portal_link
        from portal.actions import links

        declare_portal_link(links.for_letter)
