from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.actions import locking
from accounts.models import MailedLink
from accounts.queries.email_changes import address_to_restore
from accounts.views.mailed_links import opened_by
from audit.actors import Actor

Purpose = MailedLink.Purpose


@opened_by(Purpose.NOT_ME)
def not_me(request: HttpRequest, link: MailedLink) -> HttpResponse:
    if request.method != "POST":
        context = {"restored": address_to_restore(link), "account": link.person}
        return TemplateResponse(request, "accounts/locking/not_me.html", context)
    locked = locking.lock(link=link, by=Actor.visitor(request), at=timezone.now())
    if request.user == locked.user:
        logout(request)
    return TemplateResponse(request, "accounts/locking/locked.html", {"locked": locked})


@opened_by(Purpose.UNLOCK)
def unlock(request: HttpRequest, link: MailedLink) -> HttpResponse:
    if request.method != "POST":
        return TemplateResponse(request, "accounts/locking/unlock.html")
    locking.lift_wait(link=link, by=Actor.visitor(request), at=timezone.now())
    return TemplateResponse(request, "accounts/locking/unlocked.html")
