// SPDX-License-Identifier: Apache-2.0
#include "gui/models/diff_text.h"

#include "gui/models/format.h"
#include "server/config/schema.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace arc {

namespace {

constexpr int kValueMax = 120; ///< characters of one side; routes can be long

QString text(const char *source)
{
    return QCoreApplication::translate("arc::DiffText", source);
}

QString compact(const QJsonValue &value)
{
    QString line;
    if (value.isString())
        line = value.toString();
    else if (value.isBool())
        line = value.toBool() ? text("on") : text("off");
    else if (value.isDouble())
        line = QString::number(value.toDouble(), 'g', 15);
    else if (value.isArray() && value.toArray().first().isString()) {
        QStringList parts;
        for (const QJsonValue &one : value.toArray())
            parts << one.toString();
        line = parts.join(QStringLiteral(", "));
    } else if (value.isArray() || value.isObject())
        line = QString::fromUtf8(
            value.isArray() ? QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact)
                            : QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
    if (line.isEmpty() && !value.isUndefined())
        line = text("(empty)");
    return line.size() > kValueMax ? line.left(kValueMax) + QStringLiteral("…") : line;
}

/// A setting's value with its unit, and the word for zero where there is one.
QString settingText(const QString &key, const QJsonValue &value)
{
    const SettingRow *row = findSetting(toStd(key));
    if (value.isUndefined())
        return {};
    if (!row)
        return compact(value);
    if (row->type == SettingType::Secret)
        return text("(hidden)");
    if (value.isDouble() && value.toDouble() == 0 && !row->zeroMeans.empty())
        return toQString(row->zeroMeans);
    return compact(value) + (value.isDouble() ? toQString(row->unit) : QString());
}

QString settingLabel(const QString &key)
{
    const SettingRow *row = findSetting(toStd(key));
    return row ? toQString(row->label) : key;
}

QString memberLabel(const QString &key)
{
    static const std::pair<const char *, const char *> kLabels[] = {
        {"hosts", QT_TRANSLATE_NOOP("arc::DiffText", "Host names")},
        {"entry", QT_TRANSLATE_NOOP("arc::DiffText", "Entry point")},
        {"interface", QT_TRANSLATE_NOOP("arc::DiffText", "Interface")},
        {"python", QT_TRANSLATE_NOOP("arc::DiffText", "Interpreter")},
        {"root", QT_TRANSLATE_NOOP("arc::DiffText", "Folder")},
        {"kind", QT_TRANSLATE_NOOP("arc::DiffText", "Kind")},
        {"enabled", QT_TRANSLATE_NOOP("arc::DiffText", "Served")},
        {"routes", QT_TRANSLATE_NOOP("arc::DiffText", "Routes")},
        {"listeners", QT_TRANSLATE_NOOP("arc::DiffText", "Listeners")},
        {"address", QT_TRANSLATE_NOOP("arc::DiffText", "Address")},
        {"tls", QT_TRANSLATE_NOOP("arc::DiffText", "HTTPS")},
        {"certificate", QT_TRANSLATE_NOOP("arc::DiffText", "Certificate")},
        {"chain", QT_TRANSLATE_NOOP("arc::DiffText", "Certificate chain")},
    };
    for (const auto &[name, label] : kLabels) {
        if (key == QLatin1String(name))
            return text(label);
    }
    return key;
}

/// "/ → python shop" of {"path": "/", "python": {"app": "shop"}}. What holds more than that stays
/// as it is stored, so that no difference is hidden.
QString routeText(const QJsonObject &route)
{
    const QStringList keys = route.keys();
    if (keys.size() != 2 || !keys.contains(QLatin1String("path")))
        return compact(route);
    const QString handler = keys.first() == QLatin1String("path") ? keys.last() : keys.first();
    const QJsonObject what = route.value(handler).toObject();
    QStringList parts;
    for (auto at = what.begin(); at != what.end(); ++at) {
        if (at->isArray() || at->isObject())
            return compact(route);
        parts << (what.size() == 1 ? compact(*at) : at.key() + QLatin1Char(' ') + compact(*at));
    }
    return route.value(QLatin1String("path")).toString() + QStringLiteral(" → ") + handler
        + QLatin1Char(' ') + parts.join(QStringLiteral(", "));
}

/// Lists as people write them; what is not known here stays as it is stored.
QString memberText(const QString &key, const QJsonValue &value)
{
    if (!value.isArray())
        return compact(value);
    if (value.toArray().isEmpty())
        return key == QLatin1String("listeners") ? text("all")
            : key == QLatin1String("hosts")      ? text("any name")
                                                 : text("none");
    QStringList parts;
    for (const QJsonValue &one : value.toArray())
        parts << (key == QLatin1String("routes") ? routeText(one.toObject()) : compact(one));
    const QString whole =
        parts.join(key == QLatin1String("routes") ? QStringLiteral("\n") : QStringLiteral(", "));
    return whole.size() > kValueMax ? whole.left(kValueMax) + QStringLiteral("…") : whole;
}

QStringList keysOf(const QJsonObject &before, const QJsonObject &after)
{
    QStringList keys = before.keys();
    for (const QString &key : after.keys()) {
        if (!keys.contains(key))
            keys << key;
    }
    keys.sort();
    return keys;
}

void addVariables(DiffObject &object, const QJsonObject &before, const QJsonObject &after)
{
    for (const QString &key : keysOf(before, after)) {
        if (before.value(key) == after.value(key))
            continue;
        DiffLine line {.what = text("Variable %1").arg(key)};
        line.before = before.contains(key) ? text("(hidden)") : QString();
        line.after = !after.contains(key) ? QString()
            : before.contains(key)        ? text("new value")
                                          : text("(hidden)");
        object.lines.push_back(std::move(line));
    }
}

void addMembers(DiffObject &object, const QJsonObject &before, const QJsonObject &after)
{
    for (const QString &key : keysOf(before, after)) {
        const QJsonValue was = before.value(key);
        const QJsonValue is = after.value(key);
        if (was == is || key == QLatin1String("id"))
            continue;
        if (key == QLatin1String("env")) {
            addVariables(object, was.toObject(), is.toObject());
        } else if (key == QLatin1String("settings")) {
            for (const QString &name : keysOf(was.toObject(), is.toObject())) {
                const QJsonValue old = was.toObject().value(name);
                const QJsonValue now = is.toObject().value(name);
                if (old != now)
                    object.lines.push_back({.what = settingLabel(name),
                                            .before = settingText(name, old),
                                            .after = settingText(name, now)});
            }
        } else {
            object.lines.push_back({.what = memberLabel(key),
                                    .before = memberText(key, was),
                                    .after = memberText(key, is)});
        }
    }
}

QJsonValue parse(const std::string &json)
{
    // A setting's JSON is a bare value, which a document cannot hold.
    const QByteArray wrapped = "[" + QByteArray::fromStdString(json) + "]";
    return QJsonDocument::fromJson(wrapped).array().first();
}

} // namespace

