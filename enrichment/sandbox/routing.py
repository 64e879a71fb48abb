from enrichment.sandbox import c2s, diretrix, work_api
from enrichment.sandbox.exchange import Request
from enrichment.sandbox.world import Call, Handler, Route

DRAWERS: dict[str, tuple[Route, ...]] = {
    "/c2s": c2s.ROUTES,
    "/diretrix": diretrix.ROUTES,
    "/work": work_api.ROUTES,
}
OPERATIONS: dict[str, tuple[str, ...]] = {
    c2s.NAME: c2s.OPERATIONS,
    diretrix.NAME: diretrix.OPERATIONS,
    work_api.NAME: work_api.OPERATIONS,
}


def find(request: Request) -> tuple[Call, Handler] | None:
    for prefix, routes in DRAWERS.items():
        if not request.path.startswith(f"{prefix}/"):
            continue
        path = request.below(prefix)
        for route in routes:
            if call := route.match(request, path):
                return call, route.handler
    return None
