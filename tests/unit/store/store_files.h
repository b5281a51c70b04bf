// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/database.h"
#include "tests/unit/store/inbox.h"

#include <QFile>

// Documents and files of the store's tests.

inline arc::Document documentWith(int64_t threads, const char *host = "a.test")
{
    arc::Document out;
    out.settings["loops"] = threads;
    out.listeners.push_back({"http", "127.0.0.1:0"});
    out.apps.push_back(
        {.id = "shop", .root = "/s", .entry = "m:a", .interface = "wsgi", .python = "/p"});
    out.apps[0].env["KEY"] = "värde\n";
    out.apps[0].settings["pool.threads"] = threads;
    out.sites.push_back({.id = "zoo", .hosts = {host}});
    out.sites[0].routes.push_back({.handler = arc::PythonRoute {"shop"}});
    out.sites[0].routes[0].settings["limits.body_mib"] = int64_t {1};
    out.sites[0].settings["log.access"] = false;
    out.sites.push_back({.id = "ant", .hosts = {"b.test"}});
    return out;
}

inline int64_t count(const std::string &path, const char *sql)
{
    auto database = arc::Database::open(path);
    return database ? database->number(sql).value_or(-1) : -1;
}

inline void overwrite(const std::string &path, qint64 at, const QByteArray &bytes)
{
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(at));
    QCOMPARE(file.write(bytes), bytes.size());
}

inline QByteArray contents(const std::string &path)
{
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
