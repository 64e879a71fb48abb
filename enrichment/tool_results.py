"""The last answer of each tool about a lead, for half an hour: staff look at it, and so may a retry."""

from typing import Any

import msgspec

from c2s_enrich import sealed_cache

# at least half an hour: the cache ends its entries up to a tenth early
TTL = 34 * 60
TOOLS = ("diretrix_phone", "diretrix_email", "work_api")


def tool_result_note(lead_id: str, tool: str, result: Any) -> None:
    sealed_cache.set_many({_name(lead_id, tool): msgspec.json.encode(result)}, ttl=TTL)


def tool_results(lead_id: str) -> dict[str, Any]:
    """By tool; from whichever process it came."""
    found = sealed_cache.get_many(_name(lead_id, tool) for tool in TOOLS)
    return {tool: msgspec.json.decode(found[name]) for tool in TOOLS if (name := _name(lead_id, tool)) in found}


def _name(lead_id: str, tool: str) -> tuple[str, str]:
    return ("tool", f"{tool}:{lead_id}")
