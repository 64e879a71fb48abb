"""gunicorn's own lines, which it writes before Django is there: they repeat what a caller sent, so they are cut too."""

import logging
import re
from typing import Any

from gunicorn.glogging import Logger

from c2s_enrich.logs import redacted

_QUERY = re.compile(r"\?[^\s'\"]*")


class _Cut(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redacted(_QUERY.sub("?[cut]", super().format(record)))


class WebLog(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(_Cut(self.error_fmt, self.datefmt))
