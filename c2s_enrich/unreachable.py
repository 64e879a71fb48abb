"""Why a database cannot be reached, from a sign in the driver's text, which may repeat the address and its password."""

REASONS = {
    "password authentication failed": "the user name or the password is wrong",
    "no password supplied": "it wants a password and DB_URL has none",
    "does not exist": "the database or the user does not exist",
    "refused": "nobody listens there",
    "No such file": "nobody listens there",
    "resolve host": "the host name is unknown",
    "Name or service not known": "the host name is unknown",
    "timeout": "it did not answer in time",
}


def reason_in(error: Exception) -> str:
    return next((why for sign, why in REASONS.items() if sign in str(error)), "it does not let us in")
