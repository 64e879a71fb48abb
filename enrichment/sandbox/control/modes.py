from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from enrichment.sandbox.exchange import Refusal

# True: the deed is done (a message is stored) before the answer goes wrong.
MODES = {
    "ok": True,
    "malformed_json": True,
    "slow_drip": True,
    "cut": True,
    "endless": True,
    "lost_answer": True,
    "html": False,
    "error_in_200": False,
    "empty": False,
    "redirect": False,
    "status": False,
    "refuse": False,
}


@dataclass(frozen=True, slots=True)
class Mode:
    name: str
    status: int | None = None
    inner_status: int = 403
    seconds: float | None = None
    location: str = "/_elsewhere"
    retry_after: float | str | None = None

    def show(self) -> dict[str, Any]:
        details = {key: value for key, value in asdict(self).items() if key != "name" and value is not None}
        return {"mode": self.name, **details}

    @property
    def does_the_deed(self) -> bool:
        return MODES[self.name]


def mode_of(name: str, details: Mapping[str, Any]) -> Mode:
    unknown = details.keys() - Mode.__dataclass_fields__.keys()
    if name not in MODES or unknown:
        known = ", ".join(Mode.__dataclass_fields__)
        raise Refusal(400, f"A mode is one of {', '.join(MODES)}; its details are {known}.")
    return Mode(name, **details)
