from parties.admin import access_log, contacts, history, parties, requests

__all__ = ["access_log", "contacts", "history", "parties", "requests"]
