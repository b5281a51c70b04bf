// SPDX-License-Identifier: Apache-2.0
// What OpenSSL takes for a record is kept by the thread; everything else is as malloc has it.
#include "server/base/thread.h"
#include "server/tls/openssl_memory.h"

#include <QtTest>

#include <cstring>
#include <set>
#include <vector>

#include <openssl/crypto.h>

using namespace arc;

namespace {

constexpr size_t kRecord = 16 * 1024 + 300;
bool gIsKept = false;

void *filled(size_t size)
{
    void *memory = OPENSSL_malloc(size);
    if (memory)
        std::memset(memory, 0x5a, size);
    return memory;
}

} // namespace

class TestOpensslMemory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!gIsKept)
            QSKIP("a build that watches memory");
    }

    void askingAgainChangesNothing()
    {
        void *kept = filled(kRecord);
        OPENSSL_free(kept);
        QVERIFY(keepRecordBuffers());
        void *again = filled(kRecord);
        QCOMPARE(again, kept);
        OPENSSL_free(again);
    }

    void aRecordsBufferIsTheOneGivenBackLast()
    {
        void *first = filled(kRecord);
        OPENSSL_free(first);
        void *second = filled(kRecord + 500);
        QCOMPARE(second, first);
        OPENSSL_free(second);
    }

    void manyAtOnceAreManyAndAllUsable()
    {
        std::vector<void *> taken;
        for (int i = 0; i < 40; ++i)
            taken.push_back(filled(kRecord));
        QCOMPARE(std::set<void *>(taken.begin(), taken.end()).size(), taken.size());
        for (void *each : taken)
            OPENSSL_free(each);
        for (int i = 0; i < 40; ++i)
            taken[static_cast<size_t>(i)] = filled(kRecord);
        QCOMPARE(std::set<void *>(taken.begin(), taken.end()).size(), taken.size());
        for (void *each : taken)
            OPENSSL_free(each);
    }

    void otherSizesAndNothingAreAsEver()
    {
        QVERIFY(OPENSSL_malloc(0) == nullptr);
        OPENSSL_free(nullptr);
        for (const size_t size : {1, 1000, 16384, 16385, 18432, 18433, 100'000}) {
            void *memory = filled(size);
            QVERIFY(memory);
            memory = OPENSSL_realloc(memory, size * 2);
            QVERIFY(memory);
            QCOMPARE(static_cast<unsigned char *>(memory)[size - 1], 0x5a);
            std::memset(memory, 1, size * 2);
            memory = OPENSSL_realloc(memory, 10);
            OPENSSL_free(memory);
        }
        void *grown = OPENSSL_realloc(nullptr, kRecord);
        QVERIFY(grown);
        std::memset(grown, 1, kRecord);
        OPENSSL_free(grown);
    }

    void aThreadMayGiveBackWhatAnotherTookAndEnd()
    {
        void *mine = filled(kRecord);
        Thread thread("other", [mine] {
            OPENSSL_free(mine);
            void *again = filled(kRecord);
            if (again != mine)
                qFatal("the other thread kept nothing");
            OPENSSL_free(again);
        });
        thread.join();
        void *next = filled(kRecord);
        QVERIFY(next);
        OPENSSL_free(next);
    }
};

int main(int argc, char **argv)
{
    gIsKept = keepRecordBuffers();
    TestOpensslMemory test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_openssl_memory.moc"
