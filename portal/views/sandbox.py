"""The pay page of the sandbox gateway. It plays a company of its own: it knows charges, and nothing of customers."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from billing import formats
from billing.actions import attempts
from billing.gateways import sandbox
from billing.models import SandboxCharge
from security.guards import public


@public
@require_http_methods(["GET", "HEAD", "POST"])
def charge(request: HttpRequest, id: str) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    charge = SandboxCharge.objects.filter(pk=id).first()
    if charge is None:
        raise Http404
    decision = request.POST.get("decision", "")
    if request.method == "POST" and decision in sandbox.DECISIONS:
        sandbox.decide(charge.pk, decision)
        attempts.provider_called(gateway=sandbox.NAME, external_id=charge.pk)
        return redirect(charge.return_url)
    context = {
        "charge": charge,
        "amount": formats.money(charge.amount),
        "is_decided": charge.state in sandbox.FINAL,
        "decisions": sandbox.DECISIONS,
    }
    return TemplateResponse(request, "portal/sandbox/charge.html", context)
