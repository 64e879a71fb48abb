"""C2S, Diretrix and Work API played over real HTTP by one small server, for tests, demo and benchmarks."""

from enrichment.sandbox.server import Sandbox

__all__ = ["Sandbox"]
