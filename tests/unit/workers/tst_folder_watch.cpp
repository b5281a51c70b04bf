// SPDX-License-Identifier: Apache-2.0
#include "server/base/thread.h"
#include "server/workers/folder_watch.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <future>
#include <mutex>

using namespace arc;

namespace {

/// A folder, a loop on a thread, and what the watch told.
class Watched {
public:
    Watched()
    {
        m_loop = std::move(EventLoop::create("watch", EventLoop::kNoIndex, m_metrics).value());
        m_thread = Thread("watch", [this] { m_loop->run(); });
    }
    ~Watched()
    {
        onLoop([this] { m_watch.reset(); });
        m_loop->stop();
        m_thread.join();
    }
    void start()
    {
        onLoop([this] {
            m_watch = std::make_unique<FolderWatch>(*m_loop, [this](const std::string &path) {
                std::scoped_lock lock(m_mutex);
                m_told.push_back(path);
            });
            m_watch->start(m_folder.path().toStdString());
        });
    }
    void write(const QString &name, const QByteArray &text = "x")
    {
        QDir().mkpath(QFileInfo(m_folder.filePath(name)).path());
        QFile file(m_folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(text);
    }
    std::vector<std::string> told()
    {
        std::scoped_lock lock(m_mutex);
        return m_told;
    }
    bool tells(const std::string &path)
    {
        return QTest::qWaitFor([&] { return !told().empty() && told().back() == path; }, 10000);
    }
    std::string problem()
    {
        std::string text;
        onLoop([&] { text = m_watch->problem(); });
        return text;
    }
    size_t folders()
    {
        size_t count = 0;
        onLoop([&] { count = m_watch->folders(); });
        return count;
    }
    QString path(const QString &name) const { return m_folder.filePath(name); }
    void onLoop(std::function<void()> task)
    {
        std::promise<void> done;
        m_loop->post([&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }

private:
    QTemporaryDir m_folder;
    LoopMetrics m_metrics;
    std::unique_ptr<EventLoop> m_loop;
    std::unique_ptr<FolderWatch> m_watch;
    std::mutex m_mutex;
    std::vector<std::string> m_told;
    Thread m_thread;
};

} // namespace

class TestFolderWatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sourceIsKnownByItsName_data()
    {
        QTest::addColumn<bool>("isSource");
        for (const char *name : {"app.py", "index.html", "base.jinja2", ".env", ".env.local",
                                 "settings.toml", "config.yaml", "uwsgi.ini", "setup.cfg"})
            QTest::newRow(name) << true;
        for (const char *name :
             {"", "app.pyc", ".app.py.swp", ".#app.py", "app.py~", "db.sqlite3", "notes.txt",
              "4913", ".py", "photo.jpg", "app.py.bak", "data.json"})
            QTest::newRow(*name ? name : "nothing") << false;
    }
    void sourceIsKnownByItsName()
    {
        QFETCH(bool, isSource);
        const std::string name = QTest::currentDataTag();
        QCOMPARE(FolderWatch::isSource(name == "nothing" ? "" : name), isSource);
    }

    void aSaveIsToldOnceHoweverItWasDone()
    {
        Watched watched;
        watched.write("shop/views.py");
        watched.start();
        for (int i = 0; i < 20; ++i)
            watched.write("shop/views.py", QByteArray::number(i));
        QVERIFY(watched.tells("shop/views.py"));
        QCOMPARE(watched.told().size(), size_t(1));
        watched.write("shop/new.tmp"); // as most editors save: another file, renamed over it
        QVERIFY(QDir().rename(watched.path("shop/new.tmp"), watched.path("shop/urls.py")));
        QVERIFY(watched.tells("shop/urls.py"));
        QVERIFY(QFile::remove(watched.path("shop/urls.py")));
        QTRY_COMPARE(watched.told().size(), size_t(3));
        QCOMPARE(watched.told().back(), std::string("shop/urls.py"));
    }

    void foldersThatComeLaterAreWatched()
    {
        Watched watched;
        watched.start();
        watched.write("blog/templates/list.html");
        QVERIFY(watched.tells("blog/templates/list.html"));
        watched.write("blog/templates/detail.html");
        QVERIFY(watched.tells("blog/templates/detail.html"));
        QVERIFY(QDir().rename(watched.path("blog"), watched.path("news")));
        watched.write("news/templates/list.html", "again");
        QVERIFY(watched.tells("news/templates/list.html"));
    }

    void whatToolsKeepIsPassedOver()
    {
        Watched watched;
        for (const char *folder :
             {".git", "__pycache__", "node_modules", "venv", ".venv", "a/__pycache__"})
            watched.write(QString("%1/x.py").arg(folder));
        watched.write("surroundings/pyvenv.cfg");
        watched.write("surroundings/lib/x.py");
        watched.start();
        QCOMPARE(watched.folders(), size_t(3)); // the root, a, surroundings itself
        for (const char *folder : {".git", "__pycache__", "node_modules", "venv", ".venv",
                                   "a/__pycache__", "surroundings/lib"})
            watched.write(QString("%1/x.py").arg(folder), "changed");
        watched.write("a/last.py");
        QVERIFY(watched.tells("a/last.py"));
        QCOMPARE(watched.told().size(), size_t(1));
    }

    void tooManyFoldersAreToldAndTheFirstOnesWatched()
    {
        Watched watched;
        for (size_t i = 0; i < FolderWatch::kFoldersMax + 10; ++i)
            QVERIFY(QDir().mkpath(watched.path(QString("d/%1").arg(i))));
        watched.start();
        QCOMPARE(watched.folders(), FolderWatch::kFoldersMax);
        QVERIFY2(watched.problem().find("more than 2000 folders") != std::string::npos,
                 watched.problem().c_str());
        watched.write("app.py");
        QVERIFY(watched.tells("app.py"));
    }

    void aFolderThatIsNotThereIsToldSo()
    {
        Watched watched;
        QVERIFY(QDir(watched.path("")).removeRecursively());
        watched.start();
        QVERIFY2(watched.problem().find("cannot be watched") != std::string::npos,
                 watched.problem().c_str());
    }
};

QTEST_GUILESS_MAIN(TestFolderWatch)
#include "tst_folder_watch.moc"
