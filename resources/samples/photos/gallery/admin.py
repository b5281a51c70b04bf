# SPDX-License-Identifier: Apache-2.0
from django.contrib import admin
from django.utils.html import format_html

from .models import Album, Photo, Tag

admin.site.site_header = "Photo gallery"
admin.site.site_title = "Photo gallery"


@admin.register(Album)
class AlbumAdmin(admin.ModelAdmin):
    list_display = ["title", "description"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Photo)
class PhotoAdmin(admin.ModelAdmin):
    list_display = ["preview", "title", "album", "place", "taken"]
    list_display_links = ["preview", "title"]
    list_filter = ["album", "tags"]
    search_fields = ["title", "description", "place"]
    filter_horizontal = ["tags"]
    date_hierarchy = "uploaded"

    @admin.display(description="")
    def preview(self, photo):
        return format_html('<img src="{}" alt="" width="90">', photo.imageUrl())


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    search_fields = ["name"]
