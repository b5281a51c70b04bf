# SPDX-License-Identifier: Apache-2.0
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from .forms import UploadForm
from .models import Album, Photo, Tag

PHOTOS_PER_PAGE = 12
SEARCH_CHARS_MAX = 100
TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
         "webp": "image/webp"}


def showGrid(request, photos, heading, text="", **more):
    page = Paginator(photos.select_related("album"),
                     PHOTOS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "gallery/grid.html", dict(more, page=page, heading=heading, text=text))


@require_safe
def index(request):
    query = request.GET.get("q", "").strip()[:SEARCH_CHARS_MAX].replace("\0", "")
    if not query:
        return showGrid(request, Photo.objects.all(), "Latest photos")
    photos = Photo.objects.all()
    for word in query.split():
        photos = photos.filter(
            Q(title__icontains=word) | Q(description__icontains=word) | Q(place__icontains=word)
                               | Q(tags__name__icontains=word) | Q(album__title__icontains=word))
    return showGrid(request, photos.distinct(), "Photos for “%s”" % query, query=query)


@require_safe
def albums(request):
    found = Album.objects.annotate(size=Count("photos")).prefetch_related("photos")
    return render(request, "gallery/albums.html", {"albums": found})


@require_safe
def album(request, slug):
    found = get_object_or_404(Album, slug=slug)
    return showGrid(request, found.photos.all(), found.title, found.description)


@require_safe
def tags(request):
    found = Tag.objects.annotate(size=Count("photos")).filter(size__gt=0)
    return render(request, "gallery/tags.html", {"tags": found})


@require_safe
def tag(request, name):
    found = get_object_or_404(Tag, name=name)
    return showGrid(request, found.photos.all(), "Tagged “%s”" % found.name)


@require_safe
def photo(request, pk):
    found = get_object_or_404(Photo.objects.select_related("album"), pk=pk)
    newer, older = found.neighbours()
    return render(request, "gallery/photo.html", {"photo": found, "newer": newer, "older": older})


@require_safe
@cache_control(public=True, max_age=86400, immutable=True)
def file(request, name):
    """A photo's file. Only files that belong to a photo are given out, and only as the kind that
    their name says.
    """
    found = get_object_or_404(Photo, file="photos/" + name)
    try:
        opened = found.file.open("rb")
    except FileNotFoundError:
        raise Http404("the file of this photo is gone") from None
    return FileResponse(opened,
                        content_type=TYPES.get(name.rpartition(".")[2], "application/octet-stream"))


def upload(request):
    if settings.PHOTOS_UPLOADS != "everyone":
        return staff_member_required(uploadForm)(request)
    return uploadForm(request)


def uploadForm(request):
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        found = form.save()
        messages.success(request, "“%s” is in the gallery." % found.title)
        return redirect(found)
    return render(request, "gallery/upload.html", {"form": form})
