# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
from unittest import mock

from music import library, live
from tests.client import LibraryTest

HEARD = {"session": "0123456789abcdef", "play": "1", "track": "credits", "playing": True}


class PagesTest(LibraryTest):
    async def testEveryPageAnswers(self):
        for path, holds in (("/", "Kitchen Songs"), ("/albums/line-41", "Wet Neon"),
                            ("/artists/tidal-rooms", "Low Water"), ("/search?q=rain", "Shed"),
                            ("/search", "Press Start"), ("/playlists", "Rainy evening"),
                            ("/playlists/1", "Salt Glass"), ("/now", "Now playing"),
                            ("/statistics", "Most played"), ("/static/style.css", "--accent")):
            with self.subTest(path):
                answer = await self.ask(path)
                self.assertEqual(answer.status, 200)
                self.assertIn(holds, answer.text)
                self.assertIn("default-src 'none'", answer.headers["content-security-policy"])
                self.assertEqual((await self.ask(path, "HEAD")).status, 200)

    async def testWhatIsNotThereIs404(self):
        for path in ("/albums/none", "/artists/none", "/playlists/99", "/playlists/x", "/nothing",
                     "/playlists/" + "9" * 30, "/playlists/\u0661", "/api/albums/none", "/api/none",
                     "/api/tracks/none", "/api/playlists/x", "/docs"):
            with self.subTest(path[:30]):
                answer = await self.ask(path)
                self.assertEqual(answer.status, 404)
                self.assertEqual("detail" in answer.text, path.startswith("/api"))

    async def testSearchLooksAtAllWords(self):
        rows = (("rain", 1), ("RAIN shed", 1), ("rain credits", 0), ("night buses", 3),
                ("folk waltz", 1), ("%", 0), ("_", 0), ("\\", 0), ("' OR 1=1 --", 0), ("", 12),
                ("   ", 12), ("x" * 5000, 0))
        for query, count in rows:
            with self.subTest(query[:20]):
                self.assertEqual(len(await self.library.search(query[:100])), count)
        page = await self.ask("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertNotIn("<script>alert", page.text)
        self.assertEqual((await self.ask("/api/tracks?q=" + "x" * 101)).status, 422)
        self.assertEqual(len((await self.ask("/api/tracks?q=chiptune")).json["tracks"]), 3)

    async def testTheApiTellsTheLibrary(self):
        albums = (await self.ask("/api/albums")).json["albums"]
        self.assertEqual([(album["slug"], album["tracks"]) for album in albums],
                         [("low-water", 3), ("kitchen-songs", 3), ("save-point", 3),
                          ("line-41", 3)])
        self.assertEqual(len((await self.ask("/api/artists")).json["artists"]), 4)
        album = (await self.ask("/api/albums/line-41")).json
        self.assertEqual([track["title"] for track in album["tracks"]],
                         ["Front Seat", "Terminus", "Wet Neon"])
        self.assertIn("/api/listening", (await self.ask("/openapi.json")).text)


class PlaylistsTest(LibraryTest):
    async def add(self, title="Mine"):
        answer = await self.ask("/api/playlists", "POST", {"title": title})
        self.assertEqual(answer.status, 201, answer.text)
        return "/api/playlists/%d" % answer.json["id"]

    async def testTracksComeAndGo(self):
        place = await self.add("  Long   drive ")
        for slug in ("credits", "terminus", "credits"):
            answer = await self.ask(place + "/tracks", "POST", {"track": slug})
            self.assertEqual(answer.status, 201)
        found = (await self.ask(place)).json
        self.assertEqual((found["title"], [track["slug"] for track in found["tracks"]]),
                         ("Long drive", ["credits", "terminus", "credits"]))
        entry = found["tracks"][0]["entry"]
        self.assertEqual((await self.ask("%s/tracks/%d" % (place, entry), "DELETE")).status, 204)
        self.assertEqual((await self.ask("%s/tracks/%d" % (place, entry), "DELETE")).status, 404)
        self.assertEqual([track["slug"] for track in (await self.ask(place)).json["tracks"]],
                         ["terminus", "credits"])
        self.assertEqual((await self.ask(place, "DELETE")).status, 204)
        self.assertEqual((await self.ask(place)).status, 404)
        self.assertEqual((await self.ask("/api/playlists/1")).status, 200)

    async def testAnEntryOfAnotherListIsNotTouched(self):
        place = await self.add()
        entry = (await self.ask("/api/playlists/1")).json["tracks"][0]["entry"]
        self.assertEqual((await self.ask("%s/tracks/%d" % (place, entry), "DELETE")).status, 404)

    async def testWhatIsNoPlaylistIsRefused(self):
        place = await self.add()
        rows = (("/api/playlists", {"title": ""}, 422), ("/api/playlists", {"title": " \t "}, 422),
                ("/api/playlists", {"title": "x" * 81}, 422), ("/api/playlists", {}, 422),
                ("/api/playlists", {"title": "a\0b"}, 422), ("/api/playlists", [], 422),
                (place + "/tracks", {"track": "none"}, 404), (place + "/tracks", {}, 422),
                ("/api/playlists/99/tracks", {"track": "credits"}, 404))
        for path, body, status in rows:
            with self.subTest(body):
                self.assertEqual((await self.ask(path, "POST", body)).status, status)
        # A form of another site could send this type, so it does nothing here.
        answer = await self.ask("/api/playlists", "POST", {"title": "x"}, content_type="text/plain")
        self.assertEqual(answer.status, 422)
        self.assertEqual(len(await self.library.playlists()), 2)

    async def testBothLimitsAreSaid(self):
        with mock.patch.object(library, "PLAYLISTS_MAX", 1):
            answer = await self.ask("/api/playlists", "POST", {"title": "x"})
            self.assertEqual((answer.status, "the most" in answer.text), (409, True))
        with mock.patch.object(library, "PLAYLIST_TRACKS_MAX", 3):
            answer = await self.ask("/api/playlists/1/tracks", "POST", {"track": "credits"})
            self.assertEqual(answer.status, 409)

    async def testATitleIsTextOnThePage(self):
        await self.add("<img src=x onerror=alert(1)>")
        self.assertNotIn("<img src=x", (await self.ask("/playlists")).text)


class StatisticsTest(LibraryTest):
    async def hear(self, at=None, **more):
        with mock.patch("music.library.time") as clock:
            clock.time.return_value = at or 1000.0
            answer = await self.ask("/api/listening", "POST", dict(HEARD, **more))
        return answer.status

    async def figures(self, at):
        with mock.patch("music.library.time") as clock:
            clock.time.return_value = at
            found = (await self.ask("/api/statistics")).json
        return found["plays"], found["listening"]

    async def testAPlayCountsOnceAndNotWhenSkipped(self):
        await self.hear(1000)
        self.assertEqual(await self.figures(1001), (0, 1))
        await self.hear(1002, play="2", track="terminus")   # skipped after two seconds
        await self.hear(1008, play="2", track="terminus")
        await self.hear(1013, play="2", track="terminus")
        self.assertEqual(await self.figures(1014), (1, 1))
        await self.hear(1020, play="3", track="terminus")   # once more from the beginning
        await self.hear(1026, play="3", track="terminus")
        self.assertEqual(await self.figures(1027), (2, 1))

    async def testWhoStopsOrVanishesIsNotListening(self):
        await self.hear(1000)
        await self.hear(1000, session="another-listener")
        self.assertEqual(await self.figures(1005), (0, 2))
        await self.hear(1003, playing=False)
        self.assertEqual(await self.figures(1004), (0, 1))
        self.assertEqual(await self.figures(1004 + library.LISTENING_SECONDS), (0, 0))
        await self.hear(1100)  # goes on after a long pause, which was no listening
        self.assertEqual(await self.figures(1101), (0, 1))

    async def testNonsenseIsRefused(self):
        rows = ({"track": "none"}, {"track": "x" * 81}, {"session": "short"}, {"session": "x" * 41},
                {"play": ""}, {"playing": "perhaps"}, {"session": None})
        for more in rows:
            self.assertIn(await self.hear(**more), (404, 422), more)
        self.assertEqual(await self.figures(1001), (0, 0))

    async def testTheLiveStreamTellsWhatAnotherWorkerHeard(self):
        other = await self.started()
        seen = []

        def events(answer):
            found = [json.loads(line[6:]) for line in answer.text.split("\n")
                     if line.startswith("data: ")]
            seen[:] = [(one["listening"], one["now"]) for one in found]
            return seen and seen[-1][0] == 1

        with mock.patch.object(live, "LOOK_SECONDS", 0.01):
            watching = asyncio.ensure_future(self.ask("/api/statistics/live", until=events))
            while not seen:
                await asyncio.sleep(0.005)
            await self.ask("/api/listening", "POST", HEARD, app=other)
            answer = await watching
        self.assertEqual(answer.headers["content-type"].partition(";")[0], "text/event-stream")
        self.assertEqual(seen[0], (0, []))
        self.assertEqual(seen[-1][1], [{"slug": "credits", "title": "Credits", "listeners": 1}])

    async def testWatchersHaveALimit(self):
        with mock.patch.object(live, "WATCHERS_MAX", 0):
            answer = await self.ask("/api/statistics/live")
        self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "10"))

    async def testAStreamEndsByItself(self):
        with mock.patch.object(live, "STREAM_SECONDS", 0.05), \
                mock.patch.object(live, "QUIET_SECONDS", 0.02):
            answer = await self.ask("/api/statistics/live")
        self.assertIn(": nothing new", answer.text)
        self.assertIn("retry: ", answer.text)

    async def testAnotherStartKeepsPlaysAndPlaylists(self):
        await self.hear(1000)
        await self.hear(1006)
        await self.ask("/api/playlists/1", "DELETE")
        again = await self.started()
        self.assertEqual((await self.ask("/api/statistics", app=again)).json["plays"], 1)
        self.assertEqual((await self.ask("/api/playlists", app=again)).json["playlists"], [])
