// SPDX-License-Identifier: Apache-2.0
// What the kernel grants: control groups of both versions, read from files as kernels write them.
#include "server/workers/control_group.h"
#include "server/workers/cpu_gauge.h"

#include <QtTest>

#include <QTemporaryDir>

using namespace arc;

namespace {

constexpr int64_t kMiB = 1024 * 1024;

/// The kernel's folders, with what a test writes into them.
struct Kernel {
    QTemporaryDir folder;

    KernelFolders folders() const
    {
        const std::string root = folder.path().toStdString();
        return {.proc = root + "/proc", .groups = root + "/groups"};
    }
    void write(const QString &name, const QByteArray &text) const
    {
        const QString path = folder.path() + '/' + name;
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("cannot write %s", qPrintable(path));
    }
    void meminfo(int64_t freeMiB) const
    {
        write("proc/meminfo",
              "MemTotal:       16000000 kB\nMemFree:          100 kB\nMemAvailable:   "
                  + QByteArray::number(qint64(freeMiB * 1024)) + " kB\n");
    }
};

} // namespace

class TestControlGroup : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void groupsAreFoundInBothVersions_data()
    {
        QTest::addColumn<QByteArray>("cgroup");
        QTest::addColumn<int>("version");
        QTest::addColumn<QByteArrayList>("folders");
        QTest::newRow("version 2")
            << QByteArray("0::/system.slice/arcology.service\n") << 2
            << QByteArrayList {"/system.slice/arcology.service", "/system.slice", ""};
        QTest::newRow("version 2 in a container")
            << QByteArray("0::/\n") << 2 << QByteArrayList {""};
        QTest::newRow("version 1")
            << QByteArray("9:name=systemd:/\n4:memory:/docker/ab12\n2:cpu,cpuacct:/docker\n0::/\n")
            << 1 << QByteArrayList {"/memory/docker/ab12", "/memory/docker", "/memory"};
        QTest::newRow("both, and the controller is the newer one's")
            << QByteArray("4:cpu,cpuacct:/a\n0::/user.slice\n") << 2
            << QByteArrayList {"/user.slice", ""};
        QTest::newRow("a colon in a name")
            << QByteArray("0::/a:b/c\n") << 2 << QByteArrayList {"/a:b/c", "/a:b", ""};
        QTest::newRow("one that only begins like it")
            << QByteArray("4:memory2:/a\n") << 0 << QByteArrayList {};
        QTest::newRow("no path") << QByteArray("4:memory\n") << 0 << QByteArrayList {};
        QTest::newRow("nothing") << QByteArray() << 0 << QByteArrayList {};
        QTest::newRow("noise") << QByteArray("\n::\n:\n0:\n") << 0 << QByteArrayList {};
    }
    void groupsAreFoundInBothVersions()
    {
        QFETCH(QByteArray, cgroup);
        QFETCH(QByteArrayList, folders);
        Kernel kernel;
        kernel.write("proc/self/cgroup", cgroup);
        const GroupChain chain = groupsOf("memory", kernel.folders());
        QTEST(chain.version, "version");
        QByteArrayList found;
        for (const std::string &folder : chain.folders)
            found << QByteArray::fromStdString(folder.substr(kernel.folders().groups.size()));
        QCOMPARE(found, folders);
    }

    void theSmallestQuotaOfAllGroupsHolds()
    {
        Kernel kernel;
        kernel.write("proc/self/cgroup", "0::/a/b\n");
        QCOMPARE(groupCores(kernel.folders()), 0.0);
        kernel.write("groups/a/b/cpu.max", "max 100000\n");
        QCOMPARE(groupCores(kernel.folders()), 0.0);
        kernel.write("groups/a/cpu.max", "150000 100000\n");
        QCOMPARE(groupCores(kernel.folders()), 1.5);
        kernel.write("groups/a/b/cpu.max", "300000 100000\n");
        QCOMPARE(groupCores(kernel.folders()), 1.5);
    }

    void versionOneSaysItInTwoFiles()
    {
        Kernel kernel;
        kernel.write("proc/self/cgroup", "2:cpu,cpuacct:/docker/ab12\n0::/\n");
        kernel.write("groups/cpu/cpu.cfs_period_us", "100000\n"); // a container's own root
        kernel.write("groups/cpu/cpu.cfs_quota_us", "-1\n");
        QCOMPARE(groupCores(kernel.folders()), 0.0);
        kernel.write("groups/cpu/cpu.cfs_quota_us", "250000\n");
        QCOMPARE(groupCores(kernel.folders()), 2.5);
    }

    void memoryIsWhatMachineAndGroupsLeave()
    {
        Kernel kernel;
        QCOMPARE(memoryAvailable(kernel.folders()), int64_t(-1));
        kernel.meminfo(900);
        QCOMPARE(memoryAvailable(kernel.folders()), 900 * kMiB);
        kernel.write("proc/self/cgroup", "0::/a/b\n");
        kernel.write("groups/a/b/memory.max", "max\n");
        kernel.write("groups/a/b/memory.current", "1000\n");
        QCOMPARE(groupMemoryRoom(kernel.folders()), int64_t(-1));
        kernel.write("groups/a/memory.max", QByteArray::number(qint64(512 * kMiB)) + "\n");
        kernel.write("groups/a/memory.current", QByteArray::number(qint64(400 * kMiB)) + "\n");
        QCOMPARE(memoryAvailable(kernel.folders()), 112 * kMiB);
        // Files in memory can be dropped.
        kernel.write("groups/a/memory.stat",
                     "anon 1000\nactive_file 5\ninactive_file "
                         + QByteArray::number(qint64(100 * kMiB)) + "\n");
        QCOMPARE(memoryAvailable(kernel.folders()), 212 * kMiB);
        kernel.meminfo(50);
        QCOMPARE(memoryAvailable(kernel.folders()), 50 * kMiB);
    }

    void aGroupAboveItsLimitLeavesNothing()
    {
        Kernel kernel;
        kernel.meminfo(900);
        kernel.write("proc/self/cgroup", "0::/\n");
        kernel.write("groups/memory.max", "1000\n");
        kernel.write("groups/memory.current", "2000\n");
        QCOMPARE(memoryAvailable(kernel.folders()), int64_t(0));
    }

    void memoryOfVersionOne()
    {
        Kernel kernel;
        kernel.meminfo(900);
        kernel.write("proc/self/cgroup", "4:memory:/docker/ab12\n");
        const QString own = QStringLiteral("groups/memory/docker/ab12/memory.");
        kernel.write(own + "limit_in_bytes", "9223372036854771712\n"); // its word for none
        kernel.write(own + "usage_in_bytes", "12345\n");
        QCOMPARE(memoryAvailable(kernel.folders()), 900 * kMiB);
        kernel.write(own + "limit_in_bytes", QByteArray::number(qint64(256 * kMiB)) + "\n");
        kernel.write(own + "usage_in_bytes", QByteArray::number(qint64(200 * kMiB)) + "\n");
        kernel.write(own + "stat",
                     "inactive_file 7\ntotal_inactive_file " + QByteArray::number(qint64(kMiB))
                         + "\n");
        QCOMPARE(memoryAvailable(kernel.folders()), 57 * kMiB);
    }

    void coresThatMayNotBeUsedDoNotCount()
    {
        const std::string stat = "cpu  300 0 100 1600 0 0 0 0 0 0\n"
                                 "cpu0 200 0 100 100 50 0 0 50 7 7\n"
                                 "cpu1 100 0 0 1500 0 0 0 0 0 0\n"
                                 "intr 1 2 3\nctxt 12\n";
        const CoreTicks all = ticksOf(stat, {});
        QCOMPARE(all.all, int64_t(2100));
        QCOMPARE(all.busy, int64_t(450));
        const CoreTicks first = ticksOf(stat, {true, false});
        QCOMPARE(first.all, int64_t(500));
        QCOMPARE(first.busy, int64_t(350)); // what another guest took is busy, a disk's wait is not
        QCOMPARE(ticksOf(stat, {false, false}).all, int64_t(0));
        for (const char *bad : {"", "cpu", "cpu0", "cpu0 x y", "cpux 1 2 3"})
            QCOMPARE(ticksOf(bad, {}).busy, int64_t(0));
    }

    void theGaugeTellsTheFullestOfMachineAndGroup()
    {
        Kernel kernel;
        CpuGauge gauge(kernel.folders());
        const SteadyTime start {std::chrono::seconds(100)};
        const auto at = [&](int second) {
            return start + std::chrono::seconds(second);
        };
        // The cores of this test are those of its machine, from 0 on in any.
        const auto ticks = [&](int busy, int idle) {
            QByteArray text = "cpu 0 0 0 0 0\n";
            for (int core = 0; core < 1024; ++core)
                text += "cpu" + QByteArray::number(core) + " " + QByteArray::number(busy) + " 0 0 "
                    + QByteArray::number(idle) + " 0\n";
            kernel.write("proc/stat", text);
        };
        QCOMPARE(gauge.read(at(0)), -1.0); // nothing is known
        ticks(100, 100);
        QCOMPARE(gauge.read(at(1)), -1.0); // nothing to compare it with
        ticks(130, 170);
        QCOMPARE(gauge.read(at(2)), 0.3);
        kernel.write("proc/self/cgroup", "0::/a\n");
        kernel.write("groups/a/cpu.max", "50000 100000\n");
        kernel.write("groups/a/cpu.stat", "usage_usec 1000000\nuser_usec 1\n");
        ticks(140, 260);
        QCOMPARE(gauge.read(at(3)), 0.1);
        // Half a core is granted: 450 ms of it in a second are 90 %.
        kernel.write("groups/a/cpu.stat", "usage_usec 1450000\nuser_usec 1\n");
        ticks(150, 350);
        QCOMPARE(gauge.read(at(4)), 0.9);
        ticks(250, 350);
        QCOMPARE(gauge.read(at(5)), 1.0); // its group did nothing, but somebody else has it all
    }
};

QTEST_GUILESS_MAIN(TestControlGroup)
#include "tst_control_group.moc"
