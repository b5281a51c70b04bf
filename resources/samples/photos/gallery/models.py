# SPDX-License-Identifier: Apache-2.0
import secrets

from django.core.validators import FileExtensionValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone

FILE_KINDS = ["jpg", "jpeg", "png", "gif", "webp"]


class Album(models.Model):
    title = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("gallery:album", args=[self.slug])


class Tag(models.Model):
    name = models.SlugField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("gallery:tag", args=[self.name])


def filePath(photo, filename):
    """The uploader's file name is not used: it could clash, or say more than a visitor should know.
    """
    return "photos/%s.%s" % (secrets.token_hex(8), filename.rpartition(".")[2].lower())


class Photo(models.Model):
    title = models.CharField(max_length=100)
    description = models.TextField(max_length=2000, blank=True)
    place = models.CharField(max_length=100, blank=True)
    taken = models.DateField(null=True, blank=True)
    uploaded = models.DateTimeField(default=timezone.now, db_index=True)
    file = models.FileField(upload_to=filePath, validators=[FileExtensionValidator(FILE_KINDS)])
    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="photos")
    tags = models.ManyToManyField(Tag, blank=True, related_name="photos")

    class Meta:
        ordering = ["-uploaded", "-id"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("gallery:photo", args=[self.pk])

    def imageUrl(self):
        return reverse("gallery:file", args=[self.file.name.rpartition("/")[2]])

    def neighbours(self):
        """(newer, older) photo of the same album; None at its ends."""
        ids = list(self.album.photos.values_list("pk", flat=True))
        place = ids.index(self.pk)
        return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids)
                                                     else None)
