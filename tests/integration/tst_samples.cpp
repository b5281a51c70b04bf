// SPDX-License-Identifier: Apache-2.0
// The samples as `arcology serve` runs them, without an option, over real sockets, while their
// workers are killed.
#include "test_paths.h"
#include "tests/integration/program.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTcpSocket>
#include <QUrl>
#include <QtTest>

#include <csignal>

using namespace arc::test;

namespace {

constexpr int kWaitMs = 30000;

/// A copy, as the window makes one: samples keep their data beside their code.
void copySample(const QString &name, const QString &to)
{
    const QDir from(ARC_SOURCE_DIR "/resources/samples/" + name);
    QDirIterator entries(from.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (entries.hasNext()) {
        const QString file = from.relativeFilePath(entries.next());
        if (file.startsWith("data/") || file.contains("__pycache__"))
            continue;
        QVERIFY(QDir().mkpath(QFileInfo(to + "/" + file).path()));
        QVERIFY2(QFile::copy(from.filePath(file), to + "/" + file), qPrintable(file));
    }
}

QByteArray randomBytes(qsizetype size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    QRandomGenerator random(7);
    for (char &byte : bytes)
        byte = static_cast<char>(random.bounded(256));
    return bytes;
}

QByteArray tagOf(const QByteArray &bytes)
{
    return "\"" + QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex() + "\"";
}

QJsonObject jsonOf(const HttpAnswer &answer)
{
    return QJsonDocument::fromJson(answer.body).object();
}

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void killWorkers(const Served &served)
{
    for (const qint64 pid : served.workers())
        ::kill(static_cast<pid_t>(pid), SIGKILL);
}

const QList<QPair<QByteArray, QByteArray>> kJson {{"Content-Type", "application/json"}};

/// The address of a new upload.
QString beginUpload(const QString &url, const QByteArray &name, qsizetype size)
{
    const HttpAnswer made =
        http(url + "/api/uploads",
             {.method = "POST",
              .headers = kJson,
              .body = R"({"name": ")" + name + R"(", "size": )" + QByteArray::number(size) + "}"});
    return made.status == 201 ? url + made.headers.value("location") : QString();
}

} // namespace

class TestSamples : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void everySampleIsRecognisedAndAnswers_data();
    void everySampleIsRecognisedAndAnswers();
    void anUploadGoesOnAfterItsWorkerWasKilled();
    void aFileIsOverwrittenOnlyInTheVersionMeant();
    void foldersComeIntoStepWhileWorkersAreKilled();
    void aTrackIsHeardInPiecesWhileWorkersAreKilled();
    void listenersOfAllWorkersAreCountedLive();

private:
    QString copyOf(const QString &name)
    {
        copySample(name, m_folder->filePath(name));
        return m_folder->filePath(name);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestSamples::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestSamples::everySampleIsRecognisedAndAnswers_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("style");
    QTest::addColumn<QByteArray>("holds");
    QTest::newRow("photos") << "Django"
                            << "/static/gallery/style.css" << QByteArray("Far Horizons");
    QTest::newRow("filesync") << "Flask"
                              << "/static/style.css" << QByteArray("welcome.txt");
    QTest::newRow("streaming") << "FastAPI"
                               << "/static/style.css" << QByteArray("Kitchen Songs");
}

void TestSamples::everySampleIsRecognisedAndAnswers()
{
    QFETCH(QString, kind);
    QFETCH(QString, style);
    QFETCH(QByteArray, holds);
    Served served(copyOf(QTest::currentDataTag()));
    QVERIFY2(served.isServing(), served.errors());
    QVERIFY2(served.line().contains(kind), qPrintable(served.line()));
    const HttpAnswer page = http(served.url() + "/");
    QCOMPARE(page.status, 200);
    QVERIFY2(page.body.contains(holds), page.body);
    QCOMPARE(http(served.url() + style).status, 200);
    QCOMPARE(http(served.url() + "/nothing/here").status, 404);
    QCOMPARE(served.stop(), 0);
}

void TestSamples::anUploadGoesOnAfterItsWorkerWasKilled()
{
    // The app is to have the bytes of a piece before all of them have come.
    Served served(copyOf("filesync"), {"--workers", "2", "--set", "pool.collect_bodies=off"});
    QVERIFY2(served.isServing(), served.errors());
    const QByteArray data = randomBytes(3'000'000);
    const QString place = beginUpload(served.url(), "big.bin", data.size());
    QVERIFY(!place.isEmpty());

    // Half of a piece is sent, and then the worker that writes it is gone.
    const QUrl address(place);
    QTcpSocket socket;
    socket.connectToHost(address.host(), static_cast<quint16>(address.port()));
    QVERIFY(socket.waitForConnected(kWaitMs));
    socket.write("PATCH " + address.path().toLatin1()
                 + " HTTP/1.1\r\nHost: localhost\r\nUpload-Offset: 0\r\nContent-Length: "
                 + QByteArray::number(data.size()) + "\r\n\r\n" + data.first(1'000'000));
    const auto offset = [&] {
        return jsonOf(http(place)).value("offset").toInt(-1);
    };
    QTRY_VERIFY_WITH_TIMEOUT(offset() >= 900'000, kWaitMs);
    killWorkers(served);
    if (socket.state() == QTcpSocket::ConnectedState)
        socket.waitForReadyRead(kWaitMs);
    QVERIFY(!socket.readAll().startsWith("HTTP/1.1 2"));
    socket.abort();

    // It goes on where the bytes end, with new workers.
    int at = -1;
    QTRY_VERIFY_WITH_TIMEOUT((at = offset()) >= 900'000, kWaitMs);
    QVERIFY2(at <= 1'000'000, qPrintable(QString::number(at)));
    const auto append = [&](int from, const QByteArray &bytes) {
        return http(place,
                    {.method = "PATCH",
                     .headers = {{"Upload-Offset", QByteArray::number(from)}},
                     .body = bytes});
    };
    const HttpAnswer wrong = append(0, data);
    QCOMPARE(wrong.status, 409);
    QCOMPARE(wrong.headers.value("upload-offset").toInt(), at);
    QCOMPARE(append(at, data.sliced(at)).status, 204);
    QCOMPARE(http(place, {.method = "PUT", .headers = kJson, .body = "{}"}).status, 201);
    const HttpAnswer found = http(served.url() + "/files/big.bin");
    QCOMPARE(found.headers.value("etag"), tagOf(data));
    QVERIFY(found.body == data);
}

void TestSamples::aFileIsOverwrittenOnlyInTheVersionMeant()
{
    Served served(copyOf("filesync"), {"--workers", "2"});
    QVERIFY2(served.isServing(), served.errors());
    const QString file = served.url() + "/files/notes/plan.txt";
    const auto ask = [&](const QByteArray &method, const QByteArray &header,
                         const QByteArray &value, const QByteArray &body = {}) {
        return http(file, {.method = method, .headers = {{header, value}}, .body = body});
    };
    const QByteArray first = "the first version", second = "the second one";
    QCOMPARE(ask("PUT", "If-None-Match", "*", first).status, 201);
    QCOMPARE(ask("PUT", "If-None-Match", "*", second).status, 412);
    QCOMPARE(ask("PUT", "If-Match", tagOf(second), second).status, 412);
    QCOMPARE(ask("PUT", "X-None", "none", second).status, 428);
    QCOMPARE(ask("PUT", "If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", second).status,
             412);
    QCOMPARE(ask("GET", "If-None-Match", tagOf(first)).status, 304);
    const HttpAnswer part = ask("GET", "Range", "bytes=4-8");
    QCOMPARE(part.status, 206);
    QCOMPARE(part.body, QByteArray("first"));
    QCOMPARE(part.headers.value("content-range"), QByteArray("bytes 4-8/17"));
    QCOMPARE(ask("GET", "Range", "bytes=17-").status, 416);
    QCOMPARE(ask("PUT", "If-Match", tagOf(first), second).status, 200);
    QCOMPARE(ask("DELETE", "If-Match", tagOf(first)).status, 412);
    QCOMPARE(http(file).body, second);
    QCOMPARE(ask("DELETE", "If-Match", tagOf(second)).status, 200);
    QCOMPARE(http(file).status, 404);
    const QJsonArray changes =
        jsonOf(http(served.url() + "/api/changes?since=4")).value("changes").toArray();
    QCOMPARE(changes.size(), 3);
    QCOMPARE(changes.last().toObject().value("kind").toString(), QString("removed"));
}

void TestSamples::foldersComeIntoStepWhileWorkersAreKilled()
{
    const QString sample = copyOf("filesync");
    Served served(sample, {"--workers", "2"});
    QVERIFY2(served.isServing(), served.errors());
    const QString here = m_folder->filePath("here");
    QVERIFY(QDir().mkpath(here + "/deep"));
    const QByteArray data = randomBytes(40'000'000);
    for (const char *name : {"/big.bin", "/deep/small.txt"}) {
        QFile file(here + name);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(name[1] == 'b' ? data : data.first(1000));
    }
    const QStringList command {"-B", sample + "/sync.py", served.url()};
    QProcess client;
    client.setProcessChannelMode(QProcess::MergedChannels);
    client.start("/usr/bin/python3", command + QStringList {here});
    QVERIFY(client.waitForStarted());
    // Killed once per piece that has arrived, until three have been.
    const QDir parts(sample + "/data/uploads");
    qint64 seen = 0;
    int kills = 0;
    const auto arrived = [&] {
        qint64 bytes = 0;
        for (const QFileInfo &file : parts.entryInfoList({"*.part"}, QDir::Files))
            bytes += file.size();
        return bytes;
    };
    while (kills < 3 && !client.waitForFinished(5)) {
        if (const qint64 now = arrived(); now > seen + 2'000'000) {
            seen = now;
            killWorkers(served);
            ++kills;
        }
    }
    QVERIFY(client.state() == QProcess::NotRunning || client.waitForFinished(60000));
    const QByteArray output = client.readAll();
    QCOMPARE(kills, 3);
    QVERIFY2(client.exitCode() == 0 && output.endsWith("In step.\n"), output);
    const QString there = m_folder->filePath("there");
    const Finished second = runProgram("/usr/bin/python3", command + QStringList {there});
    QVERIFY2(second.exitCode == 0, second.out);
    QVERIFY(readFile(there + "/big.bin") == data);
    QCOMPARE(readFile(there + "/deep/small.txt"), data.first(1000));
    QVERIFY(readFile(there + "/welcome.txt").startsWith("Welcome"));
}

void TestSamples::aTrackIsHeardInPiecesWhileWorkersAreKilled()
{
    const QString sample = copyOf("streaming");
    Served served(sample, {"--workers", "2"});
    QVERIFY2(served.isServing(), served.errors());
    const QString track = served.url() + "/audio/credits.opus";
    const HttpAnswer head = http(track, {.method = "HEAD"});
    const QByteArray tag = head.headers.value("etag");
    const QByteArray whole = readFile(sample + "/library/audio/credits.opus");
    QCOMPARE(head.headers.value("content-length").toLongLong(), qint64(whole.size()));
    QByteArray heard;
    while (heard.size() < whole.size()) {
        const qsizetype last = heard.size() + 30'000 - 1;
        const QByteArray range =
            "bytes=" + QByteArray::number(heard.size()) + "-" + QByteArray::number(last);
        if (heard.size() % 90'000 == 0)
            killWorkers(served);
        const HttpAnswer part = http(track, {.headers = {{"Range", range}, {"If-Range", tag}}});
        QVERIFY2(part.status == 206, qPrintable(QString("%1 %2").arg(part.status).arg(part.error)));
        heard += part.body;
    }
    QVERIFY(heard == whole);
    const HttpAnswer stale =
        http(track, {.headers = {{"Range", "bytes=0-9"}, {"If-Range", "\"old\""}}});
    QCOMPARE(stale.status, 200);
    QCOMPARE(stale.body.size(), whole.size());
    const HttpAnswer beyond =
        http(track, {.headers = {{"Range", "bytes=" + QByteArray::number(whole.size()) + "-"}}});
    QCOMPARE(beyond.status, 416);
    QCOMPARE(beyond.headers.value("content-range"), "bytes */" + QByteArray::number(whole.size()));
    QCOMPARE(http(track, {.headers = {{"If-None-Match", tag}}}).status, 304);
}

void TestSamples::listenersOfAllWorkersAreCountedLive()
{
    Served served(copyOf("streaming"), {"--workers", "3"});
    QVERIFY2(served.isServing(), served.errors());
    const QUrl address(served.url());
    QTcpSocket socket;
    socket.connectToHost(address.host(), static_cast<quint16>(address.port()));
    QVERIFY(socket.waitForConnected(kWaitMs));
    socket.write("GET /api/statistics/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    QByteArray stream;
    const auto received = [&](const QByteArray &text) {
        socket.waitForReadyRead(10);
        stream += socket.readAll();
        return stream.contains(text);
    };
    QTRY_VERIFY_WITH_TIMEOUT(received("\"listening\": 0"), kWaitMs);
    for (int listener = 1; listener <= 6; ++listener) {
        const QByteArray body = R"({"session": "listener-)" + QByteArray::number(listener)
            + R"(", "play": "1", "track": "terminus", "playing": true})";
        QCOMPARE(http(served.url() + "/api/listening",
                      {.method = "POST", .headers = kJson, .body = body})
                     .status,
                 200);
    }
    QTRY_VERIFY2_WITH_TIMEOUT(received("\"listening\": 6"), stream, kWaitMs);
}

QTEST_GUILESS_MAIN(TestSamples)
#include "tst_samples.moc"
