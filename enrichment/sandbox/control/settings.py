"""One JSON body sets everything: by HTTP at run time, by the command's options, or from Python."""

from collections.abc import Mapping
from typing import Any

from enrichment.sandbox.c2s import CREATED_AS
from enrichment.sandbox.control.faults import Faults
from enrichment.sandbox.control.stats import Stats
from enrichment.sandbox.exchange import Refusal
from enrichment.sandbox.world import World


def settings_apply(world: World, faults: Faults, stats: Stats, body: Mapping[str, Any]) -> None:
    """`reset` comes first, so that one body can clear and set; it keeps leads, messages and people."""
    if body.get("reset"):
        faults.reset()
        world.expected.clear()
    if body.get("reset") or body.get("reset_stats"):
        stats.reset()
    for provider, settings in body.items():
        if provider not in ("reset", "reset_stats"):
            _provider_apply(world, faults, provider, _object(settings))


def settings_show(world: World, faults: Faults) -> dict[str, Any]:
    shown = faults.show()
    shown["c2s"] |= {"created_as": world.crm.created_as, "message_max_length": world.crm.message_max_length}
    for provider in world.expected:
        shown[provider]["expected"] = "(set)"
    return {**shown, "hooks": dict(world.crm.hooks)}


def _provider_apply(world: World, faults: Faults, provider: str, settings: dict[str, Any]) -> None:
    faults.set(provider)
    if "expected" in settings:
        _expect(world, provider, settings.pop("expected"))
    if provider == "c2s":
        _crm_apply(world, settings)
    operations = _object(settings.pop("operations", {}))
    _rule_apply(faults, provider, "", settings)
    for operation, own in operations.items():
        _rule_apply(faults, provider, operation, _object(own))


def _rule_apply(faults: Faults, provider: str, operation: str, settings: dict[str, Any]) -> None:
    script = settings.pop("next", [])
    faults.set(provider, operation, **settings)
    for step in script if isinstance(script, list) else [script]:
        details = _object(step)
        mode, calls = str(details.pop("mode", "")), details.pop("calls", 1)
        faults.next(provider, mode, operation=operation, calls=calls, **details)


def _crm_apply(world: World, settings: dict[str, Any]) -> None:
    created_as = settings.pop("created_as", world.crm.created_as)
    if created_as not in CREATED_AS:
        raise Refusal(400, f"created_as is one of {', '.join(CREATED_AS)}.")
    world.crm.created_as = created_as
    world.crm.message_max_length = int(settings.pop("message_max_length", world.crm.message_max_length))


def _expect(world: World, provider: str, credential: str | None) -> None:
    if credential is None:
        world.expected.pop(provider, None)
    else:
        world.expected[provider] = credential


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(400, "Settings are JSON objects.")
    return dict(value)
