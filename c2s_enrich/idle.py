"""A session ends when nobody used it for a while; pages that refresh themselves are nobody."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

# what a page asks for by itself is told by this header
BACKGROUND = "X-Background"
_LAST_USED, _NOTED_EVERY = "last_used", 30


class IdleSessionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # without its cookie the session is not even looked at: the API has none
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _mind(request, int(time.time()))
        return self.get_response(request)


def _mind(request: HttpRequest, now: int) -> None:
    idle = now - request.session.get(_LAST_USED, now)
    if idle >= settings.SESSION_IDLE_MINUTES * 60:
        logout(request)
        messages.info(request, _("You were logged out because nothing was done for a while."))
    elif BACKGROUND not in request.headers and (idle >= _NOTED_EVERY or _LAST_USED not in request.session):
        request.session[_LAST_USED] = now
