"""Why an event was refused: kept in English for the sender, said to staff in their language."""

import re

from django.utils.translation import gettext_lazy as _

WHY = [
    (re.compile(pattern), said)
    for pattern, said in [
        (r"an event must be a JSON object", _("An event must be an object: this is something else.")),
        (r"there is no event in it", _("There is no event in it.")),
        (r"`(?:lead_)?id` is missing.*", _("The lead's id is missing: nobody can tell which lead this is about.")),
        (r"`id` is longer than (\d+) characters", _("The lead's id is longer than {0} characters.")),
        (r"`attributes` is missing or not an object", _("What is known of the lead is missing.")),
        (r"an event may be nested at most (\d+) levels deep", _("It is nested more than {0} levels deep.")),
        (r"The body is nested more than (\d+) levels deep\.", _("It is nested more than {0} levels deep.")),
        (r"The body must be a JSON object\.", _("This is no JSON object.")),
        (r"The body is not UTF-8\.", _("This is no readable text.")),
        (r"The body is not valid JSON\.", _("This is no valid JSON.")),
        (r"The body holds characters that no text may hold\.", _("It holds characters that no text may hold.")),
        (r"At most (\d+) events at once; these are (\d+)\.", _("At most {0} events at once; these are {1}.")),
    ]
]


def said_why(text: str) -> str:
    """What is not listed is shown as it is."""
    for pattern, said in WHY:
        if found := pattern.fullmatch(text):
            return str(said).format(*found.groups())
    return text
