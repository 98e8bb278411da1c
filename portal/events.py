"""What happens at the customer's door. It stands in the billing log, beside what staff do."""

from audit.registry import declare

LINK_CREATED = declare("link.created", "made a link to invoice {invoice}: {recipient}")
LINK_OPENED = declare("link.opened", "opened the link to invoice {invoice}")
LINK_REVOKED = declare("link.revoked", "revoked a link to invoice {invoice}: {recipient}")
SESSION_ENDED = declare("portal_session.ended", "left the portal")
