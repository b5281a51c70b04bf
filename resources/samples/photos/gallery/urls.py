# SPDX-License-Identifier: Apache-2.0
from django.urls import path, re_path

from . import views

app_name = "gallery"
urlpatterns = [
    path("", views.index, name="index"),
    path("albums/", views.albums, name="albums"),
    path("albums/<slug:slug>/", views.album, name="album"),
    path("tags/", views.tags, name="tags"),
    path("tags/<slug:name>/", views.tag, name="tag"),
    path("photos/<int:pk>/", views.photo, name="photo"),
    path("upload/", views.upload, name="upload"),
    re_path(r"^media/([A-Za-z0-9_-]+\.(?:jpe?g|png|gif|webp))$", views.file, name="file"),
]
