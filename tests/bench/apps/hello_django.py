# SPDX-License-Identifier: Apache-2.0
"""One Django view, no middleware."""
from django.conf import settings

settings.configure(DEBUG=False, SECRET_KEY="benchmark", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
                   MIDDLEWARE=[], INSTALLED_APPS=[], LOGGING_CONFIG=None, USE_I18N=False)

from django.core.wsgi import get_wsgi_application  # noqa: E402  after configure()
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("", lambda request: HttpResponse("Hello, World!", content_type="text/plain"))]
app = get_wsgi_application()
