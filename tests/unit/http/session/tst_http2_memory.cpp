// SPDX-License-Identifier: Apache-2.0
// Pieces that nghttp2 gives back wait for the next stream; everything else is as malloc has it.
#include "server/http/session/http2_memory.h"

#include <QtTest>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include <malloc.h>

using namespace arc;

class TestHttp2Memory : public QObject {
    Q_OBJECT

    Http2Memory m_memory;
    void *take(size_t size)
    {
        void *piece = m_memory.functions()->malloc(size, m_memory.functions()->mem_user_data);
        std::memset(piece, 0x5a, size); // all of it may be used
        return piece;
    }
    void give(void *piece)
    {
        m_memory.functions()->free(piece, m_memory.functions()->mem_user_data);
    }

private Q_SLOTS:
    void everySizeIsUsableAndNoPieceIsGivenTwice()
    {
        for (int round = 0; round < 3; ++round) {
            std::vector<void *> taken;
            for (size_t size = 0; size < 700; ++size)
                taken.push_back(take(size));
            QCOMPARE(std::set<void *>(taken.begin(), taken.end()).size(), taken.size());
            std::for_each(taken.begin(), taken.end(), [this](void *piece) { give(piece); });
        }
        give(nullptr);
    }

    void whatWasGivenBackWaitsForTheNext()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a build that watches memory");
#endif
        for (const size_t size : {1, 24, 25, 40, 41, 200, 480}) {
            std::set<void *> given;
            for (int i = 0; i < 40; ++i)
                given.insert(take(size));
            std::for_each(given.begin(), given.end(), [this](void *piece) { give(piece); });
            const std::unique_ptr<void, decltype(&std::free)> other(std::malloc(size), &std::free);
            QVERIFY(!given.contains(other.get())); // malloc has not got them back
            std::vector<void *> again;
            for (int i = 0; i < 40; ++i)
                again.push_back(take(size));
            const auto known = std::count_if(again.begin(), again.end(), [&given](void *piece) {
                return given.contains(piece);
            });
            // malloc makes some larger, which wait among their like
            const size_t usual = std::max<size_t>(24, (size + 8 + 15) / 16 * 16 - 8);
            const auto kept = std::count_if(given.begin(), given.end(), [usual](void *piece) {
                return malloc_usable_size(piece) == usual;
            });
            QVERIFY(kept >= 20);
            QVERIFY2(known >= kept, qPrintable(QString("%1 of %2").arg(known).arg(kept)));
            std::for_each(again.begin(), again.end(), [this](void *piece) { give(piece); });
        }
    }

    void clearedPiecesAreClear()
    {
        nghttp2_mem &functions = *m_memory.functions();
        give(take(96));
        auto *piece = static_cast<char *>(functions.calloc(12, 8, functions.mem_user_data));
        QVERIFY(std::all_of(piece, piece + 96, [](char byte) { return byte == 0; }));
        give(piece);
        QVERIFY(!functions.calloc(SIZE_MAX / 2, 3, functions.mem_user_data));
    }

    void piecesGrowAndShrink()
    {
        nghttp2_mem &functions = *m_memory.functions();
        void *piece = take(100);
        for (const size_t size : {2000, 300, 40}) {
            piece = functions.realloc(piece, size, functions.mem_user_data);
            QCOMPARE(static_cast<unsigned char *>(piece)[39], 0x5a);
        }
        give(piece);
    }
};

QTEST_APPLESS_MAIN(TestHttp2Memory)
#include "tst_http2_memory.moc"
