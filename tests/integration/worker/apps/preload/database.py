# SPDX-License-Identifier: Apache-2.0
import os
import tempfile

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

_FILE = os.path.join(tempfile.gettempdir(), "arcology-preload-%d.sqlite3" % os.getpid())
settings.configure(
    SECRET_KEY="of a test", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _FILE}})
django.setup()

from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


def isOpen():
    folder = "/proc/self/fd/"
    return any(os.path.islink(folder + name) and os.readlink(folder + name).startswith(_FILE)
               for name in os.listdir(folder))


connection.cursor()
_wasOpen = isOpen()
os.unlink(_FILE)


def show(_request):
    return HttpResponse("%s, then %s" % (_wasOpen, isOpen()))


urlpatterns = [path("", show)]
app = get_wsgi_application()
