"""Headers that keep a browser from doing what the page does not need."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'{sockets}; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

_COMMON: Mapping[str, str] = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "camera=(self), fullscreen=(self), screen-wake-lock=(self), microphone=(), "
            "geolocation=(), display-capture=(), payment=(), usb=()"
        ),
    }
)


def page_headers(host: str) -> dict[str, str]:
    """For the page and what belongs to it.

    :param host: the Host header of the request, already checked; older Safaris do not count the
        WebSocket of the page's own host as 'self'.
    """
    sockets = f" ws://{host} wss://{host}"
    policy = _PAGE_POLICY.format(sockets=sockets)
    return {**_COMMON, "Content-Security-Policy": policy, "Cache-Control": "no-cache"}


def data_headers() -> dict[str, str]:
    """For answers to programs: never kept, never shown as a page."""
    return {**_COMMON, "Content-Security-Policy": _DATA_POLICY, "Cache-Control": "no-store"}