QString DiffLine::text() const
{
    const auto side = [](const QString &value) {
        return value.isEmpty() ? arc::text("not set") : value;
    };
    return side(before) + QStringLiteral(" → ") + side(after);
}

std::vector<DiffObject> readable(const api::DiffView &diff)
{
    std::vector<DiffObject> objects;
    DiffObject engine {.title = text("Engine")};
    for (const api::DiffItem &item : diff.items) {
        const QString id = toQString(item.id);
        const QJsonValue before =
            item.before.empty() ? QJsonValue(QJsonValue::Undefined) : parse(item.before);
        const QJsonValue after =
            item.after.empty() ? QJsonValue(QJsonValue::Undefined) : parse(item.after);
        if (item.kind == "setting") {
            engine.lines.push_back({.what = settingLabel(id),
                                    .before = settingText(id, before),
                                    .after = settingText(id, after)});
            continue;
        }
        DiffObject object;
        object.title = (item.kind == "app"               ? text("App %1")
                            : item.kind == "site"        ? text("Site %1")
                            : item.kind == "certificate" ? text("Certificate %1")
                                                         : text("Listener %1"))
                           .arg(id);
        object.change = item.before.empty() ? DiffObject::Change::Added
            : item.after.empty()            ? DiffObject::Change::Removed
                                            : DiffObject::Change::Changed;
        if (object.change != DiffObject::Change::Removed)
            addMembers(object, before.toObject(), after.toObject());
        objects.push_back(std::move(object));
    }
    if (!engine.lines.empty())
        objects.insert(objects.begin(), std::move(engine));
    return objects;
}

} // namespace arc
