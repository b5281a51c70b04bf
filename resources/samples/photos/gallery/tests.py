# SPDX-License-Identifier: Apache-2.0
import tempfile

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings

from .models import Album, Photo, Tag

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


class GalleryTest(TestCase):
    def setUp(self):
        media = tempfile.TemporaryDirectory()
        self.addCleanup(media.cleanup)
        changed = override_settings(MEDIA_ROOT=media.name)
        changed.enable()
        self.addCleanup(changed.disable)
        self.album = Album.objects.create(title="Mountains", slug="mountains",
                                          description="High places")

    def add(self, title, tags=(), **more):
        photo = Photo(title=title, album=self.album, **more)
        photo.file.save("x.PNG", SimpleUploadedFile("x.PNG", PNG))
        photo.tags.set([Tag.objects.get_or_create(name=name)[0] for name in tags])
        return photo


class PagesTest(GalleryTest):
    def testEveryPageAnswers(self):
        photo = self.add("Ridge", ["snow"])
        for path in ("/", "/?page=99", "/?page=x", "/albums/", "/albums/mountains/", "/tags/",
                     "/tags/snow/",
                     photo.get_absolute_url(), "/upload/", photo.imageUrl()):
            with self.subTest(path):
                self.assertEqual(self.client.get(path).status_code, 200)

    def testWhatIsNotThereIs404(self):
        for path in ("/photos/1/", "/albums/none/", "/tags/none/", "/media/none.jpg",
                     "/media/../db.sqlite3",
                     "/media/x.svg", "/media/..%2f..%2fsecret_key"):
            with self.subTest(path):
                self.assertEqual(self.client.get(path).status_code, 404)

    def testAnEmptyGalleryHasPagesToo(self):
        Album.objects.all().delete()
        for path in ("/", "/albums/", "/tags/"):
            self.assertEqual(self.client.get(path).status_code, 200)

    def testSearchLooksAtWordsTagsAndPlaces(self):
        self.add("Ridge", ["snow"], place="Norway")
        self.add("Lake", ["water"], description="quiet <b>morning</b>")
        rows = (("ridge", 1), ("SNOW", 1), ("norway snow", 1), ("norway water", 0),
                ("mountains", 2), ("<b>", 1),
                ("\0", 2), ("%", 0), ("' OR 1=1 --", 0), ("x" * 5000, 0))
        for query, wanted in rows:
            with self.subTest(query):
                page = self.client.get("/", {"q": query}).context["page"]
                self.assertEqual(len(page), wanted)
        self.assertNotContains(self.client.get("/", {"q": "<script>"}), "<script>")

    def testPagesHoldTwelvePhotos(self):
        for number in range(13):
            self.add("Photo %d" % number)
        self.assertEqual(len(self.client.get("/").context["page"]), 12)
        self.assertEqual(len(self.client.get("/?page=2").context["page"]), 1)

    def testNeighboursAreOfTheSameAlbum(self):
        first, second, third = self.add("1"), self.add("2"), self.add("3")
        Photo.objects.update(album=self.album)
        self.assertEqual(second.neighbours(), (third.pk, first.pk))
        self.assertEqual(third.neighbours(), (None, second.pk))
        self.assertEqual(first.neighbours(), (second.pk, None))

    def testFilesAreServedAsWhatTheyAre(self):
        answer = self.client.get(self.add("Ridge").imageUrl())
        self.assertEqual((answer["Content-Type"], b"".join(answer.streaming_content)),
                         ("image/png", PNG))
        self.assertEqual(answer["X-Content-Type-Options"], "nosniff")


class UploadTest(GalleryTest):
    def send(self, content=PNG, name="a.png", **fields):
        data = {"title": "New", "album": self.album.pk, "tagNames": "Deep Snow, snow,,snow",
                "file": SimpleUploadedFile(name, content)}
        data.update(fields)
        return self.client.post("/upload/", data)

    def testAPhotoIsAdded(self):
        answer = self.send()
        photo = Photo.objects.get()
        self.assertRedirects(answer, photo.get_absolute_url())
        self.assertEqual([tag.name for tag in photo.tags.all()], ["deep-snow", "snow"])
        self.assertRegex(photo.file.name, r"^photos/[0-9a-f]{16}\.png$")

    def testTheKindComesFromTheContent(self):
        self.send(b"\xff\xd8\xff\xe0" + b"\0" * 20, "evil.html")
        self.assertTrue(Photo.objects.get().file.name.endswith(".jpg"))

    @override_settings(PHOTO_BYTES_MAX=100)
    def testWhatIsNoPictureIsRefused(self):
        rows = ({"content": b"<svg onload=alert(1)>"}, {"content": b""}, {"content": PNG * 10},
                {"content": b"GIF8"},
                {"title": ""}, {"title": "x" * 101}, {"album": "999"}, {"album": ""},
                {"taken": "yesterday"},
                {"tagNames": ",".join("tag%d" % number for number in range(9))}, {"file": ""})
        for row in rows:
            with self.subTest(str(row)[:40]):
                answer = self.send(**row)
                self.assertEqual(answer.status_code, 200)
                self.assertTrue(answer.context["form"].errors)
        self.assertEqual(Photo.objects.count(), 0)

    @override_settings(PHOTOS_MAX=1)
    def testAFullGallerySaysSo(self):
        self.send()
        self.assertContains(self.send(), "The gallery is full")

    @override_settings(PHOTOS_UPLOADS="staff")
    def testUploadsCanBeForStaffOnly(self):
        self.assertIn("/admin/login/", self.send()["Location"])
        self.assertEqual(Photo.objects.count(), 0)

    def testUploadsNeedTheToken(self):
        self.client = self.client_class(enforce_csrf_checks=True)
        self.assertEqual(self.send().status_code, 403)
