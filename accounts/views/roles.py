from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import doors
from accounts.access import Access
from accounts.actions import roles
from accounts.comparison import gives, groups
from accounts.errors import AccountsError, NameTaken
from accounts.forms.roles import DeleteRoleForm, RoleForm
from accounts.models import Role
from accounts.permissions import Permission
from accounts.queries.roles import AnyRole, holders, invitations_with, members_with, out_of_reach, roles_of
from accounts.step_up import fresh_factor
from security import refused_ids
from security.guards import require


@require(Permission.TEAM_VIEW)
@require_safe
def matrix(request: Any) -> HttpResponse:
    """All roles side by side: what each may do, and how many hold it."""
    access = request.access
    found, held = roles_of(access.company), holders(access.company)
    chosen = _chosen(request, "role", found, access.membership.role_key)
    listed = [
        {"role": role, "held": held[role.key], "is_chosen": role is chosen, "acts": _acts(access, role)}
        for role in found
    ]
    rows = [
        (group, [(one, [(gives(role.rights, one), role is chosen) for role in found]) for one in members])
        for group, members in groups()
    ]
    return TemplateResponse(
        request, "accounts/roles/list.html", {"listed": listed, "rows": rows, "chosen": chosen, "width": len(found) + 1}
    )


@require(Permission.TEAM_VIEW)
@require_safe
def detail(request: Any, key: str) -> HttpResponse:
    """What one role may do, and who holds it."""
    access, role = request.access, doors.get_role(request.access, key)
    context = {
        "role": role,
        "rows": [(group, [(one, gives(role.rights, one)) for one in members]) for group, members in groups()],
        "members": members_with(access.company, role.key),
        "invitations": invitations_with(access.company, role.key, timezone.now()),
        "names_invited": access.can(Permission.TEAM_EDIT),
        "acts": _acts(access, role),
        "reason": _reason(access, role),
    }
    return TemplateResponse(request, "accounts/roles/detail.html", context)


@require(Permission.TEAM_VIEW)
@require_safe
def compare(request: Any) -> HttpResponse:
    """Two roles side by side, what differs first."""
    found = roles_of(request.access.company)
    one, other = _chosen(request, "a", found, found[0].key), _chosen(request, "b", found, found[1].key)
    pairs = [(each, gives(one.rights, each), gives(other.rights, each)) for _, members in groups() for each in members]
    context = {
        "roles": found,
        "one": one,
        "other": other,
        "different": [pair for pair in pairs if pair[1] != pair[2]],
        "alike": [pair for pair in pairs if pair[1] == pair[2]],
    }
    return TemplateResponse(request, "accounts/roles/compare.html", context)


@require(Permission.ROLE_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def create(request: Any) -> HttpResponse:
    return _create(request)


@require(Permission.ROLE_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def copy(request: Any, key: str) -> HttpResponse:
    """A new role that begins as another one."""
    return _create(request, doors.get_role(request.access, key))


@require(Permission.ROLE_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def edit(request: Any, key: str) -> HttpResponse:
    access, role = request.access, doors.get_own_role(request.access, key)
    if reason := _reason(access, role):
        messages.error(request, reason)
        return redirect("accounts:role_detail", key=role.key)
    form = RoleForm(request.POST or None, own=access.rights, role=role)
    if form.is_valid():
        try:
            changed = roles.change(role=role, **_given(access, form))
        except AccountsError as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, f"The role {changed} is saved. It counts at once for everybody who holds it.")
            return redirect("accounts:role_detail", key=changed.key)
    held = holders(access.company)[role.key]
    return TemplateResponse(request, "accounts/roles/edit.html", {"form": form, "role": role, "held": held})


@require(Permission.ROLE_EDIT)
@fresh_factor
@require_http_methods(["GET", "POST"])
def delete(request: Any, key: str) -> HttpResponse:
    access, role = request.access, doors.get_own_role(request.access, key)
    if reason := _reason(access, role):
        messages.error(request, reason)
        return redirect("accounts:role_detail", key=role.key)
    at = timezone.now()
    members = list(members_with(access.company, role.key))
    invitations = list(invitations_with(access.company, role.key, at))
    holding = [*members, *invitations]
    form = DeleteRoleForm(request.POST or None, access=access, role=role, is_held=bool(holding))
    if form.is_valid():
        given = form.cleaned_data
        try:
            roles.delete(
                role=role,
                heir=given.get("heir"),
                holders=given["holders"],
                granter=access.membership,
                by=access.actor,
                at=at,
            )
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The role {role} is deleted.")
            return redirect("accounts:role_list")
    context = {
        "form": form,
        "role": role,
        "members": members,
        "invitations": invitations,
        "names_invited": access.can(Permission.TEAM_EDIT),
        "seen": " ".join(str(one.pk) for one in holding),
    }
    return TemplateResponse(request, "accounts/roles/delete.html", context)


def _create(request: Any, source: AnyRole | None = None) -> HttpResponse:
    access = request.access
    form = RoleForm(request.POST or None, own=access.rights, role=source, copied=source is not None)
    if form.is_valid():
        try:
            role = roles.create(company=access.company, **_given(access, form))
        except AccountsError as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, f"The role {role} is made. Nobody holds it yet.")
            return redirect("accounts:role_detail", key=role.key)
    return TemplateResponse(request, "accounts/roles/create.html", {"form": form, "source": source})


def _given(access: Access, form: RoleForm) -> dict[str, Any]:
    return {
        "name": form.cleaned_data["name"],
        "description": form.cleaned_data["description"],
        "rights": form.rights,
        "granter": access.membership,
        "by": access.actor,
        "at": timezone.now(),
    }


def _refuse(form: RoleForm, refusal: AccountsError) -> None:
    form.add_error("name" if isinstance(refusal, NameTaken) else "permissions", str(refusal))


def _chosen(request: Any, name: str, found: list[AnyRole], otherwise: str) -> AnyRole:
    """The role the address names; one that is not there is as if nobody had asked."""
    by_key, key = {role.key: role for role in found}, request.GET.get(name, "")
    refused_ids.note_unless(key in by_key, request, key)
    return by_key.get(key) or by_key[otherwise]


def _reason(access: Access, role: AnyRole) -> str:
    return out_of_reach(role, access.membership, access.rights) if isinstance(role, Role) else ""


def _acts(access: Access, role: AnyRole) -> dict[str, bool]:
    """What the viewer may do with a role."""
    may = access.can(Permission.ROLE_EDIT)
    return {"copy": may, "change": may and isinstance(role, Role) and not _reason(access, role)}
