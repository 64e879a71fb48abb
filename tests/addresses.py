"""Addresses of servers."""

from urllib.parse import urlsplit, urlunsplit


def at_database(url: str, name: str | int) -> str:
    """The same server, and another of its databases."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
