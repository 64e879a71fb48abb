"""Logging in: the lock after wrong passwords, and the second factor, a code from an app on one's phone."""

from base64 import b32encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.widgets import UnfoldAdminTextInputWidget

_GUARDED = ("/admin/", "/api/docs", "/api/schema")
_WAYS_IN = ("admin:login", "admin:logout", "admin:jsi18n", "second_factor")


class SecondFactorMiddleware:
    """Whoever has a second factor, or must have one, sees nothing before it was shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_GUARDED) and not _is_way_in(request.path) and _is_owed(request.user):
            back = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
            return redirect(f"{reverse('second_factor')}?{back}")
        return self.get_response(request)


def _is_way_in(path: str) -> bool:
    return path in {reverse(name) for name in _WAYS_IN}


def _is_owed(user: Any) -> bool:
    if not user.is_authenticated or user.is_verified():
        return False
    return settings.ADMIN_TOTP_REQUIRED or TOTPDevice.objects.devices_for_user(user, confirmed=True).exists()


def second_factor_drop(*, user: Any) -> bool:
    """Whether there was one; the next log-in is by password alone, or begins with a new one where one is a must."""
    return bool(TOTPDevice.objects.filter(user=user).delete()[0])


def locked_out(request: HttpRequest, *_given: Any) -> HttpResponse:
    """What somebody reads after too many wrong passwords."""
    return render(request, "admin/locked.html", admin.site.each_context(request), status=429)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=12,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )

    def __init__(self, *args: Any, user: Any, device: TOTPDevice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.device = user, device

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        # locks the device, so that a code is good for once, and makes each wrong one wait longer
        if not django_otp.verify_token(self.user, self.device.persistent_id, code):
            raise forms.ValidationError(_("This code is not valid, or not any more. After wrong ones, wait a little."))
        return code


@staff_member_required(login_url="admin:login")
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Asks for the code; who has no second factor yet gets one here, and may give it back."""
    device = TOTPDevice.objects.devices_for_user(request.user, confirmed=True).first()
    if device and request.user.is_verified():  # type: ignore[union-attr]
        return _kept(request)
    device = device or TOTPDevice.objects.get_or_create(user=request.user, confirmed=False)[0]
    form = CodeForm(request.POST or None, user=request.user, device=device)
    if form.is_valid():
        _shown(request, device)
        return redirect(_next(request))
    return render(request, "admin/second_factor.html", _page(request) | {"form": form} | _enrolment(device))


def _kept(request: HttpRequest) -> HttpResponse:
    if request.method == "POST" and not settings.ADMIN_TOTP_REQUIRED:
        second_factor_drop(user=request.user)
        messages.success(request, _("Your second factor was removed."))
        return redirect("admin:index")
    return render(request, "admin/second_factor.html", _page(request) | {"kept": True})


def _shown(request: HttpRequest, device: TOTPDevice) -> None:
    if not device.confirmed:
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        messages.success(request, _("From now on, logging in asks for a code from your phone."))
    request.session.cycle_key()
    django_otp.login(request, device)


def _next(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("admin:index")


def _page(request: HttpRequest) -> dict[str, Any]:
    return admin.site.each_context(request) | {
        "title": _("Second factor"),
        "required": settings.ADMIN_TOTP_REQUIRED,
    }


def _enrolment(device: TOTPDevice) -> dict[str, Any]:
    if device.confirmed:
        return {}
    picture = segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    return {"picture": picture, "secret": _spelled(device)}


def _spelled(device: TOTPDevice) -> str:
    key = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))
