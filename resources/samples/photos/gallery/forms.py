# SPDX-License-Identifier: Apache-2.0
from django import forms
from django.conf import settings
from django.utils.text import slugify

from .models import Photo, Tag

TAGS_MAX = 8

# What a file begins with tells its kind; its name and the browser's word do not.
KINDS = (
    ("jpg", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    ("gif", lambda head: head[:6] in (b"GIF87a", b"GIF89a")),
    ("webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
)


def kindOfImage(head):
    return next((kind for kind, matches in KINDS if matches(head)), "")


class UploadForm(forms.ModelForm):
    tagNames = forms.CharField(label="Tags", required=False, max_length=300,
                               help_text="Separated by commas, at most %d." % TAGS_MAX)

    class Meta:
        model = Photo
        fields = ["title", "file", "album", "place", "taken", "description"]
        widgets = {"taken": forms.DateInput(attrs={"type": "date"}),
                   "description": forms.Textarea(attrs={"rows": 4})}

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.PHOTO_BYTES_MAX:
            raise forms.ValidationError("The file is larger than %d MiB."
                                        % (settings.PHOTO_BYTES_MAX >> 20))
        kind = kindOfImage(file.read(16))
        file.seek(0)
        if not kind:
            raise forms.ValidationError("This is not a JPEG, PNG, GIF or WebP picture.")
        file.name = "upload." + kind
        return file

    def clean_tagNames(self):
        names = []
        for part in self.cleaned_data["tagNames"].split(","):
            name = slugify(part)[:40]
            if name and name not in names:
                names.append(name)
        if len(names) > TAGS_MAX:
            raise forms.ValidationError("These are more than %d tags." % TAGS_MAX)
        return names

    def clean(self):
        if Photo.objects.count() >= settings.PHOTOS_MAX:
            raise forms.ValidationError("The gallery is full: it holds %d photos."
                                        % settings.PHOTOS_MAX)
        return super().clean()

    def save(self, commit=True):
        photo = super().save(commit)
        photo.tags.set([Tag.objects.get_or_create(name=name)[0]
                        for name in self.cleaned_data["tagNames"]])
        return photo
