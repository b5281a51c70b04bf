// SPDX-License-Identifier: Apache-2.0
#include "server/control/api/codec.h"
#include "server/control/api/control.h"
#include "server/control/api/openapi.h"
#include "server/control/api/wire.h"

#include <cmath>
#include <limits>
#include <random>

#include <QtTest>
#include <nlohmann/json.hpp>

using namespace arc;
using namespace arc::api;

namespace {

/// Fills any struct of types.h by its fields(), so that no type can be forgotten.
class Random {
public:
    explicit Random(unsigned seed) : m_engine(seed) { }

    template <class T>
    T make()
    {
        T value {};
        fill(value);
        return value;
    }

private:
    void fill(bool &value) { value = pick(2) == 1; }
    void fill(std::string &value)
    {
        static const std::vector<std::string> kTexts {
            "", "shop", "a b&c=d/e?f#g%h", "Grüße · 日本", "\"\\\n\t\x01", "{id}", "0"};
        value = kTexts[pick(kTexts.size())];
    }
    void fill(double &value)
    {
        static const std::vector<double> kNumbers {0, -1, 0.1, 1e300, 5e-324, 3};
        value = kNumbers[pick(kNumbers.size())];
    }
    template <std::integral T>
    void fill(T &value)
    {
        static const std::vector<T> kNumbers {0, 1, std::numeric_limits<T>::min(),
                                              std::numeric_limits<T>::max(), 8412};
        value = kNumbers[pick(kNumbers.size())];
    }
    template <class T>
    void fill(std::vector<T> &value)
    {
        for (size_t n = pick(4); n > 0; --n)
            value.push_back(make<T>());
    }
    void fill(std::map<std::string, std::string> &value)
    {
        for (size_t n = pick(4); n > 0; --n)
            value[make<std::string>()] = make<std::string>();
    }
    template <class T>
    void fill(std::optional<T> &value)
    {
        if (pick(2) == 1)
            value = make<T>();
    }
    template <class T>
    requires requires { T::fields(); }
    void fill(T &value)
    {
        std::apply([&](auto... field) { (fill(value.*(field.member)), ...); }, T::fields());
    }
    size_t pick(size_t count) { return m_engine() % count; }

    std::mt19937 m_engine;
};

template <class T>
void roundTrip(const char *operation)
{
    for (unsigned seed = 0; seed < 50; ++seed) {
        const T value = Random(seed).make<T>();
        const std::string json = toJson(value);
        const auto back = fromJson<T>(json, Strictness::Request);
        QVERIFY2(
            back.has_value(),
            (std::string(operation) + ": " + (back ? "" : back.error().message()) + json).c_str());
        QVERIFY2(*back == value, (std::string(operation) + ": " + json).c_str());
    }
}

template <class T>
void travels(const OperationRow &row)
{
    for (unsigned seed = 0; seed < 50; ++seed) {
        const T value = Random(seed).make<T>();
        const bool inQuery = travelsInQuery(row.method);
        const Encoded encoded = encodeRequest(row.path, inQuery, value);
        const std::string_view whole = encoded.path;
        const size_t question = whole.find('?');
        auto query = parseQuery(question == whole.npos ? "" : whole.substr(question + 1));
        QVERIFY(query.has_value());
        Received received {.fromQuery = *query, .body = encoded.body};
        if (!matchPath(row.path, whole.substr(0, question), received.fromPath))
            continue; // a path field that is empty names nothing
        const auto back = decodeRequest<T>(received);
        QVERIFY2(back.has_value(), (encoded.path + " " + encoded.body).c_str());
        QVERIFY2(*back == value, (encoded.path + " " + encoded.body).c_str());
    }
}

} // namespace

