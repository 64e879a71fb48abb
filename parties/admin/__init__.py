from parties.admin import contacts, parties

__all__ = ["contacts", "parties"]
