import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from unittest.mock import patch
from uuid import RFC_4122, UUID

from c2s_enrich.ids import uuid7


def milliseconds(key: UUID) -> int:
    return key.int >> 80


def test_a_key_is_a_version_seven_uuid_of_this_moment() -> None:
    before = time.time_ns() // 1_000_000
    key = uuid7()
    assert (key.version, key.variant) == (7, RFC_4122)
    assert before <= milliseconds(key) <= time.time_ns() // 1_000_000 + 1


def test_a_key_says_when_it_was_made() -> None:
    made = datetime.fromtimestamp(milliseconds(uuid7()) / 1000, UTC)
    assert abs((datetime.now(UTC) - made).total_seconds()) < 5


def test_keys_grow_strictly_even_within_one_millisecond() -> None:
    keys = [uuid7() for _ in range(20_000)]
    assert all(one < other for one, other in pairwise(keys))
    assert [str(key) for key in keys] == sorted(str(key) for key in keys)


def test_keys_grow_even_while_the_clock_stands_still_or_goes_back() -> None:
    first, now = uuid7(), time.time_ns()
    with patch("c2s_enrich.ids.time.time_ns", side_effect=[now, now, now - 10**9, now - 5 * 10**9, now]):
        keys = [first, *(uuid7() for _ in range(5))]
    assert keys == sorted(set(keys))


def test_a_clock_that_was_put_back_for_good_is_believed() -> None:
    now = time.time_ns()
    with patch("c2s_enrich.ids.time.time_ns", side_effect=[now + 10**12, now]):
        ahead, back = uuid7(), uuid7()
    assert milliseconds(ahead) - milliseconds(back) == 10**6


def test_threads_never_draw_the_same_key_and_each_sees_its_own_grow() -> None:
    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(lambda _: [uuid7() for _ in range(2_000)], range(8)))
    assert all(keys == sorted(keys) for keys in drawn)
    assert len({key for keys in drawn for key in keys}) == 16_000


def test_chance_keeps_the_keys_of_two_processes_apart() -> None:
    """A forked worker starts from its parent's last key, so what follows the time must be drawn anew each time."""
    chances = {key.int & (1 << 62) - 1 for key in (uuid7() for _ in range(1_000))}
    assert len(chances) == 1_000
