# SPDX-License-Identifier: Apache-2.0
import contextlib
import os

from fastapi import FastAPI

from . import api, pages
from .library import Library
from .live import Live

SAMPLE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECURITY = [
    (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"),
    (b"content-security-policy",
     b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
     b"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
]


class Secured:
    """Adds the headers to every answer. BaseHTTPMiddleware would hold streams in a buffer."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def secured(message):
            if message["type"] == "http.response.start":
                message = dict(message, headers=list(message.get("headers", [])) + SECURITY)
            await send(message)
        await self.app(scope, receive, secured if scope["type"] == "http" else send)


def create_app(data=None):
    @contextlib.asynccontextmanager
    async def lifespan(app):
        await app.state.library.open()
        app.state.live = Live(app.state.library)
        yield
        await app.state.live.close()

    # The pages of /docs load their scripts from another host; /openapi.json needs nothing.
    app = FastAPI(title="Undertow", version="1", docs_url=None, redoc_url=None)
    app.router.lifespan_context = lifespan  # the name FastAPI 0.92 and later versions share
    app.state.library = Library(os.path.join(SAMPLE, "library"),
                                data or os.environ.get("STREAMING_DATA")
                                or os.path.join(SAMPLE, "data"))
    app.add_middleware(Secured)
    pages.install(app)
    app.include_router(api.router, prefix="/api")
    return app