class TestCodec : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTypeReadsBackWhatItWrote()
    {
#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    roundTrip<request>(#name);                                                                     \
    roundTrip<answer>(#name);
#include "server/control/api/operations.def"
    }

    void everyRequestSurvivesPathQueryAndBody()
    {
        const OperationRow *row = operationRows().data();
#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP)                  \
    travels<REQUEST>(*row++);
#include "server/control/api/operations.def"
    }

    void badJsonIsRefusedWithThePlace_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char *name, const char *json, const char *message) {
            QTest::newRow(name) << QByteArray(json) << QByteArray(message);
        };
        row("nothing", "", "not JSON");
        row("half", R"({"path": "/srv)", "not JSON");
        row("two documents", "{} {}", "not JSON");
        row("comment", "{} // x", "not JSON");
        row("list", "[]", "the document must be an object");
        row("text", "\"x\"", "the document must be an object");
        row("null", "null", "the document must be an object");
        row("number for text", R"({"path": 1})", "path: must be text");
        row("null for text", R"({"path": null})", "path: must be text");
        row("unknown field", R"({"folder": "/srv"})", "folder: there is no such field");
        row("text for list", R"({"hosts": "a"})", "hosts: must be a list");
        row("object for list", R"({"hosts": {}})", "hosts: must be a list");
        row("number in list", R"({"hosts": ["a", 2]})", "hosts[1]: must be text");
        row("list for map", R"({"env": []})", "env: must be an object of texts");
        row("number in map", R"({"env": {"DEBUG": 0}})", "env.DEBUG: must be text");
    }
    void badJsonIsRefusedWithThePlace()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, message);
        const auto read = fromJson<NewSite>(json.toStdString(), Strictness::Request);
        QVERIFY(!read.has_value());
        QCOMPARE(read.error().code(), ErrorCode::Invalid);
        QCOMPARE(QByteArray::fromStdString(read.error().message()), message);
    }

    void numbersOutsideTheirTypeAreRefused_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char *json, const char *message) {
            QTest::newRow(json) << QByteArray(json) << QByteArray(message);
        };
        row(R"({"revision": -1})", "revision: outside 0..18446744073709551615");
        row(R"({"revision": 1.5})", "revision: must be a whole number");
        row(R"({"revision": "1"})", "revision: must be a whole number");
        row(R"({"revision": 18446744073709551616})", "revision: must be a whole number");
        row(R"({"workers_busy": 2147483648})", "workers_busy: outside -2147483648..2147483647");
        row(R"({"workers_busy": true})", "workers_busy: must be a whole number");
        row(R"({"total": {"p50": "fast"}})", "total.p50: must be a number");
        row(R"({"pools": [{}, {"workers": [{"pid": null}]}]})",
            "pools[1].workers[0].pid: must be a whole number");
        row(R"({"host": {"cpu_cores": [0, false]}})", "host.cpu_cores[1]: must be a number");
    }
    void numbersOutsideTheirTypeAreRefused()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, message);
        const auto read = fromJson<Snapshot>(json.toStdString(), Strictness::Answer);
        QVERIFY(!read.has_value());
        QCOMPARE(QByteArray::fromStdString(read.error().message()), message);
    }

    void anAnswerOfANewerEngineIsStillRead()
    {
        const auto read =
            fromJson<Changed>(R"({"revision": 7, "node": {"id": 3}})", Strictness::Answer);
        QVERIFY(read.has_value());
        QCOMPARE(read->revision, uint64_t {7});
        QVERIFY(
            !fromJson<Changed>(R"({"revision": 7, "node": 3})", Strictness::Request).has_value());
    }

    void whatIsNotANumberBecomesUnknown()
    {
        Snapshot snapshot;
        snapshot.total.p50 = std::numeric_limits<double>::quiet_NaN();
        snapshot.host.cpuCores = {std::numeric_limits<double>::infinity(), 0.5};
        const auto read = fromJson<Snapshot>(toJson(snapshot), Strictness::Answer);
        QVERIFY(read.has_value());
        QCOMPARE(read->total.p50, -1.0);
        QCOMPARE(read->host.cpuCores.at(0), -1.0);
        QCOMPARE(read->host.cpuCores.at(1), 0.5);
    }

    void bytesThatAreNotTextAreReplaced()
    {
        const auto read =
            fromJson<Text>(toJson(Text {"before \xff\xfe after"}), Strictness::Answer);
        QVERIFY(read.has_value());
        QVERIFY(read->text.starts_with("before "));
        QVERIFY(read->text.ends_with(" after"));
    }

    void badRequestsNameTheField_data()
    {
        QTest::addColumn<QByteArray>("query");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char *query, const char *body, const char *message) {
            QTest::newRow(qPrintable(QString("%1 %2").arg(query, body)))
                << QByteArray(query) << QByteArray(body) << QByteArray(message);
        };
        row("bytes=x", "", "bytes: must be a whole number");
        row("bytes=", "", "bytes: must be a whole number");
        row("bytes=99999999999", "", "bytes: outside -2147483648..2147483647");
        row("lines=3", "", "lines: there is no such field");
        row("", "{", "the body is not JSON");
        row("", R"({"source": "other"})", "source: stands in the path already");
        row("", R"({"bytes": "3"})", "bytes: must be a whole number");
    }
    void badRequestsNameTheField()
    {
        QFETCH(QByteArray, query);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, message);
        const auto fields = parseQuery(query.toStdString());
        QVERIFY(fields.has_value());
        const std::string text = body.toStdString();
        const auto read = decodeRequest<LogQuery>(
            {.fromPath = {{"source", "shop"}}, .fromQuery = *fields, .body = text});
        QVERIFY(!read.has_value());
        QCOMPARE(QByteArray::fromStdString(read.error().message()), message);
    }

    void brokenQueriesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("query");
        for (const char *bad : {"a=%", "a=%1", "a=%zz", "%=1", "a=1&a=2", "a=1&&=3&"})
            QTest::newRow(bad) << QByteArray(bad);
    }
    void brokenQueriesAreRefused()
    {
        QFETCH(QByteArray, query);
        QVERIFY(!parseQuery(query.toStdString()).has_value());
    }

    void pathsMatchSegmentBySegment_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("id");
        QTest::newRow("plain") << QByteArray("/sites/shop/start") << QByteArray("shop");
        QTest::newRow("escaped slash") << QByteArray("/sites/a%2Fb/start") << QByteArray("a/b");
        QTest::newRow("other verb") << QByteArray("/sites/shop/stop") << QByteArray();
        QTest::newRow("no id") << QByteArray("/sites//start") << QByteArray();
        QTest::newRow("too long") << QByteArray("/sites/shop/start/") << QByteArray();
        QTest::newRow("too short") << QByteArray("/sites/shop") << QByteArray();
        QTest::newRow("broken escape") << QByteArray("/sites/%2/start") << QByteArray();
        QTest::newRow("not from the root") << QByteArray("sites/shop/start") << QByteArray();
    }
    void pathsMatchSegmentBySegment()
    {
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, id);
        std::map<std::string, std::string, std::less<>> fields;
        QCOMPARE(matchPath("/sites/{id}/start", path.toStdString(), fields), !id.isEmpty());
        QCOMPARE(QByteArray::fromStdString(fields["id"]), id);
    }

    void errorsReadBackIdentically()
    {
        for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
            const Error error {static_cast<ErrorCode>(code),
                               "listen: \"8080\" is in use by nginx · (pid 412)\n"};
            const Error back = errorFromAnswer(httpStatus(error.code()), errorToJson(error));
            QCOMPARE(back.code(), error.code());
            QCOMPARE(back.message(), error.message());
            QVERIFY(httpStatus(error.code()) >= 400);
        }
    }

    void foreignErrorBodiesStillHaveACode_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<int>("code");
        const auto row = [](int status, const char *body, ErrorCode code) {
            QTest::newRow(qPrintable(QString("%1 %2").arg(status).arg(body)))
                << status << QByteArray(body) << static_cast<int>(code);
        };
        row(404, "<html>not here</html>", ErrorCode::NotFound);
        row(503, "", ErrorCode::Unavailable);
        row(412, "[]", ErrorCode::Conflict);
        row(413, R"({"error": "too long"})", ErrorCode::Full);
        row(418, R"({"error": {"code": 3, "message": "x"}})", ErrorCode::Invalid);
        row(502, R"({"error": {"message": "x"}})", ErrorCode::Internal);
        row(200, "", ErrorCode::Internal);
    }
    void foreignErrorBodiesStillHaveACode()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        QFETCH(int, code);
        const Error error = errorFromAnswer(status, body.toStdString());
        QCOMPARE(static_cast<int>(error.code()), code);
        QVERIFY(error.message().find(std::to_string(status)) != std::string::npos);
    }

    void authorsArePrintableAndShort()
    {
        QCOMPARE(cleanAuthor("ctl (ana)"), std::string("ctl (ana)"));
        QCOMPARE(cleanAuthor("a\r\nX: b\x7f\xff"), std::string("aX: b"));
        QCOMPARE(cleanAuthor(std::string(500, 'x')).size(), kAuthorBytesMax);
    }

    void theOpenApiDocumentDescribesEveryOperation()
    {
        const auto document = nlohmann::json::parse(openApiDocument(), nullptr, false);
        QVERIFY(!document.is_discarded());
        QCOMPARE(document["openapi"].get<std::string>(), std::string("3.0.3"));
        QCOMPARE(document["servers"][0]["url"].get<std::string>(), std::string("/api/v1"));
        size_t described = 0;
        for (const auto &[path, methods] : document["paths"].items())
            described += methods.size();
        QCOMPARE(described, operationRows().size());
        const auto &output = document["paths"]["/logs/{source}"]["get"];
        QCOMPARE(output["operationId"].get<std::string>(), std::string("logTail"));
        QCOMPARE(output["parameters"][0]["in"].get<std::string>(), std::string("path"));
        QCOMPARE(output["parameters"][1]["name"].get<std::string>(), std::string("after"));
        QVERIFY(!output.contains("requestBody"));
        const auto &edit =
            document["paths"]["/sites/{id}"]["patch"]["requestBody"]["content"]["application/json"];
        QVERIFY(edit["schema"]["properties"].contains("hosts"));
        QVERIFY(!edit["schema"]["properties"].contains("id")); // it stands in the path
        // every reference leads somewhere
        const auto &schemas = document["components"]["schemas"];
        QVERIFY(schemas["Snapshot"]["properties"].contains("workers_busy"));
        const auto flat = document.flatten();
        for (const auto &[place, value] : flat.items()) {
            if (!place.ends_with("$ref"))
                continue;
            const auto text = value.get<std::string>();
            QVERIFY2(schemas.contains(text.substr(text.rfind('/') + 1)), text.c_str());
        }
    }
};

QTEST_APPLESS_MAIN(TestCodec)
#include "tst_codec.moc"
