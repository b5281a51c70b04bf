# SPDX-License-Identifier: Apache-2.0
"""Settings of the photo gallery. Everything that differs between places comes from the environment.
"""
import os
from pathlib import Path

from .secret import secretKey

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("PHOTOS_SECRET_KEY") or secretKey(str(BASE_DIR / "secret_key"))
DEBUG = os.environ.get("PHOTOS_DEBUG") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", ".localhost", "[::1]"]
ALLOWED_HOSTS += [host for host in os.environ.get("PHOTOS_HOSTS", "").split(",") if host]

# "everyone" may upload, or only people who can sign in to the administration ("staff").
PHOTOS_UPLOADS = os.environ.get("PHOTOS_UPLOADS", "everyone")
PHOTOS_MAX = 500
PHOTO_BYTES_MAX = 8 * 1024 * 1024

INSTALLED_APPS = [
    "gallery",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "photosite.urls"
WSGI_APPLICATION = "photosite.wsgi.application"

TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
MEDIA_ROOT = BASE_DIR / "media"
