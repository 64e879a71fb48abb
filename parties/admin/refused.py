"""Why an identifier that staff typed was not taken, in their words."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parties.identifiers import Refused
from parties.refusals import Reason

WHY: dict[Reason, Any] = {
    "empty": _("Nothing was typed."),
    "not_text": _("This is neither text nor a number."),
    "too_long": _("This is longer than it may be."),
    "too_short": _("This is shorter than it must be."),
    "not_a_number": _("This does not read as a number of its kind."),
    "repeated_digits": _("One digit repeated is never issued as a number."),
    "check_digits": _("The check digits do not fit: this is no valid document."),
    "no_area_code": _("The phone lacks its area code."),
    "invalid_number": _("No phone can have this number."),
    "service_number": _("This is a service line (0800 and the like), not someone's phone."),
    "unknown_country": _("No country has this calling code."),
    "no_at_sign": _("The e-mail has no @."),
    "no_domain": _("The e-mail has nothing after the @."),
    "bad_local_part": _("The part before the @ is not well formed."),
    "bad_domain": _("The domain of the e-mail is not well formed."),
}


def taken(read: Any) -> Any:
    """The identifier; raises the form's own error with the reason."""
    if isinstance(read, Refused):
        raise forms.ValidationError(WHY[read.reason])
    return read
