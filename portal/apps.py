from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Customer portal"

    def ready(self) -> None:
        """Letters get their links from here, and the history of an invoice tells of them."""
        from audit.records import declare_parts
        from billing.links import declare_portal_link
        from portal.actions import links
        from portal.models import Link

        declare_portal_link(links.for_letter)
        declare_parts("invoice", (Link, "invoice"))
